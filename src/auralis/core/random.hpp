// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

namespace auralis::core {

/// Seeded random numbers that are the same on every platform (the standard library's distributions are not).
///
/// Generator: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
/// Thread: one owner. Realtime: yes.
class Random {
public:
  explicit constexpr Random(std::uint64_t seed) noexcept : state_{seed} {}

  /// An independent stream for one purpose, so that drawing more here never shifts the draws there.
  [[nodiscard]] constexpr Random split(std::uint64_t purpose) const noexcept {
    Random mixed{state_ ^ (purpose * 0x9E3779B97F4A7C15ULL)};
    return Random{mixed.bits()};
  }

  constexpr std::uint64_t bits() noexcept {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// Uniform in [0, 1).
  constexpr double uniform() noexcept { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
  /// Uniform in [low, high).
  constexpr double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// Uniform integer in [low, high]. \pre low <= high
  constexpr int integer(int low, int high) noexcept {
    assert(low <= high);
    const auto count = static_cast<double>(high) - static_cast<double>(low) + 1.0;
    return low + static_cast<int>(uniform() * count);
  }
  constexpr bool chance(double probability) noexcept { return uniform() < probability; }
  /// Normal with mean 0 and deviation 1 (Box-Muller, one of the pair).
  double normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }
  /// Index drawn in proportion to non-negative weights; 0 if they are all zero. \pre !weights.empty()
  template <typename T> constexpr std::size_t weighted(std::span<const T> weights) noexcept {
    assert(!weights.empty());
    double total = 0.0;
    for (const T w : weights) {
      total += static_cast<double>(w);
    }
    double left = uniform() * total;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      left -= static_cast<double>(weights[i]);
      if (left < 0.0) {
        return i;
      }
    }
    return 0;
  }

private:
  std::uint64_t state_;
};

} // namespace auralis::core
