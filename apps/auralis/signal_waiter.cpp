// SPDX-License-Identifier: Apache-2.0
#include "signal_waiter.hpp"

#include <pthread.h>

namespace auralis::app {

SignalWaiter::SignalWaiter() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::thread{[this] {
    int number = 0;
    sigwait(&signals_, &number);
    stop_.request_stop();
  }};
}

SignalWaiter::~SignalWaiter() {
  pthread_kill(thread_.native_handle(), SIGTERM); // ends the wait if no signal has
  thread_.join();
}

} // namespace auralis::app
