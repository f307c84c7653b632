// SPDX-License-Identifier: Apache-2.0
// Holds the scores to mir_eval: tests/golden/evaluation/scores.json, made by tools/reference/evaluation.py (which
// states the versions), to 1e-6.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "auralis/evaluation/beats.hpp"
#include "auralis/evaluation/chords.hpp"
#include "auralis/evaluation/dataset.hpp"
#include "auralis/evaluation/events.hpp"
#include "auralis/evaluation/key.hpp"
#include "auralis/evaluation/pitch.hpp"
#include "auralis/evaluation/tempo.hpp"

namespace auralis::evaluation {
namespace {

using nlohmann::json;
using Times = std::vector<double>;

constexpr double kTolerance = 1e-6;

/// The cases of one part; a missing or empty golden fails.
json golden(const char* part) {
  std::ifstream file{AURALIS_GOLDEN "/evaluation/scores.json"};
  const json whole = json::parse(file);
  EXPECT_EQ(whole.at("tolerance").get<double>(), kTolerance);
  json cases = whole.at(part);
  EXPECT_GT(cases.size(), 5U) << part;
  return cases;
}

void expect_beat_scores(std::span<const double> reference, std::span<const double> estimate, const json& wanted,
                        const std::string& what) {
  const auto got = continuity(reference, estimate);
  EXPECT_NEAR(score_events(reference, estimate, kBeatWindow).f_measure, wanted.at("f_measure"), kTolerance) << what;
  EXPECT_NEAR(got.cmlc, wanted.at("continuity").at(0), kTolerance) << what;
  EXPECT_NEAR(got.cmlt, wanted.at("continuity").at(1), kTolerance) << what;
  EXPECT_NEAR(got.amlc, wanted.at("continuity").at(2), kTolerance) << what;
  EXPECT_NEAR(got.amlt, wanted.at("continuity").at(3), kTolerance) << what;
}

std::optional<core::Key> key_of(const std::string& name) {
  if (name == "X") {
    return std::nullopt;
  }
  const auto space = name.find(' ');
  const auto mode = name.substr(space + 1);
  return core::Key{.tonic = core::parse_pitch_name(name.substr(0, space)).value(),
                   .mode = mode == "major"   ? core::Mode::ionian
                           : mode == "minor" ? core::Mode::aeolian
                                             : core::Mode::dorian};
}

std::vector<ChordSpan> chords_of(const json& spans) {
  std::vector<ChordSpan> chords;
  for (const auto& span : spans) {
    chords.push_back({.from = core::Seconds{span.at(0).get<double>()},
                      .to = core::Seconds{span.at(1).get<double>()},
                      .tones = parse_chord_label(span.at(2).get<std::string>()).value()});
  }
  return chords;
}

TEST(AgreementWithMirEval, HoldsForBeats) {
  for (const auto& item : golden("beats")) {
    const auto reference = item.at("reference").get<Times>();
    const auto estimate = item.at("estimate").get<Times>();
    expect_beat_scores(reference, estimate, item.at("whole"), item.dump());
    expect_beat_scores(without_start(reference, kUnjudgedStart), without_start(estimate, kUnjudgedStart),
                       item.at("trimmed"), item.dump());
  }
}

TEST(AgreementWithMirEval, HoldsForOnsets) {
  for (const auto& item : golden("onsets")) {
    const auto reference = item.at("reference").get<Times>();
    const auto estimate = item.at("estimate").get<Times>();
    for (const auto& [name, window] : {std::pair{"wide", kWideOnsetWindow}, std::pair{"narrow", kNarrowOnsetWindow}}) {
      const auto got = score_events(reference, estimate, window);
      EXPECT_NEAR(got.f_measure, item.at(name).at(0), kTolerance) << item;
      EXPECT_NEAR(got.precision, item.at(name).at(1), kTolerance) << item;
      EXPECT_NEAR(got.recall, item.at(name).at(2), kTolerance) << item;
    }
  }
}

TEST(AgreementWithMirEval, HoldsForTempo) {
  for (const auto& item : golden("tempi")) {
    const auto got = score_tempo(core::Bpm{item.at("reference")}, core::Bpm{item.at("estimate")});
    EXPECT_EQ(got.accuracy1, item.at("accuracy1").get<bool>()) << item;
    EXPECT_EQ(got.accuracy2, item.at("accuracy2").get<bool>()) << item;
  }
}

TEST(AgreementWithMirEval, HoldsForKeys) {
  for (const auto& item : golden("keys")) {
    for (const auto& [estimate, wanted] : item.at("scores").items()) {
      EXPECT_NEAR(mirex_key_score(key_of(item.at("reference")), key_of(estimate)), wanted, kTolerance)
          << item.at("reference") << " " << estimate;
    }
  }
}

TEST(AgreementWithMirEval, HoldsForChordLabels) {
  for (const auto& item : golden("labels")) {
    const auto got = parse_chord_label(item.at("label").get<std::string>());
    ASSERT_TRUE(got) << item;
    EXPECT_EQ(got->root, item.at("root").get<int>()) << item;
    EXPECT_EQ(got->known, item.at("known").get<bool>()) << item;
    EXPECT_EQ(got->semitones, item.at("semitones").get<int>()) << item;
  }
}

TEST(AgreementWithMirEval, HoldsForChords) {
  for (const auto& item : golden("chords")) {
    const auto got = score_chords(chords_of(item.at("reference")), chords_of(item.at("estimate")));
    EXPECT_NEAR(got.majmin.value_or(0.0), item.at("majmin"), kTolerance) << item;
    EXPECT_NEAR(got.sevenths.value_or(0.0), item.at("sevenths"), kTolerance) << item;
  }
}

TEST(AgreementWithMirEval, HoldsForPitch) {
  for (const auto& item : golden("pitch")) {
    const auto track = [&](const char* side) {
      return PitchTrack{.seconds = item.at(side).at(0).get<Times>(), .hertz = item.at(side).at(1).get<Times>()};
    };
    const auto got = score_pitch(track("reference"), track("estimate"));
    EXPECT_NEAR(got.raw_pitch_accuracy, item.at("raw_pitch"), kTolerance) << item;
    EXPECT_NEAR(got.raw_chroma_accuracy, item.at("raw_chroma"), kTolerance) << item;
    EXPECT_NEAR(got.voicing_recall, item.at("voicing_recall"), kTolerance) << item;
    EXPECT_NEAR(got.voicing_false_alarm, item.at("voicing_false_alarm"), kTolerance) << item;
  }
}

TEST(AgreementWithMirEval, HoldsForAnnotatedMusic) {
  const char* const named = std::getenv("AURALIS_DATA");
  const std::filesystem::path data = std::filesystem::path{named != nullptr ? named : AURALIS_SHARED_DATA} / "real";
  if (!std::filesystem::is_directory(data)) {
    GTEST_SKIP() << "no annotated music: AURALIS_DATA or ../shared/data";
  }
  const auto clips = read_dataset(data);
  ASSERT_TRUE(clips) << clips.error().where << ": " << clips.error().what;
  std::map<std::string, const Annotations*> truths;
  for (const auto& clip : *clips) {
    truths[clip.dataset + "/" + clip.stem] = &clip.truth;
  }
  const auto cases = golden("annotated");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto name = cases[i].at("clip").get<std::string>();
    const auto next = cases[(i + 1) % cases.size()].at("clip").get<std::string>();
    ASSERT_TRUE(truths.contains(name) && truths.contains(next)) << name;
    const auto& reference = truths[name]->beats.value();
    Times bent = reference;
    for (std::size_t n = 0; n < bent.size(); ++n) {
      bent[n] += 0.06 * std::sin(static_cast<double>(n));
    }
    std::ranges::sort(bent);
    expect_beat_scores(reference, bent, cases[i].at("bent"), name);
    expect_beat_scores(reference, truths[next]->beats.value(), cases[i].at("neighbour"), name);
    if (cases[i].contains("key")) {
      EXPECT_NEAR(mirex_key_score(truths[name]->key.value(), truths[next]->key.value()), cases[i].at("key"), kTolerance)
          << name;
    }
  }
}

} // namespace
} // namespace auralis::evaluation
