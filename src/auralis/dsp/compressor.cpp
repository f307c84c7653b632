// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/compressor.hpp"

#include <cassert>
#include <cmath>
#include <stdexcept>

namespace auralis::dsp {
namespace {

bool within(double value, double low, double high) { return value >= low && value <= high; }

float share_of_a_block(core::Seconds time_constant, core::Hertz rate) {
  return static_cast<float>(1.0 -
                            std::exp(-static_cast<double>(Compressor::kBlock) / (time_constant.value * rate.value)));
}

} // namespace

Compressor::Compressor(const Config& config)
    : config_{config}, attack_{share_of_a_block(config.attack, config.sample_rate)},
      release_{share_of_a_block(config.release, config.sample_rate)},
      knee_begins_{static_cast<float>(std::pow(10.0, (config.threshold.value - config.knee.value / 2.0) / 10.0))} {
  if (!within(config.threshold.value, -80.0, 0.0) || !within(config.ratio, 1.0, 100.0) ||
      !within(config.knee.value, 0.0, 40.0) || !within(config.attack.value, 0.001, 1.0) ||
      !within(config.release.value, 0.001, 10.0)) {
    throw std::invalid_argument{"Compressor: a setting is out of its range"};
  }
}

void Compressor::reset() noexcept {
  power_ = 0.0F;
  gain_ = 1.0F;
}

core::Decibels Compressor::gain_at(core::Decibels level) const noexcept {
  const double over = level.value - config_.threshold.value;
  const double slope = 1.0 / config_.ratio - 1.0;
  const double knee = config_.knee.value;
  if (2.0 * over <= -knee) {
    return core::Decibels{0.0};
  }
  if (2.0 * over >= knee) {
    return core::Decibels{slope * over};
  }
  const double into = over + knee / 2.0;
  return core::Decibels{slope * into * into / (2.0 * knee)};
}

float Compressor::advance(float power) noexcept {
  power_ += (power - power_) * (power > power_ ? attack_ : release_);
  gain_ = 1.0F;
  if (power_ > knee_begins_) {
    const core::Decibels level{10.0 * std::log10(static_cast<double>(power_))};
    gain_ = static_cast<float>(core::to_amplitude(gain_at(level)));
  }
  return gain_;
}

void Compressor::process(core::StereoBlock block) noexcept {
  assert(block.frames() % kBlock == 0);
  for (std::size_t from = 0; from < block.frames(); from += kBlock) {
    float* left = block.left.data() + from;
    float* right = block.right.data() + from;
    float sum = 0.0F;
    for (std::size_t n = 0; n < kBlock; ++n) {
      sum += left[n] * left[n] + right[n] * right[n];
    }
    const float power = sum / static_cast<float>(2 * kBlock);
    const float before = gain_;
    const float step = (advance(power) - before) / static_cast<float>(kBlock);
    if (gain_ != 1.0F || before != 1.0F) {
      for (std::size_t n = 0; n < kBlock; ++n) {
        const float gain = before + step * static_cast<float>(n + 1);
        left[n] *= gain;
        right[n] *= gain;
      }
    }
  }
}

} // namespace auralis::dsp
