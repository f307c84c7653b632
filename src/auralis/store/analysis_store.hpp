// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"

namespace auralis::store {

enum class AnalysisState : std::uint8_t { queued, running, done, failed };

[[nodiscard]] std::string_view to_string(AnalysisState state) noexcept;

/// What is known of an analysis besides its result.
struct AnalysisRecord {
  std::string id; ///< 16 of [a-z0-9]
  std::string name;
  AnalysisState state = AnalysisState::queued;
  std::int64_t created_ms = 0;         ///< Unix time
  std::optional<core::Seconds> length; ///< of the recording, once known
  std::string error;                   ///< why it failed; empty otherwise
};

/// Analyses and their results, in a SQLite database `analyses.db` below a folder.
///
/// A change is on the disk before the call returns, or it has not happened. The database belongs to one process at a
/// time. What a process left queued or running when it ended is found failed by the next one.
/// Thread: any, one call at a time. Realtime: no; every call may wait for the disk. Errors: not_found for an unknown
/// id, io where the disk refuses or the database is damaged.
class AnalysisStore {
public:
  /// An empty folder keeps everything in memory.
  /// \throws std::runtime_error if the folder cannot be made, or the database is damaged, of another program or of a
  /// later version, cannot be written, or is in use; it is then left as it is.
  explicit AnalysisStore(const std::filesystem::path& folder);
  ~AnalysisStore();
  AnalysisStore(const AnalysisStore&) = delete;
  AnalysisStore& operator=(const AnalysisStore&) = delete;

  /// A new one, queued, whose id nobody can guess.
  [[nodiscard]] core::Result<AnalysisRecord> create(std::string_view name, std::int64_t created_ms);
  [[nodiscard]] core::Result<void> start(std::string_view id);
  /// Done: `document` is the result as JSON, `peaks` its waveform as bytes.
  [[nodiscard]] core::Result<void> finish(std::string_view id, core::Seconds length, std::string_view document,
                                          std::string_view peaks);
  [[nodiscard]] core::Result<void> fail(std::string_view id, std::string_view why);
  [[nodiscard]] core::Result<void> erase(std::string_view id);

  [[nodiscard]] core::Result<AnalysisRecord> find(std::string_view id) const;
  /// Newest first.
  [[nodiscard]] core::Result<std::vector<AnalysisRecord>> list() const;
  /// Errors: unavailable while it is not done.
  [[nodiscard]] core::Result<std::string> document(std::string_view id) const;
  [[nodiscard]] core::Result<std::string> peaks(std::string_view id) const;

private:
  struct Database;
  std::unique_ptr<Database> database_;
};

} // namespace auralis::store
