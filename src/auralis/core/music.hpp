// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace auralis::core {

/// A note name without octave, on the line of fifths: … Bb=-2, F=-1, C=0, G=1, D=2, … F#=6, C#=7 …
///
/// One integer carries letter and accidental together, so that transposing by an interval keeps the spelling right
/// (a major third is +4 fifths whatever the start). Source: D. Temperley, "The Cognition of Basic Musical
/// Structures", 2001, ch. 5. Range kept: -15 (Fbb) to 19 (B##).
struct PitchName {
  std::int8_t fifths = 0;

  friend constexpr auto operator<=>(const PitchName&, const PitchName&) noexcept = default;

  /// 0 = C … 11 = B.
  [[nodiscard]] constexpr int pitch_class() const noexcept { return (((7 * fifths) % 12) + 12) % 12; }
  /// 0 = C, 1 = D … 6 = B.
  [[nodiscard]] constexpr int letter() const noexcept { return (((4 * fifths) % 7) + 7) % 7; }
  /// Sharps (> 0) or flats (< 0).
  [[nodiscard]] constexpr int accidental() const noexcept {
    const int shifted = fifths + 1; // F = 0 … B = 6 carry no accidental
    return shifted >= 0 ? shifted / 7 : -((6 - shifted) / 7);
  }
};

/// "C", "F#", "Bb", "Ebb".
[[nodiscard]] std::string to_string(PitchName name);
/// Reads what to_string writes, letter in either case; nothing else ("H", "C###", "" give nullopt).
[[nodiscard]] std::optional<PitchName> parse_pitch_name(std::string_view text) noexcept;

enum class Mode : std::uint8_t {
  ionian,
  dorian,
  phrygian,
  lydian,
  mixolydian,
  aeolian,
  locrian,
  major_pentatonic,
  minor_pentatonic,
  harmonic_minor,
};
inline constexpr int kModeCount = 10;

/// "ionian" … "harmonic_minor", as on the wire.
[[nodiscard]] std::string_view to_string(Mode mode) noexcept;
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view text) noexcept;

struct Key {
  PitchName tonic;
  Mode mode = Mode::ionian;

  friend constexpr bool operator==(const Key&, const Key&) noexcept = default;
};

/// "F# dorian".
[[nodiscard]] std::string to_string(const Key& key);

enum class ChordQuality : std::uint8_t {
  major,
  minor,
  diminished,
  augmented,
  sus2,
  sus4,
  major6,
  minor6,
  major7,
  dominant7,
  minor7,
  half_diminished7,
  diminished7,
  minor_major7,
  add9,
  minor_add9,
  major9,
  minor9,
};
inline constexpr int kChordQualityCount = 18;

/// Chord tones above the root as steps on the line of fifths, root (0) first; 3 to 5 of them.
[[nodiscard]] std::span<const std::int8_t> chord_fifths(ChordQuality quality) noexcept;

struct Chord {
  PitchName root;
  ChordQuality quality = ChordQuality::major;
  PitchName bass; ///< equals root when in root position

  friend constexpr bool operator==(const Chord&, const Chord&) noexcept = default;
};

/// "Am7", "F#dim", "Cadd9", "G/B".
[[nodiscard]] std::string to_string(const Chord& chord);
/// Reads what to_string writes; nullopt for anything else.
[[nodiscard]] std::optional<Chord> parse_chord(std::string_view text) noexcept;

} // namespace auralis::core
