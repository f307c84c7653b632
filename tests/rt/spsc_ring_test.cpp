// SPDX-License-Identifier: Apache-2.0
#include "auralis/rt/spsc_ring.hpp"

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <thread>

namespace auralis::rt {
namespace {

TEST(SpscRing, GivesBackInOrderWhatWasWritten) {
  SpscRing<int> ring{4};
  EXPECT_EQ(ring.write(std::array{1, 2, 3}), 3U);
  std::array<int, 2> out{};
  EXPECT_EQ(ring.read(out), 2U);
  EXPECT_EQ(out, (std::array{1, 2}));
  EXPECT_EQ(ring.size(), 1U);
}

TEST(SpscRing, RefusesWhatDoesNotFit) {
  SpscRing<int> ring{4};
  EXPECT_EQ(ring.write(std::array{1, 2, 3, 4, 5}), 4U);
  EXPECT_FALSE(ring.push(6));
  int item = 0;
  EXPECT_TRUE(ring.pop(item));
  EXPECT_TRUE(ring.push(7));
}

// Larger than a cache line, and able to tell when it is torn.
struct Wide {
  std::array<std::uint64_t, 12> words{};
};

TEST(SpscRing, NeverTearsNorReordersBetweenTwoThreads) {
  constexpr std::uint64_t kCount = 100'000;
  SpscRing<Wide> ring{64};
  std::thread writer{[&] {
    for (std::uint64_t i = 0; i < kCount;) {
      Wide wide;
      wide.words.fill(i);
      if (ring.push(wide)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  }};
  std::uint64_t broken = 0;
  for (std::uint64_t i = 0; i < kCount;) {
    Wide wide;
    if (!ring.pop(wide)) {
      std::this_thread::yield();
      continue;
    }
    for (const std::uint64_t word : wide.words) {
      broken += word == i ? 0U : 1U;
    }
    ++i;
  }
  writer.join();
  EXPECT_EQ(broken, 0U);
}

} // namespace
} // namespace auralis::rt
