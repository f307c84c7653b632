// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/stft.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::dsp {
namespace {

// Frames that fit behind one another before the window is moved back to the buffer's start.
constexpr std::size_t kHopsBetweenMoves = 16;

const Stft::Config& checked(const Stft::Config& config) {
  if (!(config.sample_rate.value > 0.0)) {
    throw std::invalid_argument{"Stft: sample_rate must be above 0"};
  }
  if (config.fft_size < 16 || config.fft_size % 2 != 0 || config.fft_size > 1 << 20) {
    throw std::invalid_argument{"Stft: fft_size must be even and lie in [16, 1048576]"};
  }
  if (config.hop_size < 1 || config.hop_size > config.fft_size) {
    throw std::invalid_argument{"Stft: hop_size must lie in [1, fft_size]"};
  }
  return config;
}

} // namespace

struct Stft::Kernel {
  // Plain loops, which the compiler widens by itself: the file is built with what that takes.
  AURALIS_KERNEL void window_body(const float* samples, const float* window, float* __restrict out,
                                  std::size_t count) noexcept {
    for (std::size_t n = 0; n < count; ++n) {
      out[n] = samples[n] * window[n];
    }
  }
  static void window_plain(const float* samples, const float* window, float* out, std::size_t count) noexcept {
    window_body(samples, window, out, count);
  }
  AURALIS_AVX2 static void window_avx2(const float* samples, const float* window, float* out,
                                       std::size_t count) noexcept {
    window_body(samples, window, out, count);
  }

  AURALIS_KERNEL void magnitude_body(const float* bins, float* __restrict out, std::size_t count) noexcept {
    for (std::size_t k = 0; k < count; ++k) {
      out[k] = std::sqrt(bins[2 * k] * bins[2 * k] + bins[2 * k + 1] * bins[2 * k + 1]);
    }
  }
  static void magnitude_plain(const float* bins, float* out, std::size_t count) noexcept {
    magnitude_body(bins, out, count);
  }
  AURALIS_AVX2 static void magnitude_avx2(const float* bins, float* out, std::size_t count) noexcept {
    magnitude_body(bins, out, count);
  }
};

Stft::Stft(const Config& config)
    : config_{checked(config)}, fft_{config.fft_size}, window_{make_window(config.window, config.fft_size)},
      magnitude_(static_cast<std::size_t>(config.fft_size / 2 + 1)),
      buffer_(static_cast<std::size_t>(config.fft_size) +
              kHopsBetweenMoves * static_cast<std::size_t>(config.hop_size)),
      windowing_{runs_avx2() ? &Kernel::window_avx2 : &Kernel::window_plain},
      magnitudes_{runs_avx2() ? &Kernel::magnitude_avx2 : &Kernel::magnitude_plain} {
  double sum = 0.0;
  for (const float w : window_) {
    sum += static_cast<double>(w);
  }
  for (float& w : window_) {
    w = static_cast<float>(static_cast<double>(w) * 2.0 / sum);
  }
  reset();
}

void Stft::reset() noexcept {
  std::ranges::fill(buffer_, 0.0F);
  start_ = 0;
  filled_ = static_cast<std::size_t>(config_.fft_size / 2);
  index_ = 0;
  pushed_ = 0;
}

std::size_t Stft::take(std::span<const float> samples) noexcept {
  const std::size_t end = start_ + static_cast<std::size_t>(config_.fft_size);
  const std::size_t count = std::min(samples.size(), end - filled_);
  std::copy_n(samples.begin(), count, buffer_.begin() + static_cast<std::ptrdiff_t>(filled_));
  filled_ += count;
  pushed_ += static_cast<std::int64_t>(count);
  return count;
}

void Stft::pad() noexcept {
  const std::size_t end = start_ + static_cast<std::size_t>(config_.fft_size);
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin() + static_cast<std::ptrdiff_t>(end),
            0.0F);
  filled_ = end;
}

Spectrum Stft::transform() noexcept {
  assert(is_due());
  const auto size = static_cast<std::size_t>(config_.fft_size);
  const auto hop = static_cast<std::size_t>(config_.hop_size);
  // The frame before was reported from where it lay; now there is nobody left who looks at it.
  if (start_ + size + hop > buffer_.size()) {
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(start_), size, buffer_.begin());
    start_ = 0;
    filled_ = size;
  }
  const float* samples = buffer_.data() + start_;
  windowing_(samples, window_.data(), fft_.time().data(), size);
  fft_.forward();
  const auto bins = fft_.bins();
  magnitudes_(reinterpret_cast<const float*>(bins.data()), magnitude_.data(), magnitude_.size());
  const auto index = index_++;
  start_ += hop;
  return {.index = index,
          .at = core::Seconds{static_cast<double>(index) * static_cast<double>(hop) / config_.sample_rate.value},
          .bins = bins,
          .magnitude = magnitude_,
          .samples = {samples, size}};
}

} // namespace auralis::dsp
