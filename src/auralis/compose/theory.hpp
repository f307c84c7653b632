// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "auralis/compose/harmony_tables.hpp"
#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/music.hpp"

namespace auralis::compose {

/// A set of pitch classes: bit 0 is C … bit 11 is B.
using PitchClassSet = std::uint16_t;

[[nodiscard]] constexpr int pitch_class_of(int midi) noexcept { return ((midi % 12) + 12) % 12; }
[[nodiscard]] constexpr bool contains(PitchClassSet set, int midi) noexcept {
  return ((unsigned{set} >> static_cast<unsigned>(pitch_class_of(midi))) & 1U) != 0;
}

/// Steps of the mode's scale above its tonic on the line of fifths, in ascending pitch order; 7 or 5 of them.
[[nodiscard]] std::span<const std::int8_t> scale_fifths(core::Mode mode) noexcept;

/// The seven-note mode whose chords accompany `mode`: itself, ionian for the major pentatonic, aeolian for the minor.
[[nodiscard]] core::Mode harmonic_mode(core::Mode mode) noexcept;

/// Sharps (> 0) or flats (< 0) of the key signature; a harmonic minor key has that of its natural minor.
[[nodiscard]] int key_signature(const core::Key& key) noexcept;

/// The same key as musicians would write it: the enharmonic spelling with the fewest sharps or flats in its signature,
/// never more than seven; where two tie (F#/Gb ionian) the spelling given stays.
[[nodiscard]] core::Key respelled(const core::Key& key) noexcept;

/// Name of a scale degree, 0 being the tonic; any integer, counted round the scale.
[[nodiscard]] core::PitchName scale_degree(const core::Key& key, int degree) noexcept;

[[nodiscard]] PitchClassSet scale_set(const core::Key& key) noexcept;
[[nodiscard]] PitchClassSet chord_set(const core::Chord& chord) noexcept;

/// Spells a MIDI pitch: as a tone of the scale if it is one, else from the twelve names E flat … G sharp, moved with
/// the key signature, that serve both a major key and its relative minor.
[[nodiscard]] core::PitchName name_in_key(int midi, const core::Key& key) noexcept;
/// The same, but tones of the chord are spelled as the chord spells them.
[[nodiscard]] core::PitchName name_in_chord(int midi, const core::Chord& chord, const core::Key& key) noexcept;

/// What is added to, or hung in, the triad of a degree: ChordColour in the same order, and two the corpora do not tell.
enum class Colour : std::uint8_t { triad, seventh, sus2, sus4, add9, sixth, ninth };
inline constexpr int kColourCount = 7;

/// The chord of a degree (0 … 6, of the harmonic mode) in root position, built from tones of the key alone. Where the
/// scale gives no such colour (a second a semitone above the root, say), the plain triad.
[[nodiscard]] core::Chord diatonic_chord(const core::Key& key, int degree, Colour colour) noexcept;

/// A triad that belongs to two keys: its degree in either.
struct Pivot {
  int from = 0;
  int to = 0;
};
/// Every triad common to both keys, those of most use in the new one first: pre-dominants, then the tonic and its
/// relatives, then the rest. Empty for keys without a common triad (C and F# ionian).
[[nodiscard]] core::FixedVector<Pivot, kDegreeCount> pivots(const core::Key& from, const core::Key& to) noexcept;

/// The degree of the new key whose triad shares most tones with `chord`: what a modulation lands on without a pivot.
[[nodiscard]] int nearest_degree(const core::Chord& chord, const core::Key& to) noexcept;

} // namespace auralis::compose
