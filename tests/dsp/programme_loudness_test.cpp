// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/programme_loudness.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <numbers>
#include <stdexcept>
#include <vector>

#include <ebur128.h>
#include <gtest/gtest.h>

#include "auralis/core/random.hpp"

namespace auralis::dsp {
namespace {

constexpr double kSilent = -std::numeric_limits<double>::infinity();
using Channels = std::vector<std::vector<float>>;

std::vector<core::LoudnessPoint> measure(ProgrammeLoudness& loudness, const Channels& sound, std::size_t block) {
  std::vector<core::LoudnessPoint> points;
  for (std::size_t n = 0; n < sound.front().size(); n += block) {
    std::vector<const float*> pointers;
    for (const auto& channel : sound) {
      pointers.push_back(channel.data() + n);
    }
    loudness.push({pointers, std::min(block, sound.front().size() - n)},
                  [&](const core::LoudnessPoint& point) { points.push_back(point); });
  }
  return points;
}

std::vector<float> sine(double frequency, double amplitude, double rate, double seconds) {
  std::vector<float> samples(static_cast<std::size_t>(rate * seconds));
  for (std::size_t n = 0; n < samples.size(); ++n) {
    samples[n] =
        static_cast<float>(amplitude * std::sin(2.0 * std::numbers::pi * frequency * static_cast<double>(n) / rate));
  }
  return samples;
}

/// Noise whose level wanders over 30 dB, so that gates and ranges have something to do.
Channels programme(std::size_t channels, double rate, double seconds, std::uint64_t seed) {
  core::Random random{seed};
  Channels sound(channels, std::vector<float>(static_cast<std::size_t>(rate * seconds)));
  for (std::size_t c = 0; c < channels; ++c) {
    double low = 0.0;
    for (std::size_t n = 0; n < sound[c].size(); ++n) {
      const double t = static_cast<double>(n) / rate;
      const double level = std::pow(10.0, (-20.0 + 15.0 * std::sin(0.5 * t + 0.3 * static_cast<double>(c))) / 20.0);
      const double white = random.normal();
      low += (white - low) * 0.2;
      sound[c][n] = static_cast<float>(level * (0.6 * low + 0.2 * white));
    }
  }
  return sound;
}

struct Close {
  void operator()(ebur128_state* state) const { ebur128_destroy(&state); }
};

/// The same by libebur128, with the channel map that loudness_weights() stands for.
core::LoudnessReport by_libebur128(const Channels& sound, double rate) {
  const auto channels = static_cast<unsigned>(sound.size());
  const std::unique_ptr<ebur128_state, Close> state{
      ebur128_init(channels, static_cast<unsigned long>(rate),
                   EBUR128_MODE_I | EBUR128_MODE_S | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK)};
  if (channels >= 6) {
    ebur128_set_channel(state.get(), 2, EBUR128_CENTER);
    ebur128_set_channel(state.get(), 3, EBUR128_UNUSED);
    const bool seven = channels == 8;
    ebur128_set_channel(state.get(), 4, seven ? EBUR128_Mp135 : EBUR128_LEFT_SURROUND);
    ebur128_set_channel(state.get(), 5, seven ? EBUR128_Mm135 : EBUR128_RIGHT_SURROUND);
    if (seven) {
      ebur128_set_channel(state.get(), 6, EBUR128_Mp090);
      ebur128_set_channel(state.get(), 7, EBUR128_Mm090);
    }
  }
  std::vector<float> interleaved;
  for (std::size_t n = 0; n < sound.front().size(); ++n) {
    for (const auto& channel : sound) {
      interleaved.push_back(channel[n]);
    }
  }
  EXPECT_EQ(ebur128_add_frames_float(state.get(), interleaved.data(), sound.front().size()), EBUR128_SUCCESS);
  core::LoudnessReport report;
  ebur128_loudness_global(state.get(), &report.integrated_lufs);
  ebur128_loudness_range(state.get(), &report.range_lu);
  double highest = 0.0;
  for (unsigned c = 0; c < channels; ++c) {
    double peak = 0.0;
    ebur128_true_peak(state.get(), c, &peak);
    highest = std::max(highest, peak);
  }
  report.true_peak = core::to_decibels(highest);
  return report;
}

TEST(ProgrammeLoudness, IsMinusInfinityForSilenceAndForNothing) {
  ProgrammeLoudness loudness{{}};
  const auto expect_silence = [&] {
    const auto report = loudness.report();
    EXPECT_EQ(report.integrated_lufs, kSilent);
    EXPECT_EQ(report.range_lu, 0.0);
    EXPECT_EQ(report.true_peak.value, kSilent);
    EXPECT_EQ(report.max_momentary_lufs, kSilent);
    EXPECT_EQ(report.max_short_term_lufs, kSilent);
  };
  expect_silence();
  const auto points = measure(loudness, Channels(2, std::vector<float>(44'100)), 1'000);
  EXPECT_EQ(points.size(), 10U);
  expect_silence();
}

TEST(ProgrammeLoudness, GivesTheLevelOfTech3341) {
  // EBU Tech 3341, case 1: a sine of 1 kHz at -23 dBFS in both channels is -23 LUFS in every measure.
  for (const double rate : {44'100.0, 48'000.0, 96'000.0, 192'000.0}) {
    ProgrammeLoudness loudness{{.sample_rate = core::Hertz{rate}}};
    const auto tone = sine(1'000.0, std::pow(10.0, -23.0 / 20.0), rate, 20.0);
    const auto points = measure(loudness, {tone, tone}, 4'096);
    const auto report = loudness.report();
    EXPECT_NEAR(report.integrated_lufs, -23.0, 0.1) << rate;
    EXPECT_NEAR(report.max_momentary_lufs, -23.0, 0.1) << rate;
    EXPECT_NEAR(report.max_short_term_lufs, -23.0, 0.1) << rate;
    EXPECT_NEAR(report.range_lu, 0.0, 0.1) << rate;
    EXPECT_NEAR(report.true_peak.value, -23.0, 0.2) << rate;
    EXPECT_NEAR(points.at(100).at.value, 10.1, 1e-9);
  }
}

TEST(ProgrammeLoudness, GatesAndMeasuresTheRangeOfTech3341And3342) {
  // Tech 3341, case 3: 10 s at -36, 60 s at -23, 10 s at -36. Tech 3342, case 1: 20 s at -20, 20 s at -30: 10 LU.
  const auto steps = [](std::initializer_list<std::pair<double, double>> parts) {
    std::vector<float> all;
    for (const auto& [decibels, seconds] : parts) {
      const auto part = sine(1'000.0, std::pow(10.0, decibels / 20.0), 48'000.0, seconds);
      all.insert(all.end(), part.begin(), part.end());
    }
    return Channels(2, all);
  };
  ProgrammeLoudness loudness{{.sample_rate = core::Hertz{48'000.0}}};
  measure(loudness, steps({{-36.0, 10.0}, {-23.0, 60.0}, {-36.0, 10.0}}), 4'800);
  EXPECT_NEAR(loudness.report().integrated_lufs, -23.0, 0.1);
  loudness.reset();
  measure(loudness, steps({{-20.0, 20.0}, {-30.0, 20.0}}), 4'800);
  EXPECT_NEAR(loudness.report().range_lu, 10.0, 1.0);
}

TEST(ProgrammeLoudness, SeesAPeakBetweenSamples) {
  // A quarter of the rate, an eighth of a period off: the samples reach 0.707 of the sine's peak. Tech 3341, case 15.
  std::vector<float> tone(48'000);
  for (std::size_t n = 0; n < tone.size(); ++n) {
    const double fade = std::min(1.0, static_cast<double>(n) / 4'800.0);
    tone[n] = static_cast<float>(0.5 * fade * std::sin(std::numbers::pi * (0.5 * static_cast<double>(n) + 0.25)));
  }
  ProgrammeLoudness loudness{{.sample_rate = core::Hertz{48'000.0}, .channels = 1}};
  measure(loudness, {tone}, 777);
  EXPECT_NEAR(loudness.report().true_peak.value, -6.02, 0.2);
}

TEST(ProgrammeLoudness, AgreesWithLibebur128WithinATenthOfADecibel) {
  for (const double rate : {22'050.0, 44'100.0, 48'000.0, 96'000.0}) {
    for (const std::size_t channels : {1U, 2U, 3U, 4U, 5U, 6U, 8U}) {
      if (rate != 44'100.0 && channels != 2) {
        continue; // the weights do not depend on the rate
      }
      const auto sound = programme(channels, rate, 10.0, channels);
      const auto expected = by_libebur128(sound, rate);
      ProgrammeLoudness loudness{{.sample_rate = core::Hertz{rate}, .channels = static_cast<int>(channels)}};
      measure(loudness, sound, 1'024);
      const auto report = loudness.report();
      EXPECT_NEAR(report.integrated_lufs, expected.integrated_lufs, 0.1) << rate << " " << channels;
      EXPECT_NEAR(report.range_lu, expected.range_lu, 0.1) << rate << " " << channels;
      EXPECT_NEAR(report.true_peak.value, expected.true_peak.value, 0.1) << rate << " " << channels;
    }
  }
}

TEST(ProgrammeLoudness, FollowsTheGainAndNeitherThePolarityNorTheOrderOfLeftAndRight) {
  const auto sound = programme(2, 44'100.0, 8.0, 9);
  auto changed = sound;
  std::swap(changed[0], changed[1]);
  for (auto& channel : changed) {
    std::ranges::for_each(channel, [](float& x) { x *= -0.5F; });
  }
  ProgrammeLoudness a{{}};
  ProgrammeLoudness b{{}};
  measure(a, sound, 999);
  measure(b, changed, 999);
  EXPECT_NEAR(a.report().integrated_lufs - b.report().integrated_lufs, 6.02, 0.05);
  EXPECT_NEAR(a.report().true_peak.value - b.report().true_peak.value, 6.02, 0.001);
  EXPECT_NEAR(a.report().range_lu, b.report().range_lu, 0.11);
}

TEST(ProgrammeLoudness, NeverDependsOnTheBlockSizeAndResetEqualsNew) {
  const auto sound = programme(6, 44'100.0, 5.0, 10);
  ProgrammeLoudness loudness{{.channels = 6}};
  const auto keep = [&](std::size_t block) {
    std::vector<double> values;
    for (const auto& point : measure(loudness, sound, block)) {
      values.insert(values.end(), {point.at.value, static_cast<double>(point.momentary_lufs),
                                   static_cast<double>(point.short_term_lufs)});
    }
    const auto report = loudness.report();
    values.insert(values.end(), {report.integrated_lufs, report.range_lu, report.true_peak.value});
    return values;
  };
  const auto whole = keep(sound.front().size());
  EXPECT_GT(whole.size(), 150U);
  for (const std::size_t block : {1U, 255U, 256U, 4'410U}) {
    loudness.reset();
    const auto pieces = keep(block);
    EXPECT_EQ(pieces, whole) << block;
  }
}

TEST(ProgrammeLoudness, TakesWhatIsNoNumberForSilence) {
  auto sound = programme(2, 44'100.0, 4.0, 11);
  sound[0][50'000] = std::numeric_limits<float>::quiet_NaN();
  sound[1][60'000] = std::numeric_limits<float>::infinity();
  ProgrammeLoudness loudness{{}};
  measure(loudness, sound, 512);
  EXPECT_TRUE(std::isfinite(loudness.report().integrated_lufs));
  EXPECT_LT(loudness.report().true_peak.value, 6.0);
}

TEST(ProgrammeLoudness, RefusesBadSettings) {
  EXPECT_THROW((ProgrammeLoudness{{.sample_rate = core::Hertz{1'000.0}}}), std::invalid_argument);
  EXPECT_THROW((ProgrammeLoudness{{.channels = 0}}), std::invalid_argument);
  EXPECT_THROW((ProgrammeLoudness{{.channels = 9}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
