// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/analysis.hpp"

#include <gtest/gtest.h>
#include <set>

namespace auralis::core {
namespace {

Key key(const char* tonic, Mode mode) { return {*parse_pitch_name(tonic), mode}; }

TEST(Camelot, PutsCMajorAndAMinorAtEight) {
  EXPECT_EQ(camelot(key("C", Mode::ionian)), "8B");
  EXPECT_EQ(camelot(key("A", Mode::aeolian)), "8A");
}

TEST(Camelot, GoesUpByOneForAFifthAndWrapsAfterTwelve) {
  EXPECT_EQ(camelot(key("G", Mode::ionian)), "9B");
  EXPECT_EQ(camelot(key("E", Mode::ionian)), "12B");
  EXPECT_EQ(camelot(key("B", Mode::ionian)), "1B");
  EXPECT_EQ(camelot(key("F", Mode::ionian)), "7B");
  EXPECT_EQ(camelot(key("G#", Mode::aeolian)), "1A");
  EXPECT_EQ(camelot(key("Ab", Mode::aeolian)), "1A");
}

TEST(Camelot, NamesAllTwentyFourKeysApart) {
  std::set<std::string> codes;
  for (std::int8_t fifths = -5; fifths <= 6; ++fifths) {
    codes.insert(camelot({PitchName{fifths}, Mode::ionian}));
    codes.insert(camelot({PitchName{fifths}, Mode::aeolian}));
  }
  EXPECT_EQ(codes.size(), 24U);
}

} // namespace
} // namespace auralis::core
