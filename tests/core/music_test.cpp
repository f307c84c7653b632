// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/music.hpp"

#include <gtest/gtest.h>

namespace auralis::core {
namespace {

TEST(PitchName, KnowsLetterAccidentalAndPitchClassAlongTheLineOfFifths) {
  constexpr PitchName kCFlat{-7};
  constexpr PitchName kFSharp{6};
  EXPECT_EQ(kCFlat.pitch_class(), 11);
  EXPECT_EQ(kCFlat.letter(), 0);
  EXPECT_EQ(kCFlat.accidental(), -1);
  EXPECT_EQ(kFSharp.pitch_class(), 6);
  EXPECT_EQ(kFSharp.letter(), 3);
  EXPECT_EQ(kFSharp.accidental(), 1);
}

TEST(PitchName, ReadsWhatItWrites) {
  for (int fifths = -15; fifths <= 19; ++fifths) {
    const PitchName name{static_cast<std::int8_t>(fifths)};
    const auto read = parse_pitch_name(to_string(name));
    ASSERT_TRUE(read) << to_string(name);
    EXPECT_EQ(read->fifths, fifths) << to_string(name);
  }
}

TEST(PitchName, RefusesWhatIsNoName) {
  for (const auto* text : {"", "H", "C###", "C#b", "#", "Cx", " C", "C "}) {
    EXPECT_FALSE(parse_pitch_name(text)) << text;
  }
}

TEST(Chord, ReadsWhatItWrites) {
  for (int quality = 0; quality < kChordQualityCount; ++quality) {
    for (int root = -8; root <= 12; ++root) {
      const PitchName name{static_cast<std::int8_t>(root)};
      for (const int bass : {root, root + 1}) {
        const Chord chord{name, static_cast<ChordQuality>(quality), PitchName{static_cast<std::int8_t>(bass)}};
        EXPECT_EQ(parse_chord(to_string(chord)), chord) << to_string(chord);
      }
    }
  }
}

TEST(Chord, RefusesWhatIsNoChord) {
  for (const auto* text : {"", "m7", "Cmaj8", "C/", "C/H", "C//E"}) {
    EXPECT_FALSE(parse_chord(text)) << text;
  }
}

} // namespace
} // namespace auralis::core
