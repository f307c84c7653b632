// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/random.hpp"

namespace auralis::test {

/// Owns what a StereoBlock views.
struct Stereo {
  std::vector<float> left;
  std::vector<float> right;

  explicit Stereo(std::size_t frames) : left(frames), right(frames) {}
  [[nodiscard]] core::StereoBlock block() { return {left, right}; }
  [[nodiscard]] core::StereoBlock block(std::size_t from, std::size_t count) { return block().slice(from, count); }
  friend bool operator==(const Stereo&, const Stereo&) = default;
};

inline Stereo sine(double frequency, double amplitude, std::size_t frames, double rate = 48'000.0, double phase = 0.0) {
  Stereo s{frames};
  for (std::size_t n = 0; n < frames; ++n) {
    const double w = 2.0 * std::numbers::pi * frequency / rate;
    s.left[n] = static_cast<float>(amplitude * std::sin(w * static_cast<double>(n) + phase));
    s.right[n] = s.left[n];
  }
  return s;
}

inline Stereo noise(double deviation, std::size_t frames, std::uint64_t seed) {
  Stereo s{frames};
  core::Random random{seed};
  for (std::size_t n = 0; n < frames; ++n) {
    s.left[n] = static_cast<float>(deviation * random.normal());
    s.right[n] = static_cast<float>(deviation * random.normal());
  }
  return s;
}

inline float peak(const std::vector<float>& samples) {
  float highest = 0.0F;
  for (const float x : samples) {
    highest = std::max(highest, std::abs(x));
  }
  return highest;
}

inline double mean_square(const std::vector<float>& samples, std::size_t from, std::size_t count) {
  double sum = 0.0;
  for (std::size_t n = from; n < from + count; ++n) {
    sum += static_cast<double>(samples[n]) * static_cast<double>(samples[n]);
  }
  return sum / static_cast<double>(count);
}

} // namespace auralis::test
