// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/onset_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "analysis/rhythm_signals.hpp"

namespace auralis::analysis {
namespace {

std::vector<core::Onset> onsets_of(const std::vector<float>& sound, std::size_t block = 1'024) {
  OnsetDetector detector{{}};
  std::vector<core::Onset> onsets;
  test::listen(
      sound,
      [&](const LogBands& bands, const dsp::Spectrum&) {
        if (const auto onset = detector.process(bands)) {
          onsets.push_back(*onset);
        }
      },
      block);
  return onsets;
}

TEST(OnsetDetector, HearsNothingInSilence) { EXPECT_TRUE(onsets_of(test::silence(5.0)).empty()); }

TEST(OnsetDetector, HearsNothingInATone) {
  std::vector<float> tone = test::silence(5.0);
  for (std::size_t n = 0; n < tone.size(); ++n) {
    const double ramp = std::min(1.0, static_cast<double>(n) / test::kRate);
    tone[n] = static_cast<float>(0.3 * ramp *
                                 std::sin(2.0 * std::numbers::pi * 440.0 * static_cast<double>(n) / test::kRate));
  }
  const auto onsets = onsets_of(tone);
  EXPECT_LE(std::ranges::count_if(onsets, [](const core::Onset& o) { return o.at.value > 1.0; }), 0);
}

TEST(OnsetDetector, PlacesEveryClickWithinTwelveMilliseconds) {
  for (const double bpm : {60.0, 97.0, 133.0, 200.0, 480.0}) {
    const auto onsets = onsets_of(test::click_track(bpm, 4, 12.0));
    const auto expected = static_cast<std::size_t>(std::floor((12.0 - 0.2 - 0.5) * bpm / 60.0)) + 1;
    ASSERT_EQ(onsets.size(), expected) << bpm;
    for (std::size_t n = 0; n < onsets.size(); ++n) {
      // Out of digital silence the logarithm sees the window's edge touch the click.
      const double tolerance = n == 0 ? 0.025 : 0.012;
      ASSERT_NEAR(onsets[n].at.value, 0.5 + static_cast<double>(n) * 60.0 / bpm, tolerance) << bpm;
    }
  }
}

TEST(OnsetDetector, SaysAnOnsetLessThanFiftyMillisecondsAfterItsFirstSample) {
  // Clicks at every phase of the hop; what counts is the newest sample pushed when the onset is said.
  double worst = 0.0;
  for (int phase = 0; phase < 441; phase += 21) {
    const double at = 1.0 + phase / test::kRate;
    std::vector<float> sound = test::silence(2.0);
    test::add_burst(sound, at, 0.1F, 0.02, 3U);
    test::add_hiss(sound, 0.003F);
    OnsetDetector detector{{}};
    int heard = 0;
    test::listen(sound, [&](const LogBands& bands, const dsp::Spectrum& spectrum) {
      const auto onset = detector.process(bands);
      if (onset && std::abs(onset->at.value - at) < 0.03) {
        ++heard;
        worst = std::max(worst, spectrum.at.value + 1'024.0 / test::kRate - at);
      }
    });
    ASSERT_EQ(heard, 1) << phase;
  }
  EXPECT_LT(worst, 0.050);
}

TEST(OnsetDetector, TellsLowFromHigh) {
  std::vector<float> sound = test::silence(4.0);
  test::add_thump(sound, 1.0, 0.5F);
  std::vector<float> hiss = test::silence(4.0);
  test::add_burst(hiss, 3.0, 0.3F, 0.02, 5U);
  for (std::size_t n = 1; n < hiss.size(); ++n) {
    sound[n] += hiss[n] - hiss[n - 1]; // brighter noise
  }
  const auto onsets = onsets_of(sound);
  ASSERT_EQ(onsets.size(), 2U);
  EXPECT_EQ(onsets[0].band, core::Band::low);
  EXPECT_EQ(onsets[1].band, core::Band::high);
}

TEST(OnsetDetector, TakesNoNoticeOfGainAndPolarity) {
  auto sound = test::click_track(120.0, 4, 6.0);
  test::add_hiss(sound, 0.01F); // silence is judged by an absolute level
  const auto onsets = onsets_of(sound);
  for (const float gain : {-1.0F, 0.125F, 2.0F}) {
    std::vector<float> other = sound;
    for (float& x : other) {
      x *= gain;
    }
    const auto others = onsets_of(other);
    ASSERT_EQ(others.size(), onsets.size()) << gain;
    for (std::size_t n = 0; n < onsets.size(); ++n) {
      EXPECT_NEAR(others[n].at.value, onsets[n].at.value, 1e-3);
      EXPECT_NEAR(others[n].strength, onsets[n].strength, 0.03F);
      EXPECT_EQ(others[n].band, onsets[n].band);
    }
  }
}

TEST(OnsetDetector, BlockSizeDoesNotMatter) {
  const auto sound = test::click_track(133.0, 3, 6.0);
  const auto onsets = onsets_of(sound);
  for (const std::size_t block : {1U, 441U, 4'096U, 300'000U}) {
    const auto others = onsets_of(sound, block);
    ASSERT_EQ(others.size(), onsets.size());
    for (std::size_t n = 0; n < onsets.size(); ++n) {
      EXPECT_EQ(others[n].at.value, onsets[n].at.value);
      EXPECT_EQ(others[n].strength, onsets[n].strength);
    }
  }
}

TEST(OnsetDetector, IsAsNewAfterReset) {
  OnsetDetector fresh{{}};
  OnsetDetector used{{}};
  test::listen(test::click_track(77.0, 4, 4.0), [&](const LogBands& bands, const auto&) { (void)used.process(bands); });
  used.reset();
  test::listen(test::click_track(150.0, 4, 4.0), [&](const LogBands& bands, const auto&) {
    const auto a = fresh.process(bands);
    const auto b = used.process(bands);
    ASSERT_EQ(a.has_value(), b.has_value());
    if (a) {
      EXPECT_EQ(a->at.value, b->at.value);
      EXPECT_EQ(a->confidence, b->confidence);
    }
  });
}

TEST(OnsetDetector, RefusesAThresholdOfNothing) {
  const OnsetDetector::Config config{.threshold = 0.0F};
  EXPECT_THROW(OnsetDetector{config}, std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
