// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "auralis/core/performance.hpp"
#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"

namespace auralis::session {

/// What was truly played, as the text of the files of an annotated dataset; empty where there was no such thing.
struct Labels {
  std::string beats;  ///< a line a beat: seconds TAB position in the bar, from 1
  std::string tempo;  ///< BPM, from the first beat to the last
  std::string key;    ///< "D minor": that which lasts longest; a mode counts by its third
  std::string chords; ///< a line a chord: from TAB to TAB "D:min7/b3"; "N" before the first
};

/// \pre events are in order of `at`, all in [0, end]
[[nodiscard]] Labels labels_of(std::span<const core::PerformanceEvent> events, core::Hertz rate, core::Frames end);

/// Writes folder/beats/STEM.beats, folder/tempo/STEM.bpm, folder/key/STEM.key and folder/chords/STEM.lab: the layout
/// that evaluation::read_dataset reads. Errors: io.
[[nodiscard]] core::Result<void> write_labels(const std::filesystem::path& folder, std::string_view stem,
                                              const Labels& labels);

} // namespace auralis::session
