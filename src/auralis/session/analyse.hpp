// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "auralis/analysis/networks.hpp"
#include "auralis/core/audio_block.hpp"
#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"
#include "auralis/report/analysis_document.hpp"

namespace auralis::media {
class AudioReader;
}

namespace auralis::session {

class AnalysisCache;

/// What goes on beside an analysis, on its thread.
struct Beside {
  std::function<void(double share)> progress;              ///< told the share done, [0, 1]
  std::function<void(const core::AudioBlock& block)> hear; ///< given every block of the sound, in order
  std::stop_token stop;                                    ///< once requested, the analysis ends as soon as it can
};

/// Analyses what `parts` ask for of a recording that nothing has been read of yet. `name` and `sha256` go into the
/// document. Errors: those of the reader; unavailable where it was stopped; internal where a network cannot be run.
[[nodiscard]] core::Result<protocol::AnalysisDocument> analyse(media::AudioReader& reader, std::string name,
                                                               std::string sha256, report::Parts parts,
                                                               const Beside& beside,
                                                               const analysis::Networks& networks = {});

/// Decodes a file and analyses what `parts` ask for; takes the result from the cache where it is remembered, and
/// remembers it where not. `cache` may be null. `progress` is told the share done, [0, 1].
/// Errors: those of media::AudioReader; a damaged file is analysed as far as it goes, and its source says `truncated`.
/// The cache must have been made with what `networks` calls its file_identity(). A cache that cannot be written costs
/// nothing but the next run's time, and is no error.
[[nodiscard]] core::Result<protocol::AnalysisDocument> analyse_file(const std::filesystem::path& file,
                                                                    report::Parts parts, const AnalysisCache* cache,
                                                                    const std::function<void(double share)>& progress,
                                                                    const analysis::Networks& networks = {});

} // namespace auralis::session
