// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/reverb.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <complex>
#include <numbers>
#include <stdexcept>

namespace auralis::dsp {
namespace {

// At 48 kHz. Primes, spread evenly in the logarithm between 23 and 92 ms, so that no two share a mode.
constexpr std::array<std::size_t, 16> kLengths{1109, 1217, 1327, 1459, 1597, 1753, 1913, 2099,
                                               2297, 2521, 2767, 3037, 3323, 3637, 3989, 4391};
constexpr std::array<std::array<std::size_t, 2>, 2> kDiffuserLengths{{{229, 367}, {241, 347}}};
constexpr float kDiffusion = 0.6F;
// Signs that keep the two outputs uncorrelated; line i feeds the left if i is even.
constexpr std::array<float, 16> kOutputSigns{1, 1, -1, 1, 1, -1, -1, -1, 1, 1, 1, -1, -1, 1, -1, -1};
constexpr std::array<float, 16> kInputSigns{1, 1, 1, -1, -1, 1, -1, -1, 1, -1, 1, 1, -1, -1, 1, 1};

} // namespace

void Reverb::Line::prepare(std::size_t frames) {
  delay = std::max(frames, kBlock);
  size = (delay + 1 + kBlock - 1) / kBlock * kBlock + kBlock;
  ring.assign(size + 2 * kBlock, 0.0F);
}

const float* Reverb::Line::tap(std::size_t extra) const noexcept {
  const std::size_t from = (at + size - delay - extra) % size;
  return ring.data() + from;
}

void Reverb::Line::push(const float* block) noexcept {
  std::copy_n(block, kBlock, ring.data() + at);
  if (at < 2 * kBlock) {
    std::copy_n(block, kBlock, ring.data() + size + at);
  }
  at = at + kBlock == size ? 0 : at + kBlock;
}

Reverb::Reverb(const Config& config) {
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
  const double mean = static_cast<double>(scaled(2'300));
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
  // Each channel goes to 8 lines at 1 / sqrt(8), so the network takes what comes in; it holds that over the energy lost
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
      const float* d = line.tap(0);
      alignas(64) std::array<float, kBlock> v;
      for (std::size_t n = 0; n < kBlock; ++n) {
        const float old = d[n];
        v[n] = x[n] - kDiffusion * old;
        x[n] = old + kDiffusion * v[n];
      }
      line.push(v.data());
    }
  }

  // What comes out of each line, damped and attenuated.
  alignas(64) std::array<std::array<float, kBlock>, kLines> y;
  for (std::size_t i = 0; i < kLines; ++i) {
    const float* near = lines_[i].tap(0);
    const float* far = lines_[i].tap(1);
    const float a = near_[i];
    const float b = far_[i];
    for (std::size_t n = 0; n < kBlock; ++n) {
      y[i][n] = a * near[n] + b * far[n];
    }
  }
  for (std::size_t n = 0; n < kBlock; ++n) {
    float left = 0.0F;
    float right = 0.0F;
    for (std::size_t i = 0; i < kLines; i += 2) {
      left += kOutputSigns[i] * y[i][n];
      right += kOutputSigns[i + 1] * y[i + 1][n];
    }
    left_out[n] = output_gain_ * left;
    right_out[n] = output_gain_ * right;
  }
  // Hadamard matrix of order 16: orthogonal, so that the loop neither gains nor loses but by the lines' own gains.
  for (std::size_t half = 1; half < kLines; half *= 2) {
    for (std::size_t i = 0; i < kLines; i += 2 * half) {
      for (std::size_t j = i; j < i + half; ++j) {
        for (std::size_t n = 0; n < kBlock; ++n) {
          const float a = y[j][n];
          const float b = y[j + half][n];
          y[j][n] = a + b;
          y[j + half][n] = a - b;
        }
      }
    }
  }
  constexpr float kNormal = 0.25F;               // 1 / sqrt(16)
  constexpr float kInput = 0.35355339059327373F; // 1 / sqrt(8)
  for (std::size_t i = 0; i < kLines; ++i) {
    const float* x = input[i % 2].data();
    const float sign = kInputSigns[i] * kInput;
    for (std::size_t n = 0; n < kBlock; ++n) {
      y[i][n] = kNormal * y[i][n] + sign * x[n];
    }
    lines_[i].push(y[i].data());
  }
}

} // namespace auralis::dsp
