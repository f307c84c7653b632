// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/theory.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

namespace auralis::compose {
namespace {

using core::Chord;
using core::ChordQuality;
using core::Key;
using core::Mode;
using core::PitchName;

struct ModeSpec {
  std::array<std::int8_t, 7> fifths; // tonic first, ascending
  std::uint8_t size;
  std::int8_t signature; // fifths from the tonic of the major key with the same signature up to this tonic
  Mode harmony;
};

constexpr std::array<ModeSpec, core::kModeCount> kModes{{
    {{0, 2, 4, -1, 1, 3, 5}, 7, 0, Mode::ionian},
    {{0, 2, -3, -1, 1, 3, -2}, 7, 2, Mode::dorian},
    {{0, -5, -3, -1, 1, -4, -2}, 7, 4, Mode::phrygian},
    {{0, 2, 4, 6, 1, 3, 5}, 7, -1, Mode::lydian},
    {{0, 2, 4, -1, 1, 3, -2}, 7, 1, Mode::mixolydian},
    {{0, 2, -3, -1, 1, -4, -2}, 7, 3, Mode::aeolian},
    {{0, -5, -3, -1, -6, -4, -2}, 7, 5, Mode::locrian},
    {{0, 2, 4, 1, 3}, 5, 0, Mode::ionian},
    {{0, -3, -1, 1, -2}, 5, 3, Mode::aeolian},
    {{0, 2, -3, -1, 1, -4, 5}, 7, 3, Mode::harmonic_minor},
}};

const ModeSpec& spec_of(Mode mode) noexcept { return kModes[static_cast<std::size_t>(mode)]; }

constexpr PitchName shifted(PitchName name, int fifths) noexcept {
  return PitchName{static_cast<std::int8_t>(name.fifths + fifths)};
}

constexpr int wrapped(int value, int size) noexcept { return ((value % size) + size) % size; }

PitchClassSet bit_of(PitchName name) noexcept {
  return static_cast<PitchClassSet>(1U << static_cast<unsigned>(name.pitch_class()));
}

} // namespace

std::span<const std::int8_t> scale_fifths(Mode mode) noexcept {
  const auto& spec = spec_of(mode);
  return std::span{spec.fifths}.first(spec.size);
}

Mode harmonic_mode(Mode mode) noexcept { return spec_of(mode).harmony; }

int key_signature(const Key& key) noexcept { return key.tonic.fifths - spec_of(key.mode).signature; }

Key respelled(const Key& key) noexcept {
  Key best = key;
  for (const int turn : {-24, -12, 12, 24}) {
    const Key other{shifted(key.tonic, turn), key.mode};
    if (std::abs(key_signature(other)) < std::abs(key_signature(best))) {
      best = other;
    }
  }
  return best;
}

PitchName scale_degree(const Key& key, int degree) noexcept {
  const auto scale = scale_fifths(key.mode);
  return shifted(key.tonic, scale[static_cast<std::size_t>(wrapped(degree, static_cast<int>(scale.size())))]);
}

PitchClassSet scale_set(const Key& key) noexcept {
  PitchClassSet set = 0;
  for (const auto step : scale_fifths(key.mode)) {
    set = static_cast<PitchClassSet>(set | bit_of(shifted(key.tonic, step)));
  }
  return set;
}

PitchClassSet chord_set(const Chord& chord) noexcept {
  PitchClassSet set = bit_of(chord.bass);
  for (const auto step : core::chord_fifths(chord.quality)) {
    set = static_cast<PitchClassSet>(set | bit_of(shifted(chord.root, step)));
  }
  return set;
}

PitchName name_in_key(int midi, const Key& key) noexcept {
  const int pitch_class = pitch_class_of(midi);
  for (const auto step : scale_fifths(key.mode)) {
    const auto name = shifted(key.tonic, step);
    if (name.pitch_class() == pitch_class) {
      return name;
    }
  }
  constexpr int kLowest = -3; // E flat, with no sharps or flats in the signature
  const int first = key_signature(key) + kLowest;
  // Seven is its own inverse modulo 12, so this fifth has the pitch class wanted.
  return PitchName{static_cast<std::int8_t>(first + wrapped(7 * pitch_class - first, 12))};
}

PitchName name_in_chord(int midi, const Chord& chord, const Key& key) noexcept {
  const int pitch_class = pitch_class_of(midi);
  for (const auto step : core::chord_fifths(chord.quality)) {
    const auto name = shifted(chord.root, step);
    if (name.pitch_class() == pitch_class) {
      return name;
    }
  }
  return chord.bass.pitch_class() == pitch_class ? chord.bass : name_in_key(midi, key);
}

Chord diatonic_chord(const Key& key, int degree, Colour colour) noexcept {
  const Key harmony{key.tonic, harmonic_mode(key.mode)};
  const auto root = scale_degree(harmony, degree);
  const auto above = [&](int steps) {
    return static_cast<std::int8_t>(scale_degree(harmony, degree + steps).fifths - root.fifths);
  };
  // Scale steps above the root, in the order in which core lists a chord's tones.
  static constexpr std::array<std::array<std::int8_t, 5>, kColourCount> kSteps{
      {{0, 2, 4}, {0, 2, 4, 6}, {0, 1, 4}, {0, 3, 4}, {0, 2, 4, 1}, {0, 2, 4, 5}, {0, 2, 4, 6, 1}}};
  static constexpr std::array<std::size_t, kColourCount> kSizes{3, 4, 3, 3, 4, 4, 5};

  for (const auto wanted : {colour, Colour::triad}) {
    const auto which = static_cast<std::size_t>(wanted);
    std::array<std::int8_t, 5> tones{};
    for (std::size_t i = 0; i < kSizes[which]; ++i) {
      tones[i] = above(kSteps[which][i]);
    }
    for (int quality = 0; quality < core::kChordQualityCount; ++quality) {
      const auto candidate = static_cast<ChordQuality>(quality);
      if (std::ranges::equal(core::chord_fifths(candidate), std::span{tones}.first(kSizes[which]))) {
        return {root, candidate, root};
      }
    }
  }
  return {root, ChordQuality::major, root}; // not reached: every triad of the ten modes has a name
}

core::FixedVector<Pivot, kDegreeCount> pivots(const Key& from, const Key& to) noexcept {
  core::FixedVector<Pivot, kDegreeCount> found;
  for (const int degree : {1, 3, 5, 0, 2, 4, 6}) {
    const auto wanted = chord_set(diatonic_chord(to, degree, Colour::triad));
    for (int old = 0; old < kDegreeCount; ++old) {
      if (chord_set(diatonic_chord(from, old, Colour::triad)) == wanted) {
        found.push_back({old, degree});
        break;
      }
    }
  }
  return found;
}

int nearest_degree(const Chord& chord, const Key& to) noexcept {
  int best = 0;
  int most = -1;
  for (int degree = 0; degree < kDegreeCount; ++degree) {
    const auto shared =
        static_cast<PitchClassSet>(chord_set(chord) & chord_set(diatonic_chord(to, degree, Colour::triad)));
    const int count = std::popcount(shared);
    if (count > most) {
      most = count;
      best = degree;
    }
  }
  return best;
}

} // namespace auralis::compose
