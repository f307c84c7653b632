// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/music.hpp"

#include <algorithm>
#include <cstdlib>

namespace auralis::core {
namespace {

constexpr std::string_view kLetters = "CDEFGAB";
constexpr std::array<std::int8_t, 7> kLetterFifths{0, 2, 4, -1, 1, 3, 5};

constexpr std::array<std::string_view, kModeCount> kModeNames{
    "ionian",  "dorian",  "phrygian",         "lydian",           "mixolydian",
    "aeolian", "locrian", "major_pentatonic", "minor_pentatonic", "harmonic_minor"};

// Intervals on the line of fifths: 2nd +2, m3 -3, M3 +4, 4th -1, d5 -6, 5th +1, A5 +8, 6th +3, d7 -9, m7 -2, M7 +5.
struct QualitySpec {
  std::string_view suffix;
  std::array<std::int8_t, 5> fifths;
  std::uint8_t size;
};
constexpr std::array<QualitySpec, kChordQualityCount> kQualities{{
    {"", {0, 4, 1}, 3},
    {"m", {0, -3, 1}, 3},
    {"dim", {0, -3, -6}, 3},
    {"aug", {0, 4, 8}, 3},
    {"sus2", {0, 2, 1}, 3},
    {"sus4", {0, -1, 1}, 3},
    {"6", {0, 4, 1, 3}, 4},
    {"m6", {0, -3, 1, 3}, 4},
    {"maj7", {0, 4, 1, 5}, 4},
    {"7", {0, 4, 1, -2}, 4},
    {"m7", {0, -3, 1, -2}, 4},
    {"m7b5", {0, -3, -6, -2}, 4},
    {"dim7", {0, -3, -6, -9}, 4},
    {"mmaj7", {0, -3, 1, 5}, 4},
    {"add9", {0, 4, 1, 2}, 4},
    {"madd9", {0, -3, 1, 2}, 4},
    {"maj9", {0, 4, 1, 5, 2}, 5},
    {"m9", {0, -3, 1, -2, 2}, 5},
}};

const QualitySpec& spec_of(ChordQuality quality) noexcept { return kQualities[static_cast<std::size_t>(quality)]; }

/// Takes a pitch name off the front of `text`.
std::optional<PitchName> take_pitch_name(std::string_view& text) noexcept {
  if (text.empty()) {
    return std::nullopt;
  }
  const char upper = static_cast<char>(text[0] >= 'a' && text[0] <= 'g' ? text[0] - 'a' + 'A' : text[0]);
  const auto letter = kLetters.find(upper);
  if (letter == std::string_view::npos) {
    return std::nullopt;
  }
  int fifths = kLetterFifths[letter];
  std::size_t used = 1;
  if (text.size() > 1 && (text[1] == '#' || text[1] == 'b')) {
    const char sign = text[1];
    while (used < text.size() && used < 3 && text[used] == sign) {
      fifths += sign == '#' ? 7 : -7;
      ++used;
    }
  }
  text.remove_prefix(used);
  return PitchName{static_cast<std::int8_t>(fifths)};
}

} // namespace

std::string to_string(PitchName name) {
  const int accidental = name.accidental();
  std::string text(1, kLetters[static_cast<std::size_t>(name.letter())]);
  text.append(static_cast<std::size_t>(std::abs(accidental)), accidental < 0 ? 'b' : '#');
  return text;
}

std::optional<PitchName> parse_pitch_name(std::string_view text) noexcept {
  const auto name = take_pitch_name(text);
  return text.empty() ? name : std::nullopt;
}

std::string_view to_string(Mode mode) noexcept { return kModeNames[static_cast<std::size_t>(mode)]; }

std::optional<Mode> parse_mode(std::string_view text) noexcept {
  const auto* const found = std::find(kModeNames.begin(), kModeNames.end(), text);
  if (found == kModeNames.end()) {
    return std::nullopt;
  }
  return static_cast<Mode>(found - kModeNames.begin());
}

std::string to_string(const Key& key) { return to_string(key.tonic) + ' ' + std::string{to_string(key.mode)}; }

std::span<const std::int8_t> chord_fifths(ChordQuality quality) noexcept {
  const auto& spec = spec_of(quality);
  return std::span{spec.fifths}.first(spec.size);
}

std::string to_string(const Chord& chord) {
  std::string text = to_string(chord.root);
  text += spec_of(chord.quality).suffix;
  if (chord.bass != chord.root) {
    text += '/';
    text += to_string(chord.bass);
  }
  return text;
}

std::optional<Chord> parse_chord(std::string_view text) noexcept {
  const auto root = take_pitch_name(text);
  if (!root) {
    return std::nullopt;
  }
  const auto slash = text.find('/');
  const auto suffix = text.substr(0, slash);
  const auto* const quality = std::find_if(kQualities.begin(), kQualities.end(),
                                           [&](const QualitySpec& spec) { return spec.suffix == suffix; });
  if (quality == kQualities.end()) {
    return std::nullopt;
  }
  const auto bass = slash == std::string_view::npos ? root : parse_pitch_name(text.substr(slash + 1));
  if (!bass) {
    return std::nullopt;
  }
  return Chord{*root, static_cast<ChordQuality>(quality - kQualities.begin()), *bass};
}

} // namespace auralis::core
