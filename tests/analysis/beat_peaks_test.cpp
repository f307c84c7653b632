// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/beat_peaks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "analysis/rhythm_signals.hpp"
#include "auralis/analysis/beat_tracker.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

constexpr int kLag = 12;

/// Beats at these frames, every one of these a downbeat, out of `count` frames.
std::vector<PlacedBeat> picked(BeatPeaks& peaks, const std::vector<int>& beats, const std::vector<int>& downbeats,
                               int count) {
  const auto has = [](const std::vector<int>& list, int frame) { return std::ranges::find(list, frame) != list.end(); };
  std::vector<PlacedBeat> out;
  for (int n = 0; n < count; ++n) {
    const BeatActivation told{.beat = has(beats, n) ? 0.8F : 0.02F, .downbeat = has(downbeats, n - kLag) ? 0.9F : 0.1F};
    if (const auto placed = peaks.process(told)) {
      out.push_back(*placed);
    }
  }
  return out;
}

TEST(BeatPeaks, AreNoneInSilenceNorBelowTheThreshold) {
  BeatPeaks peaks{{.metre_lag = kLag}};
  EXPECT_TRUE(picked(peaks, {}, {}, 500).empty());
  BeatPeaks strict{{.metre_lag = kLag, .threshold = 0.9F}};
  EXPECT_TRUE(picked(strict, {100, 150}, {}, 500).empty());
}

TEST(BeatPeaks, AreThoseOfAnyRhythmWithTheirBars) {
  BeatPeaks peaks{{.metre_lag = kLag}};
  const std::vector<int> frames{10, 60, 100, 170, 215, 260, 330};
  const auto found = picked(peaks, frames, {60, 215}, 400);
  ASSERT_EQ(found.size(), frames.size());
  const std::vector<int> positions{0, 1, 2, 3, 1, 2, 3};
  for (std::size_t n = 0; n < found.size(); ++n) {
    EXPECT_EQ(found[n].frame, frames[n]);
    EXPECT_EQ(found[n].position, positions[n]) << n;
    EXPECT_LE(found[n].position, found[n].beats_per_bar);
    EXPECT_EQ(found[n].confidence, 0.8F);
    EXPECT_FLOAT_EQ(found[n].downbeat_confidence, 0.9F);
  }
  EXPECT_EQ(found[2].interval, 40.0);
}

TEST(BeatPeaks, AreTheHighestWithinReachAndOfAPlateauTheFirst) {
  BeatPeaks peaks{{.metre_lag = 0}};
  std::vector<double> found;
  const std::vector<float> said{0.1F, 0.5F, 0.6F, 0.6F, 0.6F, 0.4F, 0.5F, 0.1F};
  for (int n = 0; n < 40; ++n) {
    const auto at = static_cast<std::size_t>(n);
    if (const auto placed = peaks.process({.beat = at < said.size() ? said[at] : 0.0F})) {
      found.push_back(placed->frame);
    }
  }
  EXPECT_EQ(found, std::vector<double>{2.0});
}

TEST(BeatPeaks, CountNoBarForEver) {
  BeatPeaks peaks{{.metre_lag = kLag}};
  std::vector<int> frames;
  for (int n = 0; n < 40; ++n) {
    frames.push_back(20 + 30 * n);
  }
  const auto found = picked(peaks, frames, {20}, 1'300);
  ASSERT_EQ(found.size(), frames.size());
  EXPECT_EQ(found[31].position, 32);
  EXPECT_EQ(found[32].position, 0);
}

TEST(BeatPeaks, BeginAnewAndNeverAllocate) {
  BeatPeaks peaks{{.metre_lag = kLag}};
  const auto first = picked(peaks, {30, 80, 130}, {80}, 200);
  peaks.reset();
  const auto again = picked(peaks, {30, 80, 130}, {80}, 200);
  ASSERT_EQ(again.size(), first.size());
  EXPECT_EQ(again.front().position, first.front().position);
  peaks.reset();
  const rt::RealtimeSection section;
  for (int n = 0; n < 200; ++n) {
    static_cast<void>(peaks.process({.beat = n % 50 == 0 ? 0.9F : 0.0F}));
  }
}

TEST(BarsOfAFile, AreAsLongAsTheyAreAndTheFirstBeatsCountTowardsOne) {
  std::vector<core::Beat> beats(11);
  const std::vector<int> said{0, 0, 1, 2, 3, 4, 1, 2, 3, 1, 2};
  for (std::size_t n = 0; n < beats.size(); ++n) {
    beats[n].position = said[n];
  }
  count_bars(beats);
  std::vector<int> positions;
  std::vector<int> lengths;
  for (const auto& beat : beats) {
    positions.push_back(beat.position);
    lengths.push_back(beat.beats_per_bar);
  }
  EXPECT_EQ(positions, (std::vector<int>{3, 4, 1, 2, 3, 4, 1, 2, 3, 1, 2}));
  EXPECT_EQ(lengths, (std::vector<int>{4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3}));
  std::vector<core::Beat> none(3);
  count_bars(none);
  EXPECT_EQ(none.front().beats_per_bar, 0);
}

/// Of the click track with signal processing, live and as a file.
class BeatsByPeaks : public testing::TestWithParam<std::size_t> {
protected:
  const BeatTracker::Config by_peaks_{.method = core::BeatMethod::peaks};
};

TEST_P(BeatsByPeaks, AreTheClicksLiveAndInAFileWhateverTheBlocks) {
  const auto sound = test::click_track(120.0, 4, 12.0);
  BeatTracker tracker{by_peaks_};
  BeatDecoder decoder{by_peaks_};
  std::vector<core::Beat> live;
  test::listen(
      sound,
      [&](const LogBands& bands, const dsp::Spectrum&) {
        decoder.process(bands);
        if (const auto beat = tracker.process(bands)) {
          live.push_back(*beat);
        }
      },
      GetParam());
  const auto file = decoder.finish();
  for (const auto* const beats : std::to_array<const std::vector<core::Beat>*>({&live, &file})) {
    ASSERT_GT(beats->size(), 18U);
    for (const auto& beat : *beats) {
      const double count = beat.at.value * 2.0;
      EXPECT_LT(std::abs(count - std::round(count)) / 2.0, 0.04) << beat.at.value;
      EXPECT_LE(beat.position, std::max(1, beat.beats_per_bar));
    }
  }
  decoder.reset();
  test::listen(sound, [&](const LogBands& bands, const dsp::Spectrum&) { decoder.process(bands); }, 1'000);
  const auto again = decoder.finish();
  ASSERT_EQ(again.size(), file.size());
  EXPECT_EQ(again.back().at.value, file.back().at.value);
  EXPECT_EQ(again.back().confidence, file.back().confidence);
}

INSTANTIATE_TEST_SUITE_P(Blocks, BeatsByPeaks, testing::Values(64U, 1'024U, 1'000'000U));

} // namespace
} // namespace auralis::analysis
