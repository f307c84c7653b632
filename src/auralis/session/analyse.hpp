// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"
#include "auralis/report/analysis_document.hpp"

namespace auralis::session {

class AnalysisCache;

/// Decodes a file and analyses what `parts` ask for; takes the result from the cache where it is remembered, and
/// remembers it where not. `cache` may be null. `progress` is told the share done, [0, 1].
/// Errors: those of media::AudioReader; a damaged file is analysed as far as it goes, and its source says `truncated`.
/// A cache that cannot be written costs nothing but the next run's time, and is no error.
[[nodiscard]] core::Result<protocol::AnalysisDocument> analyse_file(const std::filesystem::path& file,
                                                                    report::Parts parts, const AnalysisCache* cache,
                                                                    const std::function<void(double share)>& progress);

} // namespace auralis::session
