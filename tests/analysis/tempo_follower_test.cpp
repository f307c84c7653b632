// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/tempo_follower.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

namespace auralis::analysis {
namespace {

constexpr int kLooksASecond = 4;

const BarPointerSpace& space() {
  static const BarPointerSpace made{{}};
  return made;
}

/// The filter's answer where it hesitates between two tempi; a little lies everywhere.
std::vector<float> between(double bpm, float share, double other_bpm) {
  std::vector<float> posterior(space().intervals.size());
  const float floor = 0.02F / static_cast<float>(posterior.size());
  for (std::size_t t = 0; t < posterior.size(); ++t) {
    const auto is = [&](double tempo) { return std::lround(6'000.0 / tempo) == space().intervals[t]; };
    posterior[t] = floor + (is(bpm) ? 0.98F * share : 0.0F) + (is(other_bpm) ? 0.98F * (1.0F - share) : 0.0F);
  }
  return posterior;
}

/// Looks at the same for some seconds; keeps in `last` what was said last.
void look(TempoFollower& follower, const std::vector<float>& posterior, double seconds, core::LiveTempo& last) {
  for (int n = 0; n < static_cast<int>(seconds * kLooksASecond); ++n) {
    last = follower.look(posterior).value_or(last);
  }
}

TEST(TempoFollower, SaysNothingBeforeTheFirstBeat) {
  BarPointerFilter filter{{}};
  TempoFollower follower{filter.space()};
  for (int n = 0; n < 1'000; ++n) {
    EXPECT_FALSE(filter.process({.beat = 0.0F}));
    EXPECT_FALSE(follower.process(filter, false));
  }
}

TEST(TempoFollower, FollowsTheFilterWhileBeatsAreSaid) {
  BarPointerFilter filter{{}};
  TempoFollower follower{filter.space()};
  core::LiveTempo last;
  int said = 0;
  for (int n = 0; n < 3'000; ++n) {
    const bool stroke = n < 2'000 && n % 60 == 30;
    const auto beat = filter.process({.beat = stroke ? 0.9F : 0.02F});
    if (const auto tempo = follower.process(filter, beat.has_value())) {
      last = *tempo;
      said += n < 2'600 ? 1 : 100; // beats end three seconds after the strokes, and two later there is nothing to learn
    }
  }
  EXPECT_NEAR(last.best.tempo.value, 100.0, 1.0);
  EXPECT_NEAR(last.half.tempo.value, 0.0, 0.0); // 50: slower than the filter looks for
  EXPECT_NEAR(last.twice.tempo.value, 200.0, 2.0);
  EXPECT_GT(last.best.confidence, 0.5F);
  EXPECT_LT(said, 30);
}

TEST(TempoFollower, StaysWhereTheFilterWaversBetweenOctaves) {
  TempoFollower follower{space()};
  core::LiveTempo last;
  look(follower, between(66.0, 0.7F, 132.0), 6.0, last);
  ASSERT_NEAR(last.best.tempo.value, 66.0, 1.0);
  for (int n = 0; n < 20; ++n) {
    look(follower, between(66.0, n % 2 == 0 ? 0.1F : 0.9F, 132.0), 1.5, last);
    EXPECT_NEAR(last.best.tempo.value, 66.0, 1.0) << n;
  }
  EXPECT_NEAR(last.twice.tempo.value, 132.0, 2.0);
  EXPECT_GT(last.twice.confidence, 0.2F);
  EXPECT_LE(last.best.confidence + last.twice.confidence, 1.0F);
  const float torn = last.best.confidence;
  look(follower, between(66.0, 1.0F, 132.0), 30.0, last);
  EXPECT_GT(last.best.confidence, torn + 0.1F);
}

TEST(TempoFollower, MovesToAnOctaveThatStaysLikelier) {
  TempoFollower follower{space()};
  core::LiveTempo last;
  look(follower, between(66.0, 0.9F, 132.0), 15.0, last);
  look(follower, between(66.0, 0.05F, 132.0), 5.0, last);
  EXPECT_NEAR(last.best.tempo.value, 66.0, 1.0);
  look(follower, between(66.0, 0.05F, 132.0), 15.0, last);
  EXPECT_NEAR(last.best.tempo.value, 132.0, 3.0);
  EXPECT_NEAR(last.half.tempo.value, 66.0, 1.5);
}

TEST(TempoFollower, FollowsAnotherPieceWithinFiveSeconds) {
  TempoFollower follower{space()};
  core::LiveTempo last;
  look(follower, between(100.0, 1.0F, 100.0), 60.0, last);
  EXPECT_NEAR(last.best.tempo.value, 100.0, 1.0);
  look(follower, between(86.0, 1.0F, 86.0), 3.0, last);
  EXPECT_NEAR(last.best.tempo.value, 100.0, 1.0);
  look(follower, between(86.0, 1.0F, 86.0), 2.0, last);
  EXPECT_NEAR(last.best.tempo.value, 86.0, 1.0);
}

TEST(TempoFollower, IsNewAfterReset) {
  TempoFollower used{space()};
  core::LiveTempo last;
  look(used, between(150.0, 0.8F, 75.0), 20.0, last);
  used.reset();
  TempoFollower fresh{space()};
  for (int n = 0; n < 40; ++n) {
    const auto posterior = between(90.0, n % 3 == 0 ? 0.3F : 0.8F, 180.0);
    const auto a = used.look(posterior);
    const auto b = fresh.look(posterior);
    ASSERT_EQ(a.has_value(), b.has_value());
    if (a) {
      EXPECT_EQ(a->best.tempo, b->best.tempo);
      EXPECT_EQ(a->best.confidence, b->best.confidence);
      EXPECT_EQ(a->twice.confidence, b->twice.confidence);
    }
  }
}

} // namespace
} // namespace auralis::analysis
