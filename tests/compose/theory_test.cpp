// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/theory.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace auralis::compose {
namespace {

using core::Key;
using core::Mode;

Key key(const char* tonic, Mode mode) { return {*core::parse_pitch_name(tonic), mode}; }

std::string spelled(const Key& k) {
  std::string text;
  for (std::size_t degree = 0; degree < scale_fifths(k.mode).size(); ++degree) {
    text += (degree == 0 ? "" : " ") + core::to_string(scale_degree(k, static_cast<int>(degree)));
  }
  return text;
}

TEST(Scale, IsSpelledAsMusiciansWriteIt) {
  EXPECT_EQ(spelled(key("F#", Mode::ionian)), "F# G# A# B C# D# E#");
  EXPECT_EQ(spelled(key("Gb", Mode::lydian)), "Gb Ab Bb C Db Eb F");
  EXPECT_EQ(spelled(key("D", Mode::dorian)), "D E F G A B C");
  EXPECT_EQ(spelled(key("C#", Mode::phrygian)), "C# D E F# G# A B");
  EXPECT_EQ(spelled(key("Ab", Mode::mixolydian)), "Ab Bb C Db Eb F Gb");
  EXPECT_EQ(spelled(key("G#", Mode::aeolian)), "G# A# B C# D# E F#");
  EXPECT_EQ(spelled(key("B", Mode::locrian)), "B C D E F G A");
  EXPECT_EQ(spelled(key("Eb", Mode::major_pentatonic)), "Eb F G Bb C");
  EXPECT_EQ(spelled(key("E", Mode::minor_pentatonic)), "E G A B D");
  EXPECT_EQ(spelled(key("G#", Mode::harmonic_minor)), "G# A# B C# D# E F##");
}

TEST(Scale, AscendsAndUsesEachLetterOnceInAllKeysAndSevenNoteModes) {
  for (int mode = 0; mode < core::kModeCount; ++mode) {
    for (int tonic = 0; tonic < 12; ++tonic) {
      const auto k = respelled({core::PitchName{static_cast<std::int8_t>(tonic - 5)}, static_cast<Mode>(mode)});
      const auto size = static_cast<int>(scale_fifths(k.mode).size());
      std::set<int> letters;
      int before = -1;
      for (int degree = 0; degree < size; ++degree) {
        const auto name = scale_degree(k, degree);
        letters.insert(name.letter());
        const int above = (name.pitch_class() - k.tonic.pitch_class() + 12) % 12;
        EXPECT_GT(above, before) << core::to_string(k);
        before = above;
        EXPECT_LE(std::abs(name.accidental()), 2) << core::to_string(k);
      }
      EXPECT_EQ(static_cast<int>(letters.size()), size) << core::to_string(k);
    }
  }
}

} // namespace
} // namespace auralis::compose
