// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/onset_detector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace auralis::analysis {
namespace {

constexpr double kForgetSeconds = 4.0; // in which the loudest rise fades by 1/e
/// The two frames' difference of a Hann window is largest this many frames after a step; measured on clicks.
constexpr double kDelay = 0.5;

} // namespace

OnsetDetector::OnsetDetector(const Config& config) : config_{config} {
  if (config.threshold <= 0.0F || config.frames_per_second <= 0.0 || config.shortest_gap < 0.0) {
    throw std::invalid_argument{"an onset detector wants a positive threshold and rate"};
  }
  reset();
}

void OnsetDetector::reset() noexcept {
  frames_.fill({});
  now_ = -1;
  last_ = -std::numeric_limits<double>::infinity();
  loudest_ = 0.0F;
}

const OnsetDetector::Frame& OnsetDetector::ago(int frames) const noexcept {
  return frames_[static_cast<std::size_t>(now_ - frames) % frames_.size()];
}

std::optional<core::Onset> OnsetDetector::process(const LogBands& bands) noexcept {
  ++now_;
  Frame& newest = frames_[static_cast<std::size_t>(now_) % frames_.size()];
  const auto rises = bands.rise();
  newest = {.rise = std::accumulate(rises.begin(), rises.end(), 0.0F) / static_cast<float>(rises.size()),
            .power = bands.power(),
            .audible = bands.is_audible()};
  loudest_ *= static_cast<float>(std::exp(-1.0 / (kForgetSeconds * config_.frames_per_second)));
  loudest_ = std::max(loudest_, newest.rise);
  if (now_ < 1) {
    return std::nullopt;
  }

  const Frame& frame = ago(1);
  const auto heard = static_cast<int>(std::min<std::int64_t>(kMeanFrames, now_ - 1));
  float mean = 0.0F;
  bool highest = frame.rise > newest.rise;
  for (int n = 2; n < 2 + heard; ++n) {
    mean += ago(n).rise / static_cast<float>(kMeanFrames);
    highest = highest && (n > 4 || frame.rise >= ago(n).rise);
  }
  const float least = config_.over_mean * mean + config_.threshold;
  if (!highest || frame.rise < least || !frame.audible) {
    return std::nullopt;
  }
  const auto before = static_cast<double>(now_ >= 2 ? ago(2).rise : 0.0F);
  const auto at = static_cast<double>(frame.rise);
  const auto after = static_cast<double>(newest.rise);
  const double curve = before - 2.0 * at + after;
  const double shift = curve < 0.0 ? std::clamp(0.5 * (before - after) / curve, -0.5, 0.5) : 0.0;
  const double place = static_cast<double>(now_ - 1) + shift - kDelay;
  if (place - last_ < config_.shortest_gap * config_.frames_per_second) {
    return std::nullopt;
  }
  last_ = place;

  // The band whose power grew most.
  std::size_t band = 0;
  float most = -1.0F;
  for (std::size_t b = 0; b < frame.power.size(); ++b) {
    const float grown = frame.power[b] - (now_ >= 3 ? ago(3).power[b] : 0.0F);
    if (grown > most) {
      most = grown;
      band = b;
    }
  }
  return core::Onset{.at = core::Seconds{std::max(0.0, place / config_.frames_per_second)},
                     .strength = std::clamp(frame.rise / loudest_, 0.0F, 1.0F),
                     .band = static_cast<core::Band>(band),
                     .confidence = std::clamp(1.0F - least / (2.0F * frame.rise), 0.0F, 1.0F)};
}

} // namespace auralis::analysis
