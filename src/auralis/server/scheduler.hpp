// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

namespace auralis::server {

/// The server's two threads as the parts without sockets see them, so that a test can play both.
class Scheduler {
public:
  using Task = std::function<void()>;

  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  virtual ~Scheduler() = default;

  /// Runs the task on the network thread, after those posted before. Thread: any.
  virtual void post(Task task) = 0;
  /// Runs the task on the network thread once the time has passed. Thread: network.
  virtual void after(std::chrono::milliseconds delay, Task task) = 0;
  /// Runs the task on the worker thread, which may wait for disks and SoundFonts; one at a time, in order.
  /// Thread: any.
  virtual void work(Task task) = 0;
};

} // namespace auralis::server
