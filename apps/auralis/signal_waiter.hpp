// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace auralis::app {

/// Asks to stop on SIGTERM or SIGINT for as long as it lives. The signals are blocked in every thread started after it,
/// so that its own alone takes them.
class SignalWaiter {
public:
  SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;
  ~SignalWaiter();

  /// Asked at the first signal, from a thread of its own, or at last when this object ends.
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

private:
  sigset_t signals_{};
  std::stop_source stop_;
  std::thread thread_;
};

} // namespace auralis::app
