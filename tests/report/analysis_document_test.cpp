// SPDX-License-Identifier: Apache-2.0
#include "auralis/report/analysis_document.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace auralis::report {
namespace {

using core::Seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

core::Analysis analysis() {
  core::Analysis a;
  a.length = Seconds{10.0};
  a.source_rate = core::Hertz{44'100.0};
  a.source_channels = 2;
  a.tempi = {{core::Bpm{120.0}, 0.8F}, {core::Bpm{60.0}, 0.2F}};
  a.beats = {{.at = Seconds{0.5}, .position = 1, .beats_per_bar = 4, .confidence = 0.9F}};
  a.beats_per_bar = 4;
  a.key = core::KeyEstimate{{{core::PitchName{0}, core::Mode::ionian}, 0.7F},
                            {{core::PitchName{3}, core::Mode::aeolian}, 0.2F}};
  a.chords = {{Seconds{0.0}, Seconds{1.0}, std::nullopt, 0.5F, std::nullopt},
              {Seconds{1.0}, Seconds{2.0}, core::parse_chord("Am7"), 0.5F, core::parse_chord("C")}};
  a.pitch = {{Seconds{0.0}, core::Hertz{220.0}, false, 0.2F}, {Seconds{0.01}, core::Hertz{221.0}, true, 0.9F}};
  a.loudness = {-14.0, 5.0, core::Decibels{-1.0}, -10.0, -12.0};
  return a;
}

const protocol::AnalysisSource kSource{.name = "a.wav"};

TEST(AnalysisDocument, SaysWhatTheAnalysisHolds) {
  const auto document = to_document(analysis(), kSource, Parts::all());
  EXPECT_EQ(document.source.length, 10.0);
  EXPECT_EQ(document.source.channels, 2);
  ASSERT_TRUE(document.key && document.key->best && document.key->runner_up);
  EXPECT_EQ(document.key->best->tonic, "C");
  EXPECT_EQ(document.key->best->camelot, "8B");
  EXPECT_EQ(document.key->runner_up->mode, protocol::KeyMode::minor);
  ASSERT_TRUE(document.chords);
  EXPECT_EQ((*document.chords)[0].chord, std::nullopt);
  EXPECT_EQ((*document.chords)[1].chord, "Am7");
  EXPECT_EQ((*document.chords)[1].runner_up, "C");
  EXPECT_EQ(document.mood->instrumentalness, std::nullopt);
}

TEST(AnalysisDocument, SaysWhoHeardTheBeats) {
  auto heard = analysis();
  const auto signal = to_document(heard, kSource, {Part::beats}).beats;
  EXPECT_EQ(signal->method, protocol::HearingMethod::signal);
  EXPECT_FALSE(signal->network || signal->why_no_network);
  EXPECT_EQ(signal->decoder, protocol::BeatMethod::bar_pointer);
  heard.beats_by = {.network = "beats-file 1.0.0"};
  EXPECT_EQ(to_document(heard, kSource, {Part::beats}).beats->method, protocol::HearingMethod::network);
  EXPECT_EQ(to_document(heard, kSource, {Part::beats}).beats->network, "beats-file 1.0.0");
  heard.beats_by = {.why_none = "its file is gone"};
  EXPECT_EQ(to_document(heard, kSource, {Part::beats}).beats->why_no_network, "its file is gone");
  heard.beat_method = core::BeatMethod::peaks;
  EXPECT_EQ(to_document(heard, kSource, {Part::beats}).beats->decoder, protocol::BeatMethod::peaks);
}

TEST(AnalysisDocument, SaysWhoHeardTheKey) {
  auto heard = analysis();
  EXPECT_EQ(to_document(heard, kSource, {Part::key}).key->method, protocol::HearingMethod::signal);
  heard.key_by = {.network = "key 1.0.0"};
  const auto network = to_document(heard, kSource, {Part::key}).key;
  EXPECT_EQ(network->method, protocol::HearingMethod::network);
  EXPECT_EQ(network->network, "key 1.0.0");
  heard.key_by = {.why_none = "its file is gone"};
  EXPECT_EQ(to_document(heard, kSource, {Part::key}).key->why_no_network, "its file is gone");
}

TEST(AnalysisDocument, SaysWhoHeardThePitch) {
  auto heard = analysis();
  EXPECT_EQ(to_document(heard, kSource, {Part::pitch}).pitch->method, protocol::HearingMethod::signal);
  heard.pitch_by = {.network = "pitch 1.0.0"};
  EXPECT_EQ(to_document(heard, kSource, {Part::pitch}).pitch->method, protocol::HearingMethod::network);
  EXPECT_EQ(to_document(heard, kSource, {Part::pitch}).pitch->network, "pitch 1.0.0");
  heard.pitch_by = {.why_none = "its file is gone"};
  EXPECT_EQ(to_document(heard, kSource, {Part::pitch}).pitch->why_no_network, "its file is gone");
}

TEST(AnalysisDocument, ReadsBackEqual) {
  const auto document = to_document(analysis(), kSource, Parts::all());
  const auto again = protocol::parse_analysis_document(to_json(document));
  ASSERT_TRUE(again) << again.error().where << ": " << again.error().what;
  EXPECT_EQ(*again, document);
}

TEST(AnalysisDocument, GivesAnUnvoicedGuessAMinusSign) {
  EXPECT_THAT(to_document(analysis(), kSource, {Part::pitch}).pitch->f0, ElementsAre(-220.0, 221.0));
}

TEST(AnalysisDocument, OfSilenceHasNoLevelsAndStillReadsBack) {
  core::Analysis silent;
  silent.source_rate = core::Hertz{8'000.0};
  silent.source_channels = 1;
  silent.loudness = {-kInfinity, 0.0, core::Decibels{-kInfinity}, -kInfinity, -kInfinity};
  silent.loudness_curve = {
      {Seconds{0.1}, -std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}};
  const auto document = to_document(silent, kSource, Parts::all());
  EXPECT_EQ(document.loudness->integrated_lufs, std::nullopt);
  EXPECT_EQ(document.loudness->true_peak_dbtp, std::nullopt);
  EXPECT_THAT(document.loudness->curve.momentary, ElementsAre(-100.0));
  EXPECT_EQ(document.key->best, std::nullopt);
  EXPECT_EQ(protocol::parse_analysis_document(to_json(document)), document);
}

TEST(AnalysisDocument, NeverWritesWhatIsNoNumber) {
  auto broken = analysis();
  broken.tuning = core::Hertz{440.0};
  broken.features.flux.mean = std::nanf("");
  broken.energy.value = std::nanf("");
  const auto json = to_json(to_document(broken, kSource, Parts::all()));
  EXPECT_TRUE(protocol::parse_analysis_document(json)) << json;
}

TEST(AnalysisDocument, LeavesOutWhatWasNotAskedFor) {
  const auto document = to_document(analysis(), kSource, {Part::tempo, Part::key});
  EXPECT_TRUE(document.tempo);
  EXPECT_TRUE(document.key);
  EXPECT_FALSE(document.beats || document.onsets || document.chords || document.pitch || document.sections ||
               document.loudness || document.features || document.mood);
}

TEST(AnalysisDocument, CutDownEqualsOneThatNeverHadMore) {
  const auto all = to_document(analysis(), kSource, Parts::all());
  for (int i = 0; i < kPartCount; ++i) {
    const Parts one{static_cast<Part>(i)};
    EXPECT_EQ(only(all, one), to_document(analysis(), kSource, one)) << to_string(static_cast<Part>(i));
  }
}

TEST(Parts, AreReadByTheNamesOfTheDocumentsFields) {
  EXPECT_EQ(parse_parts("tempo,key"), (Parts{Part::tempo, Part::key}));
  for (int i = 0; i < kPartCount; ++i) {
    EXPECT_EQ(parse_parts(to_string(static_cast<Part>(i))), Parts{static_cast<Part>(i)});
  }
}

TEST(Parts, RefuseAnUnknownNameAndSayWhichThereAre) {
  for (const auto* text : {"", "tempo,", "tempo,colour", "Tempo", ",", " tempo"}) {
    const auto parts = parse_parts(text);
    if (std::string_view{text} == "tempo,") {
      EXPECT_TRUE(parts) << "a comma at the end does no harm";
      continue;
    }
    ASSERT_FALSE(parts) << text;
    EXPECT_THAT(parts.error().what, HasSubstr("tempo, beats, onsets"));
  }
}

} // namespace
} // namespace auralis::report
