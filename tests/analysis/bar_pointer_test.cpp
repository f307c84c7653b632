// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/bar_pointer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

constexpr double kFrameRate = 100.0;

/// A stroke, and around it what it says of the bar: no listener is sure of the frame.
void strike(std::vector<BeatActivation>& frames, double at, bool downbeat) {
  const auto frame = static_cast<std::size_t>(std::lround(at * kFrameRate));
  for (std::size_t n = frame < 4 ? 0 : frame - 4; n <= frame + 4 && n < frames.size(); ++n) {
    frames[n].downbeat = downbeat ? 0.8F : 0.1F;
  }
  frames[frame - 1].beat = frames[frame + 1].beat = 0.4F;
  frames[frame].beat = 0.9F;
}

/// A metronome may tick at any tempo: what music prefers is left out.
const BarPointerConfig kNoPreference{.tempo_preference = 0.0};

/// What a good listener would say of a metronome: sure at each beat, sure which of them begin a bar.
std::vector<BeatActivation> metronome(double bpm, int beats_per_bar, double seconds, double first_beat = 0.3) {
  std::vector<BeatActivation> frames(static_cast<std::size_t>(seconds * kFrameRate), {.beat = 0.02F});
  int beat = 0;
  for (double at = first_beat; at < seconds - 0.02; at += 60.0 / bpm, ++beat) {
    strike(frames, at, beat % beats_per_bar == 0);
  }
  return frames;
}

std::vector<PlacedBeat> decoded(const std::vector<BeatActivation>& frames, const BarPointerConfig& config = {}) {
  BarPointerDecoder decoder{config};
  std::vector<PlacedBeat> beats;
  for (const BeatActivation& frame : frames) {
    decoder.process(frame, beats);
  }
  decoder.finish(beats);
  return beats;
}

std::vector<PlacedBeat> filtered(BarPointerFilter& filter, const std::vector<BeatActivation>& frames) {
  std::vector<PlacedBeat> beats;
  for (const BeatActivation& frame : frames) {
    if (const auto beat = filter.process(frame)) {
      beats.push_back(*beat);
    }
  }
  return beats;
}

/// The largest distance, in seconds, of beats from `from` on to the metronome's nearest.
double worst_error(const std::vector<PlacedBeat>& beats, double bpm, double from = 0.0, double first_beat = 0.3) {
  double worst = 0.0;
  for (const PlacedBeat& beat : beats) {
    const double at = beat.frame / kFrameRate;
    const double count = (at - first_beat) * bpm / 60.0;
    worst = at < from ? worst : std::max(worst, std::abs(count - std::round(count)) * 60.0 / bpm);
  }
  return worst;
}

TEST(BarPointer, SaysNoBeatWhereNothingIsHeard) {
  const std::vector<BeatActivation> silence(3'000, BeatActivation{.beat = 0.0F});
  EXPECT_TRUE(decoded(silence).empty());
  BarPointerFilter filter{{}};
  EXPECT_TRUE(filtered(filter, silence).empty());
}

TEST(BarPointer, StopsSoonAfterTheMusicDoes) {
  auto frames = metronome(120.0, 4, 20.0);
  frames.resize(6'000, {.beat = 0.0F});
  EXPECT_LT(decoded(frames).back().frame, 2'350.0);
  BarPointerFilter filter{{}};
  EXPECT_LT(filtered(filter, frames).back().frame, 2'350.0);
}

TEST(BarPointerDecoder, FindsTheBeatsAndBarsOfAMetronomeAtAnyTempo) {
  for (const int metre : {3, 4}) {
    for (const double bpm : {60.0, 73.5, 97.0, 120.0, 144.0, 181.0, 205.0}) {
      const auto beats = decoded(metronome(bpm, metre, 30.0), kNoPreference);
      const auto expected = static_cast<std::size_t>(std::floor((30.0 - 0.32) * bpm / 60.0)) + 1;
      ASSERT_EQ(beats.size(), expected) << bpm << " BPM in " << metre;
      EXPECT_LT(worst_error(beats, bpm), 0.011) << bpm << " BPM in " << metre;
      for (std::size_t n = 0; n < beats.size(); ++n) {
        ASSERT_EQ(beats[n].beats_per_bar, metre) << bpm;
        ASSERT_EQ(beats[n].position, static_cast<int>(n) % metre + 1) << bpm;
      }
    }
  }
}

TEST(BarPointerFilter, FollowsAMetronomeWithinFiveSeconds) {
  for (const int metre : {3, 4}) {
    for (const double bpm : {60.0, 73.5, 97.0, 120.0, 144.0, 181.0, 205.0}) {
      BarPointerFilter filter{kNoPreference};
      const auto beats = filtered(filter, metronome(bpm, metre, 30.0));
      const auto late =
          static_cast<std::size_t>(std::ranges::count_if(beats, [](const auto& b) { return b.frame > 1'000.0; }));
      EXPECT_NEAR(static_cast<double>(late), 20.0 * bpm / 60.0, 1.0) << bpm << " BPM in " << metre;
      EXPECT_LT(worst_error(beats, bpm, 5.0), 0.035) << bpm << " BPM in " << metre;
      EXPECT_EQ(beats.back().beats_per_bar, metre) << bpm;
      EXPECT_NEAR(filter.interval(), 6'000.0 / bpm, 1.5);
    }
  }
}

TEST(BarPointer, FollowsATempoThatDrifts) {
  // From 100 to 125 BPM in 40 s.
  std::vector<BeatActivation> frames(4'000, {.beat = 0.02F});
  std::vector<double> truth;
  int beat = 0;
  for (double at = 0.5; at < 39.9; at += 60.0 / (100.0 + 25.0 * at / 40.0), ++beat) {
    truth.push_back(at * kFrameRate);
    strike(frames, at, beat % 4 == 0);
  }
  const auto beats = decoded(frames);
  ASSERT_GE(beats.size(), truth.size());
  for (std::size_t n = 0; n < truth.size(); ++n) {
    EXPECT_NEAR(beats[n].frame, truth[n], 1.5);
  }
}

TEST(BarPointer, BridgesBeatsThatNobodyPlays) {
  auto frames = metronome(120.0, 4, 20.0);
  for (std::size_t n = 830; n < 1'000; ++n) {
    frames[n] = {.beat = 0.02F};
  }
  const auto beats = decoded(frames);
  EXPECT_EQ(beats.size(), 40U);
  EXPECT_LT(worst_error(beats, 120.0), 0.035);
}

TEST(BarPointer, TakesTheDownbeatsEvidenceLate) {
  constexpr int kLag = 20;
  auto frames = metronome(100.0, 3, 20.0);
  for (std::size_t n = frames.size() - 1; n >= kLag; --n) {
    frames[n].downbeat = frames[n - kLag].downbeat;
  }
  for (const PlacedBeat& beat : decoded(frames, {.metre_lag = kLag})) {
    EXPECT_EQ(beat.beats_per_bar, 3);
    EXPECT_EQ(beat.position, static_cast<int>(std::lround((beat.frame - 30.0) / 60.0)) % 3 + 1);
  }
}

TEST(BarPointerDecoder, DecidesLongMusicPieceByPieceAsIfItWereWhole) {
  const auto beats = decoded(metronome(133.0, 4, 600.0));
  const auto expected = static_cast<std::size_t>(std::floor((600.0 - 0.32) * 133.0 / 60.0)) + 1;
  ASSERT_EQ(beats.size(), expected);
  for (std::size_t n = 0; n < beats.size(); ++n) {
    ASSERT_NEAR(beats[n].frame, (0.3 + static_cast<double>(n) * 60.0 / 133.0) * kFrameRate, 1.1);
    ASSERT_EQ(beats[n].position, static_cast<int>(n % 4) + 1);
  }
}

TEST(BarPointerFilter, IsAsNewAfterReset) {
  const auto frames = metronome(97.0, 3, 12.0);
  BarPointerFilter fresh{{}};
  BarPointerFilter used{{}};
  (void)filtered(used, metronome(150.0, 4, 9.0));
  used.reset();
  const auto a = filtered(fresh, frames);
  const auto b = filtered(used, frames);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    EXPECT_EQ(a[n].frame, b[n].frame);
    EXPECT_EQ(a[n].confidence, b[n].confidence);
  }
}

TEST(BarPointerFilter, TempoProbabilitiesSumToOne) {
  BarPointerFilter filter{{}};
  (void)filtered(filter, metronome(97.0, 3, 120.0));
  std::vector<float> tempi(static_cast<std::size_t>(filter.space().tempo_count));
  filter.tempo_posterior(tempi);
  float all = 0.0F;
  for (const float p : tempi) {
    all += p;
  }
  EXPECT_NEAR(all, 1.0F, 1e-3F);
}

TEST(BarPointerFilter, NeverAllocatesWhileItListens) {
  if (!rt::violations_are_counted()) {
    GTEST_SKIP() << "only the rtcheck build counts allocations";
  }
  BarPointerFilter filter{{}};
  const auto frames = metronome(120.0, 4, 5.0);
  const auto before = rt::violations();
  {
    const rt::RealtimeSection section;
    for (const BeatActivation& frame : frames) {
      (void)filter.process(frame);
    }
  }
  EXPECT_EQ(rt::violations(), before);
}

TEST(BarPointer, RefusesWhatMakesNoBar) {
  const auto refused = [](const BarPointerConfig& config) {
    EXPECT_THROW(BarPointerFilter{config}, std::invalid_argument);
    EXPECT_THROW(BarPointerDecoder{config}, std::invalid_argument);
  };
  refused({.slowest = core::Bpm{200.0}, .fastest = core::Bpm{100.0}});
  refused({.metres = {}});
  refused({.frames_per_second = 1e300});
  refused({.metre_change = 1.0});
  refused({.preferred_tempo = core::Bpm{0.0}});
  refused({.tempo_spread = 0.0});
  refused({.metres = {0}});
  refused({.metre_lag = 60});
}

} // namespace
} // namespace auralis::analysis
