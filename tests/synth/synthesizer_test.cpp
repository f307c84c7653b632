// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/synthesizer.hpp"

#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"
#include "auralis/dsp/biquad.hpp"
#include "auralis/dsp/loudness_meter.hpp"
#include "auralis/rt/realtime_section.hpp"
#include "dsp/stereo.hpp"
#include "held_memory.hpp"

namespace auralis::synth {
namespace {

core::PerformanceEvent note_on(core::Layer layer, int midi, int velocity = 70) {
  return {.at = {},
          .what = core::NoteOn{.layer = layer,
                               .midi = static_cast<std::uint8_t>(midi),
                               .velocity = static_cast<std::uint8_t>(velocity)}};
}
core::PerformanceEvent note_off(core::Layer layer, int midi) {
  return {.at = {}, .what = core::NoteOff{.layer = layer, .midi = static_cast<std::uint8_t>(midi)}};
}

test::Stereo render(Synthesizer& synth, double seconds) {
  const auto quanta = static_cast<std::size_t>(seconds * 48'000.0 / 64.0);
  test::Stereo s{quanta * 64};
  for (std::size_t q = 0; q < quanta; ++q) {
    synth.render(s.block(q * 64, 64));
  }
  return s;
}

TEST(Synthesizer, IsSilentForSilence) {
  Synthesizer synth{{}};
  const auto s = render(synth, 2.0);
  EXPECT_EQ(test::peak(s.left), 0.0F);
  EXPECT_EQ(test::peak(s.right), 0.0F);
}

TEST(Synthesizer, PlaysEveryLayer) {
  for (const auto layer : core::kLayers) {
    Synthesizer synth{{}};
    synth.handle(note_on(layer, layer == core::Layer::percussion ? 38 : 60, 90));
    const auto s = render(synth, 0.5);
    EXPECT_GT(test::peak(s.left), 0.01F) << core::to_string(layer);
    EXPECT_GT(test::peak(s.right), 0.01F) << core::to_string(layer);
  }
}

TEST(Synthesizer, StartsANoteAtTheNextQuantumPlusItsLatency) {
  Synthesizer synth{{}};
  (void)render(synth, 0.1);
  synth.handle(note_on(core::Layer::percussion, 37, 100)); // a rim click starts at once
  const auto s = render(synth, 0.1);
  const auto latency = static_cast<std::size_t>(synth.latency().value);
  std::size_t first = 0;
  while (first < s.left.size() && std::abs(s.left[first]) < 1e-3F) {
    ++first;
  }
  EXPECT_GE(first, latency);
  EXPECT_LT(first, latency + 480);
}

TEST(Synthesizer, LeavesNoNoteSounding) {
  Synthesizer synth{{}};
  for (int round = 0; round < 4; ++round) {
    for (const auto layer : core::kLayers) {
      for (int midi = 40; midi < 90; midi += 7) {
        synth.handle(note_on(layer, midi));
      }
      synth.handle(
          {.at = {}, .what = core::ProgramChange{.layer = layer, .program = static_cast<std::uint8_t>(round)}});
    }
    (void)render(synth, 0.25);
  }
  for (const auto layer : core::kLayers) {
    for (int midi = 0; midi < 128; ++midi) {
      synth.handle(note_off(layer, midi));
    }
  }
  (void)render(synth, 20.0);
  const auto tail = render(synth, 1.0);
  EXPECT_LT(test::peak(tail.left), 1e-4F);
  EXPECT_LT(test::peak(tail.right), 1e-4F);
}

void neither_allocates_nor_locks(Engine engine) {
  Synthesizer synth{{.engine = engine}};
  const auto before = rt::violations();
  test::Stereo s{64};
  {
    const rt::RealtimeSection section;
    for (int q = 0; q < 2'000; ++q) {
      for (const auto layer : core::kLayers) {
        if (q % 10 == 0) {
          synth.handle(note_on(layer, 36 + q / 10 % 60));
        }
        if (q % 10 == 7) {
          synth.handle(note_off(layer, 36 + q / 10 % 60));
        }
        if (q % 97 == 0) {
          synth.handle(
              {.at = {}, .what = core::ProgramChange{.layer = layer, .program = static_cast<std::uint8_t>(q)}});
        }
      }
      synth.render(s.block());
    }
  }
  EXPECT_EQ(rt::violations(), before);
}

TEST(Synthesizer, NeitherAllocatesNorLocks) { neither_allocates_nor_locks(Engine::sampled); }

TEST(Synthesizer, NeitherAllocatesNorLocksWithFluidSynth) { neither_allocates_nor_locks(Engine::fluidsynth); }

TEST(Synthesizer, GivesTheSameSamplesForTheSameEvents) {
  const auto play = [] {
    Synthesizer synth{{}};
    for (const auto layer : core::kLayers) {
      synth.handle(note_on(layer, 60));
    }
    return render(synth, 1.0);
  };
  EXPECT_EQ(play(), play());
}

TEST(Synthesizer, RefusesBadSettings) {
  EXPECT_THROW((Synthesizer{{.sample_rate = core::Hertz{1.0}}}), std::invalid_argument);
  EXPECT_THROW((Synthesizer{{.max_voices = 0}}), std::invalid_argument);
  EXPECT_THROW((Synthesizer{{.soundfont = "/nowhere/mine.sf2"}}), std::runtime_error);
}

/// The loudest 5 ms above 9 kHz, in dB relative to full scale: where a click shows and soft music does not.
double brightest(test::Stereo s) {
  for (int pass = 0; pass < 2; ++pass) {
    dsp::StereoBiquad high{dsp::high_pass(core::Hertz{9'000.0}, 0.7071, core::Hertz{48'000.0})};
    high.process(s.block());
  }
  double highest = 0.0;
  for (std::size_t n = 0; n + 240 <= s.left.size(); n += 120) {
    highest = std::max({highest, test::mean_square(s.left, n, 240), test::mean_square(s.right, n, 240)});
  }
  return 10.0 * std::log10(highest + 1e-12);
}

/// A held pad chord: no attacks of its own, so that any click is ours.
void hold_chord(Synthesizer& synth) {
  for (const int midi : {45, 52, 57, 60, 64}) {
    synth.handle(note_on(core::Layer::pad, midi, 60));
  }
}

TEST(Synthesizer, DoesNotClick) {
  const auto pad_gain = [](float gain) {
    return core::PerformanceEvent{.at = {}, .what = core::LayerGain{.layer = core::Layer::pad, .gain = gain}};
  };
  const auto brightness = [](float value) { return core::PerformanceEvent{.at = {}, .what = core::Brightness{value}}; };
  struct Case {
    const char* what;
    std::vector<core::PerformanceEvent> events;
  };
  const std::vector<Case> cases{
      {"mute", {pad_gain(0.0F)}},
      {"unmute", {pad_gain(1.0F)}},
      {"darken", {brightness(0.0F)}},
      {"brighten", {brightness(1.0F)}},
      {"back", {brightness(0.5F)}},
      {"another program", {{.at = {}, .what = core::ProgramChange{.layer = core::Layer::pad, .program = 91}}}},
      {"release", {note_off(core::Layer::pad, 45), note_off(core::Layer::pad, 64)}},
  };
  Synthesizer synth{{}};
  hold_chord(synth);
  (void)render(synth, 3.0);
  const double steady = brightest(render(synth, 2.0));
  for (const auto& [what, events] : cases) {
    for (const auto& event : events) {
      synth.handle(event);
    }
    EXPECT_LT(brightest(render(synth, 1.0)), std::max(steady + 12.0, -75.0)) << what;
  }
}

TEST(Synthesizer, DoesNotClickWhenVoicesAreStolen) {
  Synthesizer synth{{.max_voices = 24}};
  hold_chord(synth);
  (void)render(synth, 3.0);
  const double steady = brightest(render(synth, 2.0));
  // More pad notes than the budget holds; they rise slowly themselves.
  for (int midi = 40; midi < 52; ++midi) {
    synth.handle(note_on(core::Layer::pad, midi, 50));
  }
  EXPECT_LT(brightest(render(synth, 1.0)), std::max(steady + 12.0, -75.0));
}

TEST(Synthesizer, StaysFiniteAndUnderTheCeilingWhateverComes) {
  constexpr std::uint64_t kSeed = 99;
  core::Random random{kSeed};
  Synthesizer synth{{}};
  dsp::LoudnessMeter meter{core::Hertz{48'000.0}};
  const auto byte = [&] { return static_cast<std::uint8_t>(random.integer(0, 255)); };
  const auto any_float = [&] {
    constexpr std::array kOdd{0.0F,   -1.0F,  2.0F, 1e30F, std::numeric_limits<float>::quiet_NaN(),
                              -1e30F, 1e-40F, 0.5F, 1.0F,  std::numeric_limits<float>::infinity()};
    return kOdd[static_cast<std::size_t>(random.integer(0, static_cast<int>(kOdd.size()) - 1))];
  };
  for (int quantum = 0; quantum < 6'000; ++quantum) {
    // Mostly real layers, else everything would be ignored.
    const auto layer = static_cast<core::Layer>(random.chance(0.9) ? random.integer(0, 4) : random.integer(0, 255));
    if (random.chance(0.5)) {
      switch (random.integer(0, 6)) {
      case 0:
      case 1:
        synth.handle({.at = {}, .what = core::NoteOn{.layer = layer, .midi = byte(), .velocity = byte()}});
        break;
      case 2:
        synth.handle({.at = {}, .what = core::NoteOff{.layer = layer, .midi = byte()}});
        break;
      case 3:
        synth.handle({.at = {}, .what = core::LayerGain{.layer = layer, .gain = any_float()}});
        break;
      case 4:
        synth.handle({.at = {}, .what = core::Brightness{any_float()}});
        break;
      case 5:
        synth.handle({.at = {}, .what = core::ProgramChange{.layer = layer, .program = byte()}});
        break;
      default:
        synth.handle({.at = {}, .what = core::BeatTick{}});
      }
    }
    test::Stereo s{64};
    synth.render(s.block());
    for (std::size_t n = 0; n < 64; ++n) {
      ASSERT_TRUE(std::isfinite(s.left[n]) && std::isfinite(s.right[n])) << "seed " << kSeed << " quantum " << quantum;
      ASSERT_NE(std::fpclassify(s.left[n]), FP_SUBNORMAL);
    }
    meter.add(s.block());
  }
  EXPECT_LE(meter.true_peak().value, -1.0);
}

TEST(Synthesizer, CarriesNoDirectCurrent) {
  Synthesizer synth{{}};
  hold_chord(synth);
  synth.handle(note_on(core::Layer::bass, 33, 80));
  (void)render(synth, 2.0);
  const auto s = render(synth, 4.0);
  double sum = 0.0;
  for (const float x : s.left) {
    sum += static_cast<double>(x);
  }
  EXPECT_LT(std::abs(sum / static_cast<double>(s.left.size())), 1e-4);
}

TEST(Synthesizer, GetsBrighterWithBrightness) {
  const auto top = [](float value) {
    Synthesizer synth{{}};
    synth.handle({.at = {}, .what = core::Brightness{value}});
    (void)render(synth, 0.5);
    synth.handle(note_on(core::Layer::piano, 60, 80));
    auto s = render(synth, 1.0);
    const double all = test::mean_square(s.left, 0, s.left.size());
    dsp::StereoBiquad high{dsp::high_pass(core::Hertz{4'000.0}, 0.7071, core::Hertz{48'000.0})};
    high.process(s.block());
    return 10.0 * std::log10(test::mean_square(s.left, 0, s.left.size()) / all);
  };
  EXPECT_GT(top(0.5F), top(0.0F) + 4.0);
  EXPECT_GT(top(1.0F), top(0.5F) + 4.0);
}

TEST(Synthesizer, IsHeardInStereoWithTheBassInTheMiddle) {
  Synthesizer synth{{}};
  synth.handle(note_on(core::Layer::bass, 36, 90));
  const auto bass = render(synth, 0.3);
  double difference = 0.0;
  for (std::size_t n = 0; n < bass.left.size(); ++n) {
    difference += std::pow(static_cast<double>(bass.left[n] - bass.right[n]), 2.0);
  }
  EXPECT_LT(difference / static_cast<double>(bass.left.size()),
            0.02 * test::mean_square(bass.left, 0, bass.left.size()));
}

TEST(Synthesizer, MutesALayerAndNoOther) {
  Synthesizer synth{{}};
  synth.handle({.at = {}, .what = core::LayerGain{.layer = core::Layer::pad, .gain = 0.0F}});
  (void)render(synth, 1.0);
  hold_chord(synth);
  EXPECT_EQ(test::peak(render(synth, 1.0).left), 0.0F);
  synth.handle(note_on(core::Layer::piano, 60, 80));
  EXPECT_GT(test::peak(render(synth, 0.5).left), 0.01F);
}

TEST(Synthesizer, PlaysACompressedBankThroughFluidSynth) {
  constexpr const char* kCompressed = "/usr/share/sounds/sf3/MuseScore_General_Full.sf3";
  ASSERT_TRUE(std::filesystem::exists(kCompressed)) << "apt install musescore-general-soundfont";
  Synthesizer synth{{.soundfont = kCompressed}};
  EXPECT_EQ(synth.engine(), Engine::fluidsynth);
  for (const auto layer : core::kLayers) {
    synth.handle(note_on(layer, layer == core::Layer::percussion ? 38 : 60, 80));
  }
  EXPECT_GT(test::peak(render(synth, 1.0).left), 0.02F);
}

TEST(Synthesizer, PlaysTheSmallBankToo) {
  constexpr const char* kSmall = "/usr/share/sounds/sf2/TimGM6mb.sf2";
  ASSERT_TRUE(std::filesystem::exists(kSmall)) << "apt install timgm6mb-soundfont";
  Synthesizer synth{{.soundfont = kSmall}};
  EXPECT_EQ(synth.engine(), Engine::sampled);
  hold_chord(synth);
  EXPECT_GT(test::peak(render(synth, 2.0).left), 0.02F);
}

TEST(Synthesizer, TwentyLiveTogetherInTheMemoryOfOne) {
  std::vector<std::unique_ptr<Synthesizer>> many;
  many.push_back(std::make_unique<Synthesizer>(Synthesizer::Config{}));
  const long before = test::held_bytes();
  ASSERT_GT(before, 0);
  while (many.size() < 20) {
    many.push_back(std::make_unique<Synthesizer>(Synthesizer::Config{}));
    hold_chord(*many.back());
    EXPECT_GT(test::peak(render(*many.back(), 0.2).left), 0.0F);
  }
  EXPECT_LT(test::held_bytes() - before, 40L * 1024 * 1024);
}

} // namespace
} // namespace auralis::synth
