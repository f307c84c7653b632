// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace auralis::app {

/// A bar with share, time left and, where the length is known, speed on a terminal's standard error; nothing elsewhere.
class ProgressBar {
public:
  /// `seconds` of sound there are in all, if that is known.
  ProgressBar(std::string what, std::optional<double> seconds);
  /// `share` in [0, 1].
  void show(double share);
  /// Clears the line.
  void finish();

private:
  std::string what_;
  std::optional<double> seconds_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_;
};

} // namespace auralis::app
