// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/confidence.hpp"

#include <gtest/gtest.h>

namespace auralis::analysis {
namespace {

TEST(Confidence, IsLeftAloneByTheIdentity) {
  for (const float raw : {0.01F, 0.3F, 0.5F, 0.97F}) {
    EXPECT_NEAR(calibrated(raw, {.offset = 0.0F, .slope = 1.0F}), raw, 1e-6F);
  }
}

TEST(Confidence, KnowsTheCurve) {
  // 1 / (1 + exp(-(1 + 2 log 3))) at odds of 3 to 1.
  EXPECT_NEAR(calibrated(0.75F, {.offset = 1.0F, .slope = 2.0F}), 0.96073F, 1e-5F);
}

TEST(Confidence, StaysAProbabilityAndKeepsTheOrder) {
  for (const auto& by : {kTempoConfidence, kBeatConfidence, kLiveTempoConfidence, kLiveBeatConfidence}) {
    float before = 0.0F;
    for (int i = 1; i < 100; ++i) {
      const float p = calibrated(static_cast<float>(i) / 100.0F, by);
      EXPECT_GT(p, before);
      EXPECT_LT(p, 1.0F);
      before = p;
    }
    EXPECT_GT(calibrated(0.0F, by), 0.0F);
    EXPECT_LE(calibrated(1.0F, by), 1.0F);
  }
}

} // namespace
} // namespace auralis::analysis
