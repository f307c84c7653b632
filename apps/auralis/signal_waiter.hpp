// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace auralis::app {

/// Calls back on SIGTERM or SIGINT for as long as it lives. The signals are blocked in every thread started after it,
/// so that its own alone takes them.
class SignalWaiter {
public:
  SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;
  ~SignalWaiter();

  /// `stop` is called at most once, on a thread of its own: at the first signal, and never when this object has
  /// ended, so what it stops may go first.
  void watch(std::function<void()> stop);

private:
  sigset_t signals_{};
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

} // namespace auralis::app
