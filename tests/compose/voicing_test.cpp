// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/voicing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "auralis/compose/theory.hpp"
#include "auralis/core/random.hpp"
#include "compose/listening.hpp"

namespace auralis::compose {
namespace {

core::Chord chord(const char* name) { return *core::parse_chord(name); }

TEST(Voicing, KeepsWhatTwoChordsHaveInCommon) {
  Voicing c;
  for (const int pitch : {60, 64, 67}) {
    c.push_back(static_cast<std::uint8_t>(pitch));
  }
  const auto am = lead_voices(c, chord("Am"), 3, {48, 74});
  EXPECT_EQ((std::vector<int>{am.begin(), am.end()}), (std::vector<int>{60, 64, 69})); // only G moves, to A
  const auto em = lead_voices(c, chord("Em"), 3, {48, 74});
  EXPECT_EQ((std::vector<int>{em.begin(), em.end()}), (std::vector<int>{59, 64, 67})); // only C moves, to B
}

TEST(Voicing, AnswersTheSameChordWithTheSameVoicing) {
  const auto first = lead_voices({}, chord("Dm7"), 4, {48, 74});
  const auto again = lead_voices(first, chord("Dm7"), 4, {48, 74});
  EXPECT_TRUE(std::ranges::equal(first, again));
}

TEST(Voicing, MovesLittleAndStaysInItsRangeThroughAnyProgression) {
  core::Random random{17};
  for (const int voices : {3, 4}) {
    Voicing held;
    int changes = 0;
    int motion = 0;
    int common = 0;
    int kept = 0;
    for (int i = 0; i < 5000; ++i) {
      const core::Key key{core::PitchName{static_cast<std::int8_t>(random.integer(-1, 1))},
                          static_cast<core::Mode>(random.integer(0, core::kModeCount - 1))};
      const auto next = diatonic_chord(key, random.integer(0, 6), static_cast<Colour>(random.integer(0, 6)));
      const auto led = lead_voices(held, next, voices, {48, 72});
      ASSERT_EQ(led.size(), static_cast<std::size_t>(voices));
      for (std::size_t v = 0; v < led.size(); ++v) {
        EXPECT_TRUE(contains(chord_set(next), led[v]));
        EXPECT_GE(led[v], 48);
        EXPECT_LE(led[v], 72);
        EXPECT_TRUE(v == 0 || led[v] > led[v - 1] + 1); // ascending, no semitone rubs
        if (!held.empty()) {
          const int step = std::abs(int{led[v]} - int{held[v]});
          EXPECT_LE(step, kMaxVoiceLeap);
          motion += step;
          ++changes;
        }
      }
      for (const auto pitch : held) {
        if (contains(chord_set(next), pitch)) {
          ++common;
          kept += std::ranges::find(led, pitch) != led.end() ? 1 : 0;
        }
      }
      held = led;
    }
    EXPECT_LE(static_cast<double>(motion) / changes, 2.5) << voices << " voices";
    EXPECT_GE(static_cast<double>(kept) / common, 0.9) << voices << " voices";
  }
}

TEST(Voicing, SoundsTheThirdAndTheSeventh) {
  core::Random random{3};
  Voicing held;
  for (int i = 0; i < 500; ++i) {
    const core::PitchName root{static_cast<std::int8_t>(random.integer(-5, 6))};
    held = lead_voices(held, {root, core::ChordQuality::minor7, root}, 3, {48, 72});
    const auto sounds = [&](int above) {
      return std::ranges::any_of(held, [&](int pitch) { return pitch % 12 == (root.pitch_class() + above) % 12; });
    };
    EXPECT_TRUE(sounds(3));
    EXPECT_TRUE(sounds(10));
  }
}

TEST(Pad, LeadsItsVoicesWithoutLeapsAndAboveTheBass) {
  for (const auto& preset : presets()) {
    Composer composer{{.seed = 2, .preset = preset}};
    std::vector<int> pad;
    std::vector<int> before;
    int bass = -1;
    core::Frames last{-1};
    const auto compare = [&] {
      std::ranges::sort(pad);
      if (before.size() == pad.size() && pad != before && !pad.empty()) {
        for (std::size_t v = 0; v < pad.size(); ++v) {
          EXPECT_LE(std::abs(pad[v] - before[v]), kMaxVoiceLeap) << preset.name.view();
        }
      }
      EXPECT_TRUE(pad.empty() || bass < 0 || bass < pad.front()) << preset.name.view();
      before = pad; // after a silence the pad starts afresh
    };
    for (const auto& event : play(composer, 1800.0)) {
      if (event.at != last) {
        compare();
        last = event.at;
      }
      if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
        if (on->layer == core::Layer::pad) {
          pad.push_back(on->midi);
        } else if (on->layer == core::Layer::bass) {
          bass = on->midi;
        }
      } else if (const auto* off = std::get_if<core::NoteOff>(&event.what)) {
        if (off->layer == core::Layer::pad) {
          std::erase(pad, off->midi);
        } else if (off->layer == core::Layer::bass) {
          bass = -1;
        }
      }
    }
  }
}

} // namespace
} // namespace auralis::compose
