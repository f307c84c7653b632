// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/parameters.hpp"
#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"

namespace auralis::session {

/// A whole session: played again, it gives the same samples.
struct Recording {
  core::Hertz sample_rate{48'000.0};         ///< 44100 or 48000
  std::uint64_t seed = 1;                    ///< below 2^53, so that JSON carries it
  core::Parameters parameters;               ///< at frame 0
  core::Character character;                 ///< at frame 0
  std::vector<core::LoggedControl> controls; ///< in the order of arrival

  friend bool operator==(const Recording&, const Recording&) = default;
};

/// JSON lines: a RecordingHeader, then one RecordedControl for each control (protocol/messages.schema.json).
[[nodiscard]] std::string to_json_lines(const Recording& recording);
/// Reads what to_json_lines writes; blank lines are skipped. Errors name the line in `where`. Times that go backwards
/// are refused.
[[nodiscard]] core::Result<Recording> parse_recording(std::string_view text);

} // namespace auralis::session
