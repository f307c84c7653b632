// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/labels.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/core.h>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "auralis/core/harte_label.hpp"

namespace auralis::session {
namespace {

bool is_minor(core::Mode mode) noexcept {
  switch (mode) {
  case core::Mode::dorian:
  case core::Mode::phrygian:
  case core::Mode::aeolian:
  case core::Mode::locrian:
  case core::Mode::minor_pentatonic:
  case core::Mode::harmonic_minor:
    return true;
  default:
    return false;
  }
}

/// Time spent in each key.
class KeyTimes {
public:
  void add(const core::Key& key, core::Frames length) {
    const auto known = std::ranges::find(times_, key, &std::pair<core::Key, core::Frames>::first);
    if (known == times_.end()) {
      times_.emplace_back(key, length);
    } else {
      known->second += length;
    }
  }
  [[nodiscard]] std::string longest() const {
    const auto found = std::ranges::max_element(times_, {}, &std::pair<core::Key, core::Frames>::second);
    return found == times_.end() ? std::string{}
                                 : fmt::format("{} {}\n", core::to_string(found->first.tonic),
                                               is_minor(found->first.mode) ? "minor" : "major");
  }

private:
  std::vector<std::pair<core::Key, core::Frames>> times_;
};

} // namespace

Labels labels_of(std::span<const core::PerformanceEvent> events, core::Hertz rate, core::Frames end) {
  Labels labels;
  const auto seconds = [rate](core::Frames at) { return core::to_seconds(at, rate).value; };

  std::optional<core::Frames> first_beat;
  core::Frames last_beat;
  std::int64_t intervals = -1;
  std::optional<core::ChordChange> sounding;
  core::Frames since;
  KeyTimes keys;
  const auto end_chord = [&](core::Frames at) {
    if (at > since) {
      labels.chords += fmt::format("{:.4f}\t{:.4f}\t{}\n", seconds(since), seconds(at),
                                   sounding ? core::harte_label(sounding->chord) : "N");
    }
    if (sounding) {
      keys.add(sounding->key, at - since);
    }
  };
  for (const auto& event : events) {
    if (const auto* tick = std::get_if<core::BeatTick>(&event.what)) {
      labels.beats += fmt::format("{:.4f}\t{}\n", seconds(event.at), tick->beat + 1);
      first_beat = first_beat.value_or(event.at);
      last_beat = event.at;
      ++intervals;
    } else if (const auto* change = std::get_if<core::ChordChange>(&event.what)) {
      end_chord(event.at);
      sounding = *change;
      since = event.at;
    }
  }
  if (sounding) {
    end_chord(end);
  }
  labels.key = keys.longest();
  if (first_beat && intervals > 0) {
    labels.tempo =
        fmt::format("{:.3f}\n", 60.0 * static_cast<double>(intervals) / (seconds(last_beat) - seconds(*first_beat)));
  }
  return labels;
}

core::Result<void> write_labels(const std::filesystem::path& folder, std::string_view stem, const Labels& labels) {
  struct Part {
    std::string_view folder;
    std::string_view ending;
    const std::string& text;
  };
  const std::array<Part, 4> parts{{{"beats", ".beats", labels.beats},
                                   {"tempo", ".bpm", labels.tempo},
                                   {"key", ".key", labels.key},
                                   {"chords", ".lab", labels.chords}}};
  for (const auto& part : parts) {
    if (part.text.empty()) {
      continue;
    }
    const auto path = folder / part.folder / fmt::format("{}{}", stem, part.ending);
    std::error_code error; // opening the file says what went wrong
    std::filesystem::create_directories(path.parent_path(), error);
    std::ofstream file{path, std::ios::binary};
    file << part.text;
    file.close();
    if (!file) {
      return core::fail(core::ErrorCode::io, "cannot be written", path.string());
    }
  }
  return {};
}

} // namespace auralis::session
