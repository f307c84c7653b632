// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "auralis/compose/motif.hpp"
#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/random.hpp"

namespace auralis::compose {

/// A melody note as planned: a place and a shape, no pitch yet.
struct PlannedNote {
  std::int32_t step = 0;   ///< sixteenths from the start of the phrase
  std::int16_t length = 4; ///< sixteenths
  std::int8_t contour = 0; ///< scale steps from the melody's centre
  float need = 0.0F;       ///< density above which it sounds
  float luck = 0.0F;       ///< probability above which it sounds
  bool final = false;      ///< the goal of the phrase: always sounds, a chord tone
};
inline constexpr std::size_t kMaxPhraseNotes = 320;
using NotePlan = core::FixedVector<PlannedNote, kMaxPhraseNotes>;

/// The ideas a session remembers. Two are in use in a section; the others wait to come back.
class MotifMemory {
public:
  static constexpr std::size_t kSize = 5;

  void fill(double pulse, core::Random& random) noexcept;
  /// A new section: another pair comes to the fore; one idea is bent, now and then one is forgotten for a new one.
  void turn(double pulse, core::Random& random) noexcept;
  [[nodiscard]] const Motif& primary() const noexcept { return motifs_[primary_]; }
  [[nodiscard]] const Motif& secondary() const noexcept { return motifs_[secondary_]; }

private:
  std::array<Motif, kSize> motifs_{};
  std::size_t primary_ = 0;
  std::size_t secondary_ = 1;
};

struct PhraseShape {
  int bars = 8;
  int cadence_step = 0;   ///< where the last chord begins
  double rest = 0.2;      ///< [0, 1]; how much stays silent
  double variation = 0.5; ///< [0, 1]; how far statements stray from the motif
};

/// Lays motifs over a phrase: statement, answer, variation on a higher level, a last long note on the cadence, silence.
void plan_melody(const MotifMemory& memory, const PhraseShape& shape, core::Random& random, NotePlan& plan) noexcept;

/// The density arc: how much of the texture plays at `place` in [0, 1) of a phrase; opens at 0.55, full in the third
/// quarter, thins out to 0.5 at the cadence.
[[nodiscard]] double density_arc(double place) noexcept;

} // namespace auralis::compose
