// SPDX-License-Identifier: Apache-2.0
#include "signal_waiter.hpp"

#include <pthread.h>
#include <utility>

namespace auralis::app {

SignalWaiter::SignalWaiter() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

SignalWaiter::~SignalWaiter() {
  if (thread_.joinable()) {
    ended_ = true;
    pthread_kill(thread_.native_handle(), SIGTERM); // ends the wait if no signal has
    thread_.join();
  }
}

void SignalWaiter::watch(std::function<void()> stop) {
  thread_ = std::thread{[this, stop = std::move(stop)] {
    int number = 0;
    sigwait(&signals_, &number);
    if (!ended_) {
      stop();
    }
  }};
}

} // namespace auralis::app
