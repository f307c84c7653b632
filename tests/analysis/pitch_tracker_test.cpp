// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/pitch_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "analysis/heard.hpp"
#include "analysis/tones.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

using test::kFineRate;
using test::pitch_of;

std::vector<core::PitchPoint> pitch_of(std::span<const float> sound, std::size_t block = 1'000) {
  PitchTracker tracker;
  return pitch_of(tracker, sound, block);
}

double cents_between(double a, double b) { return 1'200.0 * std::log2(a / b); }

std::vector<float> sine(double from, double to, double seconds, double level = 0.5) {
  std::vector<float> sound(static_cast<std::size_t>(seconds * kFineRate));
  double phase = 0.0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    sound[i] = static_cast<float>(level * std::sin(phase));
    const double part = static_cast<double>(i) / static_cast<double>(sound.size());
    phase += 2.0 * std::numbers::pi * from * std::pow(to / from, part) / kFineRate;
  }
  return sound;
}

TEST(PitchTracker, HearsNothingInSilence) {
  for (const auto& point : pitch_of(std::vector<float>(22'050))) {
    EXPECT_FALSE(point.voiced);
    EXPECT_EQ(point.f0.value, 0.0);
    EXPECT_LT(point.voicing, 0.1F);
  }
}

TEST(PitchTracker, NamesOnePointAFrameInOrder) {
  const auto points = pitch_of(sine(220.0, 220.0, 1.0));
  ASSERT_EQ(points.size(), 100U);
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_NEAR(points[i].at.value, 0.01 * static_cast<double>(i), 1e-9);
  }
}

TEST(PitchTracker, FollowsASineSweepWithinTenCents) {
  const double seconds = 10.0;
  const auto points = pitch_of(sine(60.0, 1'700.0, seconds));
  int voiced = 0;
  for (const auto& point : points) {
    if (point.at.value < 0.05 || point.at.value > seconds - 0.05) {
      continue;
    }
    const double expected = 60.0 * std::pow(1'700.0 / 60.0, point.at.value / seconds);
    EXPECT_LT(std::abs(cents_between(point.f0.value, expected)), 10.0) << point.at.value;
    voiced += point.voiced ? 1 : 0;
  }
  EXPECT_GT(voiced, 985);
}

TEST(PitchTracker, KeepsUpWithAGlideOfAnOctaveInThirdOfASecond) {
  const double seconds = 0.33;
  for (const double from : {110.0, 220.0, 440.0}) {
    const auto points = pitch_of(sine(from, 2.0 * from, seconds));
    for (const auto& point : points) {
      if (point.at.value > 0.05 && point.at.value < seconds - 0.05) {
        const double expected = from * std::exp2(point.at.value / seconds);
        EXPECT_LT(std::abs(cents_between(point.f0.value, expected)), 12.0) << from << " Hz at " << point.at.value;
      }
    }
  }
}

TEST(PitchTracker, IsExactForSteadyTonesWithHarmonics) {
  for (int note = 34; note < 90; note += 5) {
    std::vector<float> sound(static_cast<std::size_t>(kFineRate / 2));
    test::add_notes(sound, kFineRate, 0.0, 0.5, std::array{note}, 17.0, 0.2);
    const auto points = pitch_of(sound);
    const auto& point = points[points.size() / 2];
    EXPECT_TRUE(point.voiced) << note;
    EXPECT_NEAR(cents_between(point.f0.value, test::frequency(note, 17.0)), 0.0, 3.0) << note;
    EXPECT_GT(point.voicing, 0.9F) << note;
  }
}

TEST(PitchTracker, FindsTheFundamentalThatIsMissing) {
  std::vector<float> sound(static_cast<std::size_t>(kFineRate / 2));
  for (std::size_t i = 0; i < sound.size(); ++i) {
    for (int partial = 2; partial <= 8; ++partial) {
      sound[i] += static_cast<float>(
          0.1 * std::sin(2.0 * std::numbers::pi * partial * 150.0 * static_cast<double>(i) / kFineRate));
    }
  }
  const auto points = pitch_of(sound);
  EXPECT_NEAR(points[25].f0.value, 150.0, 0.5);
}

TEST(PitchTracker, FindsNoVoiceInNoise) {
  const auto points = pitch_of(test::noise(5.0, kFineRate, 7));
  const auto voiced = std::count_if(points.begin(), points.end(), [](const auto& point) { return point.voiced; });
  EXPECT_LT(voiced, static_cast<std::ptrdiff_t>(points.size() / 50));
}

TEST(PitchTracker, TellsWhereAVoiceBeginsAndEndsWithinThreeFrames) {
  std::vector<float> sound = test::noise(2.0, kFineRate, 5, 0.002);
  test::add_notes(sound, kFineRate, 0.5, 1.5, std::array{57}, 0.0, 0.2);
  for (const auto& point : pitch_of(sound)) {
    if (std::abs(point.at.value - 0.5) > 0.03 && std::abs(point.at.value - 1.5) > 0.03) {
      EXPECT_EQ(point.voiced, point.at.value > 0.5 && point.at.value < 1.5) << point.at.value;
    }
  }
}

TEST(PitchTracker, FollowsALeapOfAnOctave) {
  std::vector<float> sound(static_cast<std::size_t>(kFineRate));
  test::add_notes(sound, kFineRate, 0.0, 0.5, std::array{57}, 0.0, 0.2);
  test::add_notes(sound, kFineRate, 0.5, 1.0, std::array{69}, 0.0, 0.2);
  const auto points = pitch_of(sound);
  EXPECT_NEAR(points[45].f0.value, 220.0, 0.5);
  EXPECT_NEAR(points[55].f0.value, 440.0, 1.0);
}

TEST(PitchTracker, DependsOnNeitherLevelNorPolarityNorBlocksNorAConstant) {
  const auto sound = sine(150.0, 600.0, 2.0, 0.3);
  auto changed = sound;
  for (float& sample : changed) {
    sample = -0.1F * sample + 0.2F;
  }
  const auto expected = pitch_of(sound);
  const auto other_blocks = pitch_of(sound, 77);
  const auto other = pitch_of(changed);
  ASSERT_EQ(other.size(), expected.size());
  for (std::size_t i = 3; i + 3 < expected.size(); ++i) {
    EXPECT_EQ(other_blocks[i].f0.value, expected[i].f0.value);
    EXPECT_EQ(other[i].voiced, expected[i].voiced);
    EXPECT_NEAR(cents_between(other[i].f0.value, expected[i].f0.value), 0.0, 1.0) << i;
  }
}

TEST(PitchTracker, ResetEqualsNew) {
  const auto sound = sine(150.0, 600.0, 0.5);
  PitchTracker used;
  (void)pitch_of(used, test::noise(0.5, kFineRate, 1));
  used.reset();
  const auto again = pitch_of(used, sound);
  const auto expected = pitch_of(sound);
  ASSERT_EQ(again.size(), expected.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i].f0.value, expected[i].f0.value);
    EXPECT_EQ(again[i].voicing, expected[i].voicing);
  }
}

TEST(PitchTracker, NeitherAllocatesNorLocks) {
  const auto sound = sine(150.0, 600.0, 0.5);
  PitchTracker tracker;
  const auto before = rt::violations();
  test::fine_frames(sound, [&](const auto& spectrum) {
    const rt::RealtimeSection section;
    (void)tracker.process(spectrum);
  });
  EXPECT_EQ(rt::violations(), before);
}

TEST(PitchTracker, RefusesPitchesThatAFrameCannotHold) {
  EXPECT_THROW((PitchTracker{{.lowest = core::Hertz{30.0}}}), std::invalid_argument);
  EXPECT_THROW((PitchTracker{{.highest = core::Hertz{50.0}}}), std::invalid_argument);
  EXPECT_THROW((PitchTracker{{.lag = -1}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
