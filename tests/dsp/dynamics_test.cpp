// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "auralis/dsp/compressor.hpp"
#include "auralis/dsp/leveller.hpp"
#include "auralis/dsp/limiter.hpp"
#include "auralis/dsp/loudness_meter.hpp"
#include "dsp/stereo.hpp"

namespace auralis::dsp {
namespace {

constexpr core::Hertz kRate{48'000.0};
constexpr auto kLatency = static_cast<std::size_t>(TruePeakLimiter::latency().value);

double true_peak(test::Stereo& s) {
  LoudnessMeter meter{kRate};
  meter.add(s.block());
  return meter.true_peak().value;
}

double loudness(test::Stereo& s, std::size_t from, std::size_t count) {
  LoudnessMeter meter{kRate};
  meter.add(s.block(from, count));
  return meter.integrated_lufs();
}

// EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS is -23 LUFS.
TEST(LoudnessMeter, ReadsTheStandardsTone) {
  auto s = test::sine(1'000.0, std::pow(10.0, -23.0 / 20.0), 48'000 * 20);
  EXPECT_NEAR(loudness(s, 0, s.left.size()), -23.0, 0.1);
}

TEST(TruePeakLimiter, IsSilentForSilence) {
  TruePeakLimiter limiter{{}};
  test::Stereo s{640};
  limiter.process(s.block());
  EXPECT_EQ(test::peak(s.left), 0.0F);
}

TEST(TruePeakLimiter, OnlyDelaysWhatStaysUnderTheCeiling) {
  TruePeakLimiter limiter{{}};
  const auto in = test::sine(440.0, 0.5, 64 * 100);
  auto out = in;
  limiter.process(out.block());
  for (std::size_t n = kLatency; n < in.left.size(); ++n) {
    ASSERT_EQ(out.left[n], in.left[n - kLatency]);
  }
}

TEST(TruePeakLimiter, HoldsTheCeilingWhereThePeaksLieBetweenTheSamples) {
  // A quarter of the rate at 45 degrees: samples at 0.707 of the peak.
  auto quarter = test::sine(12'000.0, 1.25, 64 * 300, 48'000.0, std::numbers::pi / 4.0);
  ASSERT_GT(true_peak(quarter), 1.5);
  auto loud = test::noise(0.7, 64 * 1'000, 11);
  auto beating = test::sine(11'025.0, 1.5, 64 * 300, 48'000.0, 0.3);
  test::Stereo clicks{64 * 300};
  for (std::size_t n = 100; n < clicks.left.size(); n += 977) {
    clicks.left[n] = 3.0F;
    clicks.right[n + 1] = clicks.right[n] = -2.0F; // two in a row: more between them than in either
  }
  for (auto* signal : {&quarter, &loud, &beating, &clicks}) {
    TruePeakLimiter limiter{{}};
    limiter.process(signal->block());
    EXPECT_LE(true_peak(*signal), -1.0);
    EXPECT_GT(true_peak(*signal), -2.5) << "gives away more than it must";
  }
}

TEST(TruePeakLimiter, ComesBackAfterAPeak) {
  TruePeakLimiter limiter{{}};
  auto s = test::sine(440.0, 0.25, 48'000 / 64 * 64);
  s.left[5'000] = 4.0F;
  limiter.process(s.block());
  EXPECT_GT(limiter.gain(), 0.99F);
}

TEST(TruePeakLimiter, BlockSizeDoesNotMatterAndResetEqualsNew) {
  test::expect_block_size_does_not_matter_and_reset_equals_new(TruePeakLimiter{{}}, test::noise(0.6, 64 * 200, 13), 64);
}

TEST(TruePeakLimiter, RefusesSettingsOutOfRange) {
  EXPECT_THROW((TruePeakLimiter{{.ceiling = core::Decibels{1.0}}}), std::invalid_argument);
  EXPECT_THROW((TruePeakLimiter{{.release = core::Seconds{0.0}}}), std::invalid_argument);
}

TEST(Compressor, LeavesWhatIsUnderTheKneeAlone) {
  Compressor compressor{{}};
  const auto in = test::sine(440.0, 0.02, 64 * 500);
  auto out = in;
  compressor.process(out.block());
  EXPECT_EQ(in, out);
}

TEST(Compressor, HalvesWhatIsOverTheThresholdInDecibels) {
  Compressor compressor{{}};
  EXPECT_NEAR(compressor.gain_at(core::Decibels{-10.0}).value, -5.0, 1e-9);
  EXPECT_NEAR(compressor.gain_at(core::Decibels{-20.0}).value, -0.5, 1e-9); // the knee's middle
  auto s = test::sine(1'000.0, std::pow(10.0, -7.0 / 20.0), 64 * 1'500);    // -10.01 dBFS RMS
  compressor.process(s.block());
  const double rms = 10.0 * std::log10(test::mean_square(s.left, 48'000, 48'000));
  EXPECT_NEAR(rms, -15.0, 0.2);
}

TEST(Compressor, BlockSizeDoesNotMatterAndResetEqualsNew) {
  test::expect_block_size_does_not_matter_and_reset_equals_new(Compressor{{}}, test::noise(0.4, 64 * 200, 17), 64);
}

TEST(Compressor, RefusesSettingsOutOfRange) {
  EXPECT_THROW((Compressor{{.ratio = 0.5}}), std::invalid_argument);
  EXPECT_THROW((Compressor{{.attack = core::Seconds{0.0}}}), std::invalid_argument);
}

TEST(Leveller, IsSilentForSilenceAndDoesNotMove) {
  Leveller leveller{{}};
  test::Stereo s{48'000 * 10};
  leveller.process(s.block());
  EXPECT_EQ(test::peak(s.left), 0.0F);
  EXPECT_EQ(leveller.gain().value, 0.0);
}

TEST(Leveller, BringsSteadySoundToTheTargetFromEitherSide) {
  for (const double level_db : {-32.0, -24.0, -18.0, -10.0}) {
    Leveller leveller{{.range = core::Decibels{15.0}}};
    auto s = test::sine(1'000.0, std::pow(10.0, level_db / 20.0), 48'000 * 50);
    leveller.process(s.block());
    EXPECT_NEAR(loudness(s, 48'000 * 40, 48'000 * 10), -18.0, 0.5) << level_db;
  }
}

TEST(Leveller, IsCloseWithinTheFirstSeconds) {
  Leveller leveller{{}};
  auto s = test::sine(1'000.0, std::pow(10.0, -24.0 / 20.0), 48'000 * 10);
  leveller.process(s.block());
  EXPECT_NEAR(loudness(s, 48'000 * 6, 48'000 * 4), -18.0, 1.5);
}

TEST(Leveller, KeepsItsGainThroughAPause) {
  Leveller leveller{{}};
  auto s = test::sine(1'000.0, 0.05, 48'000 * 20);
  leveller.process(s.block());
  test::Stereo pause{48'000 * 30};
  const double playing = leveller.gain().value;
  leveller.process(pause.block(0, 48'000 * 6)); // the momentary window empties
  const double before = leveller.gain().value;
  leveller.process(pause.block());
  EXPECT_EQ(leveller.gain().value, before);
  EXPECT_NEAR(before, playing, 0.5);
}

TEST(Leveller, NeverMovesFasterThanAskedNorBeyondItsRange) {
  Leveller leveller{{.range = core::Decibels{6.0}, .decibels_per_second = 2.0}};
  auto s = test::sine(1'000.0, 0.02, 48'000);
  leveller.process(s.block());
  EXPECT_LE(leveller.gain().value, 2.001);
  for (int second = 0; second < 60; ++second) {
    s = test::sine(1'000.0, 0.02, 48'000);
    leveller.process(s.block());
    ASSERT_LE(leveller.gain().value, 6.001);
  }
  EXPECT_NEAR(leveller.gain().value, 6.0, 0.01);
}

TEST(Leveller, RefusesSettingsOutOfRange) {
  EXPECT_THROW((Leveller{{.target_lufs = 0.0}}), std::invalid_argument);
  EXPECT_THROW((Leveller{{.first = core::Seconds{30.0}}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::dsp
