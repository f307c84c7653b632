// SPDX-License-Identifier: Apache-2.0
#include "auralis/report/heard_event.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace auralis::report {
namespace {

using core::Seconds;

core::AnalysisEvent event(auto what) { return {.at = Seconds{1.5}, .known_at = Seconds{1.53}, .what = what}; }

TEST(HeardEvent, CarriesItsTimeAndHowLongItTookToKnow) {
  const auto message = to_message(event(core::Onset{.strength = 0.5F, .band = core::Band::high, .confidence = 0.25F}));
  ASSERT_TRUE(message);
  EXPECT_EQ(to_json(*message),
            R"({"type":"onset","at":1.5,"latency":0.03,"strength":0.5,"band":"high","confidence":0.25})");
}

TEST(HeardEvent, HasANegativeLatencyForWhatWasForeseen) {
  auto foreseen = event(core::Beat{.position = 1, .beats_per_bar = 4, .tempo = core::Bpm{120.0}});
  foreseen.known_at = Seconds{1.4};
  EXPECT_DOUBLE_EQ(std::get<protocol::HeardBeat>(*to_message(foreseen)).latency, -0.1);
}

TEST(HeardEvent, OfEveryKindReadsBackEqual) {
  const auto quiet = -std::numeric_limits<float>::infinity();
  const core::KeyCandidate c{{core::PitchName{0}, core::Mode::ionian}, 0.5F};
  for (const auto& one :
       {event(core::Onset{}), event(core::Beat{}), event(core::LiveTempo{.best = {core::Bpm{120.0}, 0.5F}}),
        event(core::ChordSegment{}), event(core::ChordSegment{.chord = core::parse_chord("G/B")}),
        event(core::LiveKey{{c, c}, {c, c}}), event(core::LoudnessPoint{Seconds{1.5}, quiet, quiet}),
        event(core::PitchPoint{}), event(core::FeatureFrame{}), event(core::Section{})}) {
    const auto message = to_message(one);
    ASSERT_TRUE(message) << one.what.index();
    EXPECT_EQ(protocol::parse_heard_event(to_json(*message)), *message);
  }
}

TEST(HeardEvent, SaysTheTempoFirstAndLeavesOutWhatIsNotLookedFor) {
  const auto message = to_message(
      event(core::LiveTempo{.best = {core::Bpm{66.0}, 0.5F}, .half = {}, .twice = {core::Bpm{132.0}, 0.25F}}));
  ASSERT_TRUE(message);
  EXPECT_EQ(
      to_json(*message),
      R"({"type":"tempo","at":1.5,"latency":0.03,"candidates":[{"bpm":66,"confidence":0.5},{"bpm":132,"confidence":0.25}]})");
}

TEST(HeardEvent, SaysAPartOfTheFormWhereItEnds) {
  const auto message = to_message(event(core::Section{.to = Seconds{1.5}, .label = 'B', .confidence = 0.5F}));
  ASSERT_TRUE(message);
  EXPECT_EQ(to_json(*message), R"({"type":"segment","at":1.5,"latency":0.03,"from":0,"label":"B","confidence":0.5})");
}

TEST(HeardEvent, IsNoneForWhatIsOnlyDrawn) { EXPECT_FALSE(to_message(event(core::ChromaFrame{}))); }

} // namespace
} // namespace auralis::report
