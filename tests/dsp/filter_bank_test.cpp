// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/filter_bank.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"

namespace auralis::dsp {
namespace {

std::vector<float> applied(const FilterBank& bank, const std::vector<float>& values) {
  std::vector<float> out(bank.size());
  bank.apply(values, out);
  return out;
}

TEST(FilterBank, IsZeroForSilence) {
  const FilterBank bank{FilterBank::Mel{}};
  EXPECT_EQ(applied(bank, std::vector<float>(bank.bins())), std::vector<float>(40));
}

TEST(FilterBank, GivesTheWeightOfTheBinForAnImpulse) {
  const FilterBank bank{FilterBank::LogFrequency{}};
  for (std::size_t bin = 0; bin < bank.bins(); ++bin) {
    std::vector<float> values(bank.bins());
    values[bin] = 1.0F;
    const auto out = applied(bank, values);
    for (std::size_t b = 0; b < bank.size(); ++b) {
      ASSERT_EQ(out[b], bank.weight(b, bin)) << b << " " << bin;
    }
  }
}

TEST(FilterBank, SumsWhatItsWeightsSay) {
  core::Random random{1};
  const FilterBank bank{FilterBank::Mel{.bands = 80, .from = core::Hertz{27.5}, .to = core::Hertz{16'000.0}}};
  std::vector<float> values(bank.bins());
  std::ranges::generate(values, [&] { return static_cast<float>(random.normal()); });
  const auto out = applied(bank, values);
  for (std::size_t b = 0; b < bank.size(); ++b) {
    double sum = 0.0;
    double size = 0.0;
    for (std::size_t k = 0; k < bank.bins(); ++k) {
      sum += static_cast<double>(bank.weight(b, k)) * static_cast<double>(values[k]);
      size += std::abs(static_cast<double>(bank.weight(b, k)) * static_cast<double>(values[k]));
    }
    EXPECT_NEAR(out[b], sum, 1e-6 * size);
  }
}

TEST(FilterBank, PutsMelCentresWhereTheFormulaeSay) {
  // 0 to 8 kHz in 39 equal steps of 2595 log10(1 + f / 700): 2840.02 mel in all.
  const FilterBank htk{FilterBank::Mel{.bands = 38, .to = core::Hertz{8'000.0}, .scale = FilterBank::MelScale::htk}};
  EXPECT_NEAR(htk.centre(0).value, 700.0 * (std::pow(10.0, 2840.0230 / 39.0 / 2595.0) - 1.0), 1e-3);
  EXPECT_NEAR(htk.centre(37).value, 700.0 * (std::pow(10.0, 2840.0230 * 38.0 / 39.0 / 2595.0) - 1.0), 1e-2);
  // 1 kHz is 15 and 6.4 kHz is 42 on Slaney's scale: 41 bands in between step by one.
  const FilterBank slaney{FilterBank::Mel{.bands = 41, .to = core::Hertz{6'400.0}}};
  EXPECT_NEAR(slaney.centre(14).value, 1'000.0, 1e-6);
  EXPECT_NEAR(slaney.centre(13).value, 1'000.0 * 14.0 / 15.0, 1e-6);
  EXPECT_NEAR(slaney.centre(27).value, 1'000.0 * std::pow(6.4, 13.0 / 27.0), 1e-6);
}

TEST(FilterBank, GivesEqualBandsForEqualPowerAHertzWhenAreasAreEqual) {
  const FilterBank bank{FilterBank::Mel{.fft_size = 16'384}};
  const float hertz_per_bin = 44'100.0F / 16'384.0F;
  const auto out = applied(bank, std::vector<float>(bank.bins(), hertz_per_bin));
  for (const float band : out) {
    EXPECT_NEAR(band, 1.0F, 0.01F);
  }
}

TEST(FilterBank, HasFewerBandsInLowOctavesWhereBinsAreScarce) {
  const FilterBank bank{FilterBank::LogFrequency{}};
  EXPECT_GT(bank.size(), 120U);
  EXPECT_LT(bank.size(), 24U * 9U);
  for (std::size_t b = 0; b < bank.size(); ++b) {
    const auto centre = static_cast<std::size_t>(std::lround(bank.centre(b).value * 2'048.0 / 44'100.0));
    EXPECT_EQ(bank.weight(b, centre), 1.0F) << b;
    if (b > 0) {
      EXPECT_GT(bank.centre(b), bank.centre(b - 1));
    }
  }
}

TEST(FilterBank, RefusesBadSettings) {
  EXPECT_THROW((FilterBank{FilterBank::Mel{.bands = 0}}), std::invalid_argument);
  EXPECT_THROW((FilterBank{FilterBank::Mel{.fft_size = 15}}), std::invalid_argument);
  EXPECT_THROW((FilterBank{FilterBank::Mel{.to = core::Hertz{30'000.0}}}), std::invalid_argument);
  EXPECT_THROW((FilterBank{FilterBank::LogFrequency{.from = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((FilterBank{FilterBank::LogFrequency{.bands_per_octave = 0}}), std::invalid_argument);
}

TEST(FilterBank, TakesABandOfAnyShapeAtEitherEndOfTheSpectrum) {
  FilterBank bank{core::Hertz{1'000.0}, 32}; // 17 bins
  bank.add(core::Hertz{0.0}, 0, std::array{1.0F, 0.0F, 2.0F});
  bank.add(core::Hertz{500.0}, 15, std::array{3.0F, 4.0F});
  bank.add(core::Hertz{250.0}, 4, std::array{1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F});
  std::array<float, 17> values{};
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = static_cast<float>(k);
  }
  std::array<float, 3> out{};
  bank.apply(values, out);
  EXPECT_EQ(out, (std::array{4.0F, 3.0F * 15.0F + 4.0F * 16.0F, 72.0F}));
  EXPECT_EQ(bank.weight(1, 15), 3.0F);
  EXPECT_EQ(bank.weight(1, 14), 0.0F);
}

} // namespace
} // namespace auralis::dsp
