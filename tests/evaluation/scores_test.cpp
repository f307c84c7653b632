// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/scores.hpp"

#include <gtest/gtest.h>

#include "auralis/evaluation/events.hpp"

namespace auralis::evaluation {
namespace {

Annotations four_bars() {
  Annotations truth;
  truth.beats.emplace();
  truth.downbeats.emplace();
  for (int i = 0; i < 16; ++i) {
    truth.beats->push_back(6.0 + 0.5 * i);
    if (i % 4 == 0) {
      truth.downbeats->push_back(truth.beats->back());
    }
  }
  truth.tempo = core::Bpm{120.0};
  truth.key = core::Key{.tonic = {0}, .mode = core::Mode::ionian};
  return truth;
}

TEST(Score, OfTheTruthItselfIsOne) {
  const auto truth = four_bars();
  const auto scores = score(truth, truth);
  for (const auto metric :
       {Metric::beat_f, Metric::downbeat_f, Metric::cmlc, Metric::amlt, Metric::accuracy1, Metric::key}) {
    EXPECT_EQ(scores[metric], 1.0) << to_string(metric);
  }
}

TEST(Score, OfAnAnalysisThatHeardNothingIsZero) {
  const auto scores = score(four_bars(), to_annotations(core::Analysis{}));
  for (const auto metric :
       {Metric::beat_f, Metric::downbeat_f, Metric::cmlc, Metric::amlt, Metric::accuracy2, Metric::key}) {
    EXPECT_EQ(scores[metric], 0.0) << to_string(metric);
  }
}

TEST(Score, LeavesOutWhatIsNotAnnotatedOrNotEstimated) {
  Annotations truth = four_bars();
  truth.downbeats.reset();
  Annotations estimate = four_bars();
  estimate.key.reset();
  const auto scores = score(truth, estimate);
  EXPECT_FALSE(scores[Metric::downbeat_f]);
  EXPECT_FALSE(scores[Metric::key]);
  EXPECT_FALSE(scores[Metric::raw_pitch]);
  EXPECT_TRUE(scores[Metric::beat_f]);
}

TEST(Score, DoesNotJudgeTheFirstSeconds) {
  const auto truth = four_bars();
  Annotations estimate = truth;
  estimate.beats->insert(estimate.beats->begin(), {0.1, 2.2, 4.9});
  EXPECT_EQ(score(truth, estimate)[Metric::beat_f], 1.0);
  EXPECT_LT(score(truth, estimate, {.skip = core::Seconds{0.0}})[Metric::beat_f], 1.0);
}

TEST(Score, CountsAMissingTempoAsWrong) {
  Annotations estimate = four_bars();
  estimate.tempo = core::Bpm{0.0};
  EXPECT_EQ(score(four_bars(), estimate)[Metric::accuracy2], 0.0);
}

TEST(Matches, PairsAsManyAsCanBeWhereWindowsOverlap) {
  // Nearest first would pair 1.05 with 1.06 and leave one over.
  EXPECT_EQ(matches(std::array{1.0, 1.06}, std::array{1.05, 1.12}, core::Seconds{0.07}), 2U);
}

TEST(Groups, GiveDatasetsTheirGenresAndAllOfThemEachClipOnce) {
  std::vector<Judged> clips(3);
  clips[0] = {.dataset = "a", .genre = "rock", .stem = "1"};
  clips[1] = {.dataset = "a", .genre = "blues", .stem = "2"};
  clips[2] = {.dataset = "b", .genre = "", .stem = "3"};
  clips[0].scores[Metric::beat_f] = 1.0;
  clips[1].scores[Metric::beat_f] = 0.5;
  const auto result = groups(clips);
  ASSERT_EQ(result.size(), 5U);
  EXPECT_EQ(result[0].name, "a");
  EXPECT_EQ(result[0].mean[Metric::beat_f], 0.75);
  EXPECT_EQ(result[1].name, "a/blues");
  EXPECT_EQ(result[2].name, "a/rock");
  EXPECT_FALSE(result[3].mean[Metric::beat_f]);
  EXPECT_EQ(result[4].name, "all");
  EXPECT_EQ(result[4].clips, 3U);
  EXPECT_EQ(result[4].judged[static_cast<std::size_t>(Metric::beat_f)], 2U);
}

TEST(Groups, OfNothingIsAllOfNothing) {
  const auto result = groups({});
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0].clips, 0U);
  EXPECT_FALSE(result[0].mean[Metric::key]);
}

TEST(ChordTones, OfAChordAreThoseOfItsLabel) {
  const auto bb = core::parse_pitch_name("Bb").value();
  const auto d = core::parse_pitch_name("D").value();
  EXPECT_EQ(chord_tones(core::Chord{bb, core::ChordQuality::major7, d}), parse_chord_label("Bb:maj7/3"));
  EXPECT_EQ(chord_tones(core::Chord{d, core::ChordQuality::half_diminished7, d}), parse_chord_label("D:hdim7"));
  EXPECT_EQ(chord_tones(core::Chord{d, core::ChordQuality::minor_add9, d}), parse_chord_label("D:min(9)"));
  EXPECT_EQ(chord_tones(std::nullopt), parse_chord_label("N"));
}

TEST(ChordLabel, IsRefusedWhereMalformed) {
  for (const auto* label :
       {"", "H", "C:", "C:foo", "C:maj(", "C:maj()", "C(3)", "C:maj(14)", "C/b", "C/#b3", "C:(3,,5)"}) {
    EXPECT_FALSE(parse_chord_label(label)) << label;
  }
}

} // namespace
} // namespace auralis::evaluation
