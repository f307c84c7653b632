// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/core/result.hpp"
#include "auralis/evaluation/chords.hpp"
#include "auralis/evaluation/pitch.hpp"

namespace auralis::evaluation {

/// What is known, or was estimated, of a recording. A part that is absent is not judged.
struct Annotations {
  std::optional<std::vector<double>> beats;     ///< seconds, in order
  std::optional<std::vector<double>> downbeats; ///< seconds, in order; absent where the bar is unknown
  std::optional<core::Bpm> tempo;
  std::optional<std::optional<core::Key>> key; ///< an inner nullopt: there is none
  std::optional<std::vector<ChordSpan>> chords;
  std::optional<std::vector<double>> onsets; ///< seconds, in order
  std::optional<PitchTrack> pitch;
};

/// What an analysis says, every part of it.
[[nodiscard]] Annotations to_annotations(const core::Analysis& analysis);

/// Reads what there is of `stem` in the folders beats/ (.beats: time TAB position, 1 = downbeat, 0 = unknown),
/// tempo/ (.bpm), key/ (.key: "A# minor"), chords/ (.lab: from to label), onsets/ (.onsets: time) and
/// f0/ (.f0: time Hz). Errors: invalid_argument, naming file and line.
[[nodiscard]] core::Result<Annotations> read_annotations(const std::filesystem::path& folder, std::string_view stem);

/// Settings are chosen on one half of the clips and judged on the other.
enum class Half : std::uint8_t { tune, report };
/// By the CRC-32 of the file name without its extension: even is tune, odd is report.
[[nodiscard]] Half half_of(std::string_view stem) noexcept;

struct Clip {
  std::filesystem::path audio;
  std::string dataset; ///< name of its folder
  std::string stem;
  std::string genre; ///< empty where there is none
  Half half = Half::tune;
  Annotations truth;
};

/// One folder with audio/ and annotations beside it, or a folder of such folders; clips in the order of their paths.
/// Errors: not_found where there is no audio/; invalid_argument for an annotation that cannot be read.
[[nodiscard]] core::Result<std::vector<Clip>> read_dataset(const std::filesystem::path& folder);

} // namespace auralis::evaluation
