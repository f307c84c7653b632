// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "auralis/core/performance.hpp"
#include "auralis/core/units.hpp"

namespace auralis::compose {

/// A musical position in 2^-32 of a beat: integer, so that hours of glides add up exactly alike everywhere.
using Ticks = std::int64_t;
inline constexpr Ticks kTicksPerBeat = Ticks{1} << 32;

[[nodiscard]] inline Ticks to_ticks(double beats) noexcept {
  return std::llround(beats * static_cast<double>(kTicksPerBeat));
}

/// A value that moves to its target exponentially, a quantum at a time.
class Glide {
public:
  /// \pre time_constant.value > 0
  Glide(double value, core::Seconds time_constant, core::Hertz rate) noexcept
      : value_{value}, target_{value},
        step_{1.0 - std::exp(-static_cast<double>(core::kQuantum.value) / (rate.value * time_constant.value))} {}

  void aim(double target) noexcept { target_ = target; }
  void advance() noexcept {
    constexpr double kClose = 1e-4; // of a beat per minute or of a unit range: nobody hears it
    value_ += (target_ - value_) * step_;
    if (std::abs(target_ - value_) < kClose) {
      value_ = target_;
    }
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] double target() const noexcept { return target_; }

private:
  double value_;
  double target_;
  double step_;
};

} // namespace auralis::compose
