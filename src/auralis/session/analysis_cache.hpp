// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"
#include "auralis/report/analysis_document.hpp"

namespace auralis::session {

/// Remembers analyses on disk by the SHA-256 of what was analysed and the version that did it.
///
/// One file a recording, written whole or not at all, so that processes may share a folder. What cannot be read (cut
/// off, of another form) counts as not there. Thread: any. Realtime: no.
class AnalysisCache {
public:
  /// Keeps its files below `folder`, which need not exist yet. What is remembered under one `networks`
  /// (analysis::Networks::file_identity()) is not there under another.
  explicit AnalysisCache(const std::filesystem::path& folder, const std::string& networks = {});

  /// The document with exactly `parts`, if what is remembered has them all. Its source is the one remembered.
  [[nodiscard]] std::optional<protocol::AnalysisDocument> find(std::string_view sha256, report::Parts parts) const;
  /// Remembers the document under its source's sha256. Errors: io.
  [[nodiscard]] core::Result<void> store(const protocol::AnalysisDocument& document) const;

private:
  [[nodiscard]] std::filesystem::path path_of(std::string_view sha256) const;

  std::filesystem::path folder_; ///< of this version and these networks
};

/// $XDG_CACHE_HOME/auralis/analyses, else ~/.cache/auralis/analyses; empty where neither variable is set.
[[nodiscard]] std::filesystem::path default_analysis_cache();

} // namespace auralis::session
