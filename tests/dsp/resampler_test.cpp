// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/resampler.hpp"

#include <gtest/gtest.h>

#include "dsp/stereo.hpp"

namespace auralis::dsp {
namespace {

/// The whole of `in` through a resampler in pieces of `block` frames.
test::Stereo resample(StereoResampler& resampler, test::Stereo in, std::size_t block) {
  test::Stereo out{0};
  test::Stereo piece{resampler.most_output(block)};
  const auto keep = [&](std::size_t frames) {
    out.left.insert(out.left.end(), piece.left.begin(), piece.left.begin() + static_cast<std::ptrdiff_t>(frames));
    out.right.insert(out.right.end(), piece.right.begin(), piece.right.begin() + static_cast<std::ptrdiff_t>(frames));
  };
  for (std::size_t n = 0; n < in.left.size(); n += block) {
    keep(resampler.process(in.block(n, std::min(block, in.left.size() - n)), piece.block()));
  }
  while (const std::size_t frames = resampler.flush(piece.block())) {
    keep(frames);
  }
  return out;
}

TEST(StereoResampler, IsSilentForSilence) {
  StereoResampler resampler{{}};
  const auto out = resample(resampler, test::Stereo{4'800}, 960);
  EXPECT_EQ(out.left.size(), 4'410U);
  EXPECT_EQ(test::peak(out.left), 0.0F);
}

TEST(StereoResampler, TurnsASineIntoTheSameSineAtTheOtherRate) {
  for (const auto& [from, to] : {std::pair{44'100.0, 48'000.0}, std::pair{48'000.0, 44'100.0}}) {
    StereoResampler resampler{{.from = core::Hertz{from}, .to = core::Hertz{to}}};
    const auto in = test::sine(997.0, 0.5, static_cast<std::size_t>(from), from);
    const auto out = resample(resampler, in, 960);
    const auto expected = test::sine(997.0, 0.5, static_cast<std::size_t>(to), to);
    ASSERT_EQ(out.left.size(), expected.left.size());
    for (std::size_t n = 2'000; n + 2'000 < out.left.size(); ++n) { // away from the ends
      ASSERT_NEAR(out.left[n], expected.left[n], 1e-4F) << n;
      ASSERT_EQ(out.left[n], out.right[n]);
    }
  }
}

TEST(StereoResampler, BlockSizeDoesNotMatterAndResetEqualsNew) {
  StereoResampler resampler{{}};
  const auto in = test::noise(0.2, 20'000, 3);
  const auto whole = resample(resampler, in, 20'000);
  for (const std::size_t block : {64U, 441U, 960U}) {
    resampler.reset();
    EXPECT_EQ(resample(resampler, in, block), whole) << block;
  }
}

TEST(StereoResampler, RefusesRatesOutOfRange) {
  EXPECT_THROW((StereoResampler{{.from = core::Hertz{0.0}}}), std::invalid_argument);
  EXPECT_THROW((StereoResampler{{.to = core::Hertz{1e9}}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
