// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

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

/// Checks that `processor` gives the same whether `in` comes whole or in blocks, and again after reset(). `process` is
/// called with a processor and the block it is to change.
template <typename Processor, typename Process>
void expect_block_size_does_not_matter_and_reset_equals_new(const Processor& processor, const Stereo& in,
                                                            std::size_t block, Process process) {
  Processor whole{processor};
  Processor pieces{processor};
  auto a = in;
  auto b = in;
  process(whole, a.block());
  for (std::size_t n = 0; n < in.left.size(); n += block) {
    process(pieces, b.block(n, std::min(block, in.left.size() - n)));
  }
  EXPECT_EQ(a, b);
  whole.reset();
  auto again = in;
  process(whole, again.block());
  EXPECT_EQ(a, again);
}

template <typename Processor> void expect_block_size_does_not_matter_and_reset_equals_new(const Processor& processor,
                                                                                          const Stereo& in,
                                                                                          std::size_t block) {
  expect_block_size_does_not_matter_and_reset_equals_new(
      processor, in, block, [](Processor& each, core::StereoBlock samples) { each.process(samples); });
}

} // namespace auralis::test
