// SPDX-License-Identifier: Apache-2.0
#include "auralis/report/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lines_of.hpp"
#include "scratch_folder.hpp"

namespace auralis::report {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::SizeIs;

constexpr auto kLocation = "/music/it's; here.wav";

protocol::KeyCandidate a_minor() { return {"A", protocol::KeyMode::minor, "8A", 0.8}; }

/// Eight beats at 120 BPM from 0.5 s on, the first a downbeat, and one thing of every other kind.
protocol::AnalysisDocument document() {
  protocol::AnalysisDocument d{.analysis = 1,
                               .engine = "0.1.0",
                               .source = {.name = "here.wav",
                                          .sha256 = "00",
                                          .title = "Say \"A & B\", <twice>",
                                          .length = 5.0,
                                          .sample_rate = 44'100.0,
                                          .channels = 2}};
  d.tempo.emplace().candidates = {{120.0, 0.75}, {60.0, 0.2}};
  d.beats.emplace().beats_per_bar = 4;
  for (int i = 0; i < 8; ++i) {
    d.beats->grid.push_back({0.5 + 0.5 * i, i % 4 + 1, 0.9, 0.5});
  }
  d.onsets = {{0.5, 1.0, protocol::OnsetBand::low, 0.5}};
  auto& key = d.key.emplace();
  key.best = a_minor();
  key.runner_up = {"C", protocol::KeyMode::major, "8B", 0.1};
  key.tuning = 440.0;
  key.parts = {{0.0, 5.0, a_minor(), *key.runner_up}};
  d.chords = {{0.0, 0.5, std::nullopt, std::nullopt, 0.5},
              {0.5, 2.5, "Am7", "C", 0.5},
              {2.5, 4.0, "G/B", std::nullopt, 0.5},
              {4.0, 5.0, "Cadd9", std::nullopt, 0.5}};
  d.pitch = {{0.0, 0.01}, {-220.0, 221.0}, {0.2, 0.9}};
  d.sections = {{0.0, 5.0, "A", 0.5}};
  return d;
}

/// The lines that Python's own readers find in the text.
std::vector<std::string> read_back(const std::string& kind, const std::string& text) {
  const test::ScratchFolder folder;
  const auto path = folder.write("report", text);
  return test::lines_of(std::string{AURALIS_SYSTEM_PYTHON} + " " + AURALIS_READ_BACK + " " + kind + " " +
                        path.string());
}

std::string only_text(Format format) {
  const auto files = files_of(format, document());
  EXPECT_THAT(files, SizeIs(1));
  return files.empty() ? "" : files.front().text;
}

std::string text_with_suffix(Format format, const std::string& suffix) {
  for (const auto& file : files_of(format, document())) {
    if (file.suffix == suffix) {
      return file.text;
    }
  }
  ADD_FAILURE() << "no file " << suffix;
  return {};
}

std::string collected(Format format, const std::vector<protocol::AnalysisDocument>& documents) {
  Collection collection{format};
  for (const auto& one : documents) {
    collection.add(one, kLocation);
  }
  return collection.text();
}

TEST(Formats, AreReadByTheirNames) {
  for (int i = 0; i < kFormatCount; ++i) {
    const auto format = static_cast<Format>(i);
    EXPECT_EQ(parse_format(to_string(format)), format);
  }
  const auto unknown = parse_format("mp3");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().what, HasSubstr("json, csv, jams"));
}

TEST(Json, IsTheDocumentItself) { EXPECT_EQ(protocol::parse_analysis_document(only_text(Format::json)), document()); }

TEST(Beats, AreTimesAndPositions) {
  EXPECT_THAT(only_text(Format::beats), testing::StartsWith("0.500000\t1\n1.000000\t2\n"));
}

TEST(Audacity, GetsALabelTrackForEachKind) {
  EXPECT_EQ(text_with_suffix(Format::audacity, ".chords.txt"),
            "0.000000\t0.500000\tN\n0.500000\t2.500000\tAm7\n2.500000\t4.000000\tG/B\n4.000000\t5.000000\tCadd9\n");
  EXPECT_EQ(text_with_suffix(Format::audacity, ".keys.txt"), "0.000000\t5.000000\tAm\n");
  EXPECT_EQ(text_with_suffix(Format::audacity, ".sections.txt"), "0.000000\t5.000000\tA\n");
  EXPECT_EQ(text_with_suffix(Format::audacity, ".onsets.txt"), "0.500000\t0.500000\tlow\n");
}

TEST(SonicVisualiser, GetsLayersOfInstantsInFrames) {
  EXPECT_THAT(read_back("svl", text_with_suffix(Format::sonic_visualiser, ".beats.svl")),
              IsSupersetOf({"model 44100 220500", "point 22050 1", "point 44100 2"}));
}

TEST(Jams, NamesChordsInHartesSyntax) {
  EXPECT_THAT(read_back("jams", only_text(Format::jams)),
              IsSupersetOf({R"(title Say "A & B", <twice> 5.0)", R"(chord 0.0 0.5 "N")", R"(chord 0.5 2.0 "A:min7")",
                            R"(chord 2.5 1.5 "G:maj/3")", R"x(chord 4.0 1.0 "C:maj(9)")x", "beat 0.5 0.0 1",
                            R"(key_mode 0.0 5.0 "A:minor")", "tempo 0.0 5.0 120.0", R"(segment_open 0.0 5.0 "A")",
                            "onset 0.5 0.0 null",
                            R"(pitch_contour 0.0 0.0 {"frequency": 220.0, "index": 0, "voiced": false})"}));
}

TEST(Csv, HasARowARecordingWhateverIsInItsTitle) {
  const auto rows = read_back("csv", collected(Format::csv, {document(), document()}));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0], HasSubstr(R"(title=Say "A & B", <twice>|)"));
  EXPECT_THAT(rows[0], HasSubstr("|bpm=120|"));
  EXPECT_THAT(rows[0], HasSubstr("|key=Am|camelot=8A|"));
}

TEST(Csv, KeepsATitleThatLooksLikeAFormulaAText) {
  auto hostile = document();
  hostile.source.title = "=1+1";
  EXPECT_THAT(collected(Format::csv, {hostile}), HasSubstr(",\"'=1+1\","));
}

TEST(Rekordbox, GetsOneTempoForAnEvenGrid) {
  EXPECT_THAT(read_back("rekordbox", collected(Format::rekordbox, {document()})),
              ElementsAre("entries 1",
                          R"(track Say "A & B", <twice> Am 120.00 file://localhost/music/it%27s%3B%20here.wav)",
                          "tempo 0.500 120.00 4/4 1"));
}

TEST(Rekordbox, GetsANewTempoWhereTheMusicChangesIt) {
  auto changing = document();
  for (int i = 1; i <= 4; ++i) {
    changing.beats->grid.push_back({4.0 + 0.4 * i, (i - 1) % 4 + 1, 0.9, 0.5});
  }
  EXPECT_THAT(read_back("rekordbox", collected(Format::rekordbox, {changing})),
              IsSupersetOf({"tempo 0.500 120.00 4/4 1", "tempo 4.000 150.00 4/4 4"}));
}

TEST(Mixxx, UpdatesTheTrackAtThatPlaceAndNoOther) {
  EXPECT_THAT(read_back("mixxx", collected(Format::mixxx, {document()})),
              ElementsAre("120.0 BeatMap-1.0 Am 22 [22050, 44100, 66150, 88200, 110250, 132300, 154350, 176400]",
                          "None None None None []"));
}

TEST(Formats, LeaveOutWhatTheDocumentLacks) {
  const protocol::AnalysisDocument bare{.analysis = 1, .engine = "0.1.0", .source = {.name = "a.wav", .channels = 1}};
  EXPECT_THAT(files_of(Format::beats, bare), IsEmpty());
  EXPECT_THAT(files_of(Format::audacity, bare), IsEmpty());
  EXPECT_THAT(files_of(Format::sonic_visualiser, bare), IsEmpty());
  EXPECT_THAT(read_back("jams", files_of(Format::jams, bare).front().text), ElementsAre("title a.wav 0.0"));
  EXPECT_THAT(read_back("csv", collected(Format::csv, {bare})), SizeIs(1));
  EXPECT_THAT(read_back("rekordbox", collected(Format::rekordbox, {bare})), Contains(EndsWith("here.wav")));
  EXPECT_THAT(read_back("mixxx", collected(Format::mixxx, {bare})),
              ElementsAre("None None None None []", "None None None None []"));
}

} // namespace
} // namespace auralis::report
