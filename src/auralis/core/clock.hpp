// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "auralis/core/units.hpp"

namespace auralis::core {

/// A point on the monotonic clock.
using TimePoint = std::chrono::steady_clock::time_point;

[[nodiscard]] constexpr Seconds to_seconds(std::chrono::nanoseconds span) noexcept {
  return Seconds{static_cast<double>(span.count()) * 1e-9};
}
/// Rounds to the nearest nanosecond.
[[nodiscard]] inline std::chrono::nanoseconds to_duration(Seconds span) noexcept {
  return std::chrono::nanoseconds{std::llround(span.value * 1e9)};
}

/// Where time comes from, handed in through constructors so that a test can run an hour in a millisecond.
///
/// Thread: any. Realtime: now and unix_us; wait_until blocks.
class Clock {
public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Monotonic; for deadlines and durations.
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
  /// Microseconds since the Unix epoch; for stamps that another machine reads.
  [[nodiscard]] virtual std::uint64_t unix_us() const noexcept = 0;
  /// Waits on `condition`, as std::condition_variable::wait_until does, until notified, woken for no reason, or
  /// `deadline` has come on this clock.
  /// \pre lock.owns_lock()
  virtual void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                          TimePoint deadline) = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
  [[nodiscard]] TimePoint now() const noexcept override;
  [[nodiscard]] std::uint64_t unix_us() const noexcept override;
  void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock, TimePoint deadline) override;
};

/// A clock that stands still until told to move.
///
/// Thread: any; advance() must not be called with a lock held that a waiter uses.
class ManualClock final : public Clock {
public:
  /// Starts at the given wall time; the monotonic clock starts at one hour, so that a little before now exists.
  explicit ManualClock(std::uint64_t unix_us = 1'700'000'000'000'000ULL) noexcept;

  /// Moves on and wakes every waiter whose deadline has come.
  void advance(std::chrono::nanoseconds by);

  [[nodiscard]] TimePoint now() const noexcept override;
  [[nodiscard]] std::uint64_t unix_us() const noexcept override;
  void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock, TimePoint deadline) override;
  /// How many threads wait on this clock now: a test may let them settle before it advances.
  [[nodiscard]] std::size_t waiting() const;

private:
  struct Waiter {
    std::condition_variable* condition;
    std::mutex* mutex;
    TimePoint deadline;
  };

  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;

  std::uint64_t started_us_;
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);
  std::atomic<std::int64_t> elapsed_ns_{0}; // stored under mutex_ only, so that no waiter misses a move
  mutable std::mutex mutex_;
  std::vector<Waiter> waiters_; // under mutex_
};

} // namespace auralis::core
