// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/limiter.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::dsp {
namespace {

constexpr std::size_t kTaps = 16;
constexpr std::size_t kPhases = 4;

struct Interpolator {
  std::array<std::array<float, kTaps>, kPhases> taps{}; // [phase][tap]; phase 0 is the samples themselves
  float l1 = 1.0F;                                      // the most any phase can make of samples within [-1, 1]

  Interpolator() {
    for (std::size_t p = 1; p < kPhases; ++p) {
      double sum = 0.0;
      std::array<double, kTaps> h{};
      for (std::size_t k = 0; k < kTaps; ++k) {
        // Between taps 7 and 8, at 7 + p / 4.
        const double t = static_cast<double>(k) - 7.0 - static_cast<double>(p) / static_cast<double>(kPhases);
        const double sinc = std::sin(std::numbers::pi * t) / (std::numbers::pi * t);
        const double window = std::cos(std::numbers::pi * t / static_cast<double>(kTaps + 1)); // of Hann: its square
        h[k] = sinc * window * window;
        sum += h[k];
      }
      double l1_of_phase = 0.0;
      for (std::size_t k = 0; k < kTaps; ++k) {
        taps[p][k] = static_cast<float>(h[k] / sum);
        l1_of_phase += std::abs(h[k] / sum);
      }
      l1 = std::max(l1, static_cast<float>(l1_of_phase));
    }
  }
};

const Interpolator& interpolator() {
  static const Interpolator instance;
  return instance;
}

// What separates a peak found here from the one a meter with another interpolator finds, and what the slope of the gain
// adds: measured at 0.1 dB over white noise and tones up to 20 kHz.
constexpr double kMargin = 0.15;

} // namespace

struct TruePeakLimiter::Kernel {
  /// The highest magnitude between the samples of the block at `x`, from the gap before its first to that after its
  /// last. Reads x[-15 … 71].
  AURALIS_KERNEL float between_body(const float* x) noexcept {
    const Interpolator& interpolate = interpolator();
    Vec8 highest{};
    for (std::size_t p = 1; p < kPhases; ++p) {
      for (std::size_t n = 0; n < kBlock + 8; n += 8) {
        Vec8 y{};
        for (std::size_t k = 0; k < kTaps; ++k) {
          // Eight gaps at once. The first is that after x[-8]: a few more than needed, so that eights come out even.
          y += interpolate.taps[p][k] * eight(x + n + k - 15);
        }
        y = y < 0.0F ? -y : y;
        highest = y > highest ? y : highest;
      }
    }
    float most = 0.0F;
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const float one = highest[lane];
      most = std::max(most, one);
    }
    return most;
  }
  static float between_plain(const float* x) noexcept { return between_body(x); }
  AURALIS_AVX2 static float between_avx2(const float* x) noexcept { return between_body(x); }

  /// The highest magnitude among the samples of both channels.
  AURALIS_KERNEL float peak_body(const float* left, const float* right) noexcept {
    using Bits [[gnu::vector_size(32)]] = std::int32_t;
    const Bits magnitude = Bits{} + 0x7FFFFFFF; // all but the sign
    Bits highest{};
    for (std::size_t n = 0; n < kBlock; n += 8) {
      // Magnitudes of floats are ordered as the integers with their bits.
      for (const float* side : {left + n, right + n}) {
        Bits bits;
        std::memcpy(&bits, side, sizeof bits);
        bits &= magnitude;
        highest = bits > highest ? bits : highest;
      }
    }
    std::int32_t most = 0;
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const std::int32_t one = highest[lane];
      most = std::max(most, one);
    }
    return std::bit_cast<float>(most);
  }
  static float peak_plain(const float* left, const float* right) noexcept { return peak_body(left, right); }
  AURALIS_AVX2 static float peak_avx2(const float* left, const float* right) noexcept { return peak_body(left, right); }
};

TruePeakLimiter::TruePeakLimiter(const Config& config)
    : ceiling_{static_cast<float>(core::to_amplitude(config.ceiling - core::Decibels{kMargin}))},
      release_{static_cast<float>(
          1.0 - std::exp(-static_cast<double>(kBlock) / (config.release.value * config.sample_rate.value)))},
      peak_{runs_avx2() ? &Kernel::peak_avx2 : &Kernel::peak_plain},
      between_{runs_avx2() ? &Kernel::between_avx2 : &Kernel::between_plain} {
  if (!(config.ceiling.value >= -24.0 && config.ceiling.value <= 0.0)) {
    throw std::invalid_argument{"TruePeakLimiter: ceiling must lie in [-24, 0] dBTP"};
  }
  if (!(config.release.value >= 0.01 && config.release.value <= 5.0)) {
    throw std::invalid_argument{"TruePeakLimiter: release must lie in [0.01, 5] s"};
  }
  allowed_.fill(1.0F);
  (void)interpolator(); // built here, not at the first block
}

void TruePeakLimiter::reset() noexcept {
  for (auto& channel : buffer_) {
    channel.fill(0.0F);
  }
  start_ = 0;
  sample_peak_.fill(0.0F);
  allowed_.fill(1.0F);
  gain_ = 1.0F;
}

void TruePeakLimiter::process(core::StereoBlock out) noexcept {
  assert(out.frames() % kBlock == 0);
  for (std::size_t from = 0; from < out.frames(); from += kBlock) {
    block(out.left.data() + from, out.right.data() + from);
  }
}

void TruePeakLimiter::block(float* left, float* right) noexcept {
  const float peak = peak_(left, right);
  const std::array<float*, 2> io{left, right};
  for (std::size_t c = 0; c < 2; ++c) {
    auto& buffer = buffer_[c];
    std::copy_n(io[c], kBlock, buffer.begin() + static_cast<std::ptrdiff_t>(start_ + kHistory - kBlock));
  }
  std::shift_left(sample_peak_.begin(), sample_peak_.end(), 1);
  sample_peak_.back() = peak;

  // The block before the newest has all its neighbours now. Its interpolated points need 7 frames before and 8 after.
  const float near_peak =
      std::max({sample_peak_[kDelayBlocks], sample_peak_[kDelayBlocks - 1], sample_peak_[kDelayBlocks - 2]});
  float true_peak = near_peak;
  const Interpolator& interpolate = interpolator();
  if (near_peak * interpolate.l1 > ceiling_) {
    true_peak = sample_peak_[kDelayBlocks - 1];
    for (const auto& channel : buffer_) {
      true_peak = std::max(true_peak, between_(channel.data() + start_ + (kDelayBlocks - 1) * kBlock));
    }
  }
  std::shift_left(allowed_.begin(), allowed_.end(), 1);
  allowed_.back() = true_peak > ceiling_ ? ceiling_ / true_peak : 1.0F;

  // The oldest block of the history leaves now. allowed_[0] is its own, allowed_[j] that of the block j later, which
  // begins j borders from this block's beginning: walk there on a straight line.
  float next = std::min(allowed_[0], gain_ + (1.0F - gain_) * release_);
  for (std::size_t j = 1; j < kDelayBlocks; ++j) {
    next = std::min(next, gain_ + (allowed_[j] - gain_) / static_cast<float>(j));
  }
  if (next > 0.99999F) {
    next = 1.0F;
  }
  for (std::size_t c = 0; c < 2; ++c) {
    const float* oldest = buffer_[c].data() + start_;
    if (gain_ == 1.0F && next == 1.0F) {
      std::copy_n(oldest, kBlock, io[c]);
      continue;
    }
    const float step = (next - gain_) / static_cast<float>(kBlock);
    for (std::size_t n = 0; n < kBlock; ++n) {
      io[c][n] = oldest[n] * (gain_ + step * static_cast<float>(n + 1));
    }
  }
  gain_ = next;

  // The window slides through a longer buffer and jumps back when it reaches the end, so that moving it is rare.
  start_ += kBlock;
  if (start_ + kHistory > kBuffer) {
    for (auto& buffer : buffer_) {
      std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(start_), buffer.end(), buffer.begin());
    }
    start_ = 0;
  }
}

} // namespace auralis::dsp
