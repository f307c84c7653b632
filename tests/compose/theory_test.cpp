// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/theory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

namespace auralis::compose {
namespace {

using core::Key;
using core::Mode;
using core::PitchName;

Key key(const char* tonic, Mode mode) { return {*core::parse_pitch_name(tonic), mode}; }

std::string spelled(const Key& k) {
  std::string text;
  for (std::size_t degree = 0; degree < scale_fifths(k.mode).size(); ++degree) {
    text += (degree == 0 ? "" : " ") + core::to_string(scale_degree(k, static_cast<int>(degree)));
  }
  return text;
}

std::string chord(const Key& k, int degree, Colour colour) {
  return core::to_string(diatonic_chord(k, degree, colour));
}

/// Twelve keys of a mode, conventionally spelled.
template <typename Visit> void in_every_key(Visit visit) {
  for (int mode = 0; mode < core::kModeCount; ++mode) {
    for (int tonic = -5; tonic <= 6; ++tonic) {
      visit(respelled({PitchName{static_cast<std::int8_t>(tonic)}, static_cast<Mode>(mode)}));
    }
  }
}

TEST(Scale, IsSpelledAsMusiciansWriteIt) {
  EXPECT_EQ(spelled(key("F#", Mode::ionian)), "F# G# A# B C# D# E#");
  EXPECT_EQ(spelled(key("Gb", Mode::lydian)), "Gb Ab Bb C Db Eb F");
  EXPECT_EQ(spelled(key("D", Mode::dorian)), "D E F G A B C");
  EXPECT_EQ(spelled(key("C#", Mode::phrygian)), "C# D E F# G# A B");
  EXPECT_EQ(spelled(key("Ab", Mode::mixolydian)), "Ab Bb C Db Eb F Gb");
  EXPECT_EQ(spelled(key("G#", Mode::aeolian)), "G# A# B C# D# E F#");
  EXPECT_EQ(spelled(key("B", Mode::locrian)), "B C D E F G A");
  EXPECT_EQ(spelled(key("Eb", Mode::major_pentatonic)), "Eb F G Bb C");
  EXPECT_EQ(spelled(key("E", Mode::minor_pentatonic)), "E G A B D");
  EXPECT_EQ(spelled(key("G#", Mode::harmonic_minor)), "G# A# B C# D# E F##");
}

TEST(Scale, AscendsAndUsesEachLetterOnceInAllKeysAndModes) {
  in_every_key([](const Key& k) {
    const auto size = static_cast<int>(scale_fifths(k.mode).size());
    std::set<int> letters;
    int before = -1;
    for (int degree = 0; degree < size; ++degree) {
      const auto name = scale_degree(k, degree);
      letters.insert(name.letter());
      const int above = (name.pitch_class() - k.tonic.pitch_class() + 12) % 12;
      EXPECT_GT(above, before) << core::to_string(k);
      before = above;
      EXPECT_LE(std::abs(name.accidental()), 2) << core::to_string(k);
    }
    EXPECT_EQ(static_cast<int>(letters.size()), size) << core::to_string(k);
    EXPECT_EQ(scale_degree(k, size), k.tonic);
    EXPECT_EQ(scale_degree(k, -1), scale_degree(k, size - 1));
  });
}

TEST(Scale, OfAChurchModeIsItsParentMajorScaleFromAnotherDegree) {
  const std::array<Mode, 7> modes{Mode::ionian,     Mode::dorian,  Mode::phrygian, Mode::lydian,
                                  Mode::mixolydian, Mode::aeolian, Mode::locrian};
  for (int tonic = -7; tonic <= 7; ++tonic) {
    const Key parent{PitchName{static_cast<std::int8_t>(tonic)}, Mode::ionian};
    for (int degree = 0; degree < 7; ++degree) {
      const Key church{scale_degree(parent, degree), modes[static_cast<std::size_t>(degree)]};
      EXPECT_EQ(scale_set(church), scale_set(parent));
      EXPECT_EQ(key_signature(church), tonic);
    }
  }
}

TEST(KeySpelling, HasTheFewestAccidentalsAndNeverMoreThanSeven) {
  for (int mode = 0; mode < core::kModeCount; ++mode) {
    for (int tonic = -15; tonic <= 19; ++tonic) {
      const Key given{PitchName{static_cast<std::int8_t>(tonic)}, static_cast<Mode>(mode)};
      const auto written = respelled(given);
      EXPECT_EQ(written.tonic.pitch_class(), given.tonic.pitch_class());
      EXPECT_LE(std::abs(key_signature(written)), 6) << core::to_string(given); // twelve fifths close the circle
    }
  }
  EXPECT_EQ(core::to_string(respelled(key("D#", Mode::dorian))), "Eb dorian");
  EXPECT_EQ(core::to_string(respelled(key("F#", Mode::lydian))), "Gb lydian");
  EXPECT_EQ(core::to_string(respelled(key("Ab", Mode::aeolian))), "G# aeolian");
  EXPECT_EQ(core::to_string(respelled(key("Db", Mode::phrygian))), "C# phrygian");
  EXPECT_EQ(core::to_string(respelled(key("F#", Mode::ionian))), "F# ionian"); // six either way: as given
  EXPECT_EQ(core::to_string(respelled(key("Gb", Mode::ionian))), "Gb ionian");
}

TEST(DiatonicChord, IsNamedAsInTheTextbook) {
  const auto c = key("C", Mode::ionian);
  EXPECT_EQ(chord(c, 0, Colour::seventh), "Cmaj7");
  EXPECT_EQ(chord(c, 1, Colour::ninth), "Dm9");
  EXPECT_EQ(chord(c, 4, Colour::seventh), "G7");
  EXPECT_EQ(chord(c, 6, Colour::seventh), "Bm7b5");
  EXPECT_EQ(chord(c, 3, Colour::sixth), "F6");
  EXPECT_EQ(chord(c, 4, Colour::sus4), "Gsus4");
  EXPECT_EQ(chord(c, 5, Colour::add9), "Amadd9");
  EXPECT_EQ(chord(key("F#", Mode::ionian), 4, Colour::seventh), "C#7");
  EXPECT_EQ(chord(key("F#", Mode::ionian), 6, Colour::triad), "E#dim");
  EXPECT_EQ(chord(key("Db", Mode::lydian), 1, Colour::triad), "Eb");
  EXPECT_EQ(chord(key("A", Mode::harmonic_minor), 4, Colour::seventh), "E7");
  EXPECT_EQ(chord(key("A", Mode::harmonic_minor), 0, Colour::seventh), "Ammaj7");
  EXPECT_EQ(chord(key("A", Mode::harmonic_minor), 2, Colour::triad), "Caug");
  EXPECT_EQ(chord(key("A", Mode::harmonic_minor), 6, Colour::seventh), "G#dim7");
  EXPECT_EQ(chord(key("E", Mode::phrygian), 0, Colour::triad), "Em");
  EXPECT_EQ(chord(key("G", Mode::major_pentatonic), 3, Colour::triad), "C"); // harmonised by the parent mode
}

TEST(DiatonicChord, StaysTheTriadWhereTheScaleHasNoSuchColour) {
  EXPECT_EQ(chord(key("C", Mode::ionian), 2, Colour::sus2), "Em"); // the second above E is F
  EXPECT_EQ(chord(key("C", Mode::ionian), 3, Colour::sus4), "F");  // the fourth above F is B
  EXPECT_EQ(chord(key("C", Mode::ionian), 6, Colour::add9), "Bdim");
}

TEST(DiatonicChord, UsesTonesOfTheKeyAloneInAllKeysModesAndColours) {
  in_every_key([](const Key& k) {
    const Key harmony{k.tonic, harmonic_mode(k.mode)};
    for (int degree = 0; degree < kDegreeCount; ++degree) {
      for (int colour = 0; colour < kColourCount; ++colour) {
        const auto built = diatonic_chord(k, degree, static_cast<Colour>(colour));
        EXPECT_EQ(chord_set(built) & ~scale_set(harmony), 0) << core::to_string(k) << ' ' << core::to_string(built);
        EXPECT_EQ(built.root, scale_degree(harmony, degree));
        for (const auto step : core::chord_fifths(built.quality)) {
          // Spelled with the names of the scale, not with their enharmonic twins.
          const PitchName tone{static_cast<std::int8_t>(built.root.fifths + step)};
          bool in_scale = false;
          for (int d = 0; d < 7; ++d) {
            in_scale = in_scale || scale_degree(harmony, d) == tone;
          }
          EXPECT_TRUE(in_scale) << core::to_string(k) << ' ' << core::to_string(built);
        }
      }
    }
  });
}

TEST(NoteName, FollowsTheKey) {
  const auto named = [](int midi, const Key& k) { return core::to_string(name_in_key(midi, k)); };
  EXPECT_EQ(named(65, key("F#", Mode::ionian)), "E#");
  EXPECT_EQ(named(65, key("C", Mode::ionian)), "F");
  EXPECT_EQ(named(66, key("C", Mode::ionian)), "F#");
  EXPECT_EQ(named(70, key("C", Mode::ionian)), "Bb");
  EXPECT_EQ(named(68, key("A", Mode::aeolian)), "G#"); // the leading note
  EXPECT_EQ(named(71, key("Gb", Mode::ionian)), "Cb");
  EXPECT_EQ(core::to_string(name_in_chord(63, *core::parse_chord("B"), key("C", Mode::ionian))), "D#");
}

TEST(NoteName, HasThePitchItNamesInEveryKey) {
  in_every_key([](const Key& k) {
    for (int midi = 0; midi < 128; ++midi) {
      EXPECT_EQ(name_in_key(midi, k).pitch_class(), midi % 12) << core::to_string(k);
    }
  });
}

TEST(Pivots, BelongToBothKeys) {
  in_every_key([](const Key& from) {
    in_every_key([&](const Key& to) {
      for (const auto& pivot : pivots(from, to)) {
        EXPECT_EQ(chord_set(diatonic_chord(from, pivot.from, Colour::triad)),
                  chord_set(diatonic_chord(to, pivot.to, Colour::triad)));
      }
    });
  });
}

TEST(Pivots, AreFourBetweenKeysAFifthApartAndNoneAcrossTheTritone) {
  EXPECT_EQ(pivots(key("C", Mode::ionian), key("G", Mode::ionian)).size(), 4U); // C Em G Am
  EXPECT_EQ(pivots(key("C", Mode::ionian), key("F#", Mode::ionian)).size(), 0U);
  EXPECT_EQ(pivots(key("C", Mode::ionian), key("A", Mode::aeolian)).size(), 7U);
}

} // namespace
} // namespace auralis::compose
