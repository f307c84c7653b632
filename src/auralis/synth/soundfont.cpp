// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/soundfont.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>

#include <fmt/format.h>

namespace auralis::synth {
namespace {

constexpr std::string_view kInstall = "apt install fluid-soundfont-gm";

std::vector<std::filesystem::path> installed() {
  return {"/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf3/MuseScore_General.sf3",
          "/usr/share/sounds/sf3/MuseScore_General_Full.sf3", "/usr/share/sounds/sf2/MuseScore_General.sf2",
          "/usr/share/sounds/sf2/TimGM6mb.sf2"};
}

std::uint32_t little_endian(const char* bytes) {
  std::array<unsigned char, 4> b{};
  std::memcpy(b.data(), bytes, 4);
  return static_cast<std::uint32_t>(b[0]) | static_cast<std::uint32_t>(b[1]) << 8U |
         static_cast<std::uint32_t>(b[2]) << 16U | static_cast<std::uint32_t>(b[3]) << 24U;
}

/// The bank's name from "RIFF size sfbk LIST size INFO …"; empty if it carries none, nullopt if this is no SoundFont.
std::optional<std::string> bank_name(std::istream& file) {
  std::array<char, 24> head{};
  if (!file.read(head.data(), head.size()) || std::memcmp(head.data(), "RIFF", 4) != 0 ||
      std::memcmp(head.data() + 8, "sfbk", 4) != 0 || std::memcmp(head.data() + 12, "LIST", 4) != 0 ||
      std::memcmp(head.data() + 20, "INFO", 4) != 0) {
    return std::nullopt;
  }
  constexpr std::uint32_t kLargestInfo = 1U << 20U;
  std::uint32_t left = std::min(little_endian(head.data() + 16), kLargestInfo);
  left = left >= 4 ? left - 4 : 0;
  while (left >= 8) {
    std::array<char, 8> chunk{};
    if (!file.read(chunk.data(), chunk.size())) {
      return std::nullopt;
    }
    const std::uint32_t size = little_endian(chunk.data() + 4);
    left -= 8;
    if (size > left) {
      return std::nullopt;
    }
    if (std::memcmp(chunk.data(), "INAM", 4) == 0) {
      std::string name(size, '\0');
      file.read(name.data(), size);
      name.resize(std::min(name.find('\0'), name.size()));
      return name;
    }
    const std::uint32_t padded = size + (size & 1U);
    file.seekg(padded, std::ios::cur);
    left -= std::min(left, padded);
  }
  return std::string{};
}

core::Result<SoundFontInfo> inspect(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    return core::fail(
        core::ErrorCode::not_found,
        fmt::format("The SoundFont cannot be opened. Check its path and permissions, or leave it unset and "
                    "install one: {}",
                    kInstall),
        path.string());
  }
  auto name = bank_name(file);
  if (!name) {
    return core::fail(core::ErrorCode::invalid_argument, "This is no SoundFont (.sf2 or .sf3).", path.string());
  }
  return SoundFontInfo{.path = path.string(), .name = name->empty() ? path.stem().string() : *name};
}

} // namespace

core::Result<SoundFontInfo> find_soundfont(std::string_view configured) {
  return find_soundfont(configured, installed());
}

core::Result<SoundFontInfo> find_soundfont(std::string_view configured,
                                           const std::vector<std::filesystem::path>& places) {
  if (!configured.empty()) {
    return inspect(configured);
  }
  for (const auto& place : places) {
    if (auto found = inspect(place)) {
      return found;
    }
  }
  return core::fail(core::ErrorCode::not_found,
                    fmt::format("No SoundFont is installed. Install one ({}; musescore-general-soundfont and "
                                "timgm6mb-soundfont serve as well), or name a .sf2 or .sf3 file in the configuration.",
                                kInstall));
}

} // namespace auralis::synth
