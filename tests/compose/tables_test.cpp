// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "auralis/compose/groove_tables.hpp"
#include "auralis/compose/harmony_tables.hpp"
#include "auralis/compose/melody_tables.hpp"

namespace auralis::compose {
namespace {

constexpr std::size_t kModes = core::kModeCount;
constexpr std::size_t kDegrees = kDegreeCount;

std::size_t at(core::Mode mode) { return static_cast<std::size_t>(mode); }

std::size_t likeliest(std::span<const float> row) {
  return static_cast<std::size_t>(std::distance(row.begin(), std::ranges::max_element(row)));
}

/// Fails the test unless the row is a distribution.
void expect_distribution(std::span<const float> row) {
  double sum = 0.0;
  for (const float p : row) {
    EXPECT_TRUE(std::isfinite(p));
    EXPECT_GE(p, 0.0F);
    sum += static_cast<double>(p);
  }
  EXPECT_NEAR(sum, 1.0, 1e-4);
}

TEST(HarmonyTables, RowsAreDistributions) {
  for (std::size_t mode = 0; mode < kModes; ++mode) {
    SCOPED_TRACE(core::to_string(static_cast<core::Mode>(mode)));
    expect_distribution(kFirstDegree[mode]);
    expect_distribution(kClosingDegree[mode]);
    expect_distribution(kChordBeats[mode]);
    for (std::size_t degree = 0; degree < kDegrees; ++degree) {
      SCOPED_TRACE(degree);
      expect_distribution(kPhraseEnding[mode][degree]);
      expect_distribution(kChordColours[mode][degree]);
      for (std::size_t before = 0; before < kDegrees; ++before) {
        expect_distribution(kDegreeTransitions[mode][before][degree]);
      }
    }
  }
}

TEST(HarmonyTables, ADegreeNeverFollowsItselfAndMayBeFollowedByAnyOther) {
  for (const auto& mode : kDegreeTransitions) {
    for (const auto& before : mode) {
      for (std::size_t last = 0; last < kDegrees; ++last) {
        for (std::size_t next = 0; next < kDegrees; ++next) {
          EXPECT_EQ(before[last][next] > 0.0F, next != last) << last << " to " << next;
        }
      }
    }
  }
}

TEST(HarmonyTables, TwoDegreesBackMatterInTheModesThatManySongsAreIn) {
  using enum core::Mode;
  for (const auto mode : {ionian, dorian, mixolydian, aeolian}) {
    const auto& table = kDegreeTransitions[at(mode)];
    float widest = 0.0F;
    for (std::size_t before = 0; before < kDegrees; ++before) {
      for (std::size_t last = 0; last < kDegrees; ++last) {
        for (std::size_t next = 0; next < kDegrees; ++next) {
          widest = std::max(widest, std::abs(table[before][last][next] - table[last][last][next]));
        }
      }
    }
    EXPECT_GT(widest, 0.05F) << core::to_string(mode);
  }
}

TEST(HarmonyTables, TheLocrianModeOfWhichNothingWasHeardRestsOnOrderOne) {
  const auto& table = kDegreeTransitions[at(core::Mode::locrian)];
  for (std::size_t before = 0; before < kDegrees; ++before) {
    for (std::size_t last = 0; last < kDegrees; ++last) {
      EXPECT_EQ(table[before][last], table[last][last]);
    }
  }
}

TEST(HarmonyTables, PentatonicsTakeTheirParentsHarmony) {
  using enum core::Mode;
  EXPECT_EQ(kDegreeTransitions[at(major_pentatonic)], kDegreeTransitions[at(ionian)]);
  EXPECT_EQ(kDegreeTransitions[at(minor_pentatonic)], kDegreeTransitions[at(aeolian)]);
  EXPECT_EQ(kPhraseEnding[at(major_pentatonic)], kPhraseEnding[at(ionian)]);
  EXPECT_EQ(kChordColours[at(minor_pentatonic)], kChordColours[at(aeolian)]);
}

TEST(HarmonyTables, TheDominantResolvesToTheTonicInIonian) {
  const auto& ionian = kDegreeTransitions[at(core::Mode::ionian)];
  EXPECT_EQ(likeliest(ionian[4][4]), 0U);
  EXPECT_EQ(likeliest(ionian[1][4]), 0U) << "ii V I";
  EXPECT_EQ(likeliest(ionian[1][1]), 4U) << "ii leads to V";
  EXPECT_GT(kPhraseEnding[at(core::Mode::ionian)][4][0], 0.7F) << "V closes on I";
}

TEST(HarmonyTables, SectionsOpenOnTheTonicMoreThanElsewhere) {
  for (std::size_t mode = 0; mode < kModes; ++mode) {
    EXPECT_EQ(likeliest(kFirstDegree[mode]), 0U) << core::to_string(static_cast<core::Mode>(mode));
  }
}

TEST(HarmonyTables, TheTonicClosesSectionsMoreThanAnyOtherDegreeInIonian) {
  EXPECT_EQ(likeliest(kClosingDegree[at(core::Mode::ionian)]), 0U);
}

TEST(HarmonyTables, TriadsAreTheCommonestColourOfTheTonicAndSeventhsOfTheMajorSupertonicAreNotRare) {
  const auto& ionian = kChordColours[at(core::Mode::ionian)];
  EXPECT_EQ(likeliest(ionian[0]), static_cast<std::size_t>(ChordColour::triad));
  EXPECT_GT(ionian[1][static_cast<std::size_t>(ChordColour::seventh)], 0.2F);
}

const Groove& groove(std::string_view name) {
  const auto* const found = std::ranges::find(kGrooves, name, &Groove::name);
  EXPECT_NE(found, kGrooves.end()) << name;
  return *found;
}

const std::array<GrooveStep, kGrooveSteps>& voice(const Groove& groove, DrumVoice voice) {
  return groove.steps[static_cast<std::size_t>(voice)];
}

TEST(GrooveTables, StepsAreWithinTheirRanges) {
  for (const auto& groove : kGrooves) {
    SCOPED_TRACE(groove.name);
    EXPECT_GE(groove.swing, 0.0F);
    EXPECT_LE(groove.swing, 1.0F);
    EXPECT_GE(groove.tempo, core::Bpm{40.0});
    for (const auto& steps : groove.steps) {
      for (const auto& step : steps) {
        EXPECT_GE(step.probability, 0.0F);
        EXPECT_LE(step.probability, 1.0F);
        EXPECT_GE(step.velocity, 0.0F);
        EXPECT_LE(step.velocity, 127.0F);
        EXPECT_GE(step.velocity_deviation, 0.0F);
        EXPECT_LE(std::abs(step.offset), 0.5F) << "nearer to another step";
        EXPECT_GE(step.offset_deviation, 0.0F);
        EXPECT_LT(step.offset_deviation, 0.5F);
      }
    }
  }
}

TEST(GrooveTables, EveryGrooveKeepsTimeAndHasAKick) {
  for (const auto& groove : kGrooves) {
    float shaken = 0.0F;
    for (const auto& step : voice(groove, DrumVoice::shaker)) {
      shaken += step.probability;
    }
    EXPECT_GT(shaken, 3.0F) << groove.name << ": fewer strokes a bar than beats";
    EXPECT_GT(voice(groove, DrumVoice::kick)[0].probability, 0.15F) << groove.name;
  }
}

TEST(GrooveTables, NamesAreDistinct) {
  for (std::size_t i = 0; i < kGrooves.size(); ++i) {
    for (std::size_t j = i + 1; j < kGrooves.size(); ++j) {
      EXPECT_NE(kGrooves[i].name, kGrooves[j].name);
    }
  }
}

TEST(GrooveTables, JazzSwingsAndBossaDoesNot) {
  EXPECT_GT(groove("soft_jazz").swing, 0.5F);
  EXPECT_LT(groove("bossa").swing, 0.05F);
}

TEST(GrooveTables, RockHasItsBackbeatOnTwoAndFour) {
  const auto& snare = voice(groove("slow_rock"), DrumVoice::side_stick);
  for (const std::size_t beat : {4U, 12U}) {
    EXPECT_GT(snare[beat].probability, 0.7F);
    EXPECT_GT(snare[beat].velocity, snare[beat + 1].velocity) << "ghost notes are softer than the backbeat";
  }
  EXPECT_LT(snare[0].probability, 0.3F);
}

TEST(GrooveTables, TheJazzRideSkipsAndTheHatClosesOnTwoAndFour) {
  const auto& jazz = groove("soft_jazz");
  const auto& ride = voice(jazz, DrumVoice::ride);
  EXPECT_GT(ride[6].probability, 5.0F * ride[2].probability)
      << "the skip note comes after the second beat, not the first";
  const auto& hat = voice(jazz, DrumVoice::closed_hat);
  EXPECT_GT(hat[4].probability, 3.0F * hat[0].probability);
  EXPECT_GT(hat[12].probability, 3.0F * hat[8].probability);
}

TEST(MelodyTables, RowsAreDistributions) {
  for (const auto& position : kMelodyIntervals) {
    for (const auto& row : position) {
      expect_distribution(row);
      for (std::size_t i = kMelodyWidestInterval - 4; i <= kMelodyWidestInterval + 4; ++i) {
        EXPECT_GT(row[i], 0.0F) << "any interval up to a fifth may come";
      }
    }
  }
  for (const auto& row : kMelodyLengths) {
    expect_distribution(row);
  }
  for (const float p : kMelodyOnsets) {
    EXPECT_GT(p, 0.0F);
    EXPECT_LE(p, 1.0F);
  }
}

TEST(MelodyTables, LeapsTurnBack) {
  const auto up_after = [](MelodyPosition position, MelodyMotion motion) {
    const auto& row = kMelodyIntervals[static_cast<std::size_t>(position)][static_cast<std::size_t>(motion)];
    float up = 0.0F;
    for (std::size_t i = kMelodyWidestInterval + 1; i < row.size(); ++i) {
      up += row[i];
    }
    return up;
  };
  for (const auto position : {MelodyPosition::downbeat, MelodyPosition::weak_beat, MelodyPosition::offbeat}) {
    EXPECT_GT(up_after(position, MelodyMotion::leap_down), 0.5F);
    EXPECT_LT(up_after(position, MelodyMotion::leap_up), 0.3F);
  }
}

TEST(MelodyTables, NotesStartOnBeatsMoreThanBetweenThem) {
  for (std::size_t beat = 0; beat < kMelodyOnsets.size(); beat += 4) {
    EXPECT_GT(kMelodyOnsets[beat], kMelodyOnsets[beat + 1]);
    EXPECT_GT(kMelodyOnsets[beat], kMelodyOnsets[beat + 2]);
    EXPECT_GT(kMelodyOnsets[beat], kMelodyOnsets[beat + 3]);
  }
}

TEST(MelodyTables, TheStrongerThePositionTheMoreChordTones) {
  EXPECT_TRUE(std::ranges::is_sorted(kMelodyChordTones, std::ranges::greater{}));
}

} // namespace
} // namespace auralis::compose
