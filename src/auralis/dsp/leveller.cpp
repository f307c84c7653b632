// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/leveller.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace auralis::dsp {
namespace {

bool within(double value, double low, double high) { return value >= low && value <= high; }

// The standard's equation 2 with both channels' weights 1.
constexpr double kOffsetLufs = -0.691;
double power_of(double lufs) { return std::pow(10.0, (lufs - kOffsetLufs) / 10.0); }

constexpr double kRelativeGate = 0.1; // -10 LU
constexpr double kSoftSeconds = 3.0;
constexpr double kWeightUnderGate = 0.5;

} // namespace

Leveller::Leveller(const Config& config)
    : config_{config},
      weighting_{StereoBiquad{k_weighting(config.sample_rate)[0]}, StereoBiquad{k_weighting(config.sample_rate)[1]}},
      block_seconds_{static_cast<double>(kBlock) / config.sample_rate.value},
      momentary_share_{1.0 - std::exp(-block_seconds_ / 0.4)}, gate_power_{power_of(config.gate_lufs)} {
  if (!within(config.target_lufs, -40.0, -6.0) || !within(config.range.value, 0.0, 40.0) ||
      !within(config.first.value, 0.001, 60.0) || !within(config.window.value, config.first.value, 120.0) ||
      !within(config.decibels_per_second, 0.001, 100.0)) {
    throw std::invalid_argument{"Leveller: a setting is out of its range"};
  }
  reset();
}

void Leveller::reset() noexcept {
  for (auto& stage : weighting_) {
    stage.reset();
  }
  momentary_ = 0.0;
  mean_ = power_of(config_.target_lufs);
  heard_ = config_.first.value;
  soft_ = 0.0;
  gain_db_ = 0.0;
  gain_ = 1.0F;
}

float Leveller::advance(double power) noexcept {
  momentary_ += (power - momentary_) * momentary_share_;
  if (momentary_ > gate_power_) {
    // What stays under the relative gate counts after a while, if little, or a preset far softer than the one before
    // would stay under the gate for good. A note dying away into a rest does not.
    const bool passes = momentary_ > kRelativeGate * mean_;
    soft_ = passes ? 0.0 : soft_ + block_seconds_;
    const double weight = passes ? 1.0 : soft_ > kSoftSeconds ? kWeightUnderGate : 0.0;
    heard_ = std::min(heard_ + (passes ? block_seconds_ : 0.0), config_.window.value);
    mean_ += (power - mean_) * weight * block_seconds_ / heard_;
    const double heard_lufs = 10.0 * std::log10(std::max(mean_, 1e-12)) + kOffsetLufs;
    const double wanted = std::clamp(config_.target_lufs - heard_lufs, -config_.range.value, config_.range.value);
    const double step = config_.decibels_per_second * block_seconds_;
    gain_db_ += std::clamp(wanted - gain_db_, -step, step);
  }
  gain_ = static_cast<float>(core::to_amplitude(core::Decibels{gain_db_}));
  return gain_;
}

void Leveller::process(core::StereoBlock block) noexcept {
  assert(block.frames() % kBlock == 0);
  for (std::size_t from = 0; from < block.frames(); from += kBlock) {
    float* left = block.left.data() + from;
    float* right = block.right.data() + from;
    alignas(64) std::array<float, kBlock> weighted_left;
    alignas(64) std::array<float, kBlock> weighted_right;
    std::copy_n(left, kBlock, weighted_left.data());
    std::copy_n(right, kBlock, weighted_right.data());
    const core::StereoBlock weighted{weighted_left, weighted_right};
    weighting_[0].process(weighted);
    weighting_[1].process(weighted);
    float sum = 0.0F;
    for (std::size_t n = 0; n < kBlock; ++n) {
      sum += weighted_left[n] * weighted_left[n] + weighted_right[n] * weighted_right[n];
    }
    const double power = static_cast<double>(sum) / static_cast<double>(kBlock);
    const float before = gain_;
    const float slope = (advance(power) - before) / static_cast<float>(kBlock);
    for (std::size_t n = 0; n < kBlock; ++n) {
      const float gain = before + slope * static_cast<float>(n + 1);
      left[n] *= gain;
      right[n] *= gain;
    }
  }
}

} // namespace auralis::dsp
