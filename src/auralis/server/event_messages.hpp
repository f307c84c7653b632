// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auralis/core/performance.hpp"
#include "auralis/core/result.hpp"

namespace auralis::server {

/// What a station's events are on the wire: one `notes` message for all notes, and one message for each chord and beat.
struct EventMessages {
  std::vector<std::shared_ptr<const std::string>> all; ///< in the order in which to send them
  std::shared_ptr<const std::string> chord;            ///< the last chord among them, or null
};

/// Times and durations are turned from the station's frames into the listener's, rounded down. \pre both rates are > 0
[[nodiscard]] EventMessages event_messages(std::span<const core::PerformanceEvent> events, std::int64_t station_rate,
                                           std::int64_t wire_rate);

/// The `error` message that says what a listener did wrong; `id` is that of the message it answers.
[[nodiscard]] std::string error_json(const core::Error& error, std::optional<std::int64_t> id = std::nullopt);

/// "F#4": the name with its octave, middle C (MIDI 60) being C4. Cb4 is MIDI 59.
[[nodiscard]] std::string pitch_with_octave(core::PitchName name, int midi);

} // namespace auralis::server
