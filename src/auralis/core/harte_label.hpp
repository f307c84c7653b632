// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "auralis/core/music.hpp"

namespace auralis::core {

/// A chord as data sets write it, "A:min7/b3": C. Harte, "Symbolic representation of musical chords", ISMIR 2005.
[[nodiscard]] std::string harte_label(const Chord& chord);

} // namespace auralis::core
