// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/mood.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace auralis::analysis {
namespace {

MoodEvidence lively() {
  return {.key = core::KeyEstimate{.best = {{.tonic = {}, .mode = core::Mode::ionian}, 0.8F},
                                   .runner_up = {{.tonic = {1}, .mode = core::Mode::ionian}, 0.1F}},
          .tempo = core::TempoCandidate{core::Bpm{150.0}, 0.9F},
          .loudness_lufs = -9.0,
          .centroid_hz = 3'000.0,
          .onsets_per_second = 6.0};
}

TEST(Mood, KnowsNothingWithoutEvidence) {
  EXPECT_EQ(energy_score({}).confidence, 0.0F);
  EXPECT_EQ(valence_proxy({}).confidence, 0.0F);
}

TEST(Mood, SilenceHasNoEnergy) {
  const auto score = energy_score({.loudness_lufs = -std::numeric_limits<double>::infinity()});
  EXPECT_EQ(score.value, 0.0F);
  EXPECT_EQ(score.confidence, 1.0F);
}

TEST(Mood, EnergyRisesWithLoudnessDensityBrightnessAndTempo) {
  const auto all = energy_score(lively());
  EXPECT_GT(all.value, 0.8F);
  auto less = lively();
  less.loudness_lufs = -20.0;
  EXPECT_LT(energy_score(less).value, all.value);
  less = lively();
  less.onsets_per_second = 1.0;
  EXPECT_LT(energy_score(less).value, all.value);
  less = lively();
  less.centroid_hz = 800.0;
  EXPECT_LT(energy_score(less).value, all.value);
  less = lively();
  less.tempo = core::TempoCandidate{core::Bpm{70.0}, 0.9F};
  EXPECT_LT(energy_score(less).value, all.value);
}

TEST(Mood, TheProxyIsHigherForMajorAndNeverSurerThanHalf) {
  auto minor = lively();
  minor.key->best.key.mode = core::Mode::aeolian;
  minor.key->runner_up.key.mode = core::Mode::aeolian;
  EXPECT_LT(valence_proxy(minor).value, valence_proxy(lively()).value - 0.2F);
  EXPECT_LE(valence_proxy(lively()).confidence, 0.5F);
}

TEST(Mood, ScoresStayInTheirRange) {
  for (const double extreme : {-1e9, 0.0, 1e9}) {
    const MoodEvidence evidence{.tempo = core::TempoCandidate{core::Bpm{extreme}, 1.0F},
                                .loudness_lufs = extreme,
                                .centroid_hz = extreme,
                                .onsets_per_second = extreme};
    for (const auto& score : {energy_score(evidence), valence_proxy(evidence)}) {
      EXPECT_GE(score.value, 0.0F);
      EXPECT_LE(score.value, 1.0F);
    }
  }
}

} // namespace
} // namespace auralis::analysis
