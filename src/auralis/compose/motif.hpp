// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/random.hpp"

namespace auralis::compose {

inline constexpr int kStepsPerBeat = 4; ///< sixteenths
inline constexpr int kBeatsPerBar = 4;
inline constexpr int kStepsPerBar = kStepsPerBeat * kBeatsPerBar;

/// One note of a motif, without key or register.
struct MotifNote {
  std::int16_t step = 0;   ///< onset in sixteenths
  std::int16_t length = 4; ///< sixteenths
  std::int8_t contour = 0; ///< scale steps from the motif's own centre
  float need = 0.0F;       ///< [0, 1]; sounds only where the density is above this
  float luck = 0.0F;       ///< [0, 1); sounds only where the note probability is above this

  friend constexpr bool operator==(const MotifNote&, const MotifNote&) noexcept = default;
};

inline constexpr std::size_t kMaxMotifNotes = 24;

/// A melodic idea of one or two bars that phrases state, vary and come back to.
struct Motif {
  core::FixedVector<MotifNote, kMaxMotifNotes> notes;
  std::int16_t bars = 1;
};

/// Invents a motif. `pulse` in [0, 1]: 0 moves in beats and slower, 1 in eighths and the odd sixteenth.
[[nodiscard]] Motif invent_motif(double pulse, core::Random& random) noexcept;

[[nodiscard]] Motif inverted(const Motif& motif) noexcept;
[[nodiscard]] Motif retrograde(const Motif& motif) noexcept;
/// Everything twice as long. \pre motif.bars <= 2
[[nodiscard]] Motif augmented(const Motif& motif) noexcept;
/// Neighbour and passing notes put into its longer notes.
[[nodiscard]] Motif ornamented(const Motif& motif, core::Random& random) noexcept;
/// One small lasting change: a contour bent or an onset moved.
[[nodiscard]] Motif mutated(const Motif& motif, core::Random& random) noexcept;

} // namespace auralis::compose
