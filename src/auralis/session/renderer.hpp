// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"
#include "auralis/session/recording.hpp"

namespace auralis::session {

struct RenderRequest {
  Recording recording;
  std::string soundfont;                      ///< path; empty takes the best installed
  core::Seconds length{60.0};                 ///< (0, 86400]
  std::optional<std::filesystem::path> audio; ///< .wav, .flac, .ogg or .opus
  std::optional<std::filesystem::path> midi;  ///< Standard MIDI File
  /// Folder of an annotated dataset: what was truly played goes there (write_labels), by the name of the sound file.
  std::optional<std::filesystem::path> labels;
};

struct RenderReport {
  core::Frames frames;
  std::int64_t notes = 0;
  core::Decibels loudness{};  ///< integrated, LUFS (EBU R128); -infinity for silence
  core::Decibels true_peak{}; ///< dBTP
};

/// Plays a recording at full speed into files: sample for sample what a station with that seed and those controls
/// sends. `progress`, if given, is called with the share done, in (0, 1], about a hundred times.
/// Errors: invalid_argument for a length, rate or file ending, or for labels without a sound file; unavailable where no
/// SoundFont can be loaded; io. A file that could not be finished is removed.
[[nodiscard]] core::Result<RenderReport> render(const RenderRequest& request,
                                                const std::function<void(double)>& progress = {});

} // namespace auralis::session
