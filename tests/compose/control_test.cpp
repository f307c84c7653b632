// SPDX-License-Identifier: Apache-2.0
//
// What a listener's controls do to the music, and when.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "auralis/compose/theory.hpp"
#include "compose/listening.hpp"

namespace auralis::compose {
namespace {

using core::Control;
using core::Frames;
using core::Grid;
using core::Key;
using core::Layer;
using core::Mode;
using core::PitchName;
using core::Transport;

constexpr PitchName kC{0};
constexpr PitchName kG{1};
constexpr PitchName kFSharp{6};

Preset quiet_preset(Key key, double tempo) {
  auto preset = *find_preset("focus");
  preset.parameters.key = key;
  preset.parameters.tempo = core::Bpm{tempo};
  return preset;
}

/// Frame at which the first event of this kind that satisfies the test happens; -1 if none does.
template <typename T, typename Test> std::int64_t first_at(const Events& events, Test test) {
  for (const auto& [at, what] : only<T>(events)) {
    if (test(what)) {
      return at.value;
    }
  }
  return -1;
}

PitchClassSet sounding_classes(const Events& events, std::int64_t from, std::int64_t to) {
  PitchClassSet set = 0;
  for (const auto& [at, note] : only<core::NoteOn>(events)) {
    if (note.layer != Layer::percussion && at.value >= from && at.value < to) {
      set = static_cast<PitchClassSet>(set | (1U << (note.midi % 12U)));
    }
  }
  return set;
}

class EveryGrid : public testing::TestWithParam<Grid> {};

TEST_P(EveryGrid, TakesEffectAtTheNextBoundaryAndNotBefore) {
  // 60 bpm: a beat is 750 quanta, a bar 3,000, a phrase of eight bars 24,000.
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 10.2); // 2.2 beats into bar 2
  const auto sent = composer.now().value;
  composer.apply({.grid = GetParam(), .levels = {{std::nullopt, 0.25F}}});
  const auto events = play(composer, 40.0);
  const auto at = first_at<core::LayerGain>(events, [](const auto& gain) { return gain.layer == Layer::pad; });
  const std::map<Grid, std::int64_t> period{
      {Grid::now, 64}, {Grid::beat, 48'000}, {Grid::bar, 4 * 48'000}, {Grid::phrase, 32 * 48'000}};
  const auto expected = (sent + period.at(GetParam()) - 1) / period.at(GetParam()) * period.at(GetParam());
  EXPECT_NEAR(static_cast<double>(at), static_cast<double>(expected), 64.0);
  EXPECT_EQ(composer.parameters().layers[core::index(Layer::pad)].level, 0.25F);
}

INSTANTIATE_TEST_SUITE_P(Grids, EveryGrid, testing::Values(Grid::now, Grid::beat, Grid::bar, Grid::phrase),
                         [](const auto& grid) { return std::string{core::to_string(grid.param)}; });

TEST(Controls, ShowWhatWasAskedForAtOnce) {
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 1.5);
  composer.apply({.grid = Grid::phrase, .tonic = PitchName{9}, .mode = Mode::dorian, .tempo = core::Bpm{90.0}});
  EXPECT_EQ(composer.parameters().tempo, core::Bpm{90.0});
  EXPECT_EQ(composer.parameters().key, (Key{PitchName{-3}, Mode::dorian})); // D# dorian is written E flat dorian
}

TEST(Controls, ANewerWishReplacesAnOlderOneThatStillWaits) {
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 1.5);
  composer.apply({.grid = Grid::phrase, .levels = {{std::nullopt, 0.1F}}});
  composer.apply({.grid = Grid::beat, .levels = {{std::nullopt, 0.2F}}});
  const auto gains = only<core::LayerGain>(play(composer, 60.0));
  ASSERT_EQ(gains.size(), 1U);
  EXPECT_EQ(gains[0].second.gain, 0.2F);
}

TEST(Controls, TenThousandInOneQuantumCostNoMoreThanOne) {
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 1.0);
  for (int i = 0; i < 10'000; ++i) {
    composer.apply({.grid = static_cast<Grid>(i % 4),
                    .tonic = PitchName{static_cast<std::int8_t>(i % 12 - 5)},
                    .tempo = core::Bpm{40.0 + i % 100},
                    .levels = {{static_cast<float>(i % 10) / 10.0F}}});
  }
  const auto events = composer.advance(Frames{composer.now().value + 64});
  EXPECT_LE(events.size(), 64U);
}

TEST(Tempo, GlidesWithoutAJumpOfTheBeat) {
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 2.5);
  composer.apply({.grid = Grid::now, .tempo = core::Bpm{120.0}});
  const auto beats = only<core::BeatTick>(play(composer, 12.0));
  ASSERT_GT(beats.size(), 15U);
  double last = 1.0; // seconds a beat
  for (std::size_t i = 1; i < beats.size(); ++i) {
    const double period = static_cast<double>((beats[i].first - beats[i - 1].first).value) / 48'000.0;
    EXPECT_LE(period, last + 0.002) << i; // only ever faster
    EXPECT_GE(period, 0.5 - 0.002) << i;
    last = period;
  }
  EXPECT_NEAR(last, 0.5, 0.002);
  EXPECT_NEAR(beats.back().second.tempo.value, 120.0, 0.01);
  // One time constant of 0.8 s after the change 63 % of the way is gone.
  Composer other{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(other, 2.5);
  other.apply({.grid = Grid::now, .tempo = core::Bpm{120.0}});
  const auto early = only<core::BeatTick>(play(other, 1.0));
  ASSERT_FALSE(early.empty());
  const double elapsed = static_cast<double>(early[0].first.value) / 48'000.0 - 2.5;
  EXPECT_NEAR(early[0].second.tempo.value, 120.0 - 60.0 * std::exp(-elapsed / 0.8), 1.0);
}

TEST(Intensity, RaisesLoudnessAndTheProbabilityOfANoteFromHalfToFourFifths) {
  const auto notes = [](float intensity) {
    auto preset = quiet_preset({kC, Mode::ionian}, 60.0);
    preset.parameters.intensity = intensity;
    preset.parameters.density = 1.0F; // nothing is thinned out: what is left are the note probabilities
    Composer composer{{.preset = preset}};
    double velocity = 0.0;
    int count = 0;
    for (const auto& [at, note] : only<core::NoteOn>(play(composer, 3600.0))) {
      if (note.layer == Layer::piano && note.midi >= 53) {
        velocity += note.velocity;
        ++count;
      }
    }
    return std::pair{velocity / count, count};
  };
  const auto [soft, few] = notes(0.0F);
  const auto [loud, many] = notes(1.0F);
  EXPECT_GT(loud, soft + 25.0);
  EXPECT_NEAR(static_cast<double>(many) / few, 0.8 / 0.5, 0.2);
}

/// Notes a second of a preset at an intensity, over 6 seeds of ten minutes each: sections and rests average out.
struct Rates {
  double all = 0.0;
  double pitched = 0.0;
  int phrases = 0;
};

Rates rates_at(Preset preset, float intensity) {
  constexpr double kSeconds = 600.0;
  constexpr int kSeeds = 6;
  constexpr double kRate = 8'000.0; // the notes are the same music at any rate; a low one is quick
  preset.parameters.intensity = intensity;
  Rates rates;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    Composer composer{{.sample_rate = core::Hertz{kRate}, .seed = static_cast<std::uint64_t>(seed), .preset = preset}};
    const auto events = play(composer, kSeconds, 1000, kRate);
    for (const auto& [at, note] : only<core::NoteOn>(events)) {
      rates.all += 1.0 / (kSeeds * kSeconds);
      rates.pitched += note.layer == Layer::percussion ? 0.0 : 1.0 / (kSeeds * kSeconds);
    }
    rates.phrases += only<core::BeatTick>(events).back().second.phrase + 1;
  }
  return rates;
}

TEST(Intensity, RaisesTheNotesPerSecondOfEveryPreset) {
  for (const auto& preset : presets()) {
    Rates last;
    Rates first;
    for (const float intensity : {0.2F, 0.5F, 0.8F}) {
      const auto rates = rates_at(preset, intensity);
      std::printf("%s at %.1f: %.3f notes a second, %.3f pitched (%d phrases)\n",
                  std::string{preset.name.view()}.c_str(), static_cast<double>(intensity), rates.all, rates.pitched,
                  rates.phrases);
      EXPECT_GT(rates.phrases, 40);
      EXPECT_GT(rates.all, 1.12 * last.all) << preset.name.view() << " at " << intensity;
      EXPECT_GT(rates.pitched, 1.15 * last.pitched) << preset.name.view() << " at " << intensity;
      first = last.phrases == 0 ? rates : first;
      last = rates;
    }
    EXPECT_GT(last.all, 1.4 * first.all) << preset.name.view();
    EXPECT_GT(last.pitched, 1.4 * first.pitched) << preset.name.view();
  }
}

TEST(Brightness, GlidesInSmallSteps) {
  auto preset = quiet_preset({kC, Mode::ionian}, 60.0);
  preset.parameters.brightness = 0.1F;
  Composer composer{{.preset = preset}};
  play(composer, 1.5);
  composer.apply({.grid = Grid::now, .brightness = 0.9F});
  const auto steps = only<core::Brightness>(play(composer, 4.0));
  ASSERT_GT(steps.size(), 20U);
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_LE(std::abs(steps[i].second.value - steps[i - 1].second.value), 0.03F);
  }
  EXPECT_NEAR(steps.back().second.value - steps.front().second.value, 0.8F, 0.03F);
}

TEST(KeyChange, NowIsHeardInTheNextQuantum) {
  const Key old{kC, Mode::ionian};
  const Key fresh{kFSharp, Mode::ionian};
  Composer composer{{.preset = quiet_preset(old, 60.0)}};
  auto events = play(composer, 10.3);
  const auto sent = composer.now().value;
  composer.apply({.grid = Grid::now, .tonic = fresh.tonic});
  const auto after = play(composer, 0.0014);
  ASSERT_FALSE(after.empty());
  EXPECT_EQ(after.front().at.value, sent);
  EXPECT_FALSE(only<core::ChordChange>(after).empty());
  std::set<int> pad;
  events.insert(events.end(), after.begin(), after.end());
  std::set<std::pair<int, int>> open;
  for (const auto& event : events) {
    if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
      open.insert({static_cast<int>(on->layer), on->midi});
    } else if (const auto* off = std::get_if<core::NoteOff>(&event.what)) {
      open.erase({static_cast<int>(off->layer), off->midi});
    }
  }
  int pads = 0;
  for (const auto& [layer, midi] : open) {
    if (layer != static_cast<int>(Layer::percussion)) {
      EXPECT_TRUE(contains(scale_set(fresh), midi)) << midi;
    }
    pads += layer == static_cast<int>(Layer::pad) ? 1 : 0;
  }
  EXPECT_GE(pads, 3);
}

TEST(KeyChange, LandsOnAPivotChordWhenGivenTime) {
  // Keys with common triads, a fifth and a third apart, major and minor.
  const std::vector<std::pair<Key, Key>> changes{{{kC, Mode::ionian}, {kG, Mode::ionian}},
                                                 {{kC, Mode::ionian}, {PitchName{3}, Mode::aeolian}},
                                                 {{PitchName{2}, Mode::dorian}, {PitchName{-1}, Mode::lydian}},
                                                 {{kC, Mode::ionian}, {PitchName{-2}, Mode::ionian}}};
  for (const auto& [from, to] : changes) {
    for (const auto grid : {Grid::beat, Grid::bar, Grid::phrase}) {
      Composer composer{{.seed = 4, .preset = quiet_preset(from, 60.0)}};
      play(composer, 10.3);
      composer.apply({.grid = grid, .tonic = to.tonic, .mode = to.mode});
      const auto events = play(composer, 60.0);
      const auto chords = only<core::ChordChange>(events);
      const auto landing = std::ranges::find_if(chords, [&](const auto& entry) { return entry.second.key == to; });
      ASSERT_NE(landing, chords.end());
      const auto tones = chord_set(landing->second.chord);
      EXPECT_EQ(tones & ~scale_set({from.tonic, harmonic_mode(from.mode)}), 0)
          << core::to_string(landing->second.chord);
      EXPECT_EQ(tones & ~scale_set({to.tonic, harmonic_mode(to.mode)}), 0) << core::to_string(landing->second.chord);
      const auto next = landing + 1;
      ASSERT_NE(next, chords.end());
      EXPECT_GE((next->first - landing->first).value, 48'000 - 128); // at least a beat to turn on
    }
  }
}

TEST(KeyChange, PlaysInTheNewKeyFromThenOn) {
  const Key to{kFSharp, Mode::ionian};
  Composer composer{{.seed = 4, .preset = quiet_preset({kC, Mode::ionian}, 90.0)}};
  play(composer, 10.3);
  composer.apply({.grid = Grid::bar, .tonic = to.tonic});
  const auto events = play(composer, 120.0);
  const auto from = first_at<core::ChordChange>(events, [&](const auto& chord) { return chord.key == to; });
  ASSERT_GE(from, 0);
  int foreign = 0;
  int notes = 0;
  for (const auto& [at, note] : only<core::NoteOn>(events)) {
    if (at.value >= from && note.layer != Layer::percussion) {
      foreign += contains(scale_set(to), note.midi) ? 0 : 1;
      ++notes;
    }
  }
  EXPECT_GT(notes, 200);
  EXPECT_LE(foreign, notes / 20); // the passing tones
  EXPECT_EQ(sounding_classes(events, from, from + 120 * 48'000) & scale_set(to), scale_set(to));
}

TEST(ChordOverride, ReplacesTheHarmonyForItsDurationAndGoes) {
  const auto chord = *core::parse_chord("Ebmaj7");
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 8.5);
  composer.apply({.grid = Grid::beat, .chord = core::ChordOverride{chord, core::Beats{6.0}}});
  const auto changes = only<core::ChordChange>(play(composer, 20.0));
  ASSERT_GE(changes.size(), 2U);
  EXPECT_EQ(changes[0].second.chord, chord);
  EXPECT_NEAR(static_cast<double>(changes[0].first.value), 9.0 * 48'000, 128.0);
  EXPECT_NE(changes[1].second.chord, chord);
  EXPECT_NEAR(static_cast<double>(changes[1].first.value), 15.0 * 48'000, 128.0);
  EXPECT_EQ(chord_set(changes[1].second.chord) & ~scale_set({kC, Mode::ionian}), 0);
}

TEST(ChordOverride, IsPlayedByPadAndBass) {
  const auto chord = *core::parse_chord("Ebmaj7/G");
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 8.5);
  composer.apply({.grid = Grid::now, .chord = core::ChordOverride{chord, core::Beats{8.0}}});
  bool bass = false;
  bool pad = false;
  for (const auto& [at, note] : only<core::NoteOn>(play(composer, 0.01))) {
    bass = bass || (note.layer == Layer::bass && note.midi % 12 == 7);
    pad = pad || note.layer == Layer::pad;
    EXPECT_TRUE(note.layer == Layer::percussion || contains(chord_set(chord), note.midi)) << int{note.midi};
  }
  EXPECT_TRUE(bass);
  EXPECT_TRUE(pad);
}

TEST(Transport, PauseReleasesEverythingAndSaysNothingMore) {
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  const auto before = play(composer, 9.4);
  composer.apply({.grid = Grid::now, .transport = Transport::pause});
  EXPECT_EQ(composer.transport(), Transport::pause);
  const auto after = play(composer, 0.01);
  const auto count = [](const Events& events) {
    return static_cast<int>(only<core::NoteOn>(events).size()) - static_cast<int>(only<core::NoteOff>(events).size());
  };
  EXPECT_GT(count(before), 0);
  EXPECT_EQ(count(before) + count(after), 0);
  EXPECT_TRUE(play(composer, 30.0).empty());
}

TEST(Transport, PlayGoesOnAtOnceFromTheGridPointAskedFor) {
  struct Case {
    Grid grid;
    std::int64_t bar;
    int beat;
  };
  // Paused in bar 2, after its second beat; eight bars are a phrase.
  for (const auto& [grid, bar, beat] : {Case{Grid::beat, 2, 2}, Case{Grid::bar, 3, 0}, Case{Grid::phrase, 8, 0}}) {
    Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
    play(composer, 9.4);
    composer.apply({.grid = Grid::now, .transport = Transport::pause});
    play(composer, 5.0);
    const auto resumed = composer.now().value;
    composer.apply({.grid = grid, .transport = Transport::play});
    const auto events = play(composer, 1.0);
    const auto beats = only<core::BeatTick>(events);
    ASSERT_FALSE(beats.empty());
    EXPECT_EQ(beats[0].first.value, resumed);
    EXPECT_EQ(beats[0].second.bar, bar);
    EXPECT_EQ(beats[0].second.beat, beat);
    EXPECT_GE(first_at<core::NoteOn>(events, [](const auto& note) { return note.layer == Layer::pad; }), resumed);
  }
}

TEST(Transport, PlayNowGoesOnWhereItStopped) {
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 9.4);
  composer.apply({.grid = Grid::now, .transport = Transport::pause});
  play(composer, 5.0);
  const auto resumed = composer.now().value;
  composer.apply({.grid = Grid::now, .transport = Transport::play});
  const auto events = play(composer, 1.0);
  EXPECT_EQ(first_at<core::NoteOn>(events, [](const auto& note) { return note.layer == Layer::pad; }), resumed);
  const auto beats = only<core::BeatTick>(events);
  ASSERT_FALSE(beats.empty());
  EXPECT_NEAR(static_cast<double>(beats[0].first.value - resumed), 0.6 * 48'000, 256.0);
}

TEST(Mute, IsToldReleasesAndComesBack) {
  Composer composer{{.preset = quiet_preset({kC, Mode::ionian}, 60.0)}};
  play(composer, 9.4);
  composer.apply({.grid = Grid::now, .muted = {{std::nullopt, true}}});
  const auto muted = play(composer, 8.0);
  EXPECT_EQ(first_at<core::NoteOn>(muted, [](const auto& note) { return note.layer == Layer::pad; }), -1);
  EXPECT_GE(only<core::NoteOff>(muted).size(), 3U);
  const auto gains = only<core::LayerGain>(muted);
  ASSERT_EQ(gains.size(), 1U);
  EXPECT_EQ(gains[0].second.gain, 0.0F);
  const auto resumed = composer.now().value;
  composer.apply({.grid = Grid::now, .muted = {{std::nullopt, false}}});
  const auto back = play(composer, 0.01);
  EXPECT_EQ(first_at<core::NoteOn>(back, [](const auto& note) { return note.layer == Layer::pad; }), resumed);
}

TEST(PresetChange, LetsNotesRingAndTakesHoldAtTheNextBar) {
  const auto focus = *find_preset("focus");
  const auto bright = *find_preset("bright");
  Composer composer{{.preset = focus}};
  play(composer, 20.3);
  auto wish = core::control_for(bright.parameters, bright.character, Grid::now);
  wish.tonic.reset(); // in the old key, or foreign notes would have to go at once
  wish.mode.reset();
  const auto sent = composer.now().value;
  composer.apply(wish);
  EXPECT_EQ(composer.character(), bright.character);
  const auto events = play(composer, 20.0);
  const auto programs = only<core::ProgramChange>(events);
  EXPECT_EQ(programs.size(), 3U); // the piano stays a piano and the kit a kit
  for (const auto& [at, change] : programs) {
    EXPECT_EQ(change.program, bright.character.programs[core::index(change.layer)]);
    EXPECT_EQ(at.value, sent);
  }
  const auto next_bar = first_at<core::BeatTick>(events, [](const auto& beat) { return beat.beat == 0; });
  const auto pad_released = first_at<core::NoteOff>(events, [](const auto& note) { return note.layer == Layer::pad; });
  EXPECT_EQ(pad_released, next_bar);
  EXPECT_EQ(first_at<core::BeatTick>(events, [](const auto& beat) { return beat.phrase == 1; }), next_bar);
}

/// Random controls, a few a second, of every kind.
Control random_control(core::Random& random) {
  Control control{.grid = static_cast<Grid>(random.integer(0, 3))};
  switch (random.integer(0, 9)) {
  case 0:
    control.tonic = PitchName{static_cast<std::int8_t>(random.integer(-15, 19))};
    break;
  case 1:
    control.mode = static_cast<Mode>(random.integer(0, core::kModeCount - 1));
    break;
  case 2:
    control.tempo = core::Bpm{random.uniform(30.0, 160.0)};
    break;
  case 3:
    control.intensity = static_cast<float>(random.uniform());
    break;
  case 4:
    control.density = static_cast<float>(random.uniform());
    break;
  case 5:
    control.muted[static_cast<std::size_t>(random.integer(0, 4))] = random.chance(0.5);
    break;
  case 6:
    control.levels[static_cast<std::size_t>(random.integer(0, 4))] = static_cast<float>(random.uniform(-0.2, 1.0));
    break;
  case 7: {
    const auto& preset = presets()[static_cast<std::size_t>(random.integer(0, 3))];
    control = core::control_for(preset.parameters, preset.character, control.grid);
    break;
  }
  case 8:
    control.transport = random.chance(0.6) ? Transport::play : Transport::pause;
    break;
  default:
    control.chord =
        core::ChordOverride{{PitchName{static_cast<std::int8_t>(random.integer(-8, 12))},
                             static_cast<core::ChordQuality>(random.integer(0, core::kChordQualityCount - 1)),
                             PitchName{static_cast<std::int8_t>(random.integer(-8, 12))}},
                            core::Beats{random.uniform(0.1, 20.0)}};
  }
  return control;
}

TEST(Controls, NeverLeaveANoteHangingHoweverTheyCome) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    core::Random random{seed};
    Composer composer{{.seed = seed, .preset = presets()[seed % 4]}};
    std::set<std::pair<int, int>> open;
    const auto listen = [&](std::span<const core::PerformanceEvent> events) {
      Frames last{0};
      for (const auto& event : events) {
        EXPECT_GE(event.at, last);
        last = event.at;
        if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
          EXPECT_TRUE(open.insert({static_cast<int>(on->layer), on->midi}).second) << "seed " << seed;
          EXPECT_GE(on->velocity, 20);
          EXPECT_LE(on->velocity, 100);
        } else if (const auto* off = std::get_if<core::NoteOff>(&event.what)) {
          EXPECT_EQ(open.erase({static_cast<int>(off->layer), off->midi}), 1U) << "seed " << seed;
        }
      }
    };
    for (int i = 0; i < 1500; ++i) {
      for (int n = random.integer(0, 2); n > 0; --n) {
        composer.apply(random_control(random));
      }
      listen(composer.advance(Frames{composer.now().value + random.integer(1, 600) * core::kQuantum.value}));
    }
    composer.apply({.grid = Grid::now, .transport = Transport::pause});
    listen(composer.advance(composer.now() + core::kQuantum));
    EXPECT_TRUE(open.empty()) << "seed " << seed;
  }
}

} // namespace
} // namespace auralis::compose
