// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/result.hpp"

namespace auralis::synth {

struct SoundFontInfo {
  std::string path;
  std::string name; ///< the bank's own name from its INFO chunk ("Fluid R3 GM"), else the file's stem
};

/// The SoundFont to play: `configured` if it is not empty, else the best installed of FluidR3 GM, MuseScore General and
/// TimGM6mb under /usr/share/sounds. Reads the header only. A missing or malformed file is an Error that says what to
/// install or correct.
[[nodiscard]] core::Result<SoundFontInfo> find_soundfont(std::string_view configured = {});

/// The same with the places to look at given, best first.
[[nodiscard]] core::Result<SoundFontInfo> find_soundfont(std::string_view configured,
                                                         const std::vector<std::filesystem::path>& places);

} // namespace auralis::synth
