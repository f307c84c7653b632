// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "auralis/core/analysis.hpp"
#include "auralis/protocol/messages.hpp"

namespace auralis::report {

/// What a live analyser says, as a message; none for what only drawings use (chroma).
[[nodiscard]] std::optional<protocol::HeardEvent> to_message(const core::AnalysisEvent& event);

} // namespace auralis::report
