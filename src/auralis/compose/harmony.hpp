// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "auralis/compose/theory.hpp"
#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/random.hpp"

namespace auralis::compose {

/// A chord in terms of whatever key and mode holds when it sounds.
struct PlannedChord {
  std::int32_t beat = 0;  ///< from the start of the phrase
  std::int32_t beats = 4; ///< how long
  std::int8_t degree = 0; ///< 0 … 6
  Colour colour = Colour::triad;
};

inline constexpr std::size_t kMaxPhraseChords = 64;
using ChordPlan = core::FixedVector<PlannedChord, kMaxPhraseChords>;

/// Draws chord progressions from an order-2 Markov chain over mode-relative degrees.
///
/// A phrase is drawn forward; its last two chords are drawn together, weighted by the chain and by how phrases of the
/// corpus end, so that the cadence is reached and not pasted on. The chain remembers across phrases.
///
/// Three departures from the corpus, whose songs last minutes and not hours: a diminished or augmented triad is a
/// quarter as likely, going straight back (I IV I) half as likely, and a degree loses a third of its weight per visit
/// in a phrase. Realtime: yes.
class Harmony {
public:
  struct Shape {
    int beats = 32;             ///< what the chords fill, > 0
    double chord_beats = 4.0;   ///< what one usually lasts
    double richness = 0.5;      ///< [0, 1]; how often a chord carries more than its triad
    double homeward = 1.0;      ///< factor on an ending on the tonic; above 1 closes, 1 leaves it to the corpus
    bool opens_section = false; ///< the first degree is drawn from how sections of the corpus open
    int first_degree = -1;      ///< forced, or -1
    int first_beats = 0;        ///< length of a forced first chord
  };

  /// Fills `plan` from `from_beat` on; what starts before stays and is cut there.
  void plan(core::Mode mode, int from_beat, const Shape& shape, core::Random& random, ChordPlan& plan) noexcept;

private:
  int draw_degree(core::Mode mode, bool opening, core::Random& random) const noexcept;
  double weight(core::Mode mode, int a, int b, int c) const noexcept;
  void remember(int degree) noexcept;

  std::array<int, kDegreeCount> visits_{}; // of each degree in the phrase being drawn
  int before_ = -1;                        // degree before the last; -1: none yet
  int last_ = -1;
};

} // namespace auralis::compose
