// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "auralis/core/music.hpp"

namespace auralis::evaluation {

/// MIREX's weights: 1 for the same key, 0.5 a fifth above, 0.3 the relative, 0.2 the parallel key, else 0; 1 where
/// both say that there is none. Ionian is major, aeolian minor, every other mode "other", as mir_eval.key has it.
[[nodiscard]] double mirex_key_score(const std::optional<core::Key>& reference,
                                     const std::optional<core::Key>& estimate) noexcept;

/// Reads "A# minor" or "Bb major", the form of key files; nullopt for anything else.
[[nodiscard]] std::optional<core::Key> parse_key(std::string_view text) noexcept;

} // namespace auralis::evaluation
