// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace auralis::media {

/// One sample as 16 bits: times 32767, rounded to the nearest with halves to even, clipped to [-32767, 32767].
/// No dither, so that the same samples give the same bytes; NaN gives 0.
[[nodiscard]] inline std::int16_t to_pcm16(float sample) noexcept {
  if (!(std::abs(sample) <= 1.0F)) { // also catches NaN
    return static_cast<std::int16_t>(sample > 0.0F ? 32'767 : (sample < 0.0F ? -32'767 : 0));
  }
  return static_cast<std::int16_t>(std::lrintf(sample * 32'767.0F));
}

/// Writes samples as little-endian 16-bit PCM. \pre out.size() == 2 * samples.size()
inline void write_pcm16(std::span<const float> samples, std::span<std::byte> out) noexcept {
  assert(out.size() == 2 * samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto bits = static_cast<std::uint16_t>(to_pcm16(samples[i]));
    out[2 * i] = static_cast<std::byte>(bits & 0xFFU);
    out[2 * i + 1] = static_cast<std::byte>(bits >> 8U);
  }
}

/// left[0], right[0], left[1] … \pre left.size() == right.size() and out.size() == 2 * left.size()
inline void interleave(std::span<const float> left, std::span<const float> right, std::span<float> out) noexcept {
  assert(left.size() == right.size());
  assert(out.size() == 2 * left.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    out[2 * i] = left[i];
    out[2 * i + 1] = right[i];
  }
}

} // namespace auralis::media
