// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/chords.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace auralis::evaluation {
namespace {

constexpr unsigned bits(std::initializer_list<int> semitones) {
  unsigned set = 0;
  for (const int semitone : semitones) {
    set |= 1U << static_cast<unsigned>(semitone);
  }
  return set;
}

constexpr unsigned kMajor = bits({0, 4, 7});
constexpr unsigned kMinor = bits({0, 3, 7});
constexpr unsigned kMajor7 = bits({0, 4, 7, 11});
constexpr unsigned kDominant7 = bits({0, 4, 7, 10});
constexpr unsigned kMinor7 = bits({0, 3, 7, 10});
constexpr unsigned kTriad = 0xFF; // up to the fifth: what tells triads apart

// Shorthands of Harte's notation; extended chords stand for their seventh, as in mir_eval.
constexpr std::array<std::pair<std::string_view, unsigned>, 24> kShorthands{{
    {"maj", kMajor},
    {"min", kMinor},
    {"aug", bits({0, 4, 8})},
    {"dim", bits({0, 3, 6})},
    {"sus4", bits({0, 5, 7})},
    {"sus2", bits({0, 2, 7})},
    {"7", kDominant7},
    {"maj7", kMajor7},
    {"min7", kMinor7},
    {"minmaj7", bits({0, 3, 7, 11})},
    {"maj6", bits({0, 4, 7, 9})},
    {"min6", bits({0, 3, 7, 9})},
    {"dim7", bits({0, 3, 6, 9})},
    {"hdim7", bits({0, 3, 6, 10})},
    {"maj9", kMajor7},
    {"min9", kMinor7},
    {"9", kDominant7},
    {"min11", kMinor7},
    {"11", kDominant7},
    {"maj13", kMajor7},
    {"min13", kMinor7},
    {"13", kDominant7},
    {"1", bits({0})},
    {"5", bits({0, 7})},
}};

unsigned tones_of(core::ChordQuality quality) noexcept {
  switch (quality) {
  case core::ChordQuality::major:
  case core::ChordQuality::add9:
    return kMajor;
  case core::ChordQuality::minor:
  case core::ChordQuality::minor_add9:
    return kMinor;
  case core::ChordQuality::diminished:
    return bits({0, 3, 6});
  case core::ChordQuality::augmented:
    return bits({0, 4, 8});
  case core::ChordQuality::sus2:
    return bits({0, 2, 7});
  case core::ChordQuality::sus4:
    return bits({0, 5, 7});
  case core::ChordQuality::major6:
    return bits({0, 4, 7, 9});
  case core::ChordQuality::minor6:
    return bits({0, 3, 7, 9});
  case core::ChordQuality::major7:
  case core::ChordQuality::major9:
    return kMajor7;
  case core::ChordQuality::dominant7:
    return kDominant7;
  case core::ChordQuality::minor7:
  case core::ChordQuality::minor9:
    return kMinor7;
  case core::ChordQuality::half_diminished7:
    return bits({0, 3, 6, 10});
  case core::ChordQuality::diminished7:
    return bits({0, 3, 6, 9});
  case core::ChordQuality::minor_major7:
    return bits({0, 3, 7, 11});
  }
  return kMajor;
}

/// Semitones of "b3", "#5", "13" above the root, possibly below 0 or beyond an octave.
std::optional<int> semitones_of_degree(std::string_view degree) {
  int shift = 0;
  while (!degree.empty() && (degree.front() == '#' || degree.front() == 'b')) {
    const bool sharp = degree.front() == '#';
    if (shift != 0 && (shift > 0) != sharp) {
      return std::nullopt;
    }
    shift += sharp ? 1 : -1;
    degree.remove_prefix(1);
  }
  constexpr std::array kSemitones{0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 21};
  for (std::size_t number = 1; number <= kSemitones.size(); ++number) {
    if (degree == std::to_string(number)) {
      return kSemitones[number - 1] + shift;
    }
  }
  return std::nullopt;
}

/// Adds or (with a star) removes the degrees of "*3,b7,9"; false if there is one that is none.
bool apply_degrees(std::string_view list, unsigned& tones) {
  std::array<int, 12> count{};
  for (std::size_t i = 0; i < count.size(); ++i) {
    count[i] = static_cast<int>((tones >> i) & 1U);
  }
  std::vector<std::string_view> seen; // a degree that is named twice counts once
  for (bool more = true; more;) {
    const auto comma = list.find(',');
    auto degree = list.substr(0, comma);
    more = comma != std::string_view::npos;
    list.remove_prefix(more ? comma + 1 : list.size());
    if (std::ranges::find(seen, degree) != seen.end()) {
      continue;
    }
    seen.push_back(degree);
    const bool removed = degree.starts_with('*');
    degree.remove_prefix(removed ? 1 : 0);
    const auto semitone = semitones_of_degree(degree);
    if (!semitone) {
      return false;
    }
    if (*semitone < 12) {
      count[static_cast<std::size_t>((*semitone + 24) % 12)] += removed ? -1 : 1;
    }
  }
  tones = 0;
  for (std::size_t i = 0; i < count.size(); ++i) {
    tones |= (count[i] > 0 ? 1U : 0U) << i;
  }
  return true;
}

std::optional<unsigned> tones_of_shorthand(std::string_view name) {
  const auto* const found = std::ranges::find(kShorthands, name, &std::pair<std::string_view, unsigned>::first);
  return found == kShorthands.end() ? std::nullopt : std::optional{found->second};
}

/// What the estimate says of each moment of [from, to].
std::vector<ChordSpan> stretched(std::span<const ChordSpan> chords, core::Seconds from, core::Seconds to) {
  std::vector<ChordSpan> result;
  core::Seconds end = from;
  for (const auto& chord : chords) {
    if (chord.to < from || chord.from > to) {
      continue;
    }
    if (result.empty() && chord.from > from) {
      result.push_back({.from = from, .to = chord.from, .tones = {}});
    }
    result.push_back({.from = std::max(chord.from, from), .to = std::min(chord.to, to), .tones = chord.tones});
    end = std::max(end, result.back().to);
  }
  if (end < to) {
    result.push_back({.from = end, .to = to, .tones = {}});
  }
  return result;
}

struct Tally {
  double judged = 0.0;
  double right = 0.0;
  void add(bool in_vocabulary, bool is_right, double duration) noexcept {
    judged += in_vocabulary ? duration : 0.0;
    right += in_vocabulary && is_right ? duration : 0.0;
  }
  [[nodiscard]] std::optional<double> share() const noexcept {
    return judged > 0.0 ? std::optional{right / judged} : std::nullopt;
  }
};

} // namespace

ChordTones chord_tones(const std::optional<core::Chord>& chord) noexcept {
  if (!chord) {
    return {};
  }
  const int root = chord->root.pitch_class();
  const int bass = (chord->bass.pitch_class() - root + 12) % 12;
  const unsigned tones = tones_of(chord->quality) | (1U << static_cast<unsigned>(bass));
  return {.root = root, .semitones = static_cast<std::uint16_t>(tones)};
}

std::optional<ChordTones> parse_chord_label(std::string_view label) {
  if (label == "N") {
    return ChordTones{};
  }
  if (label == "X") {
    return ChordTones{.known = false};
  }
  int bass = 0;
  if (const auto slash = label.find('/'); slash != std::string_view::npos) {
    const auto semitone = semitones_of_degree(label.substr(slash + 1));
    if (!semitone) {
      return std::nullopt;
    }
    bass = (*semitone + 24) % 12;
    label = label.substr(0, slash);
  }
  std::string_view degrees;
  if (const auto open = label.find('('); open != std::string_view::npos) {
    if (!label.ends_with(')')) {
      return std::nullopt;
    }
    degrees = label.substr(open + 1, label.size() - open - 2);
    label = label.substr(0, open);
    if (degrees.empty() || label.find(':') == std::string_view::npos) {
      return std::nullopt;
    }
  }
  unsigned tones = kMajor;
  if (const auto colon = label.find(':'); colon != std::string_view::npos) {
    const auto name = label.substr(colon + 1);
    label = label.substr(0, colon);
    const auto shorthand = name.empty() && !degrees.empty() ? std::optional{bits({0})} : tones_of_shorthand(name);
    if (!shorthand) {
      return std::nullopt;
    }
    tones = *shorthand;
  }
  if (!degrees.empty() && !apply_degrees(degrees, tones)) {
    return std::nullopt;
  }
  const auto root = core::parse_pitch_name(label);
  if (!root) {
    return std::nullopt;
  }
  return ChordTones{.root = root->pitch_class(),
                    .semitones = static_cast<std::uint16_t>(tones | (1U << static_cast<unsigned>(bass)))};
}

ChordScore score_chords(std::span<const ChordSpan> reference, std::span<const ChordSpan> estimate) {
  if (reference.empty()) {
    return {};
  }
  const auto told = stretched(estimate, reference.front().from, reference.back().to);
  std::vector<double> edges;
  for (const auto& side : {std::span<const ChordSpan>{told}, reference}) {
    for (const auto& chord : side) {
      edges.push_back(chord.from.value);
      edges.push_back(chord.to.value);
    }
  }
  std::ranges::sort(edges);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());

  constexpr std::array kSevenths{kMajor, kMinor, kMajor7, kDominant7, kMinor7, 0U};
  const auto last_begun = [](std::span<const ChordSpan> chords, std::size_t& index, double at) -> const ChordTones& {
    while (index + 1 < chords.size() && chords[index + 1].from.value <= at) {
      ++index;
    }
    return chords[index].tones;
  };
  Tally majmin;
  Tally sevenths;
  std::size_t in_reference = 0;
  std::size_t in_estimate = 0;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const double duration = edges[i + 1] - edges[i];
    const ChordTones& wanted = last_begun(reference, in_reference, edges[i]);
    const ChordTones& got = last_begun(told, in_estimate, edges[i]);
    const bool comparable = wanted.root == got.root && got.known;
    const unsigned triad = wanted.semitones & kTriad;
    const bool nothing = wanted.root < 0 && wanted.semitones == 0;
    majmin.add(wanted.known && (triad == (kMajor & kTriad) || triad == (kMinor & kTriad) || nothing),
               comparable && triad == (got.semitones & kTriad), duration);
    sevenths.add(wanted.known && std::ranges::find(kSevenths, unsigned{wanted.semitones}) != kSevenths.end(),
                 comparable && wanted.semitones == got.semitones, duration);
  }
  return {.majmin = majmin.share(), .sevenths = sevenths.share()};
}

} // namespace auralis::evaluation
