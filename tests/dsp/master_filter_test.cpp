// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/master_filter.hpp"

#include <gtest/gtest.h>

#include "dsp/stereo.hpp"

namespace auralis::dsp {
namespace {

constexpr core::Hertz kRate{48'000.0};
constexpr auto kLatency = static_cast<std::size_t>(MasterFilter::latency().value);

TEST(MasterFilter, IsSilentForSilence) {
  MasterFilter filter{{}};
  test::Stereo s{512};
  const auto power = filter.process(s.block());
  EXPECT_EQ(test::peak(s.left), 0.0F);
  EXPECT_EQ(power.weighted, 0.0F);
}

TEST(MasterFilter, IsItsFiltersInARowOnlyLater) {
  MasterFilter filter{{}};
  filter.set_tilt(core::Decibels{-6.0});
  auto fused = test::noise(0.1, 9'600, 21);
  auto plain = fused;
  StereoBiquad high{high_pass(core::Hertz{30.0}, 0.7071067811865476, kRate)};
  StereoBiquad tilt{high_shelf(core::Hertz{1'800.0}, core::Decibels{-6.0}, kRate)};
  high.process(plain.block());
  tilt.process(plain.block());
  const auto power = filter.process(fused.block());
  // At 30 Hz the two forms round differently, 80 dB down.
  for (std::size_t n = kLatency; n < 9'600; ++n) {
    ASSERT_NEAR(fused.left[n], plain.left[n - kLatency], 1e-4F) << n;
    ASSERT_NEAR(fused.right[n], plain.right[n - kLatency], 1e-4F) << n;
  }
  const auto both = [](const test::Stereo& s) {
    return test::mean_square(s.left, 0, s.left.size()) + test::mean_square(s.right, 0, s.right.size());
  };
  EXPECT_NEAR(static_cast<double>(power.plain) / both(plain), 1.0, 0.01);
  for (const auto& stage : k_weighting(kRate)) {
    StereoBiquad weighting{stage};
    weighting.process(plain.block());
  }
  EXPECT_NEAR(static_cast<double>(power.weighted) / both(plain), 1.0, 0.01);
}

TEST(MasterFilter, TakesAwayWhatIsUnderThirtyHertz) {
  MasterFilter filter{{}};
  test::Stereo s{48'000};
  std::fill(s.left.begin(), s.left.end(), 0.5F);
  filter.process(s.block());
  EXPECT_LT(std::abs(s.left.back()), 1e-4F);
}

TEST(MasterFilter, BlockSizeDoesNotMatterAndResetEqualsNew) {
  test::expect_block_size_does_not_matter_and_reset_equals_new(MasterFilter{{}}, test::noise(0.2, 6'400, 22), 64);
}

TEST(MasterFilter, RefusesSettingsOutOfRange) {
  EXPECT_THROW((MasterFilter{{.sample_rate = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((MasterFilter{{.high_pass = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((MasterFilter{{.tilt_frequency = core::Hertz{90'000.0}}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
