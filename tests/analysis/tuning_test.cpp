// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/tuning.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "analysis/tones.hpp"

namespace auralis::analysis {
namespace {

Tuning tuning_of(std::span<const float> sound, std::size_t block = 1'000) {
  TuningEstimator estimator;
  test::tonal_frames(sound, [&](const dsp::Spectrum& spectrum) { estimator.process(spectrum); }, block);
  return estimator.tuning();
}

TEST(Tuning, KnowsNothingOfSilence) {
  EXPECT_EQ(tuning_of(std::vector<float>(22'050)).confidence, 0.0F);
  EXPECT_EQ(TuningEstimator{}.tuning().cents, 0.0);
}

TEST(Tuning, IsFoundWithinThreeCentsOfWhatWasPlayed) {
  for (const double cents : {-45.0, -40.0, -20.0, -7.0, 0.0, 13.0, 40.0, 45.0}) {
    const auto tuning = tuning_of(test::chord({48, 60, 64, 67}, 3.0, cents));
    EXPECT_NEAR(tuning.cents, cents, 3.0);
    EXPECT_NEAR(tuning.a4().value, test::frequency(69, cents), 0.8);
    EXPECT_GT(tuning.confidence, 0.5F);
  }
}

TEST(Tuning, AtAQuarterToneStaysOnTheSideWhereItBegan) {
  TuningEstimator estimator;
  auto sound = test::chord({60, 64, 67}, 3.0, 48.0);
  const auto second = test::chord({60, 64, 67}, 30.0, 53.0);
  sound.insert(sound.end(), second.begin(), second.end());
  double lowest = 100.0;
  test::tonal_frames(sound, [&](const dsp::Spectrum& spectrum) {
    estimator.process(spectrum);
    lowest = std::min(lowest, estimator.tuning().cents);
  });
  EXPECT_GT(lowest, 40.0);
  EXPECT_NEAR(estimator.tuning().cents, 53.0, 3.0);
}

TEST(Tuning, OfNoiseIsLessSureThanOfAChord) {
  const auto of_noise = tuning_of(test::noise(10.0, test::kTonalRate, 3));
  EXPECT_LT(of_noise.confidence, 0.2F);
}

TEST(Tuning, DependsOnNeitherLevelNorPolarityNorBlocks) {
  const auto sound = test::chord({57, 61, 64}, 3.0, 25.0);
  auto quiet = sound;
  for (float& sample : quiet) {
    sample *= -0.01F;
  }
  const auto expected = tuning_of(sound);
  EXPECT_NEAR(tuning_of(quiet).cents, expected.cents, 0.1);
  EXPECT_EQ(tuning_of(sound, 17).cents, expected.cents);
}

TEST(Tuning, ResetEqualsNew) {
  const auto sound = test::chord({57, 61, 64}, 1.0, 25.0);
  TuningEstimator used;
  const auto feed = [&](const dsp::Spectrum& spectrum) { used.process(spectrum); };
  test::tonal_frames(test::chord({60, 63, 67}, 1.0, -30.0), feed);
  used.reset();
  test::tonal_frames(sound, feed);
  EXPECT_EQ(used.tuning().cents, tuning_of(sound).cents);
  EXPECT_EQ(used.tuning().confidence, tuning_of(sound).confidence);
}

TEST(Tuning, RefusesABandOutsideTheSpectrum) {
  EXPECT_THROW((TuningEstimator{{.highest = core::Hertz{8'000.0}}}), std::invalid_argument);
  EXPECT_THROW((TuningEstimator{{.lowest = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((TuningEstimator{{.memory = core::Seconds{0.0}}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
