// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace auralis::app {

/// A bar with share, speed and time left on a terminal's standard error; nothing elsewhere.
class ProgressBar {
public:
  /// `seconds` of sound are to be made.
  ProgressBar(std::string what, double seconds);
  /// `share` in [0, 1].
  void show(double share);
  /// Clears the line.
  void finish();

private:
  std::string what_;
  double seconds_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_;
};

} // namespace auralis::app
