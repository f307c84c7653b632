// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/beat_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "analysis/rhythm_signals.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

std::vector<core::Beat> beats_of(const std::vector<float>& sound, std::size_t block = 1'024) {
  BeatDecoder decoder{{}};
  test::listen(sound, [&](const LogBands& bands, const dsp::Spectrum&) { decoder.process(bands); }, block);
  return decoder.finish();
}

std::vector<core::Beat> live_beats_of(BeatTracker& tracker, const std::vector<float>& sound,
                                      std::size_t block = 1'024) {
  std::vector<core::Beat> beats;
  test::listen(
      sound,
      [&](const LogBands& bands, const dsp::Spectrum&) {
        if (const auto beat = tracker.process(bands)) {
          beats.push_back(*beat);
        }
      },
      block);
  return beats;
}

double distance_to_click(double at, double bpm) {
  const double count = (at - 0.5) * bpm / 60.0;
  return std::abs(count - std::round(count)) * 60.0 / bpm;
}

TEST(BeatTracker, HearsNoBeatInSilence) {
  EXPECT_TRUE(beats_of(test::silence(10.0)).empty());
  BeatTracker tracker{{}};
  EXPECT_TRUE(live_beats_of(tracker, test::silence(10.0)).empty());
}

TEST(BeatDecoder, FindsTheClicksOfAClickTrackAndItsBars) {
  for (const int metre : {3, 4}) {
    for (const double bpm : {72.0, 96.0, 120.0, 143.0}) {
      const auto beats = beats_of(test::click_track(bpm, metre, 20.0));
      const double clicks = (20.0 - 0.7) * bpm / 60.0;
      ASSERT_NEAR(static_cast<double>(beats.size()), clicks, 2.5) << bpm << " in " << metre;
      for (const core::Beat& beat : beats) {
        const bool at_an_end = beat.at.value < 1.0 || beat.at.value > 19.0;
        ASSERT_LT(distance_to_click(beat.at.value, bpm), at_an_end ? 0.035 : 0.015) << bpm << " at " << beat.at.value;
        EXPECT_NEAR(beat.tempo.value, bpm, (beat.at.value < 2.0 || beat.at.value > 18.5 ? 0.04 : 0.02) * bpm);
        if (beat.at.value > 3.0) { // a bar must have been heard before it can be compared
          ASSERT_EQ(beat.beats_per_bar, metre) << bpm;
          const auto count = static_cast<int>(std::lround((beat.at.value - 0.5) * bpm / 60.0));
          ASSERT_EQ(beat.position, count % metre + 1) << bpm << " at " << beat.at.value;
        }
      }
    }
  }
}

TEST(BeatDecoder, SaysNoBeatBeforeTheMusicBegins) {
  for (const double silence : {0.5, 2.0, 10.0}) {
    std::vector<float> sound(static_cast<std::size_t>(silence * 44'100.0));
    const auto clicks = test::click_track(120.0, 4, 12.0);
    sound.insert(sound.end(), clicks.begin(), clicks.end());
    const auto first = std::ranges::find_if(sound, [](float sample) { return sample != 0.0F; });
    const double begins = static_cast<double>(first - sound.begin()) / 44'100.0;
    const auto beats = beats_of(sound);
    ASSERT_GT(beats.size(), 20U) << silence;
    EXPECT_GT(beats.front().at.value, begins - 0.25) << silence;
    EXPECT_LT(beats.front().at.value, begins + 0.6) << silence;
  }
}

TEST(BeatTracker, FollowsAClickTrackLive) {
  for (const double bpm : {72.0, 96.0, 120.0, 143.0}) {
    BeatTracker tracker{{}};
    const auto beats = live_beats_of(tracker, test::click_track(bpm, 4, 20.0));
    const auto late = std::ranges::count_if(beats, [](const core::Beat& b) { return b.at.value > 8.0; });
    EXPECT_NEAR(static_cast<double>(late), 12.0 * bpm / 60.0, 1.5) << bpm;
    for (const core::Beat& beat : beats) {
      if (beat.at.value > 8.0) {
        EXPECT_LT(distance_to_click(beat.at.value, bpm), 0.035) << bpm << " at " << beat.at.value;
      }
    }
  }
}

/// Hann-windowed beeps of 30 ms, higher on one, with nothing at all between them.
std::vector<float> metronome(double bpm, double seconds) {
  auto sound = test::silence(seconds);
  int beat = 0;
  for (double at = 0.5; at < seconds - 0.2; at += 60.0 / bpm, ++beat) {
    const auto first = static_cast<std::size_t>(std::lround(at * test::kRate));
    constexpr std::size_t kLength = 1'323;
    for (std::size_t n = 0; n < kLength; ++n) {
      const double phase = 2.0 * std::numbers::pi * static_cast<double>(n);
      sound[first + n] = static_cast<float>(0.25 * (1.0 - std::cos(phase / kLength)) *
                                            std::sin(phase * (beat % 4 == 0 ? 1'500.0 : 1'000.0) / test::kRate));
    }
  }
  return sound;
}

TEST(BeatTracker, FollowsAMetronomeWithDigitalSilenceBetweenItsBeeps) {
  for (const double bpm : {90.0, 120.0, 140.0}) {
    const auto sound = metronome(bpm, 10.0);
    BeatTracker tracker{{}};
    const auto live = live_beats_of(tracker, sound);
    const auto early = std::ranges::count_if(live, [](const core::Beat& beat) { return beat.at.value < 5.5; });
    EXPECT_GE(static_cast<double>(early), 5.0 * bpm / 60.0 - 4.0) << bpm;
    for (const core::Beat& beat : live) {
      EXPECT_LT(distance_to_click(beat.at.value, bpm), 0.05) << bpm << " at " << beat.at.value;
    }
    const auto beats = beats_of(sound);
    EXPECT_NEAR(static_cast<double>(beats.size()), 9.3 * bpm / 60.0, 2.5) << bpm;
    for (const core::Beat& beat : beats) {
      EXPECT_LT(distance_to_click(beat.at.value, bpm), beat.at.value < 1.0 ? 0.1 : 0.05)
          << bpm << " at " << beat.at.value;
    }
  }
}

TEST(BeatDecoder, TempoScalesWithTime) {
  const auto tempo = [](double bpm) { return beats_of(test::click_track(bpm, 4, 20.0)).at(8).tempo.value; };
  const double slow = tempo(90.0);
  EXPECT_NEAR(tempo(108.0) / slow, 1.2, 0.02);
  EXPECT_NEAR(tempo(126.0) / slow, 1.4, 0.02);
}

TEST(BeatDecoder, TakesNoNoticeOfGainAndPolarity) {
  auto sound = test::click_track(110.0, 4, 12.0);
  test::add_hiss(sound, 0.01F);
  const auto beats = beats_of(sound);
  for (const float gain : {-1.0F, 0.25F, 0.01F, 0.002F}) {
    std::vector<float> other = sound;
    for (float& x : other) {
      x *= gain;
    }
    const auto others = beats_of(other);
    ASSERT_EQ(others.size(), beats.size()) << gain;
    for (std::size_t n = 0; n < beats.size(); ++n) {
      EXPECT_NEAR(others[n].at.value, beats[n].at.value, 2e-3);
      EXPECT_EQ(others[n].position, beats[n].position);
    }
  }
}

TEST(BeatTracker, BlockSizeDoesNotMatter) {
  const auto sound = test::click_track(133.0, 3, 10.0);
  BeatTracker tracker{{}};
  const auto beats = live_beats_of(tracker, sound);
  const auto decoded = beats_of(sound);
  for (const std::size_t block : {1U, 440U, 500'000U}) {
    BeatTracker other{{}};
    const auto others = live_beats_of(other, sound, block);
    ASSERT_EQ(others.size(), beats.size());
    for (std::size_t n = 0; n < beats.size(); ++n) {
      EXPECT_EQ(others[n].at.value, beats[n].at.value);
      EXPECT_EQ(others[n].confidence, beats[n].confidence);
    }
    const auto decoded_too = beats_of(sound, block);
    ASSERT_EQ(decoded_too.size(), decoded.size());
    for (std::size_t n = 0; n < decoded.size(); ++n) {
      EXPECT_EQ(decoded_too[n].at.value, decoded[n].at.value);
    }
  }
}

TEST(BeatTracker, IsAsNewAfterReset) {
  const auto sound = test::click_track(120.0, 4, 8.0);
  BeatTracker fresh{{}};
  BeatTracker used{{}};
  (void)live_beats_of(used, test::click_track(77.0, 3, 6.0));
  used.reset();
  const auto a = live_beats_of(fresh, sound);
  const auto b = live_beats_of(used, sound);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    EXPECT_EQ(a[n].at.value, b[n].at.value);
    EXPECT_EQ(a[n].downbeat_confidence, b[n].downbeat_confidence);
  }
}

TEST(BeatTracker, NeverAllocatesWhileItListens) {
  if (!rt::violations_are_counted()) {
    GTEST_SKIP() << "only the rtcheck build counts allocations";
  }
  const auto sound = test::click_track(120.0, 4, 6.0);
  BeatTracker tracker{{}};
  const auto before = rt::violations();
  test::listen(sound, [&](const LogBands& bands, const dsp::Spectrum&) {
    const rt::RealtimeSection section;
    (void)tracker.process(bands);
  });
  EXPECT_EQ(rt::violations(), before);
}

} // namespace
} // namespace auralis::analysis
