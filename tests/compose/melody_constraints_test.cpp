// SPDX-License-Identifier: Apache-2.0
//
// Reads a thousand phrases of every mode from the events alone, knowing nothing of how they were made.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "compose/listening.hpp"

namespace auralis::compose {
namespace {

// The rules as the documentation gives them.
constexpr int kLowest = 53; // the left hand plays below
constexpr int kHighest = 98;
constexpr int kWidestLeap = 12;
constexpr int kFifth = 7;
constexpr int kStep = 3; // minor pentatonic and harmonic minor step by up to three semitones
constexpr int kPhrases = 1000;

constexpr int kScaleSizes = 12;
using Scale = std::array<bool, kScaleSizes>;

Scale scale_of(const core::Key& key) {
  // Written out again, in semitones, so that a mistake in the composer's theory does not hide itself.
  static const std::array<std::vector<int>, core::kModeCount> kSteps{{{0, 2, 4, 5, 7, 9, 11},
                                                                      {0, 2, 3, 5, 7, 9, 10},
                                                                      {0, 1, 3, 5, 7, 8, 10},
                                                                      {0, 2, 4, 6, 7, 9, 11},
                                                                      {0, 2, 4, 5, 7, 9, 10},
                                                                      {0, 2, 3, 5, 7, 8, 10},
                                                                      {0, 1, 3, 5, 6, 8, 10},
                                                                      {0, 2, 4, 7, 9},
                                                                      {0, 3, 5, 7, 10},
                                                                      {0, 2, 3, 5, 7, 8, 11}}};
  Scale scale{};
  for (const int step : kSteps[static_cast<std::size_t>(key.mode)]) {
    scale[static_cast<std::size_t>((key.tonic.pitch_class() + step) % 12)] = true;
  }
  return scale;
}

Scale tones_of(const core::Chord& chord) {
  Scale tones{};
  for (const auto step : core::chord_fifths(chord.quality)) {
    tones[static_cast<std::size_t>((chord.root.pitch_class() + 7 * step + 12 * 12) % 12)] = true;
  }
  tones[static_cast<std::size_t>(chord.bass.pitch_class())] = true;
  return tones;
}

struct Findings {
  int notes = 0;
  int chord_tones = 0;
  int scale_tones = 0;
  int chromatic = 0;
  int unresolved = 0;
  int too_wide = 0;
  int unrecovered = 0;
  int out_of_range = 0;
  int wrong_velocity = 0;
  int phrases = 0;
  int broken = 0; ///< notes that break at least one rule

  double share(int count) const { return static_cast<double>(count) / notes; }
};

Findings listen(const Events& events) {
  Findings found;
  core::ChordChange harmony;
  std::optional<int> last;
  int last_leap = 0;
  bool last_chromatic = false;
  for (const auto& event : events) {
    if (const auto* beat = std::get_if<core::BeatTick>(&event.what)) {
      found.phrases = beat->phrase + 1;
    } else if (const auto* change = std::get_if<core::ChordChange>(&event.what)) {
      harmony = *change;
    }
    const auto* note = std::get_if<core::NoteOn>(&event.what);
    if (note == nullptr || note->layer != core::Layer::piano || note->midi < kLowest) {
      continue;
    }
    ++found.notes;
    const auto tone = static_cast<std::size_t>(note->midi % 12);
    const bool chord_tone = tones_of(harmony.chord)[tone];
    const bool scale_tone = scale_of(harmony.key)[tone];
    const bool chromatic = !chord_tone && !scale_tone;
    found.chord_tones += chord_tone ? 1 : 0;
    found.scale_tones += !chord_tone && scale_tone ? 1 : 0;
    found.chromatic += chromatic ? 1 : 0;

    bool broken = false;
    const auto fault = [&](bool is_fault, int& count) {
      count += is_fault ? 1 : 0;
      broken = broken || is_fault;
    };
    fault(note->velocity < 20 || note->velocity > 100, found.wrong_velocity);
    fault(note->midi > kHighest, found.out_of_range);
    if (last) {
      const int leap = note->midi - *last;
      fault(std::abs(leap) > kWidestLeap, found.too_wide);
      if (std::abs(last_leap) > kFifth) {
        fault((leap > 0) == (last_leap > 0) || leap == 0 || std::abs(leap) > kStep, found.unrecovered);
      }
      if (last_chromatic) {
        fault(chromatic || leap == 0 || std::abs(leap) > 2, found.unresolved);
      }
      last_leap = leap;
    }
    last = note->midi;
    last_chromatic = chromatic;
    found.broken += broken ? 1 : 0;
  }
  return found;
}

class MelodyOfEveryMode : public testing::TestWithParam<int> {};

TEST_P(MelodyOfEveryMode, KeepsItsConstraintsOverAThousandPhrases) {
  auto preset = *find_preset("focus");
  preset.parameters.key.mode = static_cast<core::Mode>(GetParam());
  preset.parameters.tempo = core::Bpm{100.0};
  preset.parameters.intensity = 0.7F;
  preset.parameters.density = 0.8F;
  constexpr double kRate = 8'000.0; // the notes are the same music at any rate; a low one is quick
  Composer composer{{.sample_rate = core::Hertz{kRate}, .seed = 11, .preset = preset}};
  const double phrase_seconds = 32 * 60.0 / 100.0;
  const auto found = listen(play(composer, kPhrases * phrase_seconds, 1000, kRate));

  EXPECT_GE(found.phrases, kPhrases);
  EXPECT_GT(found.notes, 10 * kPhrases);
  EXPECT_NEAR(found.share(found.chord_tones), 0.70, 0.03);
  EXPECT_NEAR(found.share(found.scale_tones), 0.25, 0.03);
  EXPECT_NEAR(found.share(found.chromatic), 0.05, 0.02);
  EXPECT_LE(found.share(found.broken), 0.05);
  RecordProperty("notes", found.notes);
  std::printf("%s: %d notes, %.1f%% chord %.1f%% scale %.1f%% chromatic; broken %.3f%% (unresolved %d, leap %d, "
              "unrecovered %d, range %d, velocity %d)\n",
              core::to_string(preset.parameters.key.mode).data(), found.notes, 100 * found.share(found.chord_tones),
              100 * found.share(found.scale_tones), 100 * found.share(found.chromatic), 100 * found.share(found.broken),
              found.unresolved, found.too_wide, found.unrecovered, found.out_of_range, found.wrong_velocity);
}

INSTANTIATE_TEST_SUITE_P(Modes, MelodyOfEveryMode, testing::Range(0, core::kModeCount), [](const auto& mode) {
  return std::string{core::to_string(static_cast<core::Mode>(mode.param))};
});

} // namespace
} // namespace auralis::compose
