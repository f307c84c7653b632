// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/window.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace auralis::dsp {
namespace {

TEST(Window, HasItsKnownValuesAtTheEndsTheQuarterAndTheMiddle) {
  const auto expect = [](WindowShape shape, float at_start, float at_quarter) {
    const auto window = make_window(shape, 64);
    EXPECT_NEAR(window[0], at_start, 1e-6F);
    EXPECT_NEAR(window[16], at_quarter, 1e-6F);
    EXPECT_NEAR(window[32], 1.0F, 1e-6F);
  };
  expect(WindowShape::rectangular, 1.0F, 1.0F);
  expect(WindowShape::hann, 0.0F, 0.5F);
  expect(WindowShape::hamming, 0.08F, 0.54F);
  expect(WindowShape::blackman, 0.0F, 0.34F);
}

TEST(Window, OfKaiserIsTheRatioOfTwoBesselFunctions) {
  for (const double beta : {0.0, 4.5, 9.0, 50.0}) {
    EXPECT_DOUBLE_EQ(kaiser(0.0, beta), 1.0);
    EXPECT_EQ(kaiser(1.0, beta), 0.0);
    EXPECT_EQ(kaiser(-1.5, beta), 0.0);
    for (double place = -0.95; place < 1.0; place += 0.1) {
      const double expected =
          std::cyl_bessel_i(0.0, beta * std::sqrt(1.0 - place * place)) / std::cyl_bessel_i(0.0, beta);
      EXPECT_NEAR(kaiser(place, beta), expected, 1e-13 * expected) << beta << " at " << place;
    }
  }
}

TEST(Window, IsOnePeriodOfAnEvenFunction) {
  for (const auto shape : {WindowShape::hann, WindowShape::hamming, WindowShape::blackman}) {
    const auto window = make_window(shape, 100);
    for (std::size_t n = 1; n < 100; ++n) {
      EXPECT_NEAR(window[n], window[100 - n], 1e-6F);
    }
  }
}

TEST(Window, OfHannAddsUpToOneWhenItOverlapsByHalf) {
  const auto window = make_window(WindowShape::hann, 64);
  for (std::size_t n = 0; n < 32; ++n) {
    EXPECT_NEAR(window[n] + window[n + 32], 1.0F, 1e-6F);
  }
}

} // namespace
} // namespace auralis::dsp
