// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/synthesizer.hpp"

#include <gtest/gtest.h>

#include "auralis/rt/realtime_section.hpp"
#include "dsp/stereo.hpp"

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

TEST(Synthesizer, NeitherAllocatesNorLocks) {
  Synthesizer synth{{}};
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

} // namespace
} // namespace auralis::synth
