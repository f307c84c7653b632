// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_pitch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <unistd.h>
#include <vector>

#include "analysis/heard.hpp"
#include "analysis/tones.hpp"
#include "auralis/analysis/analyzer.hpp"
#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/network_features.hpp"
#include "auralis/analysis/networks.hpp"
#include "auralis/analysis/pitch_tracker.hpp"
#include "auralis/analysis/streaming_analyzer.hpp"
#include "scratch_folder.hpp"

namespace auralis::analysis {
namespace {

namespace fs = std::filesystem;
using test::kFineRate;
using test::pitch_of;
using testing::HasSubstr;

const fs::path kToys = fs::path{AURALIS_TEST_MODELS}.parent_path();

std::vector<float> tone(int note, double seconds, double level = 0.2) {
  std::vector<float> sound(static_cast<std::size_t>(seconds * kFineRate));
  test::add_notes(sound, kFineRate, 0.0, seconds, std::array{note}, 0.0, level);
  return sound;
}

void expect_same(const std::vector<core::PitchPoint>& a, const std::vector<core::PitchPoint>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    ASSERT_EQ(a[n].f0.value, b[n].f0.value) << n;
    ASSERT_EQ(a[n].voiced, b[n].voiced) << n;
    ASSERT_EQ(a[n].voicing, b[n].voicing) << n;
  }
}

TEST(PitchFeatures, ShowAPitchAnOctaveHigherAsTheSamePictureMoved) {
  PitchFeatures features;
  PeriodDifference difference{{}};
  const auto row_of = [&](double hertz) {
    std::vector<float> sound(8'820);
    for (std::size_t n = 0; n < sound.size(); ++n) {
      sound[n] =
          static_cast<float>(0.3 * std::sin(2.0 * std::numbers::pi * hertz * static_cast<double>(n) / kFineRate));
    }
    std::vector<float> row;
    test::fine_frames(sound, [&](const dsp::Spectrum& spectrum) {
      difference.process(spectrum.samples);
      const auto said = features.process(spectrum, difference);
      if (spectrum.index == 10) {
        row.assign(said.begin(), said.end());
      }
    });
    return row;
  };
  const auto low = row_of(400.0);
  const auto high = row_of(800.0);
  ASSERT_EQ(low.size(), static_cast<std::size_t>(PitchFeatures::kSize));
  const auto peak_of = [](const std::vector<float>& row, int from, int count) {
    return std::max_element(row.begin() + from, row.begin() + from + count) - row.begin() - from;
  };
  const auto expected = static_cast<std::ptrdiff_t>(std::lround(PitchFeatures::bin_of(400.0)));
  EXPECT_NEAR(static_cast<double>(peak_of(low, 0, PitchFeatures::kBands)), static_cast<double>(expected), 1.0);
  EXPECT_NEAR(static_cast<double>(peak_of(high, 0, PitchFeatures::kBands)), static_cast<double>(expected + 36), 1.0);
  EXPECT_GT(low[static_cast<std::size_t>(PitchFeatures::kBands + expected)], 0.9F);
  EXPECT_GT(high[static_cast<std::size_t>(PitchFeatures::kBands + expected + 36)], 0.9F);
  EXPECT_FLOAT_EQ(low.back(), 1.0F); // as loud as it has ever been
}

TEST(PitchFeatures, DoNotKnowTheGain) {
  auto sound = tone(57, 0.5);
  PeriodDifference difference{{}};
  std::vector<std::vector<float>> rows;
  for (const float gain : {1.0F, 0.01F}) {
    PitchFeatures features;
    std::vector<float> all;
    auto quiet = sound;
    std::ranges::transform(quiet, quiet.begin(), [gain](float x) { return gain * x; });
    test::fine_frames(quiet, [&](const dsp::Spectrum& spectrum) {
      difference.process(spectrum.samples);
      const auto row = features.process(spectrum, difference);
      all.insert(all.end(), row.begin(), row.end());
    });
    rows.push_back(std::move(all));
  }
  ASSERT_EQ(rows[0].size(), rows[1].size());
  for (std::size_t n = 0; n < rows[0].size(); ++n) {
    ASSERT_NEAR(rows[0][n], rows[1][n], 2e-2F) << n;
  }
}

TEST(PitchFeatures, AreNothingInSilence) {
  PitchFeatures features;
  PeriodDifference difference{{}};
  test::fine_frames(std::vector<float>(4'410), [&](const dsp::Spectrum& spectrum) {
    difference.process(spectrum.samples);
    for (const float x : features.process(spectrum, difference)) {
      ASSERT_EQ(x, 0.0F);
    }
  });
}

/// The toys of tools/reference/tiny_models.py.
class NeuralPitch : public testing::Test {
protected:
  void SetUp() override {
    if (const auto runtime = nn::Runtime::load({}); !runtime) {
      GTEST_SKIP() << runtime.error().what;
    }
    repeats_ = load_networks({.folder = kToys / "repeats"}).pitch;
    stubborn_ = load_networks({.folder = kToys / "stubborn"}).pitch;
    ASSERT_TRUE(repeats_.model) << repeats_.why_not;
    ASSERT_TRUE(stubborn_.model) << stubborn_.why_not;
  }
  Ear repeats_;
  Ear stubborn_;
};

TEST_F(NeuralPitch, IsAsExactAsThePeriod) {
  PitchTracker tracker{{.network = repeats_.model}};
  for (const int note : {40, 52, 64, 76, 88}) {
    tracker.reset();
    const auto points = pitch_of(tracker, tone(note, 0.5));
    const auto& point = points[points.size() / 2];
    EXPECT_TRUE(point.voiced) << note;
    EXPECT_NEAR(1'200.0 * std::log2(point.f0.value / test::frequency(note)), 0.0, 3.0) << note;
  }
}

TEST_F(NeuralPitch, FollowsAGlideOfWhichItHearsEverySecondFrame) {
  const auralis::test::ScratchFolder folder;
  fs::copy(kToys / "repeats", folder.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  std::ifstream before{kToys / "repeats" / "manifest.json"};
  auto manifest = nlohmann::json::parse(before);
  manifest["models"][0]["settings"]["every"] = 2;
  std::ofstream{folder.path() / "manifest.json"} << manifest;
  const auto seldom = load_networks({.folder = folder.path(), .runtime = {}, .session = {}}).pitch;
  ASSERT_TRUE(seldom.model) << seldom.why_not;

  std::vector<float> sound(static_cast<std::size_t>(1.2 * kFineRate)); // an octave a second
  double phase = 0.0;
  const auto pitch_at = [](double t) { return 220.0 * std::exp2(t); };
  for (std::size_t n = 0; n < sound.size(); ++n) {
    phase += 2.0 * std::numbers::pi * pitch_at(static_cast<double>(n) / kFineRate) / kFineRate;
    sound[n] = static_cast<float>(0.2 * std::sin(phase) + 0.1 * std::sin(2.0 * phase) + 0.05 * std::sin(3.0 * phase));
  }
  PitchTracker tracker{{.network = seldom.model}};
  const auto points = pitch_of(tracker, sound);
  for (std::size_t n = 10; n < 100; ++n) {
    EXPECT_TRUE(points[n].voiced) << n;
    EXPECT_NEAR(1'200.0 * std::log2(points[n].f0.value / pitch_at(points[n].at.value)), 0.0, 10.0) << n;
  }
}

TEST_F(NeuralPitch, IsNoneInSilence) {
  PitchTracker tracker{{.network = stubborn_.model}};
  for (const auto& point : pitch_of(tracker, std::vector<float>(22'050))) {
    EXPECT_FALSE(point.voiced);
    EXPECT_EQ(point.f0.value, 0.0);
  }
}

TEST_F(NeuralPitch, IsFollowedWhereNothingRepeats) {
  PitchTracker tracker{{.network = stubborn_.model}};
  PitchTracker alone;
  const auto noise = test::noise(1.0, kFineRate, 3);
  const auto points = pitch_of(tracker, noise);
  const auto unheard = pitch_of(alone, noise);
  for (std::size_t n = 10; n < 90; ++n) {
    EXPECT_TRUE(points[n].voiced) << n;
    EXPECT_NEAR(12.0 * std::log2(points[n].f0.value / 220.0), 0.0, 0.5) << n;
    EXPECT_FALSE(unheard[n].voiced) << n;
  }
}

TEST_F(NeuralPitch, DependsNeitherOnBlocksNorOnWhatWasHeardBefore) {
  auto sound = tone(60, 0.6);
  const auto more = test::noise(0.4, kFineRate, 9, 0.05);
  sound.insert(sound.end(), more.begin(), more.end());
  PitchTracker tracker{{.network = repeats_.model}};
  const auto first = pitch_of(tracker, sound);
  for (const std::size_t block : {std::size_t{1}, std::size_t{77}, std::size_t{4'096}}) {
    tracker.reset();
    expect_same(pitch_of(tracker, sound, block), first);
  }
}

TEST_F(NeuralPitch, IsSaidToComeFromTheNetwork) {
  const auto sound = tone(60, 1.0);
  const float* const pointer = sound.data();
  Networks networks;
  networks.pitch = repeats_;
  Analyzer analyzer{{.channels = 1, .networks = networks}};
  analyzer.push({{&pointer, 1}, sound.size()});
  const auto found = analyzer.finish();
  EXPECT_EQ(found.pitch_by.network, "repeats 1.0.0");
  EXPECT_TRUE(found.pitch[50].voiced);

  networks.pitch = {.model = nullptr, .why_not = "none is here"};
  Analyzer without{{.channels = 1, .networks = networks}};
  without.push({{&pointer, 1}, sound.size()});
  const auto by = without.finish().pitch_by;
  EXPECT_EQ(by.network, "");
  EXPECT_EQ(by.why_none, "none is here");
}

TEST_F(NeuralPitch, IsSaidLiveWhateverTheBlocks) {
  const auto sound = tone(60, 1.0);
  std::vector<std::vector<double>> said;
  for (const std::size_t block : {std::size_t{64}, std::size_t{1'000}}) {
    Networks networks;
    networks.pitch = repeats_;
    StreamingAnalyzer analyzer{{.channels = 1, .networks = networks}};
    std::vector<double> f0;
    const auto keep = [&](const core::AnalysisEvent& event) {
      if (const auto* point = std::get_if<core::PitchPoint>(&event.what)) {
        f0.push_back(point->voiced ? point->f0.value : -point->f0.value);
      }
    };
    for (std::size_t from = 0; from < sound.size(); from += block) {
      const float* const pointer = sound.data() + from;
      analyzer.push({{&pointer, 1}, std::min(block, sound.size() - from)}, keep);
    }
    analyzer.finish(keep);
    said.push_back(std::move(f0));
  }
  EXPECT_EQ(said[0].size(), 100U);
  EXPECT_EQ(said[0], said[1]);
}

TEST_F(NeuralPitch, IsRefusedForOtherFramesThanItWasTrainedOn) {
  EXPECT_THROW((PitchTracker{{.lowest = core::Hertz{80.0}, .network = repeats_.model}}), std::invalid_argument);
}

TEST(PitchDecoding, RefusesSettingsNobodyKnowsOrThatCannotBe) {
  const auto unknown = pitch_decoding(std::map<std::string, double>{{"signal_shar", 0.1}});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().what, HasSubstr("signal_shar"));
  EXPECT_FALSE(pitch_decoding(std::map<std::string, double>{{"signal_share", 1.0}}));
  EXPECT_FALSE(pitch_decoding(std::map<std::string, double>{{"voicing_offset", -1e300}}));
  EXPECT_EQ(pitch_decoding(std::map<std::string, double>{{"voicing_offset", 0.5}})->voicing_offset, 0.5);
  for (const double every : {0.0, 1.5, 6.0, -1.0, 1e300}) {
    EXPECT_FALSE(pitch_decoding(std::map<std::string, double>{{"every", every}})) << every;
  }
  EXPECT_EQ(pitch_decoding(std::map<std::string, double>{{"every", 2.0}})->every, 2.0);
}

TEST(PitchDecoding, RefusesANetworkThatSaysSomethingElse) {
  if (!nn::Runtime::load({})) {
    GTEST_SKIP();
  }
  const auto folder = fs::temp_directory_path() / ("auralis_pitch_" + std::to_string(::getpid()));
  fs::copy(kToys / "repeats", folder);
  std::ifstream stream{folder / "manifest.json"};
  std::string manifest{std::istreambuf_iterator<char>{stream}, {}};
  const std::string outputs = "\"voiced\"";
  manifest.replace(manifest.find(outputs), outputs.size(), "\"sung\"");
  std::ofstream{folder / "manifest.json"} << manifest;
  EXPECT_THAT(load_networks({.folder = folder}).pitch.why_not, HasSubstr("expected voiced, pitch[180]"));
  fs::remove_all(folder);
}

} // namespace
} // namespace auralis::analysis
