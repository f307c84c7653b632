// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "auralis/core/parameters.hpp"

namespace auralis::compose {

/// A short name kept inside the object, so that a preset is trivially copyable. Longer text is cut at kCapacity.
class PresetName {
public:
  static constexpr std::size_t kCapacity = 32;

  constexpr PresetName() noexcept = default;
  constexpr PresetName(std::string_view text) noexcept : size_{std::min(text.size(), kCapacity)} { // NOLINT: a string
    std::copy_n(text.begin(), size_, text_.begin());
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  constexpr operator std::string_view() const noexcept { return view(); } // NOLINT: a string in all but storage

  friend constexpr bool operator==(const PresetName&, const PresetName&) noexcept = default;

private:
  std::array<char, kCapacity> text_{};
  std::size_t size_ = 0;
};

/// A starting point: what the music is like before anybody touches a control.
struct Preset {
  PresetName name;
  core::Parameters parameters;
  core::Character character;

  friend constexpr bool operator==(const Preset&, const Preset&) noexcept = default;
};

/// The built-in presets: Focus, Meditation, Sleep, Bright.
[[nodiscard]] std::span<const Preset> presets() noexcept;

/// Finds a built-in preset by name, in either case ("focus", "Focus").
[[nodiscard]] std::optional<Preset> find_preset(std::string_view name) noexcept;

} // namespace auralis::compose
