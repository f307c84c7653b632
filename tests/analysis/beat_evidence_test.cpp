// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/beat_evidence.hpp"

#include <array>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace auralis::analysis {
namespace {

using testing::HasSubstr;
using Said = std::array<float, 2>;

constexpr float kUnknown = BeatActivation{}.downbeat;
constexpr Said kNothing{0.01F, 0.01F};

BeatDecoding decoding(const std::map<std::string, double>& settings) { return beat_decoding(100.0, settings).value(); }

/// What is told of `said`, then of as many frames of nothing as bars are told late.
std::vector<BeatActivation> told(const BeatDecoding& by, const std::vector<Said>& said,
                                 const BeatActivation* signal = nullptr) {
  BeatEvidence evidence{by};
  std::vector<BeatActivation> out;
  for (const auto& one : said) {
    out.push_back(evidence.process(one, true, signal));
  }
  for (int n = 0; n < by.pointer.metre_lag; ++n) {
    out.push_back(evidence.process(kNothing, true, signal));
  }
  return out;
}

/// That a bar begins with a beat in the one frame of which this was said.
float bar_of(const Said& said) { return told(decoding({}), {said}).back().downbeat; }

TEST(BeatEvidence, IsNoBarWhereNoBeatIs) {
  EXPECT_NEAR(bar_of({0.0F, 0.0F}), kUnknown, 0.03F);
  EXPECT_NEAR(bar_of({0.01F, 0.01F}), kUnknown, 0.03F);
  EXPECT_GT(bar_of({0.9F, 0.9F}), 0.8F);
  EXPECT_LT(bar_of({0.9F, 0.0F}), 0.1F);
  EXPECT_LT(bar_of({0.2F, 1.0F}), 1.0F);
  EXPECT_NEAR(bar_of({std::nanf(""), std::nanf("")}), kUnknown, 0.03F);
}

TEST(BeatEvidence, HoldsADownbeatAgainstTheBeatAFewFramesFromIt) {
  std::vector<Said> apart(8, kNothing);
  apart[2] = {0.9F, 0.01F};
  apart[5] = {0.01F, 0.85F}; // three frames later
  const auto by = decoding({});
  const auto said = told(by, apart);
  EXPECT_GT(said[2 + static_cast<std::size_t>(by.pointer.metre_lag)].downbeat, 0.7F);
  EXPECT_EQ(said[2].beat, 0.9F);
}

TEST(BeatEvidence, MixesLogOddsOfBeatsAndOfBars) {
  const BeatActivation signal{.beat = 0.1F, .downbeat = 0.3F, .on_beat = 0.6F};
  const auto first = [&](const std::map<std::string, double>& settings) {
    return told(decoding(settings), {{0.9F, 0.9F}}, &signal).front();
  };
  EXPECT_NEAR(first({{"signal_share", 0.5}}).beat, 0.5F, 1e-6F);
  EXPECT_NEAR(first({{"signal_share", 0.25}}).beat, 0.75F, 1e-5F); // odds 9 and 1/9 make 3
  const auto bars_by_signal = told(decoding({{"signal_share", 0.5}}), {{0.9F, 0.9F}}, &signal).back();
  EXPECT_EQ(bars_by_signal.downbeat, signal.downbeat);
  EXPECT_EQ(bars_by_signal.on_beat, signal.on_beat);
  const auto by_both = told(decoding({{"signal_share", 0.5}, {"bar_share", 0.5}}), {{0.9F, 0.9F}}, &signal).back();
  EXPECT_GT(by_both.downbeat, signal.downbeat + 0.2F);
  const auto by_network = told(decoding({{"signal_share", 0.5}, {"bar_share", 0.0}}), {{0.9F, 0.9F}}, &signal).back();
  EXPECT_GT(by_network.downbeat, by_both.downbeat);
}

TEST(BeatEvidence, HasNoBeatInSilence) {
  for (const double share : {0.0, 0.5}) {
    BeatEvidence evidence{decoding({{"signal_share", share}})};
    const BeatActivation signal{.beat = 0.9F};
    const BeatActivation silent{.beat = 0.0F};
    EXPECT_EQ(evidence.process(Said{0.9F, 0.9F}, false, share > 0.0 ? &signal : nullptr).beat, 0.0F);
    if (share > 0.0) {
      EXPECT_EQ(evidence.process(Said{0.9F, 0.9F}, true, &silent).beat, 0.0F);
      EXPECT_EQ(evidence.process(Said{0.9F, 0.9F}, true, nullptr).beat, 0.9F);
    }
  }
}

TEST(BeatEvidence, BeginsAnew) {
  BeatEvidence evidence{decoding({})};
  std::vector<float> first;
  for (int time = 0; time < 2; ++time) {
    std::vector<float> said;
    for (int n = 0; n < 100; ++n) {
      const float beat = n % 50 == 10 ? 0.9F : 0.05F;
      said.push_back(evidence.process(Said{beat, beat / 2.0F}, true, nullptr).downbeat);
    }
    EXPECT_TRUE(time == 0 || said == first);
    first = said;
    evidence.reset();
  }
}

TEST(BeatSettings, OfBothTogetherBeginWithThoseOfSignalProcessing) {
  const auto both = decoding({{"signal_share", 0.5}, {"beat_prior", 0.1}});
  EXPECT_EQ(both.pointer.metre_lag, BeatActivationFunction::kMetreLag);
  EXPECT_EQ(both.pointer.beat_prior, 0.1);
  const auto alone = decoding({{"beat_prior", 0.1}});
  EXPECT_EQ(alone.pointer.metre_lag, BeatEvidence::kAfter);
  EXPECT_EQ(alone.pointer.on_beat_weight, 0.0);
}

TEST(BeatSettings, ThatCannotBeAreRefusedByName) {
  const auto refused = [](const std::string& name, double value) {
    const auto decoded = beat_decoding(100.0, {{name, value}});
    return decoded ? std::string{"accepted"} : decoded.error().what;
  };
  for (const double share : {-0.1, 1.0, std::nan("")}) {
    EXPECT_THAT(refused("signal_share", share), HasSubstr("signal_share"));
  }
  EXPECT_THAT(refused("bar_share", 1.1), HasSubstr("bar_share"));
  EXPECT_THAT(refused("peak_threshold", -1.0), HasSubstr("peak_threshold"));
  EXPECT_THAT(refused("beat_pior", 0.1), HasSubstr("it knows bar_share, beat_frames"));
  EXPECT_THAT(refused("beat_prior", 2.0), HasSubstr("cannot be"));
  for (const double frames : {0.0, 1e9, std::nan("")}) {
    EXPECT_THAT(refused("beat_frames", frames), HasSubstr("beat_frames"));
  }
  EXPECT_THAT(refused("delay", -300.0), HasSubstr("delay"));
}

} // namespace
} // namespace auralis::analysis
