// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_beats.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <vector>

#include "analysis/rhythm_signals.hpp"
#include "auralis/analysis/analyzer.hpp"
#include "auralis/analysis/beat_tracker.hpp"
#include "auralis/analysis/network_features.hpp"
#include "auralis/analysis/networks.hpp"
#include "auralis/analysis/streaming_analyzer.hpp"

namespace auralis::analysis {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kModels{AURALIS_TEST_MODELS};

/// The toys of tools/reference/tiny_models.py: a beat is where the bands rise.
class NeuralBeats : public testing::Test {
protected:
  void SetUp() override {
    if (const auto runtime = nn::Runtime::load({}); !runtime) {
      GTEST_SKIP() << runtime.error().what;
    }
    networks_ = load_networks({.folder = kModels});
    ASSERT_TRUE(networks_.live_beats.model) << networks_.live_beats.why_not;
    ASSERT_TRUE(networks_.file_beats.model) << networks_.file_beats.why_not;
  }

  [[nodiscard]] std::vector<core::Beat> file_beats(const std::vector<float>& sound, std::size_t block = 1'024) const {
    BeatDecoder decoder{{.network = networks_.file_beats.model}};
    test::listen(sound, [&](const LogBands& bands, const dsp::Spectrum&) { decoder.process(bands); }, block);
    return decoder.finish();
  }
  [[nodiscard]] static std::vector<core::Beat> live_beats(BeatTracker& tracker, const std::vector<float>& sound,
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
  [[nodiscard]] BeatTracker tracker() const { return BeatTracker{{.network = networks_.live_beats.model}}; }

  static void expect_same(const std::vector<core::Beat>& a, const std::vector<core::Beat>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t n = 0; n < a.size(); ++n) {
      EXPECT_EQ(a[n].at.value, b[n].at.value);
      EXPECT_EQ(a[n].confidence, b[n].confidence);
      EXPECT_EQ(a[n].downbeat_confidence, b[n].downbeat_confidence);
    }
  }

  Networks networks_;
};

/// Frames that differ, without the cost of sound.
template <typename Hear> void hear_frames(int count, Hear&& hear) {
  LogBands bands{kFineStft};
  std::vector<float> magnitude(kFineStft.fft_size / 2 + 1);
  std::uint32_t random = 1;
  for (int n = 0; n < count; ++n) {
    for (std::size_t bin = static_cast<std::size_t>(n) % 7; bin < magnitude.size(); bin += 7) {
      random = random * 1'664'525U + 1'013'904'223U;
      magnitude[bin] = static_cast<float>(random >> 16U) / 65'536.0F;
    }
    bands.process(dsp::Spectrum{.index = n, .magnitude = magnitude});
    hear(bands);
  }
}

TEST(NetworkFeatures, AreWhatTheToysWereMadeFor) {
  const auto manifest = nn::read_manifest(kModels);
  ASSERT_TRUE(manifest);
  for (const auto& model : manifest->models) {
    EXPECT_EQ(model.features, log_band_features())
        << "the features changed: put their hash into tools/reference/tiny_models.py, run it, and train anew";
  }
}

TEST_F(NeuralBeats, AreHeardInAClickTrackLiveAndInAFile) {
  const auto sound = test::click_track(120.0, 4, 12.0);
  for (const auto& beats : {file_beats(sound), [&] {
                              auto live = tracker();
                              return live_beats(live, sound);
                            }()}) {
    ASSERT_GT(beats.size(), 12U);
    for (const auto& beat : beats) {
      const double count = (beat.at.value - 0.5) * 2.0;
      EXPECT_LT(std::abs(count - std::round(count)) / 2.0, 0.04) << beat.at.value;
    }
  }
}

TEST_F(NeuralBeats, AreNoneInSilence) {
  auto live = tracker();
  EXPECT_TRUE(live_beats(live, test::silence(5.0)).empty());
  EXPECT_TRUE(file_beats(test::silence(5.0)).empty());
  EXPECT_TRUE(file_beats({}).empty());
}

TEST_F(NeuralBeats, DependNeitherOnBlocksNorOnWhatWasHeardBefore) {
  const auto sound = test::click_track(133.0, 3, 6.0);
  auto live = tracker();
  const auto beats = live_beats(live, sound);
  const auto decoded = file_beats(sound);
  live.reset();
  expect_same(live_beats(live, sound), beats);
  for (const std::size_t block : {441U, 1'000'000U}) {
    auto other = tracker();
    expect_same(live_beats(other, sound, block), beats);
    expect_same(file_beats(sound, block), decoded);
  }
}

TEST_F(NeuralBeats, OfALongFileAreThoseOfOneWindow) {
  constexpr int kFrames = 13'700; // more than one batch of windows, then one, then a part
  FileBeatNetwork network{networks_.file_beats.model};
  std::vector<BeatActivation> said;
  std::vector<float> frames;
  hear_frames(kFrames, [&](const LogBands& bands) {
    network.process(bands, said);
    frames.insert(frames.end(), bands.level().begin(), bands.level().end());
  });
  network.finish(said);
  ASSERT_EQ(said.size(), static_cast<std::size_t>(kFrames));
  const auto whole = networks_.file_beats.model->run(frames, 1);
  ASSERT_TRUE(whole);
  for (std::size_t n = 1; n < said.size(); ++n) { // the toy hears one frame back; before the first there is none
    ASSERT_NEAR(said[n].beat, (*whole)[2 * n], 1e-6F) << n;
  }
}

TEST_F(NeuralBeats, AreSaidToComeFromTheNetwork) {
  const auto sound = test::click_track(120.0, 4, 3.0);
  const float* pointer = sound.data();
  Analyzer analyzer{{.channels = 1, .wanted = {.pitch = false}, .networks = networks_}};
  analyzer.push({{&pointer, 1}, sound.size()});
  EXPECT_EQ(analyzer.finish().beats_by.network, "rise-file 1.0.0");

  Analyzer without{
      {.channels = 1, .wanted = {.pitch = false}, .networks = {.file_beats = {.why_not = "none is here"}}}};
  without.push({{&pointer, 1}, sound.size()});
  const auto by = without.finish().beats_by;
  EXPECT_EQ(by.network, "");
  EXPECT_EQ(by.why_none, "none is here");
}

TEST_F(NeuralBeats, AreSaidLiveWhateverTheBlocks) {
  const auto sound = test::click_track(120.0, 4, 4.0);
  const auto heard = [&](std::size_t block) {
    std::vector<double> said;
    StreamingAnalyzer analyzer{{.channels = 1,
                                .parts = {.features = false,
                                          .onsets = false,
                                          .pitch = false,
                                          .chroma = false,
                                          .keys = false,
                                          .chords = false,
                                          .loudness = false,
                                          .sections = false},
                                .networks = networks_}};
    for (std::size_t from = 0; from < sound.size(); from += block) {
      const float* pointer = sound.data() + from;
      analyzer.push({{&pointer, 1}, std::min(block, sound.size() - from)}, [&said](const core::AnalysisEvent& event) {
        said.insert(said.end(), {event.at.value, event.known_at.value});
      });
    }
    return said;
  };
  const auto said = heard(512);
  EXPECT_GT(said.size(), 8U);
  EXPECT_EQ(heard(1), said);
  EXPECT_EQ(heard(sound.size()), said);
}

class BrokenNetworks : public testing::Test {
protected:
  void SetUp() override {
    static std::atomic<int> next{0};
    folder_ =
        fs::temp_directory_path() / ("auralis-networks-" + std::to_string(getpid()) + "-" + std::to_string(next++));
    fs::copy(kModels, folder_);
  }
  void TearDown() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  void replace(const std::string& text, const std::string& by) const {
    std::ifstream in{folder_ / "manifest.json"};
    std::string manifest{std::istreambuf_iterator<char>{in}, {}};
    const auto at = manifest.find(text);
    ASSERT_NE(at, std::string::npos);
    manifest.replace(at, text.size(), by);
    std::ofstream{folder_ / "manifest.json"} << manifest;
  }
  fs::path folder_;
};

TEST_F(BrokenNetworks, SayWhyAndTheOtherIsStillUsed) {
  fs::remove(folder_ / "rise-file.onnx");
  const auto networks = load_networks({.folder = folder_});
  EXPECT_FALSE(networks.file_beats.model);
  EXPECT_THAT(networks.file_beats.why_not, HasSubstr("rise-file.onnx"));
  EXPECT_EQ(networks.live_beats.model == nullptr, !networks.live_beats.why_not.empty());
}

TEST_F(BrokenNetworks, AreComplainedOfOnceForOneReason) {
  const auto nowhere = load_networks({.folder = folder_ / "nowhere"});
  EXPECT_FALSE(nowhere.live_beats.why_not.empty());
  EXPECT_EQ(nowhere.live_beats.why_not, nowhere.file_beats.why_not);
  EXPECT_THAT(nowhere.why_not(), testing::ElementsAre(nowhere.file_beats.why_not));
  EXPECT_THAT(nowhere.file_identity(), HasSubstr(nowhere.file_beats.why_not));
  EXPECT_TRUE(Networks{}.why_not().empty());
  EXPECT_EQ(Networks{}.file_identity(), "");
}

TEST_F(BrokenNetworks, AreRefusedForOtherFeatures) {
  if (!nn::Runtime::load({})) {
    GTEST_SKIP();
  }
  replace(log_band_features().hash, "another");
  const auto networks = load_networks({.folder = folder_});
  EXPECT_FALSE(networks.live_beats.model);
  EXPECT_THAT(networks.live_beats.why_not, HasSubstr("trained on"));
}

TEST_F(BrokenNetworks, AreRefusedForSettingsNobodyKnows) {
  if (!nn::Runtime::load({})) {
    GTEST_SKIP();
  }
  replace(R"("metrics": {})", R"("metrics": {}, "settings": {"beat_pior": 0.1})");
  EXPECT_THAT(load_networks({.folder = folder_}).live_beats.why_not, HasSubstr("beat_pior"));
}

/// The same toys, which signal processing helps.
class NetworksWithSignal : public BrokenNetworks {
protected:
  static constexpr float kShare = 0.4F;
  void SetUp() override {
    BrokenNetworks::SetUp();
    if (!nn::Runtime::load({})) {
      GTEST_SKIP();
    }
    alone_ = load_networks({.folder = kModels});
    for (int n = 0; n < 2; ++n) { // what is replaced is gone, so that the second is found next
      replace(R"("metrics": {})", R"("metrics": {"none": 0}, "settings": {"signal_share": 0.4})");
    }
    both_ = load_networks({.folder = folder_});
    ASSERT_TRUE(both_.live_beats.model) << both_.live_beats.why_not;
    ASSERT_TRUE(both_.file_beats.model) << both_.file_beats.why_not;
  }
  static void expect_joined(const std::vector<BeatActivation>& both, const std::vector<BeatActivation>& alone,
                            const std::vector<BeatActivation>& signal) {
    ASSERT_GE(both.size(), signal.size());
    const auto log_odds = [](float p) { return std::log(p / (1.0F - p)); };
    for (std::size_t n = 0; n < signal.size(); ++n) {
      ASSERT_EQ(both[n].downbeat, signal[n].downbeat) << n;
      ASSERT_EQ(both[n].on_beat, signal[n].on_beat) << n;
      if (alone[n].beat > 0.001F && alone[n].beat < 0.999F && signal[n].beat > 0.001F && signal[n].beat < 0.999F) {
        const auto expected = (1.0F - kShare) * log_odds(alone[n].beat) + kShare * log_odds(signal[n].beat);
        ASSERT_NEAR(log_odds(both[n].beat), expected, 1e-3F) << n;
      }
    }
  }
  Networks alone_;
  Networks both_;
};

TEST_F(NetworksWithSignal, SpeakOfTheSameFrames) {
  constexpr int kFrames = 8'000; // more than one batch of windows
  LiveBeatNetwork live{both_.live_beats.model};
  LiveBeatNetwork live_alone{alone_.live_beats.model};
  FileBeatNetwork file{both_.file_beats.model};
  FileBeatNetwork file_alone{alone_.file_beats.model};
  BeatActivationFunction function{80};
  std::vector<BeatActivation> said_live;
  std::vector<BeatActivation> alone_live;
  std::vector<BeatActivation> said;
  std::vector<BeatActivation> alone;
  std::vector<BeatActivation> signal;
  const auto keep = [](std::vector<BeatActivation>& in, const std::optional<BeatActivation>& one) {
    if (one) {
      in.push_back(*one);
    }
  };
  hear_frames(kFrames, [&](const LogBands& bands) {
    keep(said_live, live.process(bands));
    keep(alone_live, live_alone.process(bands));
    keep(signal, function.process(bands));
    file.process(bands, said);
    file_alone.process(bands, alone);
  });
  file.finish(said);
  file_alone.finish(alone);
  ASSERT_EQ(said.size(), static_cast<std::size_t>(kFrames));
  ASSERT_EQ(signal.size(), static_cast<std::size_t>(kFrames - BeatActivationFunction::kLag));
  ASSERT_EQ(said_live.size(), signal.size());
  expect_joined(said_live, alone_live, signal);
  expect_joined(said, alone, signal);
}

TEST_F(NetworksWithSignal, HaveThePeaksOfTheNetworkAlone) {
  const auto sound = test::click_track(120.0, 4, 8.0);
  const auto peaks = [&](const Networks& networks) {
    BeatTracker tracker{{.network = networks.live_beats.model, .method = core::BeatMethod::peaks}};
    BeatDecoder decoder{{.network = networks.file_beats.model, .method = core::BeatMethod::peaks}};
    std::vector<double> said;
    test::listen(
        sound,
        [&](const LogBands& bands, const dsp::Spectrum&) {
          decoder.process(bands);
          if (const auto beat = tracker.process(bands)) {
            said.insert(said.end(), {beat->at.value, static_cast<double>(beat->confidence)});
          }
        },
        1'024);
    for (const auto& beat : decoder.finish()) {
      said.insert(said.end(), {beat.at.value, static_cast<double>(beat.confidence)});
    }
    return said;
  };
  const auto said = peaks(both_);
  EXPECT_GT(said.size(), 20U);
  EXPECT_EQ(said, peaks(alone_));
}

TEST_F(NetworksWithSignal, BeginAnew) {
  const auto sound = test::click_track(120.0, 4, 6.0);
  BeatTracker tracker{{.network = both_.live_beats.model}};
  BeatDecoder decoder{{.network = both_.file_beats.model}};
  std::vector<double> first;
  for (int time = 0; time < 2; ++time) {
    std::vector<double> said;
    test::listen(
        sound,
        [&](const LogBands& bands, const dsp::Spectrum&) {
          decoder.process(bands);
          if (const auto beat = tracker.process(bands)) {
            said.push_back(beat->at.value);
          }
        },
        1'024);
    for (const auto& beat : decoder.finish()) {
      said.push_back(beat.at.value);
    }
    EXPECT_GT(said.size(), 12U);
    EXPECT_TRUE(time == 0 || said == first);
    first = said;
    tracker.reset();
    decoder.reset();
  }
}

TEST_F(BrokenNetworks, AreNoMistakeWhereThereAreNone) {
  std::ofstream{folder_ / "manifest.json"} << R"({"format": 1, "models": []})";
  const auto networks = load_networks({.folder = folder_});
  EXPECT_FALSE(networks.live_beats.model);
  EXPECT_EQ(networks.live_beats.why_not, "");
  EXPECT_EQ(networks.file_beats.why_not, "");
}

} // namespace
} // namespace auralis::analysis
