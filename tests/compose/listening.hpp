// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "auralis/compose/composer.hpp"

// What the tests of the composer share: playing it for a while, and reading what it said.
namespace auralis::compose {

using Events = std::vector<core::PerformanceEvent>;

/// Advances by `seconds` in blocks of `block` quanta and returns all events.
inline Events play(Composer& composer, double seconds, std::int64_t block = 750, double rate = 48'000.0) {
  Events all;
  const auto quanta = static_cast<std::int64_t>(seconds * rate / static_cast<double>(core::kQuantum.value));
  const core::Frames end{composer.now().value + quanta * core::kQuantum.value};
  while (composer.now() < end) {
    const auto events = composer.advance(std::min(end, composer.now() + core::Frames{block * core::kQuantum.value}));
    all.insert(all.end(), events.begin(), events.end());
  }
  return all;
}

/// The events of one kind, with their times.
template <typename T> std::vector<std::pair<core::Frames, T>> only(const Events& events) {
  std::vector<std::pair<core::Frames, T>> found;
  for (const auto& event : events) {
    if (const auto* what = std::get_if<T>(&event.what)) {
      found.emplace_back(event.at, *what);
    }
  }
  return found;
}

inline std::string describe(const core::PerformanceEvent& event) {
  const auto number = [](auto value) { return ' ' + std::to_string(value); };
  struct Visitor {
    decltype(number)& n;
    std::string operator()(const core::NoteOn& e) const {
      return "on" + n(static_cast<int>(e.layer)) + n(e.midi) + n(e.velocity) + ' ' + core::to_string(e.name) +
             n(e.duration.value);
    }
    std::string operator()(const core::NoteOff& e) const { return "off" + n(static_cast<int>(e.layer)) + n(e.midi); }
    std::string operator()(const core::ChordChange& e) const {
      return "chord " + core::to_string(e.chord) + ' ' + core::to_string(e.key);
    }
    std::string operator()(const core::BeatTick& e) const {
      return "beat" + n(e.bar) + n(e.beat) + n(e.phrase) + n(e.tempo.value);
    }
    std::string operator()(const core::LayerGain& e) const { return "gain" + n(static_cast<int>(e.layer)) + n(e.gain); }
    std::string operator()(const core::Brightness& e) const { return "brightness" + n(e.value); }
    std::string operator()(const core::ProgramChange& e) const {
      return "program" + n(static_cast<int>(e.layer)) + n(e.program);
    }
  };
  return std::to_string(event.at.value) + ' ' + std::visit(Visitor{number}, event.what);
}

inline std::vector<std::string> describe(const Events& events) {
  std::vector<std::string> lines;
  std::ranges::transform(events, std::back_inserter(lines), [](const auto& event) { return describe(event); });
  return lines;
}

} // namespace auralis::compose
