// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace auralis::core {

/// Times in milliseconds, condensed.
struct LatencySummary {
  std::uint64_t count = 0;
  double avg = 0.0;
  double p50 = 0.0;
  double p95 = 0.0;
  double p99 = 0.0;
  double max = 0.0;
};

/// Counts durations in buckets that grow with the value, so that every quantile is within 1.6 % (or half a
/// microsecond, whichever is more) however long the tail. Layout: log-linear with 32 buckets an octave, after
/// G. Tene's HdrHistogram.
///
/// Thread: any, any number of writers and readers; a summary taken while others write is of some recent moment.
/// Realtime: record; wait-free but for the maximum, which is lock-free.
class Histogram {
public:
  /// Values below 0 count as 0, above a day as a day.
  void record_ms(double ms) noexcept;

  [[nodiscard]] LatencySummary summary() const noexcept;
  /// The value below which the share q of all values lies; 0 when empty. \pre 0 <= q <= 1
  [[nodiscard]] double quantile_ms(double q) const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
  /// Sum of all values, for exporters that divide themselves.
  [[nodiscard]] double sum_ms() const noexcept;
  /// How many values are at most `ms` (to the precision of a bucket), for cumulative exporters.
  [[nodiscard]] std::uint64_t count_up_to_ms(double ms) const noexcept;

private:
  static constexpr int kSubBits = 5;                    // 32 buckets an octave
  static constexpr std::size_t kBuckets = 64 + 32 * 31; // up to 2^37 us, over a day

  [[nodiscard]] static std::size_t bucket_of(std::uint64_t us) noexcept;
  [[nodiscard]] static double middle_us(std::size_t bucket) noexcept;

  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  // Statistics: nothing else is published by them, so every access is relaxed.
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> sum_us_{0};
  std::atomic<std::uint64_t> max_us_{0};
};

} // namespace auralis::core
