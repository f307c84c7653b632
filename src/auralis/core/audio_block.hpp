// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <span>

namespace auralis::core {

/// A stereo view of planar samples, nominally in [-1, 1]. Owns nothing.
/// \pre left.size() == right.size()
struct StereoBlock {
  std::span<float> left;
  std::span<float> right;

  [[nodiscard]] std::size_t frames() const noexcept {
    assert(left.size() == right.size());
    return left.size();
  }
  [[nodiscard]] StereoBlock slice(std::size_t from, std::size_t count) const noexcept {
    return {left.subspan(from, count), right.subspan(from, count)};
  }
};

/// A read-only view of planar samples of any number of channels, nominally in [-1, 1]. Owns nothing.
struct AudioBlock {
  std::span<const float* const> channels; ///< each points to `frames` samples
  std::size_t frames = 0;

  [[nodiscard]] std::span<const float> channel(std::size_t index) const noexcept {
    assert(index < channels.size());
    return {channels[index], frames};
  }
};

} // namespace auralis::core
