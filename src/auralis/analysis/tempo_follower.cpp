// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/tempo_follower.hpp"

#include <algorithm>
#include <cmath>

#include "auralis/analysis/confidence.hpp"

namespace auralis::analysis {
namespace {

constexpr double kLookSeconds = 0.25;
constexpr double kMemorySeconds = 10.0;
constexpr double kPauseSeconds = 2.0; // without a beat there is nothing to learn
constexpr double kSame = 0.04;        // two intervals this close are one tempo
constexpr double kNear = 0.06;        // and this close the same one a little later
constexpr double kMargin = 1.5;
constexpr double kPatienceSeconds = 3.0;
constexpr double kGone = 0.2;
constexpr double kGoneSeconds = 4.0;
// What is worth saying.
constexpr double kTempoStep = 0.01;
constexpr float kConfidenceStep = 0.05F;

bool differs(const core::TempoCandidate& a, const core::TempoCandidate& b) noexcept {
  return std::abs(a.tempo.value - b.tempo.value) > kTempoStep * b.tempo.value ||
         std::abs(a.confidence - b.confidence) >= kConfidenceStep;
}

} // namespace

TempoFollower::TempoFollower(const BarPointerSpace& space)
    : shortest_{space.intervals.front()}, frames_per_second_{space.config.frames_per_second},
      look_every_{std::max<std::int64_t>(1, std::llround(kLookSeconds * frames_per_second_))},
      posterior_(space.intervals.size()), average_(space.intervals.size()) {}

void TempoFollower::reset() noexcept {
  std::ranges::fill(average_, 0.0F);
  frame_ = 0;
  last_beat_ = -1;
  looks_ = 0.0;
  interval_ = 0.0;
  other_better_ = 0.0;
  gone_ = 0.0;
  said_ = {};
}

std::optional<core::LiveTempo> TempoFollower::process(const BarPointerFilter& filter, bool beat_said) noexcept {
  ++frame_;
  last_beat_ = beat_said ? frame_ : last_beat_;
  const bool heard = last_beat_ >= 0 && static_cast<double>(frame_ - last_beat_) <= kPauseSeconds * frames_per_second_;
  if (!heard || frame_ % look_every_ != 0) {
    return std::nullopt;
  }
  filter.tempo_posterior(posterior_);
  return look(posterior_);
}

std::optional<core::LiveTempo> TempoFollower::look(std::span<const float> tempo_posterior) noexcept {
  hear(tempo_posterior);
  const auto tempo = estimate();
  if (!differs(tempo.best, said_.best)) {
    return std::nullopt;
  }
  said_ = tempo;
  return tempo;
}

void TempoFollower::hear(std::span<const float> posterior) noexcept {
  if (interval_ > 0.0) {
    const double seen = mass_near(posterior, interval_, kNear) + mass_near(posterior, 2.0 * interval_, kNear) +
                        mass_near(posterior, interval_ / 2.0, kNear);
    gone_ = seen < kGone ? gone_ + kLookSeconds : 0.0;
    if (gone_ >= kGoneSeconds) { // another piece
      std::ranges::fill(average_, 0.0F);
      looks_ = 0.0;
      interval_ = 0.0;
      gone_ = 0.0;
    }
  }
  looks_ += 1.0;
  const auto weight = static_cast<float>(std::max(1.0 / looks_, kLookSeconds / kMemorySeconds));
  for (std::size_t t = 0; t < average_.size(); ++t) {
    average_[t] += weight * (posterior[t] - average_[t]);
  }

  const std::size_t best = likeliest(0, average_.size() - 1);
  const auto interval_of = [this](std::size_t t) { return static_cast<double>(shortest_) + static_cast<double>(t); };
  if (interval_ <= 0.0) {
    interval_ = interval_of(best);
    other_better_ = 0.0;
  }
  std::size_t mine = likeliest(index_of(interval_ * (1.0 - kNear)), index_of(interval_ * (1.0 + kNear)));
  const double other_mass = mass_near(average_, interval_of(best), kSame);
  const bool other_is_better = std::abs(interval_of(best) / interval_ - 1.0) > kNear &&
                               other_mass > kMargin * mass_near(average_, interval_of(mine), kSame);
  other_better_ = other_is_better ? other_better_ + kLookSeconds : 0.0;
  if (other_better_ >= kPatienceSeconds) {
    mine = best;
    other_better_ = 0.0;
  }

  // Between the filter's whole frames: the mean of those that count as this tempo.
  double mass = 0.0;
  double sum = 0.0;
  for (std::size_t t = index_of(interval_of(mine) * (1.0 - kSame)); t <= index_of(interval_of(mine) * (1.0 + kSame));
       ++t) {
    mass += static_cast<double>(average_[t]);
    sum += static_cast<double>(average_[t]) * interval_of(t);
  }
  interval_ = mass > 0.0 ? sum / mass : interval_of(mine);
}

std::size_t TempoFollower::likeliest(std::size_t first, std::size_t last) const noexcept {
  std::size_t best = first;
  double most = -1.0;
  for (std::size_t t = first; t <= last; ++t) {
    const double mass = mass_near(average_, static_cast<double>(shortest_) + static_cast<double>(t), kSame);
    if (mass > most) {
      most = mass;
      best = t;
    }
  }
  return best;
}

std::size_t TempoFollower::index_of(double interval) const noexcept {
  const double index = std::round(interval) - static_cast<double>(shortest_);
  return static_cast<std::size_t>(std::clamp(index, 0.0, static_cast<double>(average_.size() - 1)));
}

double TempoFollower::mass_near(std::span<const float> of, double interval, double reach) const noexcept {
  const auto first = static_cast<std::int64_t>(std::ceil(interval * (1.0 - reach))) - shortest_;
  const auto last = static_cast<std::int64_t>(std::floor(interval * (1.0 + reach))) - shortest_;
  const auto end = std::min(last, static_cast<std::int64_t>(of.size()) - 1);
  double sum = 0.0;
  for (auto t = std::max<std::int64_t>(first, 0); t <= end; ++t) {
    sum += static_cast<double>(of[static_cast<std::size_t>(t)]);
  }
  return sum;
}

core::LiveTempo TempoFollower::estimate() const noexcept {
  const double share = std::min(mass_near(average_, interval_, kSame), 1.0);
  const float right = calibrated(static_cast<float>(share), kLiveTempoConfidence);
  const double rest = share < 1.0 ? (1.0 - static_cast<double>(right)) / (1.0 - share) : 0.0;
  const auto candidate = [&](double interval) -> core::TempoCandidate {
    const bool looked_for = interval >= shortest_ && interval < shortest_ + static_cast<double>(average_.size());
    if (!looked_for) {
      return {};
    }
    return {.tempo = core::Bpm{60.0 * frames_per_second_ / interval},
            .confidence = static_cast<float>(std::min(1.0, rest * mass_near(average_, interval, kSame)))};
  };
  return {.best = {.tempo = core::Bpm{60.0 * frames_per_second_ / interval_}, .confidence = right},
          .half = candidate(2.0 * interval_),
          .twice = candidate(interval_ / 2.0)};
}

} // namespace auralis::analysis
