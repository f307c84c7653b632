// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/reverb.hpp"

#include <gtest/gtest.h>

#include "auralis/dsp/biquad.hpp"
#include "dsp/stereo.hpp"

namespace auralis::dsp {
namespace {

constexpr core::Hertz kRate{48'000.0};

test::Stereo impulse_response(std::size_t frames, const Reverb::Config& config = {}) {
  Reverb reverb{config};
  test::Stereo s{frames};
  s.left[0] = 1.0F;
  reverb.process(s.block(), s.block());
  return s;
}

/// RT60 from the slope between -5 and -35 dB of the backward-integrated energy (M. Schroeder, 1965; ISO 3382-1, T30).
double decay_time(const std::vector<float>& response, double rate) {
  std::vector<double> left(response.size() + 1, 0.0);
  for (std::size_t n = response.size(); n-- > 0;) {
    left[n] = left[n + 1] + static_cast<double>(response[n]) * static_cast<double>(response[n]);
  }
  const auto reaches = [&](double db) {
    std::size_t n = 0;
    while (10.0 * std::log10(left[n] / left[0]) > db) {
      ++n;
    }
    return static_cast<double>(n) / rate;
  };
  return 2.0 * (reaches(-35.0) - reaches(-5.0));
}

/// The octave round `centre`, 24 dB an octave on each side.
std::vector<float> octave(const test::Stereo& response, double centre) {
  auto s = response;
  for (int pass = 0; pass < 2; ++pass) {
    StereoBiquad high{high_pass(core::Hertz{centre / std::sqrt(2.0)}, 0.7071, kRate)};
    StereoBiquad low{low_pass(core::Hertz{centre * std::sqrt(2.0)}, 0.7071, kRate)};
    high.process(s.block());
    low.process(s.block());
  }
  return s.left;
}

TEST(Reverb, IsSilentForSilence) {
  Reverb reverb{{}};
  test::Stereo s{9'600};
  reverb.process(s.block(), s.block());
  EXPECT_EQ(test::peak(s.left), 0.0F);
}

TEST(Reverb, DecaysBySixtyDecibelsInThreeSecondsInTheMidBand) {
  const auto response = impulse_response(48'000 * 6);
  for (const double centre : {500.0, 1'000.0, 2'000.0}) {
    EXPECT_NEAR(decay_time(octave(response, centre), kRate.value), 3.0, 0.3) << centre << " Hz";
  }
}

TEST(Reverb, LosesTheHighsSooner) {
  const auto response = impulse_response(48'000 * 6);
  const double high = decay_time(octave(response, 8'000.0), kRate.value);
  EXPECT_LT(high, 2.2);
  EXPECT_GT(high, 0.8);
}

TEST(Reverb, FollowsTheDecayAskedForAtAnyRate) {
  const auto at_44100 = impulse_response(
      44'096 * 4, {.sample_rate = core::Hertz{44'100.0}, .decay = core::Seconds{1.5}, .damping = 0.0F});
  EXPECT_NEAR(decay_time(at_44100.left, 44'100.0), 1.5, 0.1);
}

TEST(Reverb, KeepsTheEnergyOfNoise) {
  Reverb reverb{{.damping = 0.0F}};
  auto s = test::noise(0.1, 48'000 * 8, 5);
  reverb.process(s.block(), s.block());
  const double out =
      test::mean_square(s.left, 48'000 * 5, 48'000 * 3) + test::mean_square(s.right, 48'000 * 5, 48'000 * 3);
  EXPECT_NEAR(10.0 * std::log10(out / (2.0 * 0.01)), 0.0, 1.0);
}

TEST(Reverb, SendsDifferentSoundToBothSides) {
  const auto response = impulse_response(48'000 * 2);
  double product = 0.0;
  for (std::size_t n = 0; n < response.left.size(); ++n) {
    product += static_cast<double>(response.left[n]) * static_cast<double>(response.right[n]);
  }
  const double frames = static_cast<double>(response.left.size());
  const double energy = std::sqrt(test::mean_square(response.left, 0, response.left.size()) *
                                  test::mean_square(response.right, 0, response.left.size())) *
                        frames;
  EXPECT_LT(std::abs(product / energy), 0.15);
}

TEST(Reverb, FillsTheTailDensely) {
  const auto response = impulse_response(48'000);
  // After 200 ms, no gap of 5 ms without an echo within 40 dB of the local level.
  for (std::size_t from = 9'600; from + 4'800 < 38'400; from += 240) {
    const double local = std::sqrt(test::mean_square(response.left, from, 4'800));
    float highest = 0.0F;
    for (std::size_t n = from; n < from + 240; ++n) {
      highest = std::max(highest, std::abs(response.left[n]));
    }
    ASSERT_GT(static_cast<double>(highest), 0.01 * local) << from;
  }
}

TEST(Reverb, BlockSizeDoesNotMatterAndResetEqualsNew) {
  test::expect_block_size_does_not_matter_and_reset_equals_new(
      Reverb{{}}, test::noise(0.2, 64 * 300, 7), 64,
      [](Reverb& reverb, core::StereoBlock samples) { reverb.process(samples, samples); });
}

TEST(Reverb, RefusesSettingsOutOfRange) {
  EXPECT_THROW((Reverb{{.sample_rate = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((Reverb{{.decay = core::Seconds{0.0}}}), std::invalid_argument);
  EXPECT_THROW((Reverb{{.damping = 0.6F}}), std::invalid_argument);
  EXPECT_THROW((Reverb{{.pre_delay = core::Seconds{-1.0}}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
