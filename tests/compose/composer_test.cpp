// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/composer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "auralis/compose/theory.hpp"
#include "auralis/rt/realtime_section.hpp"
#include "compose/listening.hpp"

namespace auralis::compose {
namespace {

using core::Control;
using core::Frames;
using core::Grid;
using core::Layer;

Preset preset_named(const char* name) { return *find_preset(name); }

/// Checks that notes pair up; returns how many are left open.
int expect_paired(const Events& events) {
  std::map<std::pair<int, int>, int> open;
  int count = 0;
  for (const auto& event : events) {
    if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
      EXPECT_EQ(++open[std::pair(static_cast<int>(on->layer), static_cast<int>(on->midi))], 1) << describe(event);
      ++count;
    } else if (const auto* off = std::get_if<core::NoteOff>(&event.what)) {
      EXPECT_EQ(--open[std::pair(static_cast<int>(off->layer), static_cast<int>(off->midi))], 0) << describe(event);
      --count;
    }
  }
  return count;
}

TEST(Composer, TellsItsWholeStateAtFrameZero) {
  const auto preset = preset_named("focus");
  Composer composer{{.preset = preset}};
  const auto events = play(composer, 0.0014);
  std::map<Layer, int> programs;
  std::map<Layer, float> gains;
  int brightness = 0;
  int chords = 0;
  int beats = 0;
  for (const auto& event : events) {
    ASSERT_EQ(event.at, Frames{0});
    if (const auto* program = std::get_if<core::ProgramChange>(&event.what)) {
      programs[program->layer] = program->program;
    } else if (const auto* gain = std::get_if<core::LayerGain>(&event.what)) {
      gains[gain->layer] = gain->gain;
    }
    brightness += std::holds_alternative<core::Brightness>(event.what) ? 1 : 0;
    chords += std::holds_alternative<core::ChordChange>(event.what) ? 1 : 0;
    beats += std::holds_alternative<core::BeatTick>(event.what) ? 1 : 0;
  }
  for (const auto layer : core::kLayers) {
    EXPECT_EQ(programs.at(layer), preset.character.programs[core::index(layer)]);
    EXPECT_EQ(gains.at(layer), preset.parameters.layers[core::index(layer)].level);
  }
  EXPECT_EQ(brightness, 1);
  EXPECT_EQ(chords, 1);
  EXPECT_EQ(beats, 1);
}

TEST(Composer, LetsEveryLayerOfFocusAndBrightSoundWithinAMinute) {
  for (const auto* name : {"focus", "bright"}) {
    Composer composer{{.preset = preset_named(name)}};
    std::map<Layer, int> counts;
    for (const auto& [at, note] : only<core::NoteOn>(play(composer, 60.0))) {
      ++counts[note.layer];
    }
    for (const auto layer : core::kLayers) {
      EXPECT_GE(counts[layer], 5) << name << ' ' << core::to_string(layer);
    }
  }
}

TEST(Composer, SaysTheSameTwice) {
  for (const auto& preset : presets()) {
    Composer one{{.seed = 7, .preset = preset}};
    Composer other{{.seed = 7, .preset = preset}};
    EXPECT_EQ(describe(play(one, 300.0)), describe(play(other, 300.0)));
  }
}

TEST(Composer, SaysSomethingElseWithAnotherSeed) {
  Composer one{{.seed = 7, .preset = preset_named("focus")}};
  Composer other{{.seed = 8, .preset = preset_named("focus")}};
  EXPECT_NE(describe(play(one, 60.0)), describe(play(other, 60.0)));
}

TEST(Composer, IsTheSameHoweverTimeIsCut) {
  // Controls at the same frames, blocks of one quantum, of odd numbers of quanta, and as long as may be.
  core::Random random{5};
  std::vector<core::LoggedControl> log;
  for (int i = 0; i < 40; ++i) {
    Control control{.grid = static_cast<Grid>(random.integer(0, 3))};
    control.tempo = core::Bpm{random.uniform(40.0, 140.0)};
    control.intensity = static_cast<float>(random.uniform());
    control.tonic = core::PitchName{static_cast<std::int8_t>(random.integer(-5, 6))};
    log.push_back({Frames{random.integer(0, 90'000) * core::kQuantum.value}, control});
  }
  std::ranges::sort(log, {}, [](const auto& entry) { return entry.at.value; });
  const auto performance = [&](std::int64_t block) {
    Composer composer{{.seed = 3, .preset = preset_named("bright")}};
    Events all;
    const Frames end{90'000 * core::kQuantum.value};
    std::size_t next = 0;
    while (composer.now() < end) {
      for (; next < log.size() && log[next].at == composer.now(); ++next) {
        composer.apply(log[next].control);
      }
      auto until = std::min(end, composer.now() + Frames{block * core::kQuantum.value});
      until = next < log.size() ? std::min(until, log[next].at) : until;
      const auto events = composer.advance(until);
      all.insert(all.end(), events.begin(), events.end());
    }
    return describe(all);
  };
  const auto reference = performance(1);
  EXPECT_EQ(performance(7), reference);
  EXPECT_EQ(performance(750), reference);
  EXPECT_EQ(performance(90'000), reference);
}

TEST(Composer, KeepsEventsInTimeOrderOnTheQuantumGridAndInTheirCall) {
  Composer composer{{.preset = preset_named("bright")}};
  Frames last{0};
  for (int block = 0; block < 2000; ++block) {
    const auto from = composer.now();
    const Frames until{from.value + 13 * core::kQuantum.value};
    for (const auto& event : composer.advance(until)) {
      EXPECT_EQ(event.at.value % core::kQuantum.value, 0);
      EXPECT_GE(event.at, std::max(from, last));
      EXPECT_LT(event.at, until);
      last = event.at;
    }
    EXPECT_EQ(composer.now(), until);
  }
}

TEST(Composer, EndsEveryNoteBeforeItsPitchSoundsAgain) {
  for (const auto& preset : presets()) {
    Composer composer{{.seed = 3, .preset = preset}};
    auto events = play(composer, 600.0);
    composer.apply({.grid = Grid::now, .transport = core::Transport::pause});
    const auto rest = play(composer, 0.01);
    events.insert(events.end(), rest.begin(), rest.end());
    EXPECT_EQ(expect_paired(events), 0) << preset.name.view();
  }
}

TEST(Composer, KeepsComposedVelocitiesBetweenTwentyAndAHundred) {
  for (const float intensity : {0.0F, 1.0F}) {
    auto preset = preset_named("bright");
    preset.parameters.intensity = intensity;
    preset.parameters.humanise = 1.0F;
    Composer composer{{.preset = preset}};
    for (const auto& [at, note] : only<core::NoteOn>(play(composer, 300.0))) {
      EXPECT_GE(note.velocity, 20);
      EXPECT_LE(note.velocity, 100);
    }
  }
}

TEST(Composer, PlaysOnTheGridWithoutHumanisation) {
  auto preset = preset_named("bright");
  preset.parameters.humanise = 0.0F;
  preset.character.swing = 0.0F;
  preset.parameters.tempo = core::Bpm{75.0}; // a sixteenth is 0.2 s: 150 quanta
  Composer composer{{.preset = preset}};
  constexpr std::int64_t kSixteenth = 150 * 64;
  for (const auto& [at, note] : only<core::NoteOn>(play(composer, 120.0))) {
    const auto off = at.value % kSixteenth;
    EXPECT_LE(std::min(off, kSixteenth - off), core::kQuantum.value) << at.value;
  }
}

TEST(Composer, StraysFromTheGridByMillisecondsWhenHumanised) {
  auto preset = preset_named("bright");
  preset.parameters.humanise = 1.0F;
  preset.character.swing = 0.0F;
  preset.parameters.tempo = core::Bpm{75.0};
  Composer composer{{.preset = preset}};
  constexpr std::int64_t kSixteenth = 150 * 64;
  int strayed = 0;
  int notes = 0;
  for (const auto& [at, note] : only<core::NoteOn>(play(composer, 120.0))) {
    if (note.layer != Layer::piano) {
      continue;
    }
    const auto off = at.value % kSixteenth;
    const auto distance = std::min(off, kSixteenth - off);
    EXPECT_LE(distance, 48 * 30); // 30 ms
    strayed += distance > 48 * 3 ? 1 : 0;
    ++notes;
  }
  EXPECT_GT(strayed, notes / 2);
}

TEST(Composer, SpellsItsNotesInTheKey) {
  auto preset = preset_named("focus");
  preset.parameters.key = {core::PitchName{6}, core::Mode::ionian}; // F# major has an E sharp
  Composer composer{{.preset = preset}};
  std::set<std::string> names;
  for (const auto& [at, note] : only<core::NoteOn>(play(composer, 300.0))) {
    if (note.layer != Layer::percussion) {
      EXPECT_EQ(note.name.pitch_class(), note.midi % 12);
      names.insert(core::to_string(note.name));
    }
  }
  EXPECT_TRUE(names.contains("E#"));
  EXPECT_FALSE(names.contains("F"));
  EXPECT_FALSE(names.contains("Bb"));
}

TEST(Composer, MutedLayersAreSilentAndLeaveTheOthersAlone) {
  for (const auto muted : core::kLayers) {
    auto preset = preset_named("bright");
    Composer all{{.seed = 9, .preset = preset}};
    preset.parameters.layers[core::index(muted)].muted = true;
    Composer without{{.seed = 9, .preset = preset}};
    const auto notes_but = [&](Composer& composer) {
      auto events = play(composer, 300.0);
      std::erase_if(events, [&](const auto& event) {
        const auto* on = std::get_if<core::NoteOn>(&event.what);
        const auto* off = std::get_if<core::NoteOff>(&event.what);
        const auto* gain = std::get_if<core::LayerGain>(&event.what);
        return (on != nullptr && on->layer == muted) || (off != nullptr && off->layer == muted) ||
               (gain != nullptr && gain->layer == muted);
      });
      return describe(events);
    };
    EXPECT_EQ(notes_but(all), notes_but(without)) << core::to_string(muted);
    Composer again{{.seed = 9, .preset = preset}};
    for (const auto& [at, note] : only<core::NoteOn>(play(again, 60.0))) {
      EXPECT_NE(note.layer, muted);
    }
  }
}

TEST(Composer, StaysBoundedAtItsWildest) {
  auto preset = preset_named("bright");
  preset.parameters.tempo = core::kMaxTempo;
  preset.parameters.intensity = 1.0F;
  preset.parameters.density = 1.0F;
  preset.parameters.humanise = 1.0F;
  preset.character.groove = 1.0F;
  preset.character.rest = 0.0F;
  preset.character.sustain = 1.0F;
  preset.character.chord_beats = 2.0F;
  Composer composer{{.preset = preset}};
  const auto events = play(composer, 300.0);
  int open = 0;
  int most = 0;
  for (const auto& event : events) {
    open += std::holds_alternative<core::NoteOn>(event.what) ? 1 : 0;
    open -= std::holds_alternative<core::NoteOff>(event.what) ? 1 : 0;
    most = std::max(most, open);
  }
  EXPECT_LE(most, 21);
  EXPECT_LE(only<core::NoteOn>(events).size(), 300U * 30U); // notes a second
}

TEST(Composer, StopsShortRatherThanLosingEvents) {
  Composer one{{.preset = preset_named("bright")}};
  Composer other{{.preset = preset_named("bright")}};
  Events whole;
  const Frames end{48'000 * 1800};
  int calls = 0;
  while (one.now() < end) {
    const auto events = one.advance(end);
    whole.insert(whole.end(), events.begin(), events.end());
    ++calls;
  }
  EXPECT_GT(calls, 1);
  EXPECT_EQ(describe(whole), describe(play(other, 1800.0)));
}

TEST(Composer, KeepsFocusWithinTenSoundingNotesOnAverage) {
  double most = 0.0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Composer composer{{.seed = seed, .preset = preset_named("focus")}};
    double area = 0.0;
    int open = 0;
    Frames last{0};
    for (const auto& event : play(composer, 1200.0)) {
      area += open * static_cast<double>((event.at - last).value);
      last = event.at;
      open += std::holds_alternative<core::NoteOn>(event.what) ? 1 : 0;
      open -= std::holds_alternative<core::NoteOff>(event.what) ? 1 : 0;
    }
    most = std::max(most, area / static_cast<double>(last.value));
  }
  EXPECT_LE(most, 10.0);
  EXPECT_GE(most, 3.0);
}

TEST(Composer, AllocatesNothingOnceBuilt) {
  Composer composer{{.preset = preset_named("bright")}};
  const auto before = rt::violations();
  {
    const rt::RealtimeSection section;
    for (int i = 0; i < 2000; ++i) {
      const auto& preset = presets()[static_cast<std::size_t>(i) % presets().size()];
      auto control = core::control_for(preset.parameters, preset.character, static_cast<Grid>(i % 4));
      control.tonic = core::PitchName{static_cast<std::int8_t>(i % 12 - 5)};
      control.tempo = core::Bpm{40.0 + i % 100};
      control.muted[static_cast<std::size_t>(i) % core::kLayerCount] = i % 3 == 0;
      control.transport = i % 7 == 0 ? core::Transport::pause : core::Transport::play;
      control.chord =
          core::ChordOverride{{*control.tonic, core::ChordQuality::minor9, *control.tonic}, core::Beats{3.0}};
      composer.apply(control);
      composer.advance(Frames{composer.now().value + 100 * core::kQuantum.value});
    }
  }
  EXPECT_EQ(rt::violations(), before);
}

TEST(Composer, RefusesWhatIsOutOfRange) {
  const auto refuses = [](auto change) {
    Composer::Config config{.preset = preset_named("focus")};
    change(config);
    EXPECT_THROW(Composer{config}, std::invalid_argument);
  };
  refuses([](auto& c) { c.sample_rate = core::Hertz{0.0}; });
  refuses([](auto& c) { c.sample_rate = core::Hertz{std::numeric_limits<double>::quiet_NaN()}; });
  refuses([](auto& c) { c.preset.parameters.tempo = core::Bpm{39.0}; });
  refuses([](auto& c) { c.preset.parameters.intensity = 1.1F; });
  refuses([](auto& c) { c.preset.parameters.density = std::numeric_limits<float>::quiet_NaN(); });
  refuses([](auto& c) { c.preset.parameters.brightness = -0.1F; });
  refuses([](auto& c) { c.preset.parameters.humanise = 2.0F; });
  refuses([](auto& c) { c.preset.parameters.layers[0].level = 1.5F; });
  refuses([](auto& c) { c.preset.parameters.key.tonic.fifths = 30; });
  refuses([](auto& c) { c.preset.character.phrase_bars = 7; });
  refuses([](auto& c) { c.preset.character.chord_beats = 1.0F; });
  refuses([](auto& c) { c.preset.character.programs[0] = 128; });
  refuses([](auto& c) { c.preset.character.register_shift = 25; });
}

TEST(Composer, BringsControlsIntoRange) {
  Composer composer{{.preset = preset_named("focus")}};
  composer.apply({.grid = Grid::now,
                  .tonic = core::PitchName{120},
                  .tempo = core::Bpm{1000.0},
                  .intensity = std::numeric_limits<float>::infinity(),
                  .density = 7.0F,
                  .brightness = std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ(composer.parameters().tempo, core::kMaxTempo);
  EXPECT_EQ(composer.parameters().density, 1.0F);
  EXPECT_EQ(composer.parameters().intensity, preset_named("focus").parameters.intensity);
  EXPECT_EQ(composer.parameters().brightness, preset_named("focus").parameters.brightness);
  EXPECT_LE(std::abs(key_signature(composer.parameters().key)), 7);
  expect_paired(play(composer, 10.0));
}

} // namespace
} // namespace auralis::compose
