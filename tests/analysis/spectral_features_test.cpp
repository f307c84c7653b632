// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/spectral_features.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <numbers>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

using core::FeatureFrame;

std::vector<FeatureFrame> features_of(SpectralFeatures& features, const std::vector<float>& samples) {
  dsp::Stft stft{{}};
  std::vector<FeatureFrame> frames;
  const auto keep = [&](const dsp::Spectrum& spectrum) { frames.push_back(features.process(spectrum)); };
  stft.push(samples, keep);
  stft.finish(keep);
  return frames;
}

std::vector<FeatureFrame> features_of(const std::vector<float>& samples) {
  SpectralFeatures features{{}};
  return features_of(features, samples);
}

std::map<std::string, float> named(const FeatureFrame& frame) {
  std::map<std::string, float> values{{"rms", frame.rms},           {"peak", frame.peak},
                                      {"crest", frame.crest},       {"zero_crossing_rate", frame.zero_crossing_rate},
                                      {"centroid", frame.centroid}, {"bandwidth", frame.bandwidth},
                                      {"rolloff", frame.rolloff},   {"flatness", frame.flatness},
                                      {"flux", frame.flux},         {"complexity", frame.complexity}};
  const auto add = [&](const std::string& name, const auto& array) {
    for (std::size_t i = 0; i < array.size(); ++i) {
      values[name + std::to_string(i)] = array[i];
    }
  };
  add("contrast", frame.contrast);
  add("mfcc", frame.mfcc);
  add("mfcc_delta", frame.mfcc_delta);
  return values;
}

std::vector<float> tone(double frequency, std::size_t count, double amplitude = 0.5) {
  std::vector<float> samples(count);
  for (std::size_t n = 0; n < count; ++n) {
    samples[n] = static_cast<float>(amplitude *
                                    std::sin(2.0 * std::numbers::pi * frequency * static_cast<double>(n) / 44'100.0));
  }
  return samples;
}

/// The sound of tools/reference/spectral_features.py.
std::vector<float> reference_sound() {
  constexpr std::size_t kCount = 22'050;
  std::vector<float> samples(kCount);
  std::uint32_t state = 12'345;
  for (std::size_t n = 0; n < kCount; ++n) {
    const auto sine = [&](double f) {
      return std::sin(2.0 * std::numbers::pi * f * static_cast<double>(n) / 44'100.0);
    };
    state = 1'664'525U * state + 1'013'904'223U;
    const double hiss = static_cast<double>(state) / 4'294'967'296.0 - 0.5;
    const double share = static_cast<double>(n) / static_cast<double>(kCount);
    const double chord = 0.3 * sine(220.0) + 0.2 * sine(554.4) + 0.1 * sine(1'760.0);
    samples[n] = static_cast<float>(chord * (1.0 - share) + 0.4 * hiss * share * share + (n == 9'000 ? 0.8 : 0.0));
  }
  return samples;
}

TEST(SpectralFeatures, AreZeroForSilence) {
  for (const auto& frame : features_of(std::vector<float>(20'000))) {
    for (const auto& [name, value] : named(frame)) {
      if (name != "mfcc0") { // the logarithm's floor
        EXPECT_NEAR(value, 0.0F, 1e-3F) << name;
      }
    }
  }
}

TEST(SpectralFeatures, SeeAClickAsFlat) {
  std::vector<float> samples(4'410);
  samples[2'205] = 1.0F;
  const auto frame = features_of(samples).at(5);
  EXPECT_EQ(frame.peak, 1.0F);
  EXPECT_NEAR(frame.crest, std::sqrt(2'048.0F), 1e-2F);
  EXPECT_NEAR(frame.flatness, 1.0F, 1e-3F);
  EXPECT_NEAR(frame.centroid, 11'025.0F, 40.0F);
}

TEST(SpectralFeatures, SeeATone) {
  const auto frame = features_of(tone(3'000.0, 20'000)).at(20);
  EXPECT_NEAR(frame.rms, 0.5 / std::numbers::sqrt2, 1e-3);
  EXPECT_NEAR(frame.crest, std::numbers::sqrt2, 1e-2);
  EXPECT_NEAR(frame.zero_crossing_rate, 2.0 * 3'000.0 / 44'100.0, 1e-3);
  EXPECT_NEAR(frame.centroid, 3'000.0F, 10.0F);
  EXPECT_LT(frame.bandwidth, 150.0F);
  EXPECT_NEAR(frame.rolloff, 3'000.0F, 43.0F);
  EXPECT_LT(frame.flatness, 1e-4F);
  EXPECT_EQ(frame.complexity, 1.0F);
  EXPECT_GT(frame.contrast[4], 40.0F);
}

TEST(SpectralFeatures, AgreeWithNumPyAndSciPy) {
  std::ifstream golden{AURALIS_GOLDEN "/analysis/spectral_features.txt"};
  ASSERT_TRUE(golden);
  const auto frames = features_of(reference_sound());
  int compared = 0;
  for (std::string line; std::getline(golden, line);) {
    if (line.starts_with('#')) {
      continue;
    }
    std::istringstream fields{line};
    std::size_t index = 0;
    std::string name;
    float expected = 0.0F;
    ASSERT_TRUE(fields >> index >> name >> expected) << line;
    // Decibels and cepstra to a hundredth; the rest to a thousandth of itself; what lies between bins to a bin.
    const bool in_decibels = name.starts_with("mfcc") || name.starts_with("contrast");
    float tolerance = in_decibels ? 0.01F : 1e-3F * std::abs(expected);
    if (name == "rolloff") {
      tolerance = 44'100.0F / 2'048.0F;
    }
    EXPECT_NEAR(named(frames.at(index)).at(name), expected, tolerance + 1e-6F) << index << " " << name;
    ++compared;
  }
  EXPECT_EQ(compared, 6 * 42);
}

TEST(SpectralFeatures, KeepTheirShapeWhenTheGainChangesOrThePolarity) {
  const auto sound = reference_sound();
  auto quiet = sound;
  auto inverted = sound;
  std::ranges::for_each(quiet, [](float& x) { x *= 0.25F; });
  std::ranges::for_each(inverted, [](float& x) { x = -x; });
  const auto a = features_of(sound);
  const auto b = features_of(quiet);
  const auto c = features_of(inverted);
  for (std::size_t n = 0; n < a.size(); ++n) {
    for (const auto& other : {b[n], c[n]}) {
      EXPECT_NEAR(other.centroid, a[n].centroid, 1e-3F * a[n].centroid);
      EXPECT_NEAR(other.bandwidth, a[n].bandwidth, 1e-3F * a[n].bandwidth);
      EXPECT_NEAR(other.rolloff, a[n].rolloff, 22.0F);
      EXPECT_NEAR(other.flatness, a[n].flatness, 1e-3F);
      EXPECT_NEAR(other.crest, a[n].crest, 1e-3F * a[n].crest);
      EXPECT_EQ(other.complexity, a[n].complexity);
      if (n >= 42) { // where no band lies at the floor of the logarithm
        EXPECT_NEAR(other.mfcc[3], a[n].mfcc[3], 0.1F);
      }
    }
  }
}

TEST(SpectralFeatures, AreTheSameAfterResetAsWhenNew) {
  SpectralFeatures features{{}};
  const auto sound = reference_sound();
  const auto first = features_of(features, sound);
  features.reset();
  const auto second = features_of(features, sound);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t n = 0; n < first.size(); ++n) {
    EXPECT_EQ(named(first[n]), named(second[n]));
  }
}

TEST(SpectralFeatures, NeverAllocateOnceBuilt) {
  SpectralFeatures features{{}};
  FeatureStatistics statistics;
  dsp::Stft stft{{}};
  const auto sound = reference_sound();
  const auto before = rt::violations();
  {
    const rt::RealtimeSection section;
    stft.push(sound, [&](const dsp::Spectrum& s) noexcept { statistics.process(features.process(s)); });
    features.reset();
  }
  EXPECT_GT(statistics.frames(), 40);
  EXPECT_EQ(rt::violations(), before);
}

TEST(SpectralFeatures, RefuseBadSettings) {
  EXPECT_THROW((SpectralFeatures{{.sample_rate = core::Hertz{8'000.0}}}), std::invalid_argument);
  EXPECT_THROW((SpectralFeatures{{.fft_size = 2'000}}), std::invalid_argument);
  EXPECT_THROW((SpectralFeatures{{.fft_size = 512}}), std::invalid_argument);
}

TEST(FeatureStatistics, GiveMeanAndDeviationAndLeaveSilenceOut) {
  FeatureStatistics statistics;
  FeatureFrame frame;
  for (int n = 0; n < 100; ++n) {
    frame.rms = 0.0F;
    frame.centroid = 9'999.0F;
    statistics.process(frame);
    frame.rms = 0.1F;
    frame.centroid = n % 2 == 0 ? 1'000.0F : 2'000.0F;
    frame.mfcc_delta[12] = static_cast<float>(n);
    statistics.process(frame);
  }
  EXPECT_EQ(statistics.frames(), 100);
  const auto summary = statistics.summary();
  EXPECT_NEAR(summary.rms.mean, 0.1F, 1e-6F);
  EXPECT_NEAR(summary.rms.deviation, 0.0F, 1e-6F);
  EXPECT_NEAR(summary.centroid.mean, 1'500.0F, 1e-2F);
  EXPECT_NEAR(summary.centroid.deviation, 500.0F, 1e-2F);
  EXPECT_NEAR(summary.mfcc_delta[12].mean, 49.5F, 1e-3F);
  EXPECT_NEAR(summary.mfcc_delta[12].deviation, std::sqrt((100.0F * 100.0F - 1.0F) / 12.0F), 1e-3F);
}

TEST(FeatureStatistics, AreZeroWhereNothingSounded) {
  const FeatureStatistics statistics;
  EXPECT_EQ(statistics.summary().centroid.mean, 0.0F);
  EXPECT_EQ(statistics.summary().centroid.deviation, 0.0F);
}

} // namespace
} // namespace auralis::analysis
