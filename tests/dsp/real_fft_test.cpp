// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/real_fft.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"

namespace auralis::dsp {
namespace {

void fill_with_noise(std::span<float> samples, std::uint64_t seed) {
  core::Random random{seed};
  for (float& x : samples) {
    x = static_cast<float>(random.normal());
  }
}

TEST(RealFft, IsZeroForSilence) {
  RealFft fft{64};
  fft.forward();
  EXPECT_TRUE(std::ranges::all_of(fft.bins(), [](auto bin) { return bin == std::complex<float>{}; }));
}

TEST(RealFft, TurnsAnImpulseIntoALinearPhase) {
  RealFft fft{256};
  fft.time()[3] = 1.0F;
  fft.forward();
  ASSERT_EQ(fft.bins().size(), 129U);
  for (std::size_t k = 0; k < 129; ++k) {
    const auto expected = std::polar(1.0, -2.0 * std::numbers::pi * 3.0 * static_cast<double>(k) / 256.0);
    EXPECT_NEAR(fft.bins()[k].real(), expected.real(), 1e-5) << k;
    EXPECT_NEAR(fft.bins()[k].imag(), expected.imag(), 1e-5) << k;
  }
}

TEST(RealFft, AgreesWithTheSumThatDefinesIt) {
  for (const int size : {2, 6, 60, 512, 882}) {
    RealFft fft{size};
    fill_with_noise(fft.time(), 5);
    fft.forward();
    for (int k = 0; k <= size / 2; ++k) {
      std::complex<double> sum;
      for (int n = 0; n < size; ++n) {
        sum += static_cast<double>(fft.time()[static_cast<std::size_t>(n)]) *
               std::polar(1.0, -2.0 * std::numbers::pi * k * n / size);
      }
      const auto bin = fft.bins()[static_cast<std::size_t>(k)];
      EXPECT_NEAR(std::abs(std::complex<double>{bin} - sum), 0.0, 1e-4) << size << " " << k;
    }
  }
}

TEST(RealFft, TakesBackWhatItDid) {
  for (const int size : {2, 30, 2'048, 4'096}) {
    RealFft fft{size};
    fill_with_noise(fft.time(), 6);
    const std::vector<float> before{fft.time().begin(), fft.time().end()};
    fft.forward();
    EXPECT_TRUE(std::ranges::equal(fft.time(), before));
    fft.inverse();
    for (std::size_t n = 0; n < before.size(); ++n) {
      ASSERT_NEAR(fft.time()[n], before[n], 1e-5F) << size << " " << n;
    }
  }
}

TEST(RealFft, GivesEqualBitsInEveryThread) {
  const auto transform = [](std::vector<std::complex<float>>& out) {
    RealFft fft{1'024};
    fill_with_noise(fft.time(), 7);
    fft.forward();
    out.assign(fft.bins().begin(), fft.bins().end());
  };
  std::vector<std::vector<std::complex<float>>> results(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { transform(result); });
    }
  }
  for (const auto& result : results) {
    EXPECT_FALSE(result.empty());
    EXPECT_EQ(result, results.front());
  }
}

TEST(RealFft, StillWorksAfterItWasMoved) {
  RealFft first{16};
  first.time()[0] = 1.0F;
  RealFft second{std::move(first)};
  second.forward();
  EXPECT_EQ(second.size(), 16);
  EXPECT_NEAR(second.bins()[8].real(), 1.0F, 1e-6F);
}

TEST(RealFft, RefusesOddAndAbsurdSizes) {
  for (const int size : {-2, 0, 1, 7, 1 << 21}) {
    EXPECT_THROW(RealFft{size}, std::invalid_argument) << size;
  }
}

} // namespace
} // namespace auralis::dsp
