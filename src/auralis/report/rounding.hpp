// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>

#include "auralis/core/analysis.hpp"
#include "auralis/protocol/messages.hpp"

/// How precisely numbers are written: finely enough that nothing heard is lost, short enough to read.
namespace auralis::report {

/// The quietest level that a curve shows.
constexpr double kFloorLufs = -100.0;

/// To microseconds.
[[nodiscard]] inline double time(core::Seconds at) noexcept { return std::round(std::max(0.0, at.value) * 1e6) / 1e6; }

/// To six digits that count: more than any estimate here is good for, and short in JSON.
[[nodiscard]] inline double digits(double value) noexcept {
  if (value == 0.0 || !std::isfinite(value)) {
    return 0.0;
  }
  const double scale = std::pow(10.0, 5.0 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}
[[nodiscard]] inline double unit(float value) noexcept {
  return digits(std::clamp(static_cast<double>(value), 0.0, 1.0));
}
[[nodiscard]] inline double level(double lufs) noexcept {
  return std::isfinite(lufs) ? std::max(kFloorLufs, std::round(lufs * 100) / 100) : kFloorLufs;
}
[[nodiscard]] inline std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional{std::round(value * 100.0) / 100.0} : std::nullopt;
}

[[nodiscard]] inline protocol::KeyCandidate candidate(const core::KeyCandidate& one) {
  assert(one.key.mode == core::Mode::ionian || one.key.mode == core::Mode::aeolian);
  return {.tonic = to_string(one.key.tonic),
          .mode = one.key.mode == core::Mode::aeolian ? protocol::KeyMode::minor : protocol::KeyMode::major,
          .camelot = core::camelot(one.key),
          .confidence = unit(one.confidence)};
}

} // namespace auralis::report
