// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/reverb.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <complex>
#include <numbers>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::dsp {
namespace {

// At 48 kHz. Primes, spread evenly in the logarithm between 37 and 99 ms, so that no two share a mode. Half a second in
// all: as many modes a hertz as a decay of three seconds needs (M. Schroeder, 1962: 0.15 times the decay).
constexpr std::array<std::size_t, 8> kLengths{1777, 2053, 2357, 2711, 3121, 3593, 4133, 4759};
constexpr std::array<std::array<std::size_t, 2>, 2> kDiffuserLengths{{{229, 367}, {241, 347}}};
constexpr float kDiffusion = 0.6F;
// Signs that keep the two outputs uncorrelated; line i feeds the left if i is even.
constexpr std::array<float, 8> kOutputSigns{1, 1, -1, 1, 1, -1, -1, -1};
constexpr std::array<float, 8> kInputSigns{1, 1, 1, -1, -1, 1, -1, -1};

} // namespace

void Reverb::Line::prepare(std::size_t frames) {
  delay = std::max(frames, kBlock);
  size = (delay + 1 + kBlock - 1) / kBlock * kBlock + kBlock;
  ring.assign(size + 2 * kBlock, 0.0F);
}

const float* Reverb::Line::tap(std::size_t extra) const noexcept {
  const std::size_t back = delay + extra;
  return ring.data() + (at >= back ? at - back : at + size - back);
}

void Reverb::Line::push(const float* block) noexcept {
  std::copy_n(block, kBlock, next());
  pushed();
}

void Reverb::Line::pushed() noexcept {
  if (at < 2 * kBlock) {
    std::copy_n(ring.data() + at, kBlock, ring.data() + size + at);
  }
  at = at + kBlock == size ? 0 : at + kBlock;
}

/// One block of the feedback network. Eight frames of all lines at a time, so that everything stays in registers.
struct Reverb::Kernel {
  /// A stage of the Hadamard transform. Unrolled: as loops within loops it would go by way of memory.
  template <std::size_t kHalf> AURALIS_KERNEL void pairs(Vec8* y) noexcept {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kLines / 2; ++k) {
      const std::size_t j = k / kHalf * 2 * kHalf + k % kHalf;
      const Vec8 a = y[j];
      const Vec8 b = y[j + kHalf];
      y[j] = a + b;
      y[j + kHalf] = a - b;
    }
  }

  AURALIS_KERNEL void body(const Network& net) noexcept {
    constexpr std::size_t kWidth = 8;
    constexpr float kNormal = 0.35355339059327373F; // 1 / sqrt(8), of the Hadamard matrix
    constexpr float kInput = 0.5F;                  // 1 / sqrt(4): each channel feeds four lines
    for (std::size_t n = 0; n < kBlock; n += kWidth) {
      // What comes out of each line, damped and attenuated.
      Vec8 y[kLines];
      Vec8 left{};
      Vec8 right{};
      for (std::size_t i = 0; i < kLines; ++i) {
        y[i] = net.near[i] * eight(net.taps[i] + n + 1) + net.far[i] * eight(net.taps[i] + n);
        (i % 2 == 0 ? left : right) += kOutputSigns[i] * y[i];
      }
      left *= net.output_gain;
      right *= net.output_gain;
      // Orthogonal, so that the loop neither gains nor loses but by the lines' own gains.
      pairs<1>(y);
      pairs<2>(y);
      pairs<4>(y);
      const Vec8 in_left = kInput * eight(net.left_in + n);
      const Vec8 in_right = kInput * eight(net.right_in + n);
      for (std::size_t i = 0; i < kLines; ++i) {
        const Vec8 x = i % 2 == 0 ? in_left : in_right;
        eight(net.writes[i] + n) = kInputSigns[i] > 0.0F ? kNormal * y[i] + x : kNormal * y[i] - x;
      }
      eight(net.left_out + n) = left;
      eight(net.right_out + n) = right;
    }
  }
  static void plain(const Network& net) noexcept { body(net); }
  AURALIS_AVX2 static void avx2(const Network& net) noexcept { body(net); }

  /// A Schroeder allpass over one block, in place; `delayed` is what entered its line a delay ago.
  AURALIS_KERNEL void diffuse_body(float* x, const float* delayed, float* write) noexcept {
    for (std::size_t n = 0; n < kBlock; n += 8) {
      const Vec8 old = eight(delayed + n);
      const Vec8 v = eight(x + n) - kDiffusion * old;
      eight(write + n) = v;
      eight(x + n) = old + kDiffusion * v;
    }
  }
  static void diffuse_plain(float* x, const float* delayed, float* write) noexcept { diffuse_body(x, delayed, write); }
  AURALIS_AVX2 static void diffuse_avx2(float* x, const float* delayed, float* write) noexcept {
    diffuse_body(x, delayed, write);
  }
};

void Reverb::Line::prefetch() const noexcept {
  constexpr std::size_t kCacheLine = 64 / sizeof(float);
  const float* read = tap(1);
  for (std::size_t n = 0; n <= kBlock; n += kCacheLine) {
    __builtin_prefetch(read + n, 0);
    __builtin_prefetch(ring.data() + at + n, 1);
  }
}

Reverb::Reverb(const Config& config)
    : network_{runs_avx2() ? &Kernel::avx2 : &Kernel::plain},
      diffuse_{runs_avx2() ? &Kernel::diffuse_avx2 : &Kernel::diffuse_plain} {
  const double rate = config.sample_rate.value;
  if (!(rate >= 8'000.0 && rate <= 192'000.0)) {
    throw std::invalid_argument{"Reverb: sample_rate must lie in [8000, 192000] Hz"};
  }
  if (!(config.decay.value >= 0.1 && config.decay.value <= 20.0)) {
    throw std::invalid_argument{"Reverb: decay must lie in [0.1, 20] s"};
  }
  if (!(config.damping >= 0.0F && config.damping <= 0.5F)) {
    throw std::invalid_argument{"Reverb: damping must lie in [0, 0.5]"};
  }
  if (!(config.pre_delay.value >= 0.0 && config.pre_delay.value <= 0.2)) {
    throw std::invalid_argument{"Reverb: pre_delay must lie in [0, 0.2] s"};
  }
  const auto scaled = [&](std::size_t frames) {
    return static_cast<std::size_t>(std::lround(static_cast<double>(frames) * rate / 48'000.0));
  };
  for (std::size_t c = 0; c < 2; ++c) {
    pre_delay_[c].prepare(static_cast<std::size_t>(std::lround(config.pre_delay.value * rate)));
    for (std::size_t s = 0; s < kDiffusers; ++s) {
      diffusers_[c][s].prepare(scaled(kDiffuserLengths[c][s]));
    }
  }
  const double mean = static_cast<double>(scaled(3'063));
  const double w = 2.0 * std::numbers::pi * 1'000.0 / rate;
  double loss = 0.0; // mean energy lost a pass
  for (std::size_t i = 0; i < kLines; ++i) {
    lines_[i].prepare(scaled(kLengths[i]));
    const auto length = static_cast<double>(lines_[i].delay);
    const double far = std::min(0.5, static_cast<double>(config.damping) * length / mean);
    const double at_1khz = std::abs((1.0 - far) + far * std::polar(1.0, -w));
    // The FIR delays by `far` frames on average; the loop is that much longer.
    const double gain = std::min(0.9999, std::pow(10.0, -3.0 * (length + far) / (config.decay.value * rate)) / at_1khz);
    near_[i] = static_cast<float>(gain * (1.0 - far));
    far_[i] = static_cast<float>(gain * far);
    loss += (1.0 - gain * gain) / static_cast<double>(kLines);
  }
  // Each channel goes to 4 lines at 1 / sqrt(4), so the network takes what comes in; it holds that over the energy lost
  // a pass, and what leaves the lines, one pass on, is summed once.
  output_gain_ = static_cast<float>(std::sqrt(loss / (1.0 - loss)));
}

void Reverb::reset() noexcept {
  const auto clear = [](Line& line) {
    std::fill(line.ring.begin(), line.ring.end(), 0.0F);
    line.at = 0;
  };
  std::for_each(pre_delay_.begin(), pre_delay_.end(), clear);
  for (auto& channel : diffusers_) {
    std::for_each(channel.begin(), channel.end(), clear);
  }
  std::for_each(lines_.begin(), lines_.end(), clear);
}

void Reverb::process(core::StereoBlock in, core::StereoBlock out) noexcept {
  assert(in.frames() == out.frames() && in.frames() % kBlock == 0);
  for (std::size_t from = 0; from < in.frames(); from += kBlock) {
    block(in.left.data() + from, in.right.data() + from, out.left.data() + from, out.right.data() + from);
  }
}

void Reverb::block(const float* left_in, const float* right_in, float* left_out, float* right_out) noexcept {
  alignas(64) std::array<std::array<float, kBlock>, 2> input;
  const std::array<const float*, 2> sources{left_in, right_in};
  for (std::size_t c = 0; c < 2; ++c) {
    float* x = input[c].data();
    // Read before the push: a pre-delay of at least one block.
    const float* delayed = pre_delay_[c].tap(0);
    std::copy_n(delayed, kBlock, x);
    pre_delay_[c].push(sources[c]);
    for (Line& line : diffusers_[c]) {
      diffuse_(x, line.tap(0), line.next());
      line.pushed();
    }
  }

  std::array<const float*, kLines> taps; // NOLINT: filled below
  std::array<float*, kLines> writes;     // NOLINT: filled below
  for (std::size_t i = 0; i < kLines; ++i) {
    taps[i] = lines_[i].tap(1); // one frame earlier; the frame after it is the delay itself
    writes[i] = lines_[i].next();
  }
  network_({.taps = taps.data(),
            .writes = writes.data(),
            .near = near_.data(),
            .far = far_.data(),
            .left_in = input[0].data(),
            .right_in = input[1].data(),
            .output_gain = output_gain_,
            .left_out = left_out,
            .right_out = right_out});
  for (Line& line : lines_) {
    line.pushed();
    line.prefetch();
  }
}

} // namespace auralis::dsp
