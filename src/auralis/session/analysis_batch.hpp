// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"

namespace auralis::session {

/// Is told how much of the file is done, [0, 1]; never called twice at once for one file.
using FileProgress = std::function<void(double share)>;

/// Analyses one file. Called from several threads at once, for different files. An exception counts as an Error.
using AnalyseFile =
    std::function<core::Result<protocol::AnalysisDocument>(const std::filesystem::path& file, const FileProgress&)>;

struct BatchProgress {
  std::size_t finished = 0; ///< files, failed ones among them
  double share = 0.0;       ///< of all files' bytes, [0, 1]
};

struct Batch {
  std::span<const std::filesystem::path> files;
  int jobs = 1; ///< threads; at least 1
  AnalyseFile analyse;
  /// Results in the order of the files, whatever the number of jobs; on the caller's thread. Must not throw.
  std::function<void(std::size_t index, core::Result<protocol::AnalysisDocument> result)> on_result;
  /// Now and then, on the caller's thread. Must not throw.
  std::function<void(const BatchProgress&)> on_progress;
};

/// Runs the batch to its end; one bad file never stops the rest. Holds at most a few results a job.
void run(const Batch& batch);

/// What is no folder as it is, whether it is there or not, and of folders all files below that look like sound or film,
/// in the order of their paths. Errors: invalid_argument if that is nothing at all; io for a folder that cannot be
/// read.
[[nodiscard]] core::Result<std::vector<std::filesystem::path>>
sound_files(std::span<const std::filesystem::path> files_and_folders);

} // namespace auralis::session
