// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/chord_edges.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace auralis::analysis {
namespace {

using core::Seconds;

core::Onset onset(double at, float strength = 1.0F) { return {.at = Seconds{at}, .strength = strength}; }

std::vector<core::ChordSegment> chords(const std::vector<double>& edges) {
  std::vector<core::ChordSegment> made;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    made.push_back({.from = Seconds{edges[i]}, .to = Seconds{edges[i + 1]}, .chord = {}, .runner_up = {}});
  }
  return made;
}

std::vector<double> moved(const std::vector<double>& edges, const std::vector<core::Onset>& onsets) {
  auto made = chords(edges);
  move_edges_to_onsets(made, onsets);
  std::vector<double> found;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (i > 0) {
      EXPECT_EQ(made[i - 1].to, made[i].from);
    }
    found.push_back(made[i].from.value);
  }
  if (!made.empty()) {
    found.push_back(made.back().to.value);
  }
  return found;
}

TEST(ChordEdges, MoveToTheStrongestOnsetNear) {
  EXPECT_EQ(moved({0.0, 1.95, 4.0}, {onset(1.9, 0.3F), onset(2.0, 0.9F), onset(2.1, 0.5F)}),
            (std::vector{0.0, 2.0, 4.0}));
}

TEST(ChordEdges, StayWhereNothingBegins) {
  EXPECT_EQ(moved({0.0, 2.0, 4.0}, {}), (std::vector{0.0, 2.0, 4.0}));
  EXPECT_EQ(moved({0.0, 2.0, 4.0}, {onset(1.8), onset(2.3)}), (std::vector{0.0, 2.0, 4.0}));
}

TEST(ChordEdges, KeepTheFirstBeginningTheLastEndAndTheOrder) {
  EXPECT_EQ(moved({0.0, 4.0}, {onset(0.05), onset(3.95)}), (std::vector{0.0, 4.0}));
  EXPECT_EQ(moved({}, {onset(1.0)}), std::vector<double>{});
  const auto edges = moved({0.0, 2.0, 2.1, 2.2, 4.0}, {onset(2.15, 1.0F), onset(2.3, 0.9F)});
  for (std::size_t i = 1; i < edges.size(); ++i) {
    EXPECT_GT(edges[i], edges[i - 1]);
  }
}

} // namespace
} // namespace auralis::analysis
