// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/biquad.hpp"

#include <gtest/gtest.h>

#include "dsp/stereo.hpp"

namespace auralis::dsp {
namespace {

constexpr core::Hertz kRate{48'000.0};

double db(double amplitude) { return 20.0 * std::log10(amplitude); }

TEST(Biquad, IsSilentForSilence) {
  StereoBiquad filter{low_pass(core::Hertz{1'000.0}, 0.7071, kRate)};
  test::Stereo s{256};
  filter.process(s.block());
  EXPECT_EQ(test::peak(s.left), 0.0F);
}

TEST(Biquad, HalvesThePowerAtTheCutoff) {
  const core::Hertz cutoff{1'000.0};
  EXPECT_NEAR(db(magnitude(low_pass(cutoff, std::sqrt(0.5), kRate), cutoff, kRate)), -3.01, 0.02);
  EXPECT_NEAR(db(magnitude(high_pass(cutoff, std::sqrt(0.5), kRate), cutoff, kRate)), -3.01, 0.02);
}

TEST(Biquad, ShelfReachesItsGainAboveAndLeavesTheBassAlone) {
  const auto shelf = high_shelf(core::Hertz{2'000.0}, core::Decibels{6.0}, kRate);
  EXPECT_NEAR(db(magnitude(shelf, core::Hertz{20'000.0}, kRate)), 6.0, 0.1);
  EXPECT_NEAR(db(magnitude(shelf, core::Hertz{50.0}, kRate)), 0.0, 0.1);
}

// ITU-R BS.1770-5, tables 1 and 2.
TEST(Biquad, KWeightingIsTheStandardsAt48Kilohertz) {
  const auto [shelf, high] = k_weighting(kRate);
  EXPECT_NEAR(shelf.b0, 1.53512485958697, 1e-6);
  EXPECT_NEAR(shelf.b1, -2.69169618940638, 1e-6);
  EXPECT_NEAR(shelf.b2, 1.19839281085285, 1e-6);
  EXPECT_NEAR(shelf.a1, -1.69065929318241, 1e-6);
  EXPECT_NEAR(shelf.a2, 0.73248077421585, 1e-6);
  EXPECT_NEAR(high.a1, -1.99004745483398, 1e-6);
  EXPECT_NEAR(high.a2, 0.99007225036621, 1e-6);
  EXPECT_EQ(high.b1, -2.0F);
}

TEST(Biquad, GivesTheGainItsFormulaSays) {
  const auto coefficients = high_shelf(core::Hertz{2'000.0}, core::Decibels{-9.0}, kRate);
  StereoBiquad filter{coefficients};
  auto s = test::sine(3'000.0, 0.5, 9'600);
  filter.process(s.block());
  const double rms = std::sqrt(test::mean_square(s.right, 4'800, 4'800));
  EXPECT_NEAR(db(rms / (0.5 * std::sqrt(0.5))), db(magnitude(coefficients, core::Hertz{3'000.0}, kRate)), 0.01);
}

TEST(Biquad, BlockSizeDoesNotMatterAndResetEqualsNew) {
  test::expect_block_size_does_not_matter_and_reset_equals_new(StereoBiquad{low_pass(core::Hertz{500.0}, 2.0, kRate)},
                                                               test::noise(0.2, 1'000, 1), 8);
}

} // namespace
} // namespace auralis::dsp
