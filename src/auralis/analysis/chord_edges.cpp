// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/chord_edges.hpp"

#include <algorithm>
#include <ranges>

namespace auralis::analysis {
namespace {

// How far an onset may lie before a change and after it: early is the commoner error.
constexpr double kBefore = 0.1;
constexpr double kAfter = 0.2;
constexpr double kShortest = 0.1; // of what is left of a chord
constexpr auto kTime = [](const core::Onset& onset) { return onset.at.value; };

} // namespace

void move_edges_to_onsets(std::span<core::ChordSegment> chords, std::span<const core::Onset> onsets) noexcept {
  for (std::size_t i = 1; i < chords.size(); ++i) {
    auto& ending = chords[i - 1];
    auto& beginning = chords[i];
    const double edge = beginning.from.value;
    const double from = std::max(edge - kBefore, ending.from.value + kShortest);
    const double to = std::min(edge + kAfter, beginning.to.value - kShortest);
    const auto first = std::ranges::lower_bound(onsets, from, {}, kTime);
    const auto last = std::ranges::upper_bound(first, onsets.end(), to, {}, kTime);
    if (from > to || first == last) {
      continue;
    }
    beginning.from =
        std::max_element(first, last, [](const auto& a, const auto& b) { return a.strength < b.strength; })->at;
    ending.to = beginning.from;
  }
}

} // namespace auralis::analysis
