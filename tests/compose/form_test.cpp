// SPDX-License-Identifier: Apache-2.0
//
// The large and the small form: chains of chords, motifs, phrases, an hour of them, and what tells the presets apart.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "auralis/compose/harmony.hpp"
#include "auralis/compose/harmony_tables.hpp"
#include "auralis/compose/motif.hpp"
#include "auralis/compose/phrase.hpp"
#include "auralis/compose/theory.hpp"
#include "compose/listening.hpp"

namespace auralis::compose {
namespace {

using core::Layer;

TEST(Harmony, FillsAPhraseWithoutGapsAndNeverRepeatsADegree) {
  core::Random random{1};
  for (int mode = 0; mode < core::kModeCount; ++mode) {
    Harmony harmony;
    int last = -1;
    for (int phrase = 0; phrase < 200; ++phrase) {
      ChordPlan plan;
      const int beats = 4 * random.integer(8, 16);
      harmony.plan(static_cast<core::Mode>(mode), 0, {.beats = beats, .chord_beats = random.uniform(2.0, 16.0)}, random,
                   plan);
      int beat = 0;
      for (const auto& chord : plan) {
        EXPECT_EQ(chord.beat, beat);
        EXPECT_GE(chord.beats, 2);
        EXPECT_NE(chord.degree, last);
        last = chord.degree;
        beat += chord.beats;
      }
      EXPECT_EQ(beat, beats);
    }
  }
}

TEST(Harmony, GoesOnlyWhereTheTablesGo) {
  core::Random random{2};
  for (int mode = 0; mode < core::kModeCount; ++mode) {
    Harmony harmony;
    std::vector<int> degrees;
    for (int phrase = 0; phrase < 300; ++phrase) {
      ChordPlan plan;
      harmony.plan(static_cast<core::Mode>(mode), 0, {.beats = 32}, random, plan);
      for (const auto& chord : plan) {
        degrees.push_back(chord.degree);
      }
    }
    double likely = 0.0;
    for (std::size_t i = 2; i < degrees.size(); ++i) {
      const auto p = kDegreeTransitions[static_cast<std::size_t>(mode)][static_cast<std::size_t>(degrees[i - 2])]
                                       [static_cast<std::size_t>(degrees[i - 1])][static_cast<std::size_t>(degrees[i])];
      EXPECT_GT(p, 0.0F);
      likely += static_cast<double>(p);
    }
    // Drawn from the tables, and not evenly, a step has more than the 1/6 of a guess on average.
    EXPECT_GT(likely / static_cast<double>(degrees.size() - 2), 0.18) << mode;
  }
}

TEST(Harmony, KeepsWhatHasSoundedWhenItIsPlannedAnew) {
  core::Random random{3};
  Harmony harmony;
  ChordPlan plan;
  harmony.plan(core::Mode::ionian, 0, {.beats = 32}, random, plan);
  const auto old = plan;
  harmony.plan(core::Mode::dorian, 10, {.beats = 22, .first_degree = 3, .first_beats = 2}, random, plan);
  int beat = 0;
  for (const auto& chord : plan) {
    EXPECT_EQ(chord.beat, beat);
    beat += chord.beats;
    if (chord.beat < 8) {
      EXPECT_EQ(chord.degree, old[static_cast<std::size_t>(&chord - plan.begin())].degree);
    }
    if (chord.beat == 10) {
      EXPECT_EQ(chord.degree, 3);
      EXPECT_EQ(chord.beats, 2);
    }
  }
  EXPECT_EQ(beat, 32);
}

TEST(Motif, ComesBackFromItsInversionAndItsRetrograde) {
  core::Random random{4};
  for (int i = 0; i < 100; ++i) {
    const auto motif = invent_motif(0.7, random);
    ASSERT_FALSE(motif.notes.empty());
    EXPECT_TRUE(std::ranges::equal(inverted(inverted(motif)).notes, motif.notes));
    EXPECT_TRUE(std::ranges::equal(retrograde(retrograde(motif)).notes, motif.notes));
  }
}

TEST(Motif, KeepsItsNotesInOrderAndApartThroughEveryVariation) {
  core::Random random{5};
  for (int i = 0; i < 300; ++i) {
    auto motif = invent_motif(random.uniform(), random);
    for (const auto& varied : {motif, augmented(motif), ornamented(motif, random), mutated(motif, random)}) {
      for (std::size_t n = 0; n < varied.notes.size(); ++n) {
        EXPECT_GE(varied.notes[n].length, 1);
        EXPECT_LT(varied.notes[n].step, varied.bars * kStepsPerBar);
        EXPECT_LE(std::abs(varied.notes[n].contour), 6);
        EXPECT_TRUE(n == 0 || varied.notes[n].step > varied.notes[n - 1].step);
      }
    }
    EXPECT_EQ(augmented(motif).bars, 2 * motif.bars);
    EXPECT_EQ(augmented(motif).notes.size(), motif.notes.size());
  }
}

TEST(Phrase, StatesItsMotifAndEndsOnALongNoteBeforeARest) {
  core::Random random{6};
  MotifMemory memory;
  memory.fill(0.7, random);
  for (int i = 0; i < 100; ++i) {
    NotePlan plan;
    plan_melody(memory, {.bars = 8, .cadence_step = 6 * kStepsPerBar, .rest = 0.2, .variation = 0.5}, random, plan);
    ASSERT_GT(plan.size(), 4U);
    EXPECT_TRUE(plan.back().final);
    EXPECT_EQ(plan.back().step, 6 * kStepsPerBar);
    EXPECT_GE(plan.back().length, 2 * kStepsPerBeat);
    for (std::size_t n = 1; n < plan.size(); ++n) {
      EXPECT_GT(plan[n].step, plan[n - 1].step);
    }
  }
}

TEST(DensityArc, OpensSwellsAndThinsOut) {
  EXPECT_LT(density_arc(0.0), 0.6);
  EXPECT_NEAR(density_arc(0.65), 1.0, 0.01);
  EXPECT_LE(density_arc(1.0), 0.51);
}

/// Every pitched note of a bar: its layer, pitch and place in sixteenths.
std::vector<std::vector<std::string>> bars_of(const Events& events) {
  std::vector<std::vector<std::string>> bars;
  core::Frames bar_start{0};
  double tempo = 60.0;
  for (const auto& event : events) {
    if (const auto* beat = std::get_if<core::BeatTick>(&event.what)) {
      tempo = beat->tempo.value;
      if (beat->beat == 0) {
        bars.emplace_back();
        bar_start = event.at;
      }
    } else if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
      if (on->layer != Layer::percussion) {
        const double sixteenths = static_cast<double>((event.at - bar_start).value) / 48'000.0 * tempo / 15.0;
        bars.back().push_back(std::to_string(static_cast<int>(on->layer)) + ' ' + std::to_string(on->midi) + ' ' +
                              std::to_string(std::lround(sixteenths)));
      }
    }
  }
  return bars;
}

TEST(AnHour, RepeatsNoEightBars) {
  for (const auto& preset : presets()) {
    Composer composer{{.seed = 12, .preset = preset}};
    const auto bars = bars_of(play(composer, 3600.0));
    std::set<std::string> seen;
    for (std::size_t first = 0; first + 8 <= bars.size(); ++first) {
      std::string window;
      std::size_t notes = 0;
      for (std::size_t bar = first; bar < first + 8; ++bar) {
        for (const auto& note : bars[bar]) {
          window += note + ';';
          ++notes;
        }
        window += '|';
      }
      ASSERT_GT(notes, 0U) << preset.name.view() << " falls silent at bar " << first;
      // Three notes held for half a minute may well come again; six are a phrase.
      EXPECT_TRUE(notes < 6 || seen.insert(window).second) << preset.name.view() << " repeats itself at bar " << first;
    }
  }
}

TEST(AnHour, ComesBackToItsMotifs) {
  // Rhythms of whole bars of the melody return far more often within a performance than between two of them.
  const auto rhythms = [](std::uint64_t seed) {
    auto preset = *find_preset("focus");
    preset.parameters.humanise = 0.0F;
    Composer composer{{.seed = seed, .preset = preset}};
    std::vector<std::string> bars;
    core::Frames bar_start{0};
    for (const auto& event : play(composer, 3600.0)) {
      if (const auto* beat = std::get_if<core::BeatTick>(&event.what); beat != nullptr && beat->beat == 0) {
        bars.emplace_back();
        bar_start = event.at;
      } else if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
        if (on->layer == Layer::piano && on->midi >= 53) {
          const double sixteenths = static_cast<double>((event.at - bar_start).value) / 48'000.0 * 66.0 / 15.0;
          bars.back() += std::to_string(std::lround(sixteenths)) + ' ';
        }
      }
    }
    std::erase_if(bars, [](const auto& bar) { return std::ranges::count(bar, ' ') < 3; });
    return bars;
  };
  const auto one = rhythms(1);
  const auto other = rhythms(2);
  const auto matches = [](const auto& a, const auto& b, bool same) {
    double found = 0.0;
    double pairs = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = same ? i + 1 : 0; j < b.size(); ++j) {
        found += a[i] == b[j] ? 1.0 : 0.0;
        pairs += 1.0;
      }
    }
    return found / pairs;
  };
  ASSERT_GT(one.size(), 50U);
  EXPECT_GT(matches(one, one, true), 1.5 * matches(one, other, false));
}

TEST(AnHour, HasItsLayersComeAndGo) {
  Composer composer{{.seed = 5, .preset = *find_preset("focus")}};
  std::map<int, std::set<Layer>> by_phrase;
  int phrase = 0;
  for (const auto& event : play(composer, 3600.0)) {
    if (const auto* beat = std::get_if<core::BeatTick>(&event.what)) {
      phrase = beat->phrase;
    } else if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
      by_phrase[phrase].insert(on->layer);
    }
  }
  std::set<std::set<Layer>> combinations;
  for (const auto& [number, layers] : by_phrase) {
    combinations.insert(layers);
    EXPECT_GE(layers.size(), 2U) << number;
  }
  EXPECT_GE(combinations.size(), 4U);
}

/// What a listener would say of ten minutes.
struct Impression {
  double tempo = 0.0;
  double notes_per_minute = 0.0;
  double chords_per_minute = 0.0;
  double velocity = 0.0;
  double melody_pitch = 0.0;
  double strokes_per_minute = 0.0;
  std::set<int> programs;
  PitchClassSet classes = 0;
};

Impression listen(const Preset& preset) {
  constexpr double kMinutes = 10.0;
  Composer composer{{.seed = 21, .preset = preset}};
  Impression heard;
  int melody_notes = 0;
  int notes = 0;
  for (const auto& event : play(composer, kMinutes * 60.0)) {
    if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
      if (on->layer == Layer::percussion) {
        heard.strokes_per_minute += 1.0 / kMinutes;
        continue;
      }
      ++notes;
      heard.velocity += on->velocity;
      heard.classes = static_cast<PitchClassSet>(heard.classes | (1U << (on->midi % 12U)));
      if (on->layer == Layer::piano && on->midi >= 53) {
        heard.melody_pitch += on->midi;
        ++melody_notes;
      }
    } else if (const auto* beat = std::get_if<core::BeatTick>(&event.what)) {
      heard.tempo = beat->tempo.value;
    } else if (std::holds_alternative<core::ChordChange>(event.what)) {
      heard.chords_per_minute += 1.0 / kMinutes;
    } else if (const auto* program = std::get_if<core::ProgramChange>(&event.what)) {
      heard.programs.insert(static_cast<int>(program->layer) * 128 + program->program);
    }
  }
  heard.notes_per_minute = notes / kMinutes;
  heard.velocity /= notes;
  heard.melody_pitch /= melody_notes;
  return heard;
}

TEST(Presets, AreEachRecognisablyThemselves) {
  const auto focus = listen(*find_preset("Focus"));
  const auto meditation = listen(*find_preset("Meditation"));
  const auto sleep = listen(*find_preset("Sleep"));
  const auto bright = listen(*find_preset("Bright"));
  // From calm to lively, each at least a fifth away from the next.
  const std::array<const Impression*, 4> order{&sleep, &meditation, &focus, &bright};
  for (std::size_t i = 1; i < order.size(); ++i) {
    EXPECT_GT(order[i]->tempo, 1.15 * order[i - 1]->tempo) << i;
    EXPECT_GT(order[i]->notes_per_minute, 1.3 * order[i - 1]->notes_per_minute) << i;
    EXPECT_GT(order[i]->chords_per_minute, 1.2 * order[i - 1]->chords_per_minute) << i;
    EXPECT_GT(order[i]->velocity, order[i - 1]->velocity + 2.0) << i;
  }
  EXPECT_LT(sleep.melody_pitch, focus.melody_pitch - 2.0);
  EXPECT_GT(bright.melody_pitch, focus.melody_pitch + 2.0);
  EXPECT_EQ(sleep.strokes_per_minute, 0.0);
  EXPECT_EQ(meditation.strokes_per_minute, 0.0);
  EXPECT_GT(focus.strokes_per_minute, 20.0);
  EXPECT_GT(bright.strokes_per_minute, 1.5 * focus.strokes_per_minute);
  std::set<std::set<int>> instruments;
  for (const auto* one : order) {
    instruments.insert(one->programs);
  }
  EXPECT_EQ(instruments.size(), 4U);
}

TEST(Presets, AreFoundByNameInEitherCase) {
  EXPECT_EQ(presets().size(), 4U);
  for (const auto& preset : presets()) {
    EXPECT_EQ(find_preset(preset.name.view()), preset);
  }
  EXPECT_TRUE(find_preset("sLEEP"));
  EXPECT_FALSE(find_preset("sle"));
  EXPECT_FALSE(find_preset(""));
}

} // namespace
} // namespace auralis::compose
