// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/harte_label.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

namespace auralis::core {
namespace {

/// In the order of ChordQuality; what Harte's list has no shorthand for is spelled by its degrees.
constexpr std::array<std::string_view, kChordQualityCount> kShorthands{
    "maj", "min",  "dim",   "aug",  "sus2",    "sus4",   "maj6",   "min6", "maj7",
    "7",   "min7", "hdim7", "dim7", "minmaj7", "maj(9)", "min(9)", "maj9", "min9"};

/// A tone above the root as a degree of the major scale: "3", "b7". `fifths` counts steps on the line of fifths.
std::string degree(int fifths) {
  constexpr std::array<int, 7> kDegreeOfLetter{1, 5, 2, 6, 3, 7, 4}; // after 0 … 5 fifths up; 4 is one fifth down
  const int place = ((fifths % 7) + 7) % 7;
  const int natural = place == 6 ? -1 : place;
  const int accidentals = (fifths - natural) / 7;
  return std::string(static_cast<std::size_t>(std::abs(accidentals)), accidentals > 0 ? '#' : 'b') +
         std::to_string(kDegreeOfLetter[static_cast<std::size_t>(place)]);
}

} // namespace

std::string harte_label(const Chord& chord) {
  std::string text = to_string(chord.root) + ':';
  text += kShorthands[static_cast<std::size_t>(chord.quality)];
  if (chord.bass != chord.root) {
    text += '/' + degree(chord.bass.fifths - chord.root.fifths);
  }
  return text;
}

} // namespace auralis::core
