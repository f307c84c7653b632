// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/beat_peaks.hpp"

#include <algorithm>
#include <cassert>

namespace auralis::analysis {
namespace {

constexpr double kFirstInterval = 50.0; // frames, of the first beat, which nothing is known of: 120 a minute

} // namespace

BeatPeaks::BeatPeaks(const Config& config) : config_{config}, lag_{std::max(kReach, config.metre_lag)} {
  assert(config.metre_lag >= 0 && static_cast<std::size_t>(lag_ + kReach) < kKept);
}

bool BeatPeaks::is_peak(std::int64_t frame) const noexcept {
  const float here = beat_at(frame);
  if (here <= config_.threshold) {
    return false;
  }
  for (int away = 1; away <= kReach; ++away) { // of a plateau the first frame
    if (beat_at(frame - away) >= here || beat_at(frame + away) > here) {
      return false;
    }
  }
  return true;
}

std::optional<PlacedBeat> BeatPeaks::process(const BeatActivation& activation) noexcept {
  ++now_;
  said_[static_cast<std::size_t>(now_) % kKept] = activation;
  const std::int64_t frame = now_ - lag_;
  if (frame < 0 || !is_peak(frame)) {
    return std::nullopt;
  }
  const float bar = said_[static_cast<std::size_t>(frame + config_.metre_lag) % kKept].downbeat;
  if (bar > config_.downbeat_threshold) {
    beats_per_bar_ = position_;
    position_ = 1;
  } else if (position_ > 0) {
    position_ = position_ < kMostPositions ? position_ + 1 : 0;
  }
  const double interval = last_ < 0 ? kFirstInterval : static_cast<double>(frame - last_);
  last_ = frame;
  return PlacedBeat{.frame = static_cast<double>(frame),
                    .position = position_,
                    .beats_per_bar = position_ > 0 ? std::max(beats_per_bar_, position_) : 0,
                    .interval = interval,
                    .confidence = beat_at(frame),
                    .downbeat_confidence = position_ == 1 ? bar : 1.0F - bar};
}

void BeatPeaks::reset() noexcept {
  said_.fill({});
  now_ = -1;
  last_ = -1;
  position_ = 0;
  beats_per_bar_ = 0;
}

void count_bars(std::span<core::Beat> beats) noexcept {
  const auto is_downbeat = [](const core::Beat& beat) { return beat.position == 1; };
  const auto first = std::ranges::find_if(beats, is_downbeat);
  int length = 0;
  for (auto bar = first; bar != beats.end();) {
    const auto next = std::find_if(bar + 1, beats.end(), is_downbeat);
    const auto count = std::min<std::ptrdiff_t>(next - bar, BeatPeaks::kMostPositions);
    length = next == beats.end() ? std::max(length, static_cast<int>(count)) : static_cast<int>(count);
    std::for_each(bar, next, [length](core::Beat& beat) { beat.beats_per_bar = beat.position > 0 ? length : 0; });
    bar = next;
  }
  if (first == beats.end()) {
    return;
  }
  int position = first->beats_per_bar;
  for (auto beat = first; beat != beats.begin() && position > 0; --position) {
    --beat;
    beat->position = position;
    beat->beats_per_bar = first->beats_per_bar;
  }
}

} // namespace auralis::analysis
