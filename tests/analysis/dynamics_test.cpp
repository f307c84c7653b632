// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/dynamics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"

namespace auralis::analysis {
namespace {

struct Measured {
  std::vector<core::Span> silences;
  double complexity;
  Dynamics::Fades fades;
};

Measured measure(Dynamics& dynamics, const std::vector<float>& samples) {
  dsp::Stft stft{{}};
  Measured measured{};
  const auto keep = [&](std::optional<core::Span> silence) {
    if (silence) {
      measured.silences.push_back(*silence);
    }
  };
  const auto on_frame = [&](const dsp::Spectrum& spectrum) { keep(dynamics.process(spectrum)); };
  stft.push(samples, on_frame);
  stft.finish(on_frame);
  keep(dynamics.finish(core::Seconds{static_cast<double>(samples.size()) / 44'100.0}));
  measured.complexity = dynamics.complexity().value;
  measured.fades = dynamics.fades();
  return measured;
}

Measured measure(const std::vector<float>& samples) {
  Dynamics dynamics{{}};
  return measure(dynamics, samples);
}

/// Noise of an amplitude that is a function of time.
template <typename Level> std::vector<float> noise(double seconds, Level level) {
  core::Random random{4};
  std::vector<float> samples(static_cast<std::size_t>(seconds * 44'100.0));
  for (std::size_t n = 0; n < samples.size(); ++n) {
    samples[n] = static_cast<float>(level(static_cast<double>(n) / 44'100.0) * random.normal());
  }
  return samples;
}

TEST(Dynamics, HearOneSilenceInSilenceAndNoneInNothing) {
  const auto silent = measure(std::vector<float>(88'200));
  ASSERT_EQ(silent.silences.size(), 1U);
  EXPECT_EQ(silent.silences[0].from.value, 0.0);
  EXPECT_EQ(silent.silences[0].to.value, 2.0);
  EXPECT_EQ(silent.complexity, 0.0);
  EXPECT_EQ(silent.fades.in.value, 0.0);
  EXPECT_TRUE(measure({}).silences.empty());
}

TEST(Dynamics, PlaceTheEdgesOfSilencesWithinTenMilliseconds) {
  const auto measured = measure(noise(10.0, [](double t) {
    const bool silent = t < 1.0 || (t > 4.0 && t < 6.5) || (t > 7.0 && t < 7.3) || t > 9.0;
    return silent ? 0.0 : 0.1;
  }));
  ASSERT_EQ(measured.silences.size(), 3U); // 0.3 s is a rest
  const double expected[][2] = {{0.0, 1.0}, {4.0, 6.5}, {9.0, 10.0}};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(measured.silences[i].from.value, expected[i][0], 0.0101);
    EXPECT_NEAR(measured.silences[i].to.value, expected[i][1], 0.0101);
  }
}

TEST(Dynamics, FindFadesAndTheirLength) {
  // In decibels as engineers draw them, and straight in amplitude as programs do.
  const auto in_decibels = measure(noise(30.0, [](double t) {
    const double in = std::min(0.0, -48.0 + 12.0 * t);
    const double out = std::min(0.0, -54.0 + 9.0 * (30.0 - t));
    return 0.2 * std::pow(10.0, (in + out) / 20.0);
  }));
  EXPECT_NEAR(in_decibels.fades.in.value, 4.0, 0.6);
  EXPECT_NEAR(in_decibels.fades.out.value, 5.1, 0.6); // the last 0.9 s lie below -60 dB
  const auto linear =
      measure(noise(30.0, [](double t) { return 0.2 * std::clamp(std::min(t / 5.0, (30.0 - t) / 8.0), 0.0, 1.0); }));
  // The mean lies 1 dB below the top because of the fades, and a decibel below that is 0.79 of the way.
  EXPECT_NEAR(linear.fades.in.value, 0.79 * 5.0, 0.5);
  EXPECT_NEAR(linear.fades.out.value, 0.79 * 8.0, 0.5);
}

TEST(Dynamics, DoNotTakeAHardStartOrAQuietIntroductionForAFade) {
  const auto hard = measure(noise(20.0, [](double t) { return t < 1.0 ? 0.0 : 0.2; }));
  EXPECT_EQ(hard.fades.in.value, 0.0);
  EXPECT_EQ(hard.fades.out.value, 0.0);
  const auto quiet = measure(noise(40.0, [](double t) { return t < 10.0 ? 0.02 : 0.2; }));
  EXPECT_EQ(quiet.fades.in.value, 0.0);
}

TEST(Dynamics, MeasureComplexityAsTheMeanDeviationOfTheLevel) {
  EXPECT_LT(measure(noise(20.0, [](double) { return 0.1; })).complexity, 0.3);
  // Half the time 10 dB above, half 10 dB below the mean.
  const auto steps = [](double gain) {
    return noise(20.0, [=](double t) { return gain * (std::fmod(t, 4.0) < 2.0 ? 0.3 : 0.03); });
  };
  EXPECT_NEAR(measure(steps(1.0)).complexity, 10.0, 0.5);
  EXPECT_NEAR(measure(steps(0.3)).complexity, 10.0, 0.5);
}

TEST(Dynamics, AreTheSameAfterResetAsWhenNew) {
  const auto sound = noise(8.0, [](double t) { return t < 2.0 ? 0.0 : 0.1 * t; });
  Dynamics dynamics{{}};
  const auto first = measure(dynamics, sound);
  dynamics.reset();
  const auto second = measure(dynamics, sound);
  EXPECT_EQ(first.complexity, second.complexity);
  EXPECT_EQ(first.fades.in, second.fades.in);
  EXPECT_EQ(first.silences.size(), second.silences.size());
}

TEST(Dynamics, RefuseBadSettings) {
  EXPECT_THROW((Dynamics{{.hop_size = 0}}), std::invalid_argument);
  EXPECT_THROW((Dynamics{{.silence = core::Decibels{1.0}}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
