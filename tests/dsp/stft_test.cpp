// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/stft.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {
namespace {

constexpr Stft::Config kSmall{.sample_rate = core::Hertz{8'000.0}, .fft_size = 256, .hop_size = 100};

/// A Spectrum that owns what it shows.
struct Kept {
  std::int64_t index;
  double at;
  std::vector<std::complex<float>> bins;
  std::vector<float> magnitude;
  std::vector<float> samples;

  explicit Kept(const Spectrum& frame)
      : index{frame.index}, at{frame.at.value}, bins{frame.bins.begin(), frame.bins.end()},
        magnitude{frame.magnitude.begin(), frame.magnitude.end()}, samples{frame.samples.begin(), frame.samples.end()} {
  }
  friend bool operator==(const Kept&, const Kept&) = default;
};

std::vector<Kept> frames_of(Stft& stft, std::span<const float> samples, std::size_t block) {
  std::vector<Kept> frames;
  const auto keep = [&](const Spectrum& frame) { frames.emplace_back(frame); };
  for (std::size_t n = 0; n < samples.size(); n += block) {
    stft.push(samples.subspan(n, std::min(block, samples.size() - n)), keep);
  }
  stft.finish(keep);
  return frames;
}

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  core::Random random{seed};
  std::vector<float> samples(count);
  for (float& x : samples) {
    x = static_cast<float>(0.3 * random.normal());
  }
  return samples;
}

std::vector<float> sine(double frequency, std::size_t count, double rate) {
  std::vector<float> samples(count);
  for (std::size_t n = 0; n < count; ++n) {
    samples[n] = static_cast<float>(std::sin(2.0 * std::numbers::pi * frequency * static_cast<double>(n) / rate));
  }
  return samples;
}

TEST(Stft, IsZeroForSilence) {
  Stft stft{kSmall};
  const auto frames = frames_of(stft, std::vector<float>(1'000), 1'000);
  ASSERT_EQ(frames.size(), 10U);
  for (const auto& frame : frames) {
    EXPECT_TRUE(std::ranges::all_of(frame.magnitude, [](float m) { return m == 0.0F; }));
  }
}

TEST(Stft, CentresFramesOnTheMultiplesOfTheHop) {
  Stft stft{kSmall};
  std::vector<float> samples(1'000);
  samples[300] = 1.0F;
  const auto frames = frames_of(stft, samples, 7);
  ASSERT_EQ(frames.size(), 10U);
  for (std::size_t n = 0; n < frames.size(); ++n) {
    EXPECT_EQ(frames[n].index, static_cast<std::int64_t>(n));
    EXPECT_DOUBLE_EQ(frames[n].at, static_cast<double>(n) * 100.0 / 8'000.0);
  }
  // An impulse at the centre: a flat spectrum, as high as the window there, 1, by its scale, 2 / (256 / 2).
  EXPECT_EQ(frames[3].samples[128], 1.0F);
  for (const float m : frames[3].magnitude) {
    EXPECT_NEAR(m, 1.0F / 64.0F, 1e-6F);
  }
  EXPECT_TRUE(std::ranges::all_of(frames[5].magnitude, [](float m) { return m == 0.0F; }));
}

TEST(Stft, ShowsAFullScaleSineAsOneAtItsBin) {
  for (const auto shape : {WindowShape::rectangular, WindowShape::hann, WindowShape::hamming, WindowShape::blackman}) {
    Stft stft{{.window = shape}};
    const double frequency = stft.frequency(100).value;
    const auto frames = frames_of(stft, sine(frequency, 10'000, 44'100.0), 10'000);
    const auto& magnitude = frames.at(10).magnitude;
    const auto highest = std::ranges::max_element(magnitude);
    EXPECT_EQ(highest - magnitude.begin(), 100);
    EXPECT_NEAR(*highest, 1.0F, 1e-4F);
    EXPECT_EQ(magnitude.size(), static_cast<std::size_t>(stft.bin_count()));
    EXPECT_NEAR(std::abs(frames.at(10).bins[100]), *highest, 1e-6F);
  }
}

TEST(Stft, KeepsTheEnergyOfNoise) {
  // Parseval: N sum(w^2) / 2 of half the spectrum, with the window's mean power, 3/8, and its scale, 4 / N, is 3.
  Stft stft{{}};
  const auto frames = frames_of(stft, noise(44'100, 1), 4'096);
  double mean = 0.0;
  for (std::size_t n = 10; n < 90; ++n) {
    for (std::size_t k = 1; k + 1 < frames[n].magnitude.size(); ++k) {
      mean += std::pow(static_cast<double>(frames[n].magnitude[k]), 2.0) / 80.0;
    }
  }
  EXPECT_NEAR(mean / 3.0, 0.09, 0.004);
}

TEST(Stft, NeverDependsOnTheBlockSizeAndResetEqualsNew) {
  Stft stft{kSmall};
  const auto samples = noise(5'003, 2);
  const auto whole = frames_of(stft, samples, samples.size());
  EXPECT_EQ(whole.size(), 51U);
  for (const std::size_t block : {1U, 17U, 100U, 256U, 999U}) {
    stft.reset();
    EXPECT_EQ(frames_of(stft, samples, block), whole) << block;
  }
  Stft fresh{kSmall};
  EXPECT_EQ(frames_of(fresh, samples, 64), whole);
}

TEST(Stft, SeesTheLastSampleHoweverManyThereWere) {
  for (std::size_t count = 0; count < 402; ++count) {
    Stft stft{{.sample_rate = core::Hertz{100.0}, .fft_size = 16, .hop_size = 5}};
    std::vector<float> samples(count);
    if (count > 0) {
      samples.back() = 1.0F;
    }
    const auto frames = frames_of(stft, samples, 3);
    ASSERT_EQ(frames.size(), (count + 4) / 5) << count;
    if (count > 0) {
      EXPECT_TRUE(std::ranges::any_of(frames.back().samples, [](float x) { return x == 1.0F; })) << count;
    }
  }
}

TEST(Stft, NeverAllocatesOnceBuilt) {
  Stft stft{{}};
  const auto samples = noise(20'000, 3);
  const auto before = rt::violations();
  float highest = 0.0F;
  {
    const rt::RealtimeSection section;
    stft.push(samples, [&](const Spectrum& frame) noexcept { highest = std::max(highest, frame.magnitude[9]); });
    stft.finish([&](const Spectrum& frame) noexcept { highest = std::max(highest, frame.magnitude[9]); });
    stft.reset();
  }
  EXPECT_GT(highest, 0.0F);
  EXPECT_EQ(rt::violations(), before);
}

TEST(Stft, RefusesBadSettings) {
  EXPECT_THROW((Stft{{.sample_rate = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((Stft{{.fft_size = 0}}), std::invalid_argument);
  EXPECT_THROW((Stft{{.fft_size = 2'047}}), std::invalid_argument);
  EXPECT_THROW((Stft{{.hop_size = 0}}), std::invalid_argument);
  EXPECT_THROW((Stft{{.fft_size = 256, .hop_size = 257}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
