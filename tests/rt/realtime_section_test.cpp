// SPDX-License-Identifier: Apache-2.0
#include "auralis/rt/realtime_section.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <mutex>
#include <vector>

namespace auralis::rt {
namespace {

TEST(RealtimeSection, CountsAllocationsAndLocksMadeInsideAndNoneOutside) {
  const auto before = violations();
  std::vector<int> outside(100, 1);
  EXPECT_EQ(violations(), before);
  std::mutex mutex;
  {
    const RealtimeSection section;
    outside.resize(10'000);
    const std::lock_guard lock{mutex};
  }
  if (violations_are_counted()) {
    EXPECT_GE(violations(), before + 2);
  } else {
    EXPECT_EQ(violations(), 0U);
  }
}

TEST(RealtimeSection, FlushesDenormalsInsideAndRestoresOutside) {
  volatile float tiny = std::numeric_limits<float>::min();
  {
    const RealtimeSection section;
    const float halved = tiny * 0.5F;
    EXPECT_EQ(halved, 0.0F);
  }
  const float halved = tiny * 0.5F;
  EXPECT_GT(halved, 0.0F);
}

} // namespace
} // namespace auralis::rt
