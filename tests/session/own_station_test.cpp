// SPDX-License-Identifier: Apache-2.0
// The analyser hears our own music: the composer says when each beat and chord truly began.
//
// Measured with these seeds and lengths: bright beat F 1.00, chords 0.96; focus beats at an allowed level 0.96, chords
// 0.77; meditation chords 0.99; sleep chords 1.00; the key is right in all four. docs/accuracy.md has minutes of each,
// with other seeds.
#include "auralis/session/labels.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/analysis/analyzer.hpp"
#include "auralis/compose/presets.hpp"
#include "auralis/evaluation/dataset.hpp"
#include "auralis/evaluation/scores.hpp"
#include "auralis/session/performer.hpp"
#include "scratch_folder.hpp"

namespace auralis::session {
namespace {

using evaluation::Metric;

class OwnStation : public testing::Test {
protected:
  /// Plays a preset and listens. Beats are judged from the fifth second on.
  evaluation::Scores heard(std::string_view preset, double seconds) {
    constexpr core::Hertz kRate{48'000.0};
    constexpr std::size_t kBlock = 4'800;
    Performer performer{{.sample_rate = kRate, .seed = 7, .preset = *compose::find_preset(preset)}};
    analysis::Analyzer analyzer{
        {.sample_rate = kRate, .wanted = {.pitch = false, .features = false, .loudness = false, .sections = false}}};
    std::vector<core::PerformanceEvent> events;
    std::array<std::vector<float>, 2> sound{std::vector<float>(kBlock), std::vector<float>(kBlock)};
    const std::array<const float*, 2> channels{sound[0].data(), sound[1].data()};
    const auto end = core::to_frames(core::Seconds{seconds}, kRate);
    while (performer.now() < end) {
      std::ranges::copy(performer.render({sound[0], sound[1]}), std::back_inserter(events));
      analyzer.push({channels, kBlock});
    }
    // By way of its files, as anybody would who scores it.
    const auto written = write_labels(folder_.path(), "own", labels_of(events, kRate, performer.now()));
    EXPECT_TRUE(written);
    const auto truth = evaluation::read_annotations(folder_.path(), "own");
    if (!truth) {
      ADD_FAILURE() << truth.error().where << ": " << truth.error().what;
      return {};
    }
    return evaluation::score(*truth, evaluation::to_annotations(analyzer.finish()));
  }

private:
  test::ScratchFolder folder_;
};

double value(const evaluation::Scores& scores, Metric metric) { return scores[metric].value_or(-1.0); }

TEST_F(OwnStation, RecoversBeatsKeyAndChordsOfBright) {
  const auto scores = heard("bright", 20.0);
  EXPECT_GE(value(scores, Metric::beat_f), 0.9);
  EXPECT_GE(value(scores, Metric::downbeat_f), 0.8);
  EXPECT_EQ(value(scores, Metric::accuracy1), 1.0);
  EXPECT_EQ(value(scores, Metric::key), 1.0);
  EXPECT_GE(value(scores, Metric::majmin), 0.85);
}

// Its 66 beats a minute are heard as the quavers between them, which the score allows.
TEST_F(OwnStation, RecoversBeatsKeyAndChordsOfFocus) {
  const auto scores = heard("focus", 25.0);
  EXPECT_GE(value(scores, Metric::amlt), 0.8);
  EXPECT_EQ(value(scores, Metric::accuracy2), 1.0);
  EXPECT_EQ(value(scores, Metric::key), 1.0);
  EXPECT_GE(value(scores, Metric::majmin), 0.65);
}

// No drum, long notes and much rest, at 52 and 42 beats a minute, below what is looked for: nobody could tap to it, so
// that nothing is asked of the beats.
TEST_F(OwnStation, RecoversKeyAndChordsOfMeditation) {
  const auto scores = heard("meditation", 25.0);
  EXPECT_GE(value(scores, Metric::key), 0.5); // F lydian; its fifth counts half
  EXPECT_GE(value(scores, Metric::majmin), 0.9);
}

TEST_F(OwnStation, RecoversKeyAndChordsOfSleep) {
  const auto scores = heard("sleep", 30.0);
  EXPECT_EQ(value(scores, Metric::key), 1.0);
  EXPECT_GE(value(scores, Metric::majmin), 0.9);
}

TEST(Labels, AreEmptyWhereNothingWasPlayed) {
  const auto labels = labels_of({}, core::Hertz{48'000.0}, core::Frames{48'000});
  EXPECT_EQ(labels.beats + labels.tempo + labels.key + labels.chords, "");
}

TEST(Labels, SayWhatWasPlayedAndWhen) {
  const core::Key key{core::PitchName{2}, core::Mode::dorian};
  const core::Chord d{core::PitchName{2}, core::ChordQuality::minor7, core::PitchName{-1}};
  const core::Chord g{core::PitchName{1}, core::ChordQuality::dominant7, core::PitchName{1}};
  const std::vector<core::PerformanceEvent> events{
      {core::Frames{64}, core::ChordChange{d, key}},
      {core::Frames{64}, core::BeatTick{.bar = 0, .beat = 3, .tempo = core::Bpm{120.0}}},
      {core::Frames{24'064}, core::BeatTick{.bar = 1, .beat = 0, .tempo = core::Bpm{120.0}}},
      {core::Frames{24'064}, core::ChordChange{g, key}}};
  const auto labels = labels_of(events, core::Hertz{48'000.0}, core::Frames{48'000});
  EXPECT_EQ(labels.beats, "0.0013\t4\n0.5013\t1\n");
  EXPECT_EQ(labels.tempo, "120.000\n");
  EXPECT_EQ(labels.key, "D minor\n");
  EXPECT_EQ(labels.chords, "0.0000\t0.0013\tN\n0.0013\t0.5013\tD:min7/b3\n0.5013\t1.0000\tG:7\n");
}

} // namespace
} // namespace auralis::session
