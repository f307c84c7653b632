// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_key.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/heard.hpp"
#include "analysis/tones.hpp"
#include "auralis/analysis/analyzer.hpp"
#include "auralis/analysis/key_estimator.hpp"
#include "auralis/analysis/network_features.hpp"
#include "auralis/analysis/networks.hpp"
#include "auralis/analysis/streaming_analyzer.hpp"
#include "auralis/analysis/tuning.hpp"
#include "auralis/core/random.hpp"

namespace auralis::analysis {
namespace {

using testing::HasSubstr;

TEST(KeySettings, AreThoseOfTheModel) {
  const auto decoding = key_decoding(
      std::map<std::string, double>{{"signal_share", 0.25}, {"sharpness", 3.0}, {"confidence_offset", -0.5}});
  ASSERT_TRUE(decoding);
  EXPECT_EQ(decoding->signal_share, 0.25);
  EXPECT_EQ(decoding->sharpness, 3.0);
  EXPECT_EQ(decoding->confidence.offset, -0.5F);
  EXPECT_EQ(decoding->confidence.slope, 1.0F);
}

TEST(KeySettings, AreRefusedWhereTheyMakeNoSense) {
  const std::vector<std::pair<std::string, double>> wrong{
      {"signal_share", 1.1}, {"signal_share", -0.1},   {"step_signal_share", 1.5},
      {"sharpness", 0.0},    {"step_sharpness", -1.0}, {"confidence_slope", std::nan("")}};
  for (const auto& [name, value] : wrong) {
    EXPECT_FALSE(key_decoding(std::map<std::string, double>{{name, value}})) << name << ' ' << value;
  }
  const auto unknown = key_decoding(std::map<std::string, double>{{"sharpnes", 3.0}});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().what, HasSubstr("sharpnes"));
}

TEST(HarmonyFeatures, AreAmongWhatNetworksAreFed) {
  const auto features = harmony_features();
  EXPECT_EQ(features.size, 24);
  EXPECT_NEAR(features.frames_per_second, 21.533, 1e-3);
  EXPECT_NE(features.hash, log_band_features().hash);
  EXPECT_THAT(network_features(), testing::Contains(features));
}

/// The network that ships.
class NeuralKey : public testing::Test {
protected:
  void SetUp() override {
    if (!nn::Runtime::load({})) {
      GTEST_SKIP() << "no ONNX Runtime";
    }
    networks_ = load_networks({.folder = AURALIS_SHIPPED_MODELS});
    ASSERT_TRUE(networks_.key.model) << networks_.key.why_not;
  }

  [[nodiscard]] KeyEstimator estimator(int lag = KeyEstimator::kFileLag) const {
    return KeyEstimator{{.lag = lag, .network = networks_.key.model}};
  }
  [[nodiscard]] test::HeardKeys keys_of(std::span<const float> sound, std::size_t block = 1'000) const {
    auto one = estimator();
    return test::keys_of(one, sound, block);
  }

  Networks networks_;
};

/// Noise that is struck twice a second: no pitch anywhere.
std::vector<float> drums(double seconds) {
  std::vector<float> sound(static_cast<std::size_t>(seconds * test::kTonalRate));
  core::Random random{7};
  double level = 0.0;
  for (std::size_t n = 0; n < sound.size(); ++n) {
    if (n % static_cast<std::size_t>(test::kTonalRate / 2.0) == 0) {
      level = 0.3;
    }
    level *= 0.9992;
    sound[n] = static_cast<float>(level * (2.0 * random.uniform() - 1.0));
  }
  return sound;
}

TEST_F(NeuralKey, NamesNoneInSilence) {
  const auto heard = keys_of(std::vector<float>(110'250));
  EXPECT_FALSE(heard.whole);
  EXPECT_TRUE(heard.parts.empty());
}

TEST_F(NeuralKey, FindsEveryKeyAndTransposingMovesIt) {
  for (const bool minor : {false, true}) {
    for (int tonic = 0; tonic < 12; ++tonic) {
      const auto heard = keys_of(test::cadence(minor, tonic, 12.0));
      ASSERT_TRUE(heard.whole);
      const auto& best = heard.whole->best;
      EXPECT_EQ(best.key.tonic.pitch_class(), tonic) << minor;
      EXPECT_EQ(best.key.mode, minor ? core::Mode::aeolian : core::Mode::ionian) << tonic;
      EXPECT_GE(best.confidence, heard.whole->runner_up.confidence);
      EXPECT_LE(best.confidence + heard.whole->runner_up.confidence, 1.0001F);
      ASSERT_EQ(heard.parts.size(), 1U);
      EXPECT_EQ(heard.parts[0].key.best.key, best.key);
      EXPECT_EQ(heard.parts[0].from.value, 0.0);
    }
  }
}

TEST_F(NeuralKey, IsUnsureOfDrums) {
  const auto heard = keys_of(drums(20.0));
  ASSERT_TRUE(heard.whole);
  EXPECT_LT(heard.whole->best.confidence, 0.5F);
  EXPECT_LT(heard.whole->best.confidence, 0.6F * keys_of(test::cadence(false, 0, 20.0)).whole->best.confidence);
}

TEST_F(NeuralKey, HearsAModulationWhereItHappens) {
  auto sound = test::cadence(false, 0, 30.0);
  const auto second = test::cadence(false, 4, 30.0);
  sound.insert(sound.end(), second.begin(), second.end());
  const auto heard = keys_of(sound);
  ASSERT_EQ(heard.parts.size(), 2U);
  EXPECT_EQ(heard.parts[0].key.best.key.tonic.pitch_class(), 0);
  EXPECT_EQ(heard.parts[1].key.best.key.tonic.pitch_class(), 4);
  EXPECT_NEAR(heard.parts[1].from.value, 30.0, 5.0);
}

TEST_F(NeuralKey, LiveFollowsAStreamThatChangesItsKey) {
  auto sound = test::cadence(false, 0, 30.0);
  const auto second = test::cadence(true, 6, 30.0);
  sound.insert(sound.end(), second.begin(), second.end());
  auto live = estimator(KeyEstimator::kLiveLag);
  TuningEstimator tuning;
  Chroma chroma;
  std::vector<std::pair<double, core::Key>> said; // when it was known
  test::tonal_frames(sound, [&](const dsp::Spectrum& spectrum) {
    tuning.process(spectrum);
    if (const auto news = live.process(chroma.process(spectrum, tuning.tuning().cents)); news.begun) {
      said.emplace_back(spectrum.at.value, news.begun->key.best.key);
    }
  });
  ASSERT_GE(said.size(), 2U);
  EXPECT_LT(said.front().first, 4.0);
  EXPECT_EQ(said.back().second.tonic.pitch_class(), 6);
  EXPECT_EQ(said.back().second.mode, core::Mode::aeolian);
  EXPECT_LT(said.back().first, 45.0);
}

TEST_F(NeuralKey, DependsOnNeitherLevelNorPolarityNorBlocksNorARestBefore) {
  const auto sound = test::cadence(true, 7, 12.0);
  auto quiet = sound;
  for (float& sample : quiet) {
    sample *= -0.1F;
  }
  const auto expected = keys_of(sound);
  EXPECT_EQ(keys_of(quiet).whole->best.key, expected.whole->best.key);
  EXPECT_NEAR(keys_of(quiet).whole->best.confidence, expected.whole->best.confidence, 2e-3F);
  EXPECT_EQ(keys_of(sound, 91).whole->best.confidence, expected.whole->best.confidence);
  std::vector<float> later(static_cast<std::size_t>(3.3 * test::kTonalRate));
  later.insert(later.end(), sound.begin(), sound.end());
  EXPECT_EQ(keys_of(later).whole->best.key, expected.whole->best.key);
}

TEST_F(NeuralKey, ResetEqualsNew) {
  const auto sound = test::cadence(true, 7, 12.0);
  auto used = estimator();
  (void)test::keys_of(used, test::cadence(false, 1, 10.0));
  used.reset();
  const auto again = test::keys_of(used, sound);
  const auto expected = keys_of(sound);
  EXPECT_EQ(again.whole->best.confidence, expected.whole->best.confidence);
  ASSERT_EQ(again.parts.size(), expected.parts.size());
  EXPECT_EQ(again.parts[0].key.best.confidence, expected.parts[0].key.best.confidence);
}

TEST_F(NeuralKey, OfLessThanASecondIsSaidBySignalProcessing) {
  auto sound = test::cadence(false, 0, 1.0);
  sound.resize(static_cast<std::size_t>(0.9 * test::kTonalRate));
  const auto heard = keys_of(sound);
  KeyEstimator signal;
  ASSERT_TRUE(heard.whole);
  EXPECT_EQ(heard.whole->best.key, test::keys_of(signal, sound).whole->best.key);
}

TEST_F(NeuralKey, OfAFileIsSaidToComeFromTheNetwork) {
  const auto sound = test::cadence(false, 2, 6.0, 0.0, 44'100.0);
  const float* pointer = sound.data();
  const Wanted tonal{.rhythm = false, .pitch = false, .features = false, .loudness = false, .sections = false};
  Analyzer analyzer{{.channels = 1, .wanted = tonal, .networks = networks_}};
  analyzer.push({{&pointer, 1}, sound.size()});
  const auto found = analyzer.finish();
  EXPECT_EQ(found.key_by.network, networks_.key.model->title());
  ASSERT_TRUE(found.key);
  EXPECT_EQ(found.key->best.key.tonic.pitch_class(), 2);
  EXPECT_THAT(networks_.file_identity(), HasSubstr(networks_.key.model->entry().sha256));

  Analyzer without{{.channels = 1, .wanted = tonal, .networks = {.key = {.why_not = "none is here"}}}};
  without.push({{&pointer, 1}, sound.size()});
  const auto by = without.finish().key_by;
  EXPECT_EQ(by.network, "");
  EXPECT_EQ(by.why_none, "none is here");
}

TEST_F(NeuralKey, OfAStreamDoesNotDependOnBlocks) {
  const auto sound = test::cadence(true, 9, 8.0, 0.0, 44'100.0);
  const auto heard = [&](std::size_t block) {
    StreamingAnalyzer::Parts parts{.features = false, .onsets = false, .beats = false, .pitch = false, .chroma = false};
    parts.chords = parts.loudness = parts.sections = false;
    StreamingAnalyzer analyzer{{.channels = 1, .parts = parts, .networks = networks_}};
    std::vector<core::LiveKey> said;
    const auto keep = [&](const core::AnalysisEvent& event) {
      if (const auto* key = std::get_if<core::LiveKey>(&event.what)) {
        said.push_back(*key);
      }
    };
    for (std::size_t from = 0; from < sound.size(); from += block) {
      const float* pointer = sound.data() + from;
      analyzer.push({{&pointer, 1}, std::min(block, sound.size() - from)}, keep);
    }
    analyzer.finish(keep);
    return said;
  };
  const auto expected = heard(sound.size());
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(expected.back().whole.best.key.tonic.pitch_class(), 9);
  const auto again = heard(441);
  ASSERT_EQ(again.size(), expected.size());
  for (std::size_t n = 0; n < again.size(); ++n) {
    EXPECT_EQ(again[n].whole.best.key, expected[n].whole.best.key);
    EXPECT_EQ(again[n].whole.best.confidence, expected[n].whole.best.confidence);
  }
}

} // namespace
} // namespace auralis::analysis
