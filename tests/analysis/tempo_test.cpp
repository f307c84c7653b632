// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/tempo.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "analysis/rhythm_signals.hpp"
#include "auralis/analysis/beat_tracker.hpp"

namespace auralis::analysis {
namespace {

std::vector<core::Beat> beats_at(double bpm, int count) {
  std::vector<core::Beat> beats;
  for (int n = 0; n < count; ++n) {
    beats.push_back({.at = core::Seconds{0.5 + n * 60.0 / bpm},
                     .position = n % 3 + 1,
                     .beats_per_bar = 3,
                     .tempo = core::Bpm{bpm},
                     .confidence = 0.8F,
                     .downbeat_confidence = 0.9F});
  }
  return beats;
}

TEST(Tempo, IsUnknownWithoutBeats) {
  const TempoEstimator estimator{100.0};
  EXPECT_TRUE(estimator.candidates({}).empty());
  EXPECT_EQ(main_tempo({}).value, 0.0);
  EXPECT_TRUE(tempo_curve({}).empty());
  EXPECT_EQ(metre_of({}).beats_per_bar, 0);
}

TEST(Tempo, OfEvenBeatsIsTheirs) {
  for (const double bpm : {61.7, 100.0, 133.3, 190.0}) {
    EXPECT_NEAR(main_tempo(beats_at(bpm, 20)).value, bpm, 1e-6);
  }
}

TEST(Tempo, OneBeatOutOfPlaceDoesNotMoveIt) {
  auto beats = beats_at(120.0, 20);
  beats.erase(beats.begin() + 7);
  EXPECT_NEAR(main_tempo(beats).value, 120.0, 1e-6);
}

TEST(Tempo, NamesHalfAndDoubleWithConfidencesThatSumToOne) {
  BeatDecoder decoder{{}};
  test::listen(test::click_track(100.0, 4, 20.0), [&](const LogBands& bands, const auto&) { decoder.process(bands); });
  const auto beats = decoder.finish();
  const auto tempi = decoder.tempi(beats);
  ASSERT_GE(tempi.size(), 3U);
  EXPECT_NEAR(tempi[0].tempo.value, 100.0, 0.5);
  float all = 0.0F;
  bool half = false;
  bool twice = false;
  for (const core::TempoCandidate& candidate : tempi) {
    all += candidate.confidence;
    half = half || std::abs(candidate.tempo.value - 50.0) < 0.5;
    twice = twice || std::abs(candidate.tempo.value - 200.0) < 1.0;
    EXPECT_LE(candidate.confidence, tempi[0].confidence);
  }
  EXPECT_TRUE(half && twice);
  EXPECT_NEAR(all, 1.0F, 1e-4F);
  EXPECT_GT(tempi[0].confidence, 0.5F) << "nothing sounds between these clicks";
}

TEST(TempoCurve, FollowsAChangeOfTempo) {
  auto beats = beats_at(90.0, 30);
  const double turn = beats.back().at.value;
  for (int n = 1; n <= 30; ++n) {
    beats.push_back({.at = core::Seconds{turn + n * 60.0 / 120.0}, .confidence = 0.8F});
  }
  const auto curve = tempo_curve(beats);
  ASSERT_EQ(curve.size(), 59U);
  EXPECT_NEAR(curve[10].tempo.value, 90.0, 1e-6);
  EXPECT_NEAR(curve[50].tempo.value, 120.0, 1e-6);
  EXPECT_LT(curve[29].confidence, curve[10].confidence) << "around the turn the beats disagree";
}

TEST(Metre, IsThatOfMostBeats) {
  auto beats = beats_at(100.0, 30);
  beats[4].beats_per_bar = 4;
  const MetreEstimate metre = metre_of(beats);
  EXPECT_EQ(metre.beats_per_bar, 3);
  EXPECT_NEAR(metre.confidence, 29.0F / 30.0F, 1e-4F);
}

TEST(Tempo, RefusesFramesWithoutARate) { EXPECT_THROW(TempoEstimator{0.0}, std::invalid_argument); }

} // namespace
} // namespace auralis::analysis
