// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace auralis::core {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr double kDayUs = 86'400e6;

std::uint64_t to_us(double ms) noexcept {
  // The negated comparison sends NaN to 0 as well.
  return !(ms > 0.0) ? 0U : static_cast<std::uint64_t>(std::llround(std::min(ms * 1000.0, kDayUs)));
}

} // namespace

std::size_t Histogram::bucket_of(std::uint64_t us) noexcept {
  constexpr std::uint64_t linear = 2ULL << kSubBits; // exact below 64 us
  if (us < linear) {
    return static_cast<std::size_t>(us);
  }
  const int octave = static_cast<int>(std::bit_width(us)) - (kSubBits + 1);
  const auto within = static_cast<std::size_t>(us >> octave) - (1U << kSubBits); // [0, 32)
  return linear + static_cast<std::size_t>(octave - 1) * (1U << kSubBits) + within;
}

double Histogram::middle_us(std::size_t bucket) noexcept {
  constexpr std::size_t linear = 2U << kSubBits;
  if (bucket < linear) {
    return static_cast<double>(bucket);
  }
  const std::size_t octave = (bucket - linear) / (1U << kSubBits) + 1;
  const std::size_t within = (bucket - linear) % (1U << kSubBits);
  const double width = std::ldexp(1.0, static_cast<int>(octave));
  return (static_cast<double>(within + (1U << kSubBits)) + 0.5) * width;
}

void Histogram::record_ms(double ms) noexcept {
  const std::uint64_t us = to_us(ms);
  buckets_[bucket_of(us)].fetch_add(1, kRelaxed);
  sum_us_.fetch_add(us, kRelaxed);
  std::uint64_t seen = max_us_.load(kRelaxed);
  while (us > seen && !max_us_.compare_exchange_weak(seen, us, kRelaxed)) {
  }
}

std::uint64_t Histogram::count() const noexcept {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) {
    total += bucket.load(kRelaxed);
  }
  return total;
}

double Histogram::sum_ms() const noexcept { return static_cast<double>(sum_us_.load(kRelaxed)) / 1000.0; }

std::uint64_t Histogram::count_up_to_ms(double ms) const noexcept {
  const std::size_t last = bucket_of(to_us(ms));
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= last; ++i) {
    total += buckets_[i].load(kRelaxed);
  }
  return total;
}

double Histogram::quantile_ms(double q) const noexcept {
  assert(q >= 0.0 && q <= 1.0);
  const std::uint64_t total = count();
  if (total == 0) {
    return 0.0;
  }
  // Nearest rank: the smallest value with at least a share q of all at or below it.
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total))));
  std::uint64_t below = 0;
  const double max_ms = static_cast<double>(max_us_.load(kRelaxed)) / 1000.0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    below += buckets_[i].load(kRelaxed);
    if (below >= rank) {
      return std::min(middle_us(i) / 1000.0, max_ms);
    }
  }
  return max_ms;
}

LatencySummary Histogram::summary() const noexcept {
  const std::uint64_t total = count();
  if (total == 0) {
    return {};
  }
  return {.count = total,
          .avg = sum_ms() / static_cast<double>(total),
          .p50 = quantile_ms(0.50),
          .p95 = quantile_ms(0.95),
          .p99 = quantile_ms(0.99),
          .max = static_cast<double>(max_us_.load(kRelaxed)) / 1000.0};
}

} // namespace auralis::core
