// SPDX-License-Identifier: Apache-2.0
#include "progress_bar.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/core.h>
#include <unistd.h>

namespace auralis::app {
namespace {

constexpr int kWidth = 32;
constexpr double kLeastElapsed = 1e-6; // keeps the first call from dividing by zero

} // namespace

ProgressBar::ProgressBar(std::string what, std::optional<double> seconds)
    : what_{std::move(what)}, seconds_{seconds}, terminal_{isatty(STDERR_FILENO) == 1},
      start_{std::chrono::steady_clock::now()} {}

void ProgressBar::show(double share) {
  if (!terminal_) {
    return;
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const auto speed =
      seconds_ ? fmt::format("  {:.0f}x real time", share * *seconds_ / std::max(elapsed.count(), kLeastElapsed))
               : std::string{};
  const double left = share > 0.0 ? elapsed.count() * (1.0 - share) / share : 0.0;
  const int filled = static_cast<int>(share * kWidth);
  fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {:3.0f} %{}  {:.0f} s left ", what_, "", filled, "", kWidth - filled,
             share * 100.0, speed, left);
  std::fflush(stderr);
}

void ProgressBar::finish() {
  if (terminal_) {
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
  }
}

} // namespace auralis::app
