// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/midi_file_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "lines_of.hpp"
#include "scratch_folder.hpp"

namespace auralis::media {
namespace {

using core::BeatTick;
using core::Bpm;
using core::ChordChange;
using core::Frames;
using core::Layer;
using core::LayerGain;
using core::NoteOff;
using core::NoteOn;
using core::PerformanceEvent;
using core::ProgramChange;
using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

constexpr std::int64_t kSecond = 48'000;

/// What python3-mido, which shares no line with us, finds in the file.
std::vector<std::string> read_back(const std::vector<PerformanceEvent>& events, Frames end) {
  const test::ScratchFolder folder;
  const auto path = folder / "performance.mid";
  EXPECT_TRUE(write_midi_file(path, events, {.end = end}));
  return test::lines_of(std::string{AURALIS_SYSTEM_PYTHON} + " " + AURALIS_READ_MIDI + " " + path.string());
}

PerformanceEvent beat(double seconds, std::uint8_t number, double bpm) {
  return {Frames{static_cast<std::int64_t>(seconds * kSecond)}, BeatTick{.beat = number, .tempo = Bpm{bpm}}};
}
Frames at(double seconds) { return Frames{static_cast<std::int64_t>(seconds * kSecond)}; }

TEST(MidiFile, OfSilenceHasATrackForTheTempoAndOneALayer) {
  EXPECT_THAT(read_back({}, at(2.0)),
              ElementsAre("format 1 tracks 6 ticks 960", "track Auralis", "track piano", "track pad", "track bass",
                          "track bells", "track percussion", "metre 4/4", "hanging 0 length 2.0000"));
}

TEST(MidiFile, PlacesNotesAtTheirSecondsWhileTheTempoChanges) {
  const std::vector<PerformanceEvent> events{
      beat(0.0, 0, 60.0),   {at(0.5), NoteOn{.layer = Layer::piano, .midi = 60, .velocity = 70, .duration = at(1.0)}},
      beat(1.0, 1, 80.0),   {at(1.5), NoteOff{.layer = Layer::piano, .midi = 60}},
      beat(1.75, 2, 120.0), {at(2.0), NoteOn{.layer = Layer::bass, .midi = 36, .velocity = 50, .duration = at(0.3)}},
      beat(2.25, 3, 120.0), {at(2.3), NoteOff{.layer = Layer::bass, .midi = 36}},
  };
  EXPECT_THAT(read_back(events, at(4.0)),
              IsSupersetOf({"note 1 60 70 0.5000 1.5000", "note 3 36 50 2.0000 2.3000", "hanging 0 length 4.0000"}));
}

TEST(MidiFile, KeepsSecondsWithinAMillisecondOverAnHour) {
  // A period that no microsecond divides: rounding each beat alone would end 1.2 s late.
  std::vector<PerformanceEvent> events;
  for (std::int64_t n = 0; n < 3600; ++n) {
    events.push_back({Frames{n * 47'987}, BeatTick{.tempo = Bpm{60.016}}});
  }
  const Frames last{3599 * 47'987};
  events.push_back({last, NoteOn{.midi = 72, .velocity = 64, .duration = at(0.5)}});
  char expected[64];
  std::snprintf(expected, sizeof expected, "note 1 72 64 %.3f", core::to_seconds(last, core::Hertz{48'000}).value);
  EXPECT_THAT(read_back(events, last + at(1.0)), Contains(StartsWith(expected)));
}

TEST(MidiFile, PutsPercussionOnChannelTenAndProgramsBeforeTheNotesTheyColour) {
  const std::vector<PerformanceEvent> events{
      beat(0.0, 0, 60.0),
      {at(0.0), NoteOn{.layer = Layer::percussion, .midi = 42, .velocity = 40, .duration = at(0.1)}},
      {at(0.0), NoteOn{.layer = Layer::pad, .midi = 55, .velocity = 40, .duration = at(0.5)}},
      {at(0.0), ProgramChange{Layer::pad, 89}},
      {at(0.0), LayerGain{Layer::pad, 0.25F}},
  };
  const auto lines = read_back(events, at(1.0));
  EXPECT_THAT(lines, IsSupersetOf({"note 10 42 40 0.0000 0.1000", "note 2 55 40 0.0000 0.5000", "program 2 89 0.0000",
                                   "control 2 7 64 0.0000"}));
}

TEST(MidiFile, NamesChordsAndKeys) {
  const core::Key d_dorian{{2}, core::Mode::dorian};
  const core::Key e_flat{{-3}, core::Mode::ionian};
  const std::vector<PerformanceEvent> events{
      beat(0.0, 0, 60.0),
      {at(0.0), ChordChange{{{2}, core::ChordQuality::minor7, {2}}, d_dorian}},
      beat(1.0, 1, 60.0),
      {at(1.0), ChordChange{{{-3}, core::ChordQuality::major, {1}}, e_flat}},
  };
  // Dorian on D has no sharps and a minor third: the signature of A minor.
  EXPECT_THAT(read_back(events, at(2.0)),
              IsSupersetOf({"key Am 0.0000", "chord Dm7 0.0000", "key Eb 1.0000", "chord Eb/G 1.0000"}));
}

TEST(MidiFile, EndsANoteThatIsStruckAgainOrNeverReleased) {
  const std::vector<PerformanceEvent> events{
      beat(0.0, 0, 60.0),
      {at(0.0), NoteOn{.midi = 60, .velocity = 70, .duration = at(0.25)}},
      {at(0.5), NoteOn{.midi = 60, .velocity = 71, .duration = at(2.0)}},
      beat(1.0, 1, 60.0),
      {at(1.0), NoteOn{.midi = 60, .velocity = 72, .duration = at(9.0)}},
  };
  EXPECT_THAT(read_back(events, at(2.0)), IsSupersetOf({"note 1 60 70 0.0000 0.2500", "note 1 60 71 0.5000 1.0000",
                                                        "note 1 60 72 1.0000 2.0000", "hanging 0 length 2.0000"}));
}

TEST(MidiFile, SaysWhereItCannotBeWritten) {
  const auto written = write_midi_file("/nonexistent/folder/out.mid", {}, {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, core::ErrorCode::io);
  EXPECT_EQ(written.error().where, "/nonexistent/folder/out.mid");
}

} // namespace
} // namespace auralis::media
