// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/analyzer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/analysis/streaming_analyzer.hpp"
#include "auralis/core/random.hpp"

namespace auralis::analysis {
namespace {

using Channels = std::vector<std::vector<float>>;

/// Bars of four at 120 a minute: a chord a bar (C, F, G, C), a bass on one, a drum on every beat, louder on one.
Channels music(double seconds, double rate = 44'100.0, std::size_t channels = 2) {
  core::Random random{2};
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate));
  constexpr double kRoots[] = {130.81, 174.61, 196.00, 130.81};
  for (std::size_t n = 0; n < samples.size(); ++n) {
    const double t = static_cast<double>(n) / rate;
    const double root = kRoots[static_cast<std::size_t>(t / 2.0) % 4];
    const auto tone = [&](double f) {
      return std::sin(2.0 * std::numbers::pi * f * t) + 0.4 * std::sin(4.0 * std::numbers::pi * f * t);
    };
    const double in_beat = std::fmod(t, 0.5);
    const double in_bar = std::fmod(t, 2.0);
    double x = 0.05 * (tone(2.0 * root) + tone(2.52 * root) + tone(3.0 * root)) * std::exp(-0.8 * in_bar);
    x += 0.15 * tone(root / 2.0) * std::exp(-2.0 * in_bar);
    x += (in_bar < 0.5 ? 0.35 : 0.2) * std::exp(-50.0 * in_beat) * random.normal();
    samples[n] = static_cast<float>(x);
  }
  return Channels(channels, samples);
}

core::Analysis analyse(const Channels& sound, Analyzer::Config config = {}, std::size_t block = 4'096) {
  config.channels = static_cast<int>(sound.size());
  Analyzer analyzer{config};
  for (std::size_t n = 0; n < sound.front().size(); n += block) {
    std::vector<const float*> pointers;
    for (const auto& channel : sound) {
      pointers.push_back(channel.data() + n);
    }
    analyzer.push({pointers, std::min(block, sound.front().size() - n)});
  }
  return analyzer.finish();
}

void expect_equal(const core::Analysis& a, const core::Analysis& b) {
  EXPECT_EQ(a.length, b.length);
  ASSERT_EQ(a.onsets.size(), b.onsets.size());
  for (std::size_t i = 0; i < a.onsets.size(); ++i) {
    EXPECT_EQ(a.onsets[i].at, b.onsets[i].at);
    EXPECT_EQ(a.onsets[i].strength, b.onsets[i].strength);
  }
  ASSERT_EQ(a.beats.size(), b.beats.size());
  for (std::size_t i = 0; i < a.beats.size(); ++i) {
    EXPECT_EQ(a.beats[i].at, b.beats[i].at);
    EXPECT_EQ(a.beats[i].position, b.beats[i].position);
  }
  ASSERT_EQ(a.pitch.size(), b.pitch.size());
  for (std::size_t i = 0; i < a.pitch.size(); ++i) {
    EXPECT_EQ(a.pitch[i].f0, b.pitch[i].f0);
  }
  ASSERT_EQ(a.chords.size(), b.chords.size());
  for (std::size_t i = 0; i < a.chords.size(); ++i) {
    EXPECT_EQ(a.chords[i].from, b.chords[i].from);
    EXPECT_EQ(a.chords[i].chord, b.chords[i].chord);
  }
  EXPECT_EQ(a.tuning, b.tuning);
  EXPECT_EQ(a.loudness.integrated_lufs, b.loudness.integrated_lufs);
  EXPECT_EQ(a.loudness.true_peak, b.loudness.true_peak);
  EXPECT_EQ(a.features.centroid.mean, b.features.centroid.mean);
  EXPECT_EQ(a.features.mfcc_delta[5].deviation, b.features.mfcc_delta[5].deviation);
  EXPECT_EQ(a.dynamic_complexity, b.dynamic_complexity);
  ASSERT_EQ(a.sections.size(), b.sections.size());
  for (std::size_t i = 0; i < a.sections.size(); ++i) {
    EXPECT_EQ(a.sections[i].to, b.sections[i].to);
    EXPECT_EQ(a.sections[i].label, b.sections[i].label);
    EXPECT_EQ(a.sections[i].confidence, b.sections[i].confidence);
  }
}

/// Twelve seconds of music, twelve of hiss and a high tone, the music again.
Channels three_parts(float gain = 1.0F) {
  auto sound = music(12.0, 44'100.0, 1);
  core::Random random{4};
  for (int n = 0; n < 12 * 44'100; ++n) {
    sound[0].push_back(
        static_cast<float>(0.05 * random.normal() + 0.1 * std::sin(2.0 * std::numbers::pi * 1'479.98 * n / 44'100.0)));
  }
  const auto again = music(12.0, 44'100.0, 1);
  sound[0].insert(sound[0].end(), again[0].begin(), again[0].end());
  std::ranges::for_each(sound[0], [gain](float& x) { x *= gain; });
  return sound;
}

TEST(Analyzer, SaysNothingOnceItIsStopped) {
  Analyzer analyzer{{}};
  const auto sound = music(2.0);
  const std::vector<const float*> pointers{sound[0].data(), sound[1].data()};
  analyzer.push({pointers, sound[0].size()});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(analyzer.finish(stop.get_token()));
}

TEST(Analyzer, FindsTheFormInBlocksOfAnySizeAtAnyGainAndLive) {
  const Analyzer::Config config{.wanted = {.pitch = false, .loudness = false}};
  const auto sound = three_parts();
  const auto found = analyse(sound, config).sections;
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(std::string({found[0].label, found[1].label, found[2].label}), "ABA");
  EXPECT_NEAR(found[0].to.value, 12.0, 0.35);
  EXPECT_NEAR(found[1].to.value, 24.0, 0.35);
  EXPECT_EQ(found[2].to, core::Seconds{36.0});
  const auto quiet = analyse(three_parts(0.01F), config, 777).sections;
  ASSERT_EQ(quiet.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(quiet[i].to.value, found[i].to.value, 0.011); // by a frame that a beat may move
    EXPECT_EQ(quiet[i].label, found[i].label);
  }

  std::vector<core::Section> live;
  StreamingAnalyzer analyzer{{.channels = 1,
                              .parts = {.features = false,
                                        .onsets = false,
                                        .pitch = false,
                                        .chroma = false,
                                        .keys = false,
                                        .chords = false,
                                        .loudness = false}}};
  const auto keep = [&live](const core::AnalysisEvent& event) {
    if (const auto* section = std::get_if<core::Section>(&event.what)) {
      live.push_back(*section);
      EXPECT_EQ(event.at, section->to);
      EXPECT_LE(event.known_at.value - event.at.value, SectionTracker::kLag.value + 0.25);
    }
  };
  const std::array<const float*, 1> channels{sound[0].data()};
  analyzer.push({channels, sound[0].size()}, keep);
  analyzer.finish(keep);
  ASSERT_EQ(live.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(live[i].to.value, found[i].to.value, 0.7);
    EXPECT_EQ(live[i].label, found[i].label);
  }
}

TEST(Analyzer, FindsTheFormEvenIfNothingElseIsWanted) {
  const auto sound = music(8.0);
  const auto all = analyse(sound).sections;
  const auto alone =
      analyse(sound,
              {.wanted = {.rhythm = false, .tonal = false, .pitch = false, .features = false, .loudness = false}})
          .sections;
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_EQ(all[0].confidence, alone[0].confidence);
  EXPECT_EQ(all[0].to, core::Seconds{8.0});
}

TEST(Analyzer, FindsNothingInSilenceAndInNothing) {
  for (const std::size_t count : {0U, 1U, 200'000U}) {
    const auto found = analyse(Channels(2, std::vector<float>(count)));
    EXPECT_NEAR(found.length.value, static_cast<double>(count) / 44'100.0, 1e-9);
    EXPECT_TRUE(found.onsets.empty());
    EXPECT_TRUE(found.beats.empty());
    EXPECT_FALSE(found.key);
    EXPECT_EQ(found.loudness.integrated_lufs, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(found.silences.size(), count > 44'100 ? 1U : 0U);
    EXPECT_TRUE(found.sections.empty());
    EXPECT_EQ(found.features.rms.mean, 0.0F);
    EXPECT_TRUE(std::ranges::none_of(found.pitch, &core::PitchPoint::voiced));
  }
}

TEST(Analyzer, FindsTheBeatsOfPlainMusic) {
  const auto found = analyse(music(24.0));
  EXPECT_NEAR(found.length.value, 24.0, 1e-9);
  ASSERT_GE(found.beats.size(), 40U);
  std::size_t hits = 0;
  for (const auto& beat : found.beats) {
    hits += std::abs(beat.at.value - std::round(beat.at.value / 0.5) * 0.5) < 0.03 ? 1U : 0U;
  }
  EXPECT_GE(hits, found.beats.size() - 2);
  ASSERT_GE(found.tempo_curve.size(), 40U);
  EXPECT_NEAR(found.tempo_curve[20].tempo.value, 120.0, 2.0);
  ASSERT_FALSE(found.tempi.empty());
  EXPECT_NEAR(found.tempi[0].tempo.value, 120.0, 1.0);
  EXPECT_EQ(found.beats_per_bar, 4);
  EXPECT_GT(found.danceability.confidence, 0.0F);
  ASSERT_TRUE(found.key);
  EXPECT_EQ(core::camelot(found.key->best.key), "8B"); // C major
  EXPECT_FALSE(found.chords.empty());
  EXPECT_FALSE(found.local_keys.empty());
  EXPECT_GT(found.energy.confidence, 0.0F);
  EXPECT_FALSE(found.instrumentalness);
  EXPECT_GT(found.onsets.size(), 40U);
  EXPECT_NEAR(found.tuning.value, 440.0, 2.0);
  EXPECT_GT(found.loudness.integrated_lufs, -40.0);
  EXPECT_EQ(found.loudness_curve.size(), 240U);
}

TEST(Analyzer, NeverDependsOnTheBlockSize) {
  const auto sound = music(8.0, 48'000.0);
  const Analyzer::Config config{.sample_rate = core::Hertz{48'000.0}};
  const auto whole = analyse(sound, config, sound[0].size());
  for (const std::size_t block : {64U, 1'000U, 4'801U}) {
    expect_equal(analyse(sound, config, block), whole);
  }
}

TEST(Analyzer, DoesNotKnowTheOrderOfChannels) {
  auto sound = music(6.0);
  std::ranges::for_each(sound[1], [](float& x) { x *= 0.5F; });
  const auto one = analyse(sound);
  std::swap(sound[0], sound[1]);
  expect_equal(analyse(sound), one);
}

TEST(Analyzer, SaysTheSameAsLive) {
  const auto sound = music(6.0);
  const auto found = analyse(sound);
  StreamingAnalyzer live{{}};
  FeatureStatistics statistics;
  std::vector<core::Onset> onsets;
  std::vector<core::LoudnessPoint> loudness;
  const auto keep = [&](const core::AnalysisEvent& event) {
    if (const auto* frame = std::get_if<core::FeatureFrame>(&event.what)) {
      statistics.process(*frame);
    } else if (const auto* onset = std::get_if<core::Onset>(&event.what)) {
      onsets.push_back(*onset);
    } else if (const auto* point = std::get_if<core::LoudnessPoint>(&event.what)) {
      loudness.push_back(*point);
    }
  };
  const std::array<const float*, 2> channels{sound[0].data(), sound[1].data()};
  live.push({channels, sound[0].size()}, keep);
  live.finish(keep);
  ASSERT_EQ(onsets.size(), found.onsets.size());
  for (std::size_t i = 0; i < onsets.size(); ++i) {
    EXPECT_EQ(onsets[i].at, found.onsets[i].at);
  }
  EXPECT_EQ(statistics.summary().centroid.mean, found.features.centroid.mean);
  EXPECT_EQ(statistics.summary().mfcc[4].deviation, found.features.mfcc[4].deviation);
  ASSERT_EQ(loudness.size(), found.loudness_curve.size());
  EXPECT_EQ(loudness.back().short_term_lufs, found.loudness_curve.back().short_term_lufs);
  EXPECT_EQ(live.loudness().integrated_lufs, found.loudness.integrated_lufs);
}

TEST(Analyzer, ChangesOnlyLevelsWithTheGainAndNothingWithThePolarity) {
  const auto sound = music(10.0);
  auto changed = sound;
  for (auto& channel : changed) {
    std::ranges::for_each(channel, [](float& x) { x *= -0.5F; });
  }
  const auto a = analyse(sound);
  const auto b = analyse(changed);
  ASSERT_EQ(a.beats.size(), b.beats.size());
  for (std::size_t i = 0; i < a.beats.size(); ++i) {
    EXPECT_NEAR(a.beats[i].at.value, b.beats[i].at.value, 0.011);
  }
  EXPECT_EQ(a.onsets.size(), b.onsets.size());
  EXPECT_NEAR(a.tuning.value, b.tuning.value, 0.01);
  EXPECT_NEAR(a.features.centroid.mean, b.features.centroid.mean, 1.0F);
  EXPECT_NEAR(a.loudness.integrated_lufs - b.loudness.integrated_lufs, 6.02, 0.05);
  EXPECT_NEAR(a.loudness.true_peak.value - b.loudness.true_peak.value, 6.02, 0.01);
}

TEST(Analyzer, HearsMusicFortyDecibelsQuieterAsTheSame) {
  const Analyzer::Config config{.wanted = {.pitch = false, .features = false, .sections = false}};
  const auto sound = music(16.0, 44'100.0, 1);
  auto quiet = sound;
  std::ranges::for_each(quiet[0], [](float& x) { x *= 0.01F; });
  const auto a = analyse(sound, config);
  const auto b = analyse(quiet, config);
  ASSERT_LT(b.loudness.integrated_lufs, -55.0);
  ASSERT_EQ(a.beats.size(), b.beats.size());
  for (std::size_t i = 0; i < a.beats.size(); ++i) {
    EXPECT_NEAR(a.beats[i].at.value, b.beats[i].at.value, 0.005);
    EXPECT_EQ(a.beats[i].position, b.beats[i].position);
  }
  ASSERT_FALSE(b.tempi.empty());
  EXPECT_NEAR(a.tempi[0].tempo.value, b.tempi[0].tempo.value, 0.1);
  ASSERT_TRUE(a.key && b.key);
  EXPECT_EQ(a.key->best.key, b.key->best.key);
  EXPECT_NEAR(a.key->best.confidence, b.key->best.confidence, 0.02F);
  EXPECT_NEAR(a.tuning.value, b.tuning.value, 0.01);
  ASSERT_EQ(a.chords.size(), b.chords.size());
  for (std::size_t i = 0; i < a.chords.size(); ++i) {
    EXPECT_EQ(a.chords[i].chord, b.chords[i].chord);
    // An onset lies between frames where a parabola through floats is highest: their rounding moves it by nanoseconds.
    EXPECT_NEAR(a.chords[i].from.value, b.chords[i].from.value, 1e-5);
  }
  EXPECT_EQ(a.onsets.size(), b.onsets.size());
  EXPECT_NEAR(a.danceability.value, b.danceability.value, 0.01F);
}

TEST(Analyzer, MovesEverythingByLeadingSilence) {
  const auto sound = music(12.0, 44'100.0, 1);
  auto later = sound;
  later[0].insert(later[0].begin(), 3 * 44'100, 0.0F);
  const auto a = analyse(sound);
  const auto b = analyse(later);
  ASSERT_EQ(b.silences.size(), a.silences.size() + 1);
  EXPECT_NEAR(b.silences[0].to.value, 3.0, 0.02);
  const auto beats_hit = [](const core::Analysis& found, double from) {
    return std::ranges::count_if(found.beats, [&](const core::Beat& beat) {
      const double since = beat.at.value - from;
      return std::abs(since - std::round(since / 0.5) * 0.5) < 0.03;
    });
  };
  EXPECT_GE(beats_hit(b, 3.0), beats_hit(a, 0.0) - 2);
  EXPECT_NEAR(a.loudness.integrated_lufs, b.loudness.integrated_lufs, 0.2); // three blocks more hold the first beat
  EXPECT_NEAR(a.features.centroid.mean, b.features.centroid.mean, 0.02F * a.features.centroid.mean);
}

TEST(Analyzer, HearsTheSameMusicAtEverySampleRate) {
  const auto reference = analyse(music(10.0));
  for (const double rate : {22'050.0, 48'000.0, 96'000.0}) {
    const auto found = analyse(music(10.0, rate), {.sample_rate = core::Hertz{rate}});
    ASSERT_GE(found.beats.size(), 15U) << rate;
    std::size_t hits = 0;
    for (const auto& beat : found.beats) {
      hits += std::abs(beat.at.value - std::round(beat.at.value / 0.5) * 0.5) < 0.03 ? 1U : 0U;
    }
    EXPECT_GE(hits + 2, found.beats.size()) << rate;
    EXPECT_NEAR(found.tuning.value, reference.tuning.value, 1.0) << rate;
  }
}

TEST(Analyzer, ComputesOnlyWhatIsWanted) {
  const Analyzer::Config loudness_only{.wanted = {
                                           .rhythm = false,
                                           .tonal = false,
                                           .chords = false,
                                           .pitch = false,
                                           .features = false,
                                           .sections = false,
                                       }};
  const auto found = analyse(music(5.0), loudness_only);
  EXPECT_TRUE(found.onsets.empty());
  EXPECT_TRUE(found.beats.empty());
  EXPECT_TRUE(found.chords.empty());
  EXPECT_TRUE(found.pitch.empty());
  EXPECT_EQ(found.features.rms.mean, 0.0F);
  EXPECT_EQ(found.loudness.integrated_lufs, analyse(music(5.0)).loudness.integrated_lufs);
}

TEST(Analyzer, FindsOnsetsAndTheKeyForChordsAloneButNoBeats) {
  const Analyzer::Config chords_only{.wanted = {
                                         .rhythm = false,
                                         .tonal = false,
                                         .pitch = false,
                                         .features = false,
                                         .loudness = false,
                                         .sections = false,
                                     }};
  const auto sound = music(5.0);
  const auto found = analyse(sound, chords_only);
  const auto all = analyse(sound);
  ASSERT_FALSE(found.chords.empty());
  ASSERT_EQ(found.chords.size(), all.chords.size());
  for (std::size_t i = 0; i < found.chords.size(); ++i) {
    EXPECT_EQ(found.chords[i].from, all.chords[i].from);
    EXPECT_EQ(found.chords[i].chord, all.chords[i].chord);
  }
  EXPECT_EQ(found.onsets.size(), all.onsets.size());
  EXPECT_TRUE(found.key);
  EXPECT_TRUE(found.beats.empty());
  EXPECT_EQ(found.danceability.confidence, 0.0F);
}

TEST(Analyzer, RefusesBadSettings) {
  EXPECT_THROW((Analyzer{{.sample_rate = core::Hertz{1.0}}}), std::invalid_argument);
  EXPECT_THROW((Analyzer{{.channels = 0}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
