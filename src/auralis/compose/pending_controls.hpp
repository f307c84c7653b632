// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "auralis/core/parameters.hpp"

namespace auralis::compose {

/// Controls that wait for their grid, merged field by field: bounded however many come.
///
/// A newer wish replaces an older one for the same thing, whichever grid either waits for.
/// Realtime: yes.
class PendingControls {
public:
  void add(const core::Control& control) noexcept;
  /// Takes out everything that waits for `grid` or a finer one, as one control; nullopt if nothing does.
  std::optional<core::Control> take(core::Grid grid) noexcept;

private:
  static constexpr std::size_t kGrids = 4;
  std::array<core::Control, kGrids> waiting_{};
  std::array<bool, kGrids> any_{};
};

} // namespace auralis::compose
