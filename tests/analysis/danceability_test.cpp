// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/danceability.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "analysis/rhythm_signals.hpp"

namespace auralis::analysis {
namespace {

double exponent_of(const std::vector<float>& series) {
  Danceability danceability{100.0};
  for (const float x : series) {
    danceability.process(x);
  }
  return danceability.exponent();
}

std::vector<float> noise(std::size_t count) {
  std::mt19937 random{5U};
  std::normal_distribution<float> normal{1.0F, 0.3F};
  std::vector<float> out(count);
  for (float& x : out) {
    x = normal(random);
  }
  return out;
}

TEST(Danceability, IsNothingInSilence) {
  Danceability danceability{100.0};
  test::listen(test::silence(10.0), [&](const LogBands&, const dsp::Spectrum& s) { danceability.process(s); });
  EXPECT_EQ(danceability.score().value, 0.0F);
  EXPECT_EQ(danceability.score().confidence, 0.0F);
}

// Peng 1994: white noise has the exponent 1/2, its sum 3/2. The paper's + 3 on the lengths moves both a little.
TEST(Danceability, KnowsTheExponentsOfNoiseAndOfItsSum) {
  auto series = noise(200'000);
  EXPECT_NEAR(exponent_of(series), 0.5, 0.05);
  float sum = 0.0F;
  for (float& x : series) {
    sum += x - 1.0F;
    x = 500.0F + sum;
  }
  EXPECT_NEAR(exponent_of(series), 1.5, 0.15);
}

TEST(Danceability, PrefersASteadyPulseToAWanderingOne) {
  std::vector<float> steady(6'000);
  std::vector<float> wandering(6'000);
  const auto random = noise(6'000);
  double loudness = 1.0;
  for (std::size_t n = 0; n < steady.size(); ++n) {
    steady[n] = n % 50 < 5 ? 1.0F : 0.1F;
    loudness += 0.02 * static_cast<double>(random[n] - 1.0F);
    wandering[n] = static_cast<float>(std::abs(loudness));
  }
  EXPECT_LT(exponent_of(steady), 0.5 * exponent_of(wandering));
}

TEST(Danceability, TakesNoNoticeOfGain) {
  auto series = noise(6'000);
  const double once = exponent_of(series);
  for (float& x : series) {
    x *= 0.01F;
  }
  EXPECT_NEAR(exponent_of(series), once, 1e-4);
}

TEST(Danceability, IsAsNewAfterReset) {
  const auto series = noise(3'000);
  Danceability used{100.0};
  for (int n = 0; n < 777; ++n) {
    used.process(static_cast<float>(n));
  }
  used.reset();
  for (const float x : series) {
    used.process(x);
  }
  EXPECT_EQ(used.exponent(), exponent_of(series));
}

TEST(Danceability, RefusesFramesWithoutARate) { EXPECT_THROW(Danceability{0.0}, std::invalid_argument); }

} // namespace
} // namespace auralis::analysis
