// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/front_end.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace auralis::analysis {
namespace {

// Far above any recording in float, far below where squares overflow: beyond it lies only damage.
constexpr float kMostSample = 1'000.0F;

constexpr int kDecimation = 4;
// Flat up to 4.2 kHz, above the fundamentals and first harmonics that tonal estimators read.
constexpr int kDecimatorWidth = 48;

float sane(float x) noexcept { return std::abs(x) <= kMostSample ? x : 0.0F; } // a NaN compares false

FrontEnd::Config checked(const FrontEnd::Config& config) {
  const double rate = config.sample_rate.value;
  if (!(rate >= 8'000.0 && rate <= 192'000.0) || rate != std::floor(rate)) {
    throw std::invalid_argument{"FrontEnd: sample_rate must be whole and lie in [8000, 192000] Hz"};
  }
  if (config.channels < 1 || config.channels > 8) {
    throw std::invalid_argument{"FrontEnd: channels must lie in [1, 8]"};
  }
  return config;
}

} // namespace

FrontEnd::FrontEnd(const Config& config)
    : config_{checked(config)},
      decimator_{
          {.from = kAnalysisRate, .to = core::Hertz{kAnalysisRate.value / kDecimation}, .width = kDecimatorWidth}},
      fine_{kFineStft}, tonal_{kTonalStft} {
  std::size_t most = kPiece;
  if (config.sample_rate != kAnalysisRate) {
    resampler_.emplace(dsp::SincResampler::Config{.from = config.sample_rate, .to = kAnalysisRate});
    most = std::max(resampler_->most_output(kPiece), resampler_->most_output(0));
    resampled_.resize(most);
  }
  decimated_.resize(decimator_.most_output(most));
}

void FrontEnd::reset() noexcept {
  if (resampler_) {
    resampler_->reset();
  }
  decimator_.reset();
  fine_.reset();
  tonal_.reset();
  heard_ = 0;
  taken_ = 0;
  ended_ = false;
}

std::span<const float> FrontEnd::mix(const core::AudioBlock& block, std::size_t from) noexcept {
  assert(block.channels.size() == static_cast<std::size_t>(config_.channels));
  const std::size_t count = std::min(kPiece, block.frames - from);
  const auto channels = block.channels;
  if (channels.size() == 1) {
    const float* only = channels[0] + from;
    for (std::size_t n = 0; n < count; ++n) {
      mono_[n] = sane(only[n]);
    }
  } else if (channels.size() == 2) {
    const float* left = channels[0] + from;
    const float* right = channels[1] + from;
    for (std::size_t n = 0; n < count; ++n) {
      mono_[n] = 0.5F * (sane(left[n]) + sane(right[n]));
    }
  } else {
    // In double, where the sum of so few floats is exact whatever their order.
    const double share = 1.0 / static_cast<double>(channels.size());
    for (std::size_t n = 0; n < count; ++n) {
      double sum = 0.0;
      for (const float* channel : channels) {
        sum += static_cast<double>(sane(channel[from + n]));
      }
      mono_[n] = static_cast<float>(sum * share);
    }
  }
  taken_ += static_cast<std::int64_t>(count);
  const auto mono = std::span<const float>{mono_}.first(count);
  if (!resampler_) {
    return mono;
  }
  return std::span<const float>{resampled_}.first(resampler_->process(mono, resampled_));
}

std::span<const float> FrontEnd::mix_rest() noexcept {
  if (!resampler_) {
    return {};
  }
  return std::span<const float>{resampled_}.first(resampler_->finish(resampled_));
}

std::span<const float> FrontEnd::decimate(std::span<const float> samples) noexcept {
  return std::span<const float>{decimated_}.first(decimator_.process(samples, decimated_));
}

std::span<const float> FrontEnd::decimate_rest() noexcept {
  return std::span<const float>{decimated_}.first(decimator_.finish(decimated_));
}

std::size_t FrontEnd::until_next_frame() const noexcept {
  if (!config_.tonal) {
    return std::max<std::size_t>(1, fine_.until_next_frame());
  }
  const auto tonal = decimator_.needed_for(decimator_.written() + static_cast<std::int64_t>(tonal_.until_next_frame()));
  return std::max<std::size_t>(1, std::min(fine_.until_next_frame(), static_cast<std::size_t>(tonal)));
}

core::Seconds FrontEnd::known_at() const noexcept {
  if (ended_) {
    return core::Seconds{static_cast<double>(taken_) / config_.sample_rate.value};
  }
  const auto heard = core::Seconds{static_cast<double>(heard_) / kAnalysisRate.value};
  return resampler_ ? heard + resampler_->latency() : heard;
}

core::Seconds FrontEnd::fine_latency() const noexcept {
  return fine_.latency() + (resampler_ ? resampler_->latency() : core::Seconds{});
}

core::Seconds FrontEnd::tonal_latency() const noexcept {
  return tonal_.latency() + decimator_.latency() + (resampler_ ? resampler_->latency() : core::Seconds{});
}

} // namespace auralis::analysis
