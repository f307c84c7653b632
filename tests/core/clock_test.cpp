// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/clock.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace auralis::core {
namespace {

using std::chrono::milliseconds;

TEST(ManualClock, StandsStillUntilMoved) {
  ManualClock clock{1'000'000};
  const TimePoint start = clock.now();
  EXPECT_EQ(clock.now(), start);
  EXPECT_EQ(clock.unix_us(), 1'000'000U);
  clock.advance(milliseconds{20});
  EXPECT_EQ(clock.now() - start, milliseconds{20});
  EXPECT_EQ(clock.unix_us(), 1'020'000U);
}

TEST(ManualClock, DoesNotWaitForWhatHasPassed) {
  ManualClock clock;
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock lock{mutex};
  clock.wait_until(condition, lock, clock.now());
  EXPECT_TRUE(lock.owns_lock());
}

TEST(ManualClock, WakesAWaiterWhenItsDeadlineComesAndNotBefore) {
  ManualClock clock;
  const TimePoint deadline = clock.now() + milliseconds{100};
  std::mutex mutex;
  std::condition_variable condition;
  TimePoint woken;
  std::thread waiter{[&] {
    std::unique_lock lock{mutex};
    while (clock.now() < deadline) {
      clock.wait_until(condition, lock, deadline);
    }
    woken = clock.now();
  }};
  while (clock.waiting() == 0) {
    std::this_thread::yield();
  }
  clock.advance(milliseconds{99});
  EXPECT_EQ(clock.waiting(), 1U);
  clock.advance(milliseconds{1});
  waiter.join();
  EXPECT_EQ(woken, deadline);
}

TEST(SystemClock, NeverGoesBackAndKnowsTheCentury) {
  SystemClock clock;
  const TimePoint before = clock.now();
  EXPECT_GE(clock.now(), before);
  EXPECT_GT(clock.unix_us(), 1'577'836'800'000'000U); // 2020
}

TEST(SystemClock, WaitsForADeadline) {
  SystemClock clock;
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock lock{mutex};
  const TimePoint deadline = clock.now() + milliseconds{2};
  while (clock.now() < deadline) {
    clock.wait_until(condition, lock, deadline);
  }
  EXPECT_TRUE(lock.owns_lock());
}

} // namespace
} // namespace auralis::core
