// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/key_estimator.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "analysis/heard.hpp"
#include "analysis/tones.hpp"
#include "auralis/analysis/tuning.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

using test::cadence;
using test::HeardKeys;
using test::keys_of;

HeardKeys keys_of(std::span<const float> sound, std::size_t block = 1'000) {
  KeyEstimator estimator;
  return keys_of(estimator, sound, block);
}

TEST(KeyEstimator, NamesNoKeyInSilence) {
  const auto heard = keys_of(std::vector<float>(110'250));
  EXPECT_FALSE(heard.whole);
  EXPECT_TRUE(heard.parts.empty());
}

TEST(KeyEstimator, FindsEveryKeyAndTransposingMovesIt) {
  for (const bool minor : {false, true}) {
    for (int tonic = 0; tonic < 12; ++tonic) {
      const auto heard = keys_of(cadence(minor, tonic, 8.0));
      ASSERT_TRUE(heard.whole);
      const auto& best = heard.whole->best;
      EXPECT_EQ(best.key.tonic.pitch_class(), tonic);
      EXPECT_EQ(best.key.mode, minor ? core::Mode::aeolian : core::Mode::ionian) << tonic;
      EXPECT_GT(best.confidence, heard.whole->runner_up.confidence);
      EXPECT_LE(best.confidence + heard.whole->runner_up.confidence, 1.0001F);
      ASSERT_EQ(heard.parts.size(), 1U);
      EXPECT_EQ(heard.parts[0].from.value, 0.0);
      EXPECT_NEAR(heard.parts[0].to.value, 8.0, 1e-9);
      EXPECT_EQ(heard.parts[0].key.best.key, best.key);
    }
  }
}

TEST(KeyEstimator, IsRightForMusicOutOfTune) {
  for (const double cents : {-40.0, 40.0}) {
    const auto heard = keys_of(cadence(false, 2, 8.0, cents));
    ASSERT_TRUE(heard.whole);
    EXPECT_EQ(core::to_string(heard.whole->best.key), "D ionian") << cents;
  }
}

TEST(KeyEstimator, HearsAModulationWhereItHappens) {
  auto sound = cadence(false, 0, 30.0);
  const auto second = cadence(false, 4, 30.0);
  sound.insert(sound.end(), second.begin(), second.end());
  const auto heard = keys_of(sound);
  ASSERT_EQ(heard.parts.size(), 2U);
  EXPECT_EQ(heard.parts[0].key.best.key.tonic.pitch_class(), 0);
  EXPECT_EQ(heard.parts[1].key.best.key.tonic.pitch_class(), 4);
  EXPECT_NEAR(heard.parts[1].from.value, 30.0, 3.0);
  EXPECT_EQ(heard.parts[0].to, heard.parts[1].from);
}

TEST(KeyEstimator, LiveNamesAKeyWithinSeconds) {
  KeyEstimator estimator{{.lag = KeyEstimator::kLiveLag}};
  TuningEstimator tuning;
  Chroma chroma;
  std::vector<core::KeySegment> begun;
  test::tonal_frames(cadence(true, 9, 12.0), [&](const dsp::Spectrum& spectrum) {
    tuning.process(spectrum);
    if (const auto news = estimator.process(chroma.process(spectrum, tuning.tuning().cents)); news.begun) {
      begun.push_back(*news.begun);
    }
  });
  ASSERT_FALSE(begun.empty());
  EXPECT_EQ(core::to_string(begun.back().key.best.key), "A aeolian");
}

/// What is said live of the key of everything so far, with the second at which it was said.
std::vector<std::pair<double, core::KeyEstimate>> live_wholes(std::span<const float> sound, core::Seconds memory) {
  KeyEstimator estimator{{.lag = KeyEstimator::kLiveLag, .memory = memory}};
  TuningEstimator tuning;
  Chroma chroma;
  std::vector<std::pair<double, core::KeyEstimate>> said;
  test::tonal_frames(sound, [&](const dsp::Spectrum& spectrum) {
    tuning.process(spectrum);
    if (const auto news = estimator.process(chroma.process(spectrum, tuning.tuning().cents)); news.whole) {
      said.emplace_back(spectrum.at.value, *news.whole);
    }
  });
  return said;
}

TEST(KeyEstimator, LiveKeepsTheKeyOfTheWholeThroughAnExcursion) {
  auto sound = cadence(false, 0, 40.0);
  const auto excursion = cadence(false, 4, 16.0);
  sound.insert(sound.end(), excursion.begin(), excursion.end());
  const auto said = live_wholes(sound, KeyEstimator::kLiveMemory);
  ASSERT_FALSE(said.empty());
  EXPECT_LT(said.front().first, 3.0);
  EXPECT_EQ(core::to_string(said.back().second.best.key), "C ionian");
}

TEST(KeyEstimator, LiveForgetsTheKeyOfLongAgo) {
  auto sound = cadence(false, 0, 20.0);
  const auto after = cadence(false, 4, 20.0);
  sound.insert(sound.end(), after.begin(), after.end());
  EXPECT_EQ(core::to_string(live_wholes(sound, core::Seconds{8.0}).back().second.best.key), "E ionian");
  EXPECT_THROW((KeyEstimator{{.memory = core::Seconds{0.0}}}), std::invalid_argument);
}

TEST(KeyEstimator, LiveSaysTheWholeAgainOnlyWhereItChanges) {
  const auto said = live_wholes(cadence(true, 9, 40.0), KeyEstimator::kLiveMemory);
  ASSERT_FALSE(said.empty());
  EXPECT_LE(said.size(), 12U);
  for (std::size_t i = 1; i < said.size(); ++i) {
    const auto& before = said[i - 1].second.best;
    const auto& now = said[i].second.best;
    EXPECT_TRUE(now.key != before.key || std::abs(now.confidence - before.confidence) >= 0.1F) << said[i].first;
  }
}

TEST(KeyEstimator, DependsOnNeitherLevelNorPolarityNorBlocks) {
  const auto sound = cadence(true, 7, 8.0);
  auto quiet = sound;
  for (float& sample : quiet) {
    sample *= -0.1F;
  }
  const auto expected = keys_of(sound);
  EXPECT_EQ(keys_of(quiet).whole->best.key, expected.whole->best.key);
  EXPECT_NEAR(keys_of(quiet).whole->best.confidence, expected.whole->best.confidence, 1e-3F);
  EXPECT_EQ(keys_of(sound, 91).whole->best.confidence, expected.whole->best.confidence);
}

TEST(KeyEstimator, ResetEqualsNew) {
  const auto sound = cadence(true, 7, 8.0);
  KeyEstimator used;
  (void)keys_of(used, cadence(false, 1, 10.0));
  used.reset();
  const auto again = keys_of(used, sound);
  const auto expected = keys_of(sound);
  EXPECT_EQ(again.whole->best.confidence, expected.whole->best.confidence);
  ASSERT_EQ(again.parts.size(), expected.parts.size());
  EXPECT_EQ(again.parts[0].key.best.confidence, expected.parts[0].key.best.confidence);
}

TEST(KeyEstimator, NeitherAllocatesNorLocks) {
  KeyEstimator estimator;
  HarmonyFrame frame{.level = 1.0F};
  frame.treble[0] = 1.0F;
  const auto before = rt::violations();
  for (int i = 0; i < 3'000; ++i) {
    const rt::RealtimeSection section;
    (void)estimator.process(frame);
  }
  EXPECT_EQ(rt::violations(), before);
}

TEST(KeyEstimator, RefusesSettingsWithoutSense) {
  EXPECT_THROW((KeyEstimator{{.hop = core::Seconds{0.0}}}), std::invalid_argument);
  EXPECT_THROW((KeyEstimator{{.window = core::Seconds{0.0}}}), std::invalid_argument);
  EXPECT_THROW((KeyEstimator{{.lag = -1}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
