// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "auralis/analysis/networks.hpp"
#include "auralis/core/analysis.hpp"
#include "auralis/core/result.hpp"

namespace auralis::session {

/// Online: what the live analyser said, each thing as it was first said, knowing nothing of what followed.
/// Offline: what is said of a file once it has been heard to its end.
enum class Hearing : std::uint8_t { online, offline };

/// The musical parts of a recording: onsets, beats, tempo, key, chords, pitch. Errors: those of media::AudioReader.
[[nodiscard]] core::Result<core::Analysis> hear(const std::filesystem::path& file, Hearing hearing,
                                                const analysis::Networks& networks = {});

} // namespace auralis::session
