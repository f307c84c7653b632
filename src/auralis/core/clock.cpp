// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/clock.hpp"

#include <algorithm>
#include <cassert>

namespace auralis::core {
namespace {

constexpr std::chrono::hours kManualStart{1};

} // namespace

TimePoint SystemClock::now() const noexcept { return std::chrono::steady_clock::now(); }

std::uint64_t SystemClock::unix_us() const noexcept {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

void SystemClock::wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                             TimePoint deadline) {
  condition.wait_until(lock, deadline);
}

ManualClock::ManualClock(std::uint64_t unix_us) noexcept : started_us_{unix_us} {}

void ManualClock::advance(std::chrono::nanoseconds by) {
  std::vector<Waiter> due;
  {
    const std::lock_guard lock{mutex_};
    const auto moved = elapsed() + by;
    elapsed_ns_.store(moved.count(), std::memory_order_release); // pairs with the load in elapsed()
    const TimePoint reached{kManualStart + moved};
    std::ranges::copy_if(waiters_, std::back_inserter(due), [&](const Waiter& w) { return w.deadline <= reached; });
  }
  for (const Waiter& waiter : due) {
    // Taking the waiter's mutex makes sure that it is inside its wait, not on the way there.
    const std::lock_guard lock{*waiter.mutex};
    waiter.condition->notify_all();
  }
}

std::chrono::nanoseconds ManualClock::elapsed() const noexcept {
  return std::chrono::nanoseconds{elapsed_ns_.load(std::memory_order_acquire)}; // pairs with the store in advance()
}

TimePoint ManualClock::now() const noexcept { return TimePoint{kManualStart + elapsed()}; }

std::uint64_t ManualClock::unix_us() const noexcept {
  return started_us_ +
         static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(elapsed()).count());
}

void ManualClock::wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                             TimePoint deadline) {
  assert(lock.owns_lock());
  {
    const std::lock_guard own{mutex_};
    if (now() >= deadline) {
      return;
    }
    waiters_.push_back({&condition, lock.mutex(), deadline});
  }
  condition.wait(lock);
  const std::lock_guard own{mutex_};
  const auto mine = std::ranges::find_if(waiters_, [&](const Waiter& w) {
    return w.condition == &condition && w.mutex == lock.mutex() && w.deadline == deadline;
  });
  if (mine != waiters_.end()) {
    waiters_.erase(mine);
  }
}

std::size_t ManualClock::waiting() const {
  const std::lock_guard lock{mutex_};
  return waiters_.size();
}

} // namespace auralis::core
