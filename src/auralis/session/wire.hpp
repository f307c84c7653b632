// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "auralis/core/parameters.hpp"
#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"

/// Between what crosses the network (protocol) and what the engine works with (core).
namespace auralis::session {

/// The preset of that id, or nothing.
using PresetLookup = std::function<std::optional<protocol::PresetDocument>(std::string_view id)>;

/// The change a message asks for: its preset's parameters and character first, its own fields on top. The grid, where
/// absent, is the beat. Errors: an unknown preset (not_found) or an unreadable chord (invalid_argument).
[[nodiscard]] core::Result<core::Control> to_control(const protocol::ControlMessage& message,
                                                     const PresetLookup& preset_of);
/// The message that asks for `control`, without id and preset: a character has no field of its own and is left out.
[[nodiscard]] protocol::ControlMessage to_message(const core::Control& control);

[[nodiscard]] core::Parameters to_parameters(const protocol::Parameters& message);
/// Fractions are rounded to six decimals, so that 0.9F reads as 0.9.
[[nodiscard]] protocol::Parameters to_message(const core::Parameters& parameters);

[[nodiscard]] core::Character to_character(const protocol::Character& message);
[[nodiscard]] protocol::Character to_message(const core::Character& character);

} // namespace auralis::session
