// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "auralis/core/music.hpp"
#include "auralis/core/units.hpp"

namespace auralis::evaluation {

/// What the scores compare: the root and which of the twelve semitones above it sound.
struct ChordTones {
  int root = -1;               ///< pitch class; -1 for no chord
  std::uint16_t semitones = 0; ///< bit n: n semitones above the root, the bass among them
  bool known = true;           ///< false for "X": it cannot be judged

  friend constexpr bool operator==(const ChordTones&, const ChordTones&) noexcept = default;
};

/// Chord tones within the octave; ninths and beyond are left out. No chord gives no tone.
[[nodiscard]] ChordTones chord_tones(const std::optional<core::Chord>& chord) noexcept;

/// Reads C. Harte's notation: "A:min7/b3", "C:maj(*5,9)", "N", "X". nullopt for anything else.
[[nodiscard]] std::optional<ChordTones> parse_chord_label(std::string_view label);

struct ChordSpan {
  core::Seconds from;
  core::Seconds to;
  ChordTones tones;
};

/// Weighted chord symbol recall: the share of the time in which the chord is right, of the time whose reference is in
/// the vocabulary; nothing where none of it is.
struct ChordScore {
  std::optional<double> majmin;   ///< root and third and fifth; major, minor and no chord are judged
  std::optional<double> sevenths; ///< all tones; major, minor, their sevenths and no chord are judged
};

/// As mir_eval.chord.evaluate (which says 0 where nothing can be judged). Where the estimate is silent about a time
/// before its first or after its last chord, it counts as no chord; a gap goes on with the chord before it.
/// \pre the spans of each are in order
[[nodiscard]] ChordScore score_chords(std::span<const ChordSpan> reference, std::span<const ChordSpan> estimate);

} // namespace auralis::evaluation
