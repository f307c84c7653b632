// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/sliding_window.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace auralis::dsp {
namespace {

constexpr SlidingWindow::Config kSmall{.sample_rate = core::Hertz{100.0},
                                       .window_size = 10,
                                       .hop_size = 4,
                                       .shape = WindowShape::rectangular,
                                       .history = 3};

/// 0, 1, 2, …: each sample says where it lies.
std::vector<float> ramp(std::size_t count) {
  std::vector<float> samples(count);
  std::iota(samples.begin(), samples.end(), 0.0F);
  return samples;
}

TEST(SlidingWindow, FillsUntilTheFirstWindowIsThere) {
  SlidingWindow window{kSmall};
  EXPECT_EQ(window.fill(), 0.0);
  EXPECT_FALSE(window.is_full());
  EXPECT_EQ(window.push(ramp(5)), 0);
  EXPECT_EQ(window.fill(), 0.5);
  EXPECT_EQ(window.push(ramp(5)), 1);
  EXPECT_EQ(window.fill(), 1.0);
  EXPECT_TRUE(window.is_full());
  EXPECT_EQ(window.available(), 1);
  EXPECT_DOUBLE_EQ(window.overlap(), 0.6);
}

TEST(SlidingWindow, ShowsTheNewestWindowAndThoseBefore) {
  SlidingWindow window{kSmall};
  EXPECT_EQ(window.push(ramp(101)), 23); // (101 - 10) / 4 + 1
  EXPECT_EQ(window.available(), 3);
  for (int back = 0; back < 3; ++back) {
    const auto samples = window.samples(back);
    ASSERT_EQ(samples.size(), 10U);
    EXPECT_EQ(samples[0], static_cast<float>(4 * (22 - back)));
    EXPECT_EQ(samples[9], samples[0] + 9.0F);
    EXPECT_DOUBLE_EQ(window.begins(back).value, 0.04 * (22 - back));
  }
  std::vector<float> out(30);
  EXPECT_EQ(window.last(5, out), 3);
  EXPECT_EQ(out[0], 80.0F);
  EXPECT_EQ(out[29], 97.0F);
}

TEST(SlidingWindow, PutsTheShapeOnSamples) {
  auto config = kSmall;
  for (const auto shape : {WindowShape::hann, WindowShape::hamming, WindowShape::blackman}) {
    config.shape = shape;
    SlidingWindow window{config};
    window.push(std::vector<float>(10, 1.0F));
    std::vector<float> out(10);
    window.shaped(out);
    EXPECT_EQ(out, make_window(shape, 10));
  }
}

TEST(SlidingWindow, ShowsWhatLiesAroundATime) {
  SlidingWindow window{kSmall};
  window.push(ramp(101)); // 22 are kept
  const auto around = window.context(core::Seconds{0.90}, core::Seconds{0.03}, core::Seconds{0.05});
  ASSERT_EQ(around.size(), 8U);
  EXPECT_EQ(around[0], 87.0F);
  EXPECT_EQ(around[7], 94.0F);
  EXPECT_EQ(window.context(core::Seconds{1.0}, core::Seconds{0.02}, core::Seconds{1.0}).size(), 3U); // not yet there
  EXPECT_TRUE(window.context(core::Seconds{0.2}, core::Seconds{0.1}, core::Seconds{0.1}).empty());   // long gone
}

TEST(SlidingWindow, NeverDependsOnTheBlockSizeAndResetEqualsNew) {
  const auto samples = ramp(97);
  SlidingWindow window{kSmall};
  window.push(samples);
  const std::vector<float> whole{window.samples(2).begin(), window.samples(2).end()};
  for (const std::size_t block : {1U, 3U, 4U, 10U, 50U}) {
    window.reset();
    EXPECT_EQ(window.completed(), 0);
    for (std::size_t n = 0; n < samples.size(); n += block) {
      window.push(std::span{samples}.subspan(n, std::min(block, samples.size() - n)));
    }
    EXPECT_TRUE(std::ranges::equal(window.samples(2), whole)) << block;
  }
}

TEST(SlidingWindow, RefusesBadSettings) {
  EXPECT_THROW((SlidingWindow{{.sample_rate = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((SlidingWindow{{.window_size = 0}}), std::invalid_argument);
  EXPECT_THROW((SlidingWindow{{.window_size = 10, .hop_size = 11}}), std::invalid_argument);
  EXPECT_THROW((SlidingWindow{{.history = 0}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
