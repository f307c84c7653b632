// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/sinc_resampler.hpp"

#include <algorithm>
#include <cmath>
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

std::vector<float> resample(SincResampler& resampler, std::span<const float> in, std::size_t block) {
  std::vector<float> out;
  std::vector<float> piece(std::max(resampler.most_output(block), resampler.most_output(0)));
  const auto keep = [&](std::size_t count) {
    out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
  };
  for (std::size_t n = 0; n < in.size(); n += block) {
    keep(resampler.process(in.subspan(n, std::min(block, in.size() - n)), piece));
  }
  keep(resampler.finish(piece));
  return out;
}

std::vector<float> sine(double frequency, double rate, std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t n = 0; n < count; ++n) {
    samples[n] = static_cast<float>(std::sin(2.0 * std::numbers::pi * frequency * static_cast<double>(n) / rate));
  }
  return samples;
}

struct Ratio {
  double from;
  double to;
};
// Both ways, whole and crooked ratios; the last has 44,099 phases.
constexpr Ratio kRatios[] = {{48'000, 44'100}, {8'000, 44'100},  {22'050, 44'100}, {192'000, 44'100},
                             {44'100, 11'025}, {11'025, 44'100}, {96'000, 44'100}, {44'100, 44'099}};

TEST(SincResampler, IsSilentForSilence) {
  SincResampler resampler{{}};
  const auto out = resample(resampler, std::vector<float>(4'800), 960);
  EXPECT_EQ(out.size(), 4'410U);
  EXPECT_TRUE(std::ranges::all_of(out, [](float x) { return x == 0.0F; }));
}

TEST(SincResampler, KeepsAnImpulseAtItsTime) {
  for (const auto& [from, to] : kRatios) {
    SincResampler resampler{{.from = core::Hertz{from}, .to = core::Hertz{to}}};
    std::vector<float> in(static_cast<std::size_t>(from / 10.0));
    const auto at = static_cast<std::size_t>(from / 20.0);
    in[at] = 1.0F;
    const auto out = resample(resampler, in, 333);
    double moment = 0.0;
    double weight = 0.0;
    for (std::size_t n = 0; n < out.size(); ++n) {
      const double energy = std::pow(static_cast<double>(out[n]), 2.0);
      moment += energy * static_cast<double>(n) / to;
      weight += energy;
    }
    EXPECT_NEAR(moment / weight, static_cast<double>(at) / from, 0.05 / to) << from << " " << to;
  }
}

TEST(SincResampler, TurnsASineIntoTheSameSineAtTheOtherRate) {
  for (const auto& [from, to] : kRatios) {
    SincResampler resampler{{.from = core::Hertz{from}, .to = core::Hertz{to}}};
    const double frequency = 0.38 * std::min(from, to);
    const auto out = resample(resampler, sine(frequency, from, static_cast<std::size_t>(from / 4.0)), 441);
    const auto expected = sine(frequency, to, out.size());
    for (std::size_t n = 400; n + 400 < out.size(); ++n) { // away from the ends
      ASSERT_NEAR(out[n], expected[n], 5e-4F) << from << " " << to << " " << n;
    }
  }
}

TEST(SincResampler, TakesOutWhatTheLowerRateCannotHold) {
  for (const auto& [from, to] : {Ratio{48'000, 44'100}, Ratio{44'100, 11'025}, Ratio{192'000, 44'100}}) {
    SincResampler resampler{{.from = core::Hertz{from}, .to = core::Hertz{to}}};
    const auto out = resample(resampler, sine(0.505 * to, from, static_cast<std::size_t>(from / 4.0)), 441);
    for (std::size_t n = 400; n + 400 < out.size(); ++n) {
      ASSERT_NEAR(out[n], 0.0F, 3e-4F) << from << " " << to << " " << n;
    }
  }
}

TEST(SincResampler, NeverDependsOnTheBlockSizeAndResetEqualsNew) {
  core::Random random{3};
  std::vector<float> in(20'003);
  for (float& x : in) {
    x = static_cast<float>(random.normal());
  }
  for (const auto& [from, to] : kRatios) {
    SincResampler resampler{{.from = core::Hertz{from}, .to = core::Hertz{to}}};
    const auto whole = resample(resampler, in, in.size());
    EXPECT_EQ(whole.size(), static_cast<std::size_t>(std::ceil(20'003.0 * to / from)));
    for (const std::size_t block : {1U, 64U, 441U, 4'099U}) {
      resampler.reset();
      EXPECT_EQ(resample(resampler, in, block), whole) << block;
    }
  }
}

TEST(SincResampler, SaysHowManySamplesItNeedsForTheNext) {
  for (const auto& [from, to] : kRatios) {
    SincResampler resampler{{.from = core::Hertz{from}, .to = core::Hertz{to}}};
    std::vector<float> out(resampler.most_output(10'000));
    const std::vector<float> in(10'000);
    for (std::int64_t total = 1; total < 400; total += 7) {
      const auto needed = static_cast<std::size_t>(resampler.needed_for(total));
      if (needed > 0) {
        resampler.process(std::span{in}.first(needed - 1), out);
        EXPECT_LT(resampler.written(), total) << from << " " << to;
        resampler.process(std::span{in}.first(1), out);
      }
      EXPECT_GE(resampler.written(), total) << from << " " << to;
    }
  }
}

TEST(SincResampler, NeverAllocatesOnceBuilt) {
  SincResampler resampler{{}};
  const std::vector<float> in(10'000, 0.5F);
  std::vector<float> out(resampler.most_output(in.size()));
  const auto before = rt::violations();
  {
    const rt::RealtimeSection section;
    EXPECT_GT(resampler.process(in, out), 9'000U);
    resampler.finish(out);
    resampler.reset();
  }
  EXPECT_EQ(rt::violations(), before);
}

TEST(SincResampler, RefusesBadSettings) {
  EXPECT_THROW((SincResampler{{.from = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((SincResampler{{.to = core::Hertz{1e9}}}), std::invalid_argument);
  EXPECT_THROW((SincResampler{{.to = core::Hertz{44'100.5}}}), std::invalid_argument);
  EXPECT_THROW((SincResampler{{.width = 7}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
