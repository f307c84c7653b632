// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/recording.hpp"

#include <gtest/gtest.h>

namespace auralis::session {
namespace {

Recording sample() {
  Recording recording{.sample_rate = core::Hertz{44'100.0}, .seed = 9'007'199'254'740'991ULL};
  recording.parameters.key = {core::PitchName{-2}, core::Mode::dorian};
  recording.controls = {{core::Frames{0}, {.grid = core::Grid::now, .intensity = 0.7F}},
                        {core::Frames{882}, {.character = core::Character{.programs = {4, 95, 33, 8, 0}}}},
                        {core::Frames{882}, {.transport = core::Transport::pause}}};
  return recording;
}

TEST(Recording, ReadsWhatItWrites) {
  const auto back = parse_recording(to_json_lines(sample()));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, sample());
}

TEST(Recording, SkipsBlankLinesAndForeignLineEnds) {
  const auto back = parse_recording("\r\n" + to_json_lines(sample()) + "\n  \n");
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, sample());
}

TEST(Recording, RefusesAnEmptyTextAndABrokenLineNamingIt) {
  EXPECT_FALSE(parse_recording(""));
  const auto broken = parse_recording(to_json_lines(sample()) + R"({"at":-1,"control":{"type":"control"}})");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().where, "line 5, /at");
}

TEST(Recording, RefusesTimeThatGoesBackwards) {
  const auto broken = parse_recording(to_json_lines(sample()) + R"({"at":5,"control":{"type":"control"}})");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().where, "line 5, /at");
}

} // namespace
} // namespace auralis::session
