// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "auralis/core/random.hpp"

namespace auralis::core {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  const LatencySummary summary = histogram.summary();
  EXPECT_EQ(summary.avg, 0.0);
  EXPECT_EQ(summary.p99, 0.0);
  EXPECT_EQ(summary.max, 0.0);
}

TEST(Histogram, GivesBackASingleValue) {
  for (const double ms : {0.001, 0.05, 1.0, 20.0, 333.0, 60'000.0}) {
    Histogram histogram;
    histogram.record_ms(ms);
    const LatencySummary summary = histogram.summary();
    EXPECT_NEAR(summary.p50, ms, 0.016 * ms);
    EXPECT_NEAR(summary.avg, ms, 1e-9);
    EXPECT_NEAR(summary.max, ms, 1e-9);
    EXPECT_LE(summary.p99, summary.max);
  }
}

TEST(Histogram, FindsQuantilesWithinTwoPercentOfTheSortedValues) {
  Random random{2};
  Histogram histogram;
  std::vector<double> values(20'000);
  for (double& value : values) {
    value = std::exp(random.normal()) * 3.0; // a long tail, as latencies have
    histogram.record_ms(value);
  }
  std::ranges::sort(values);
  for (const double q : {0.01, 0.5, 0.95, 0.99, 0.999}) {
    const double exact = values[static_cast<std::size_t>(q * static_cast<double>(values.size()))];
    EXPECT_NEAR(histogram.quantile_ms(q), exact, 0.02 * exact) << q;
  }
  EXPECT_NEAR(histogram.summary().max, values.back(), 0.001);
}

TEST(Histogram, CountsUpToAValue) {
  Histogram histogram;
  for (int ms = 1; ms <= 100; ++ms) {
    histogram.record_ms(ms);
  }
  EXPECT_EQ(histogram.count_up_to_ms(0.5), 0U);
  EXPECT_NEAR(static_cast<double>(histogram.count_up_to_ms(20.0)), 20.0, 1.0);
  EXPECT_EQ(histogram.count_up_to_ms(1000.0), 100U);
}

TEST(Histogram, TakesAnyNumber) {
  Histogram histogram;
  histogram.record_ms(-5.0);
  histogram.record_ms(std::nan(""));
  histogram.record_ms(1e300);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.quantile_ms(0.0), 0.0);
  EXPECT_NEAR(histogram.summary().max, 86'400e3, 1.0);
}

TEST(Histogram, LosesNothingAmongThreads) {
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&histogram, t] {
      for (int i = 0; i < 20'000; ++i) {
        histogram.record_ms(0.001 * (i % 500) + t);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(histogram.count(), 40'000U);
  EXPECT_NEAR(histogram.summary().max, 1.499, 1e-9);
}

} // namespace
} // namespace auralis::core
