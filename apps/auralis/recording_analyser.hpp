// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auralis/server/analyses.hpp"

namespace auralis::app {

/// What the server does with a recording: everything that the engine hears in it, and its outline.
[[nodiscard]] server::Analyser recording_analyser(analysis::Networks networks);

} // namespace auralis::app
