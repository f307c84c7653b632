// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/tempo.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>

#include "auralis/analysis/confidence.hpp"

namespace auralis::analysis {
namespace {

constexpr double kOffMedian = 0.1;
constexpr std::size_t kAround = 4; // beats either side in the tempo curve
// A beat lies within a few milliseconds of where it should: over four of them that matters little.
constexpr std::size_t kBar = 4;
constexpr double kOffMain = 0.025;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::vector<double> intervals_of(std::span<const core::Beat> beats) {
  std::vector<double> intervals;
  for (std::size_t n = 1; n < beats.size(); ++n) {
    intervals.push_back((beats[n].at - beats[n - 1].at).value);
  }
  return intervals;
}

} // namespace

TempoEstimator::TempoEstimator(double frames_per_second)
    : frames_per_second_{frames_per_second}, past_(2 * kLags), likeness_(kLags) {
  if (frames_per_second <= 0.0) {
    throw std::invalid_argument{"frames come at a positive rate"};
  }
}

void TempoEstimator::reset() noexcept {
  std::ranges::fill(past_, 0.0F);
  std::ranges::fill(likeness_, 0.0);
  newest_ = 0;
}

void TempoEstimator::process(float beat_activation) noexcept {
  // Written backwards: past_[newest_ + lag] is the frame `lag` ago.
  newest_ = newest_ == 0 ? kLags - 1 : newest_ - 1;
  past_[newest_] = past_[newest_ + kLags] = beat_activation;
  const auto now = static_cast<double>(beat_activation);
  for (std::size_t lag = 0; lag < kLags; ++lag) {
    likeness_[lag] += now * static_cast<double>(past_[newest_ + lag]);
  }
}

double TempoEstimator::salience(double interval) const noexcept {
  double sum = 0.0;
  double count = 0.0;
  for (int beats = 1; beats <= 4; ++beats) {
    const auto lag = static_cast<std::size_t>(std::lround(interval * beats));
    if (lag + 1 >= kLags || lag < 1) {
      break;
    }
    sum += std::max({likeness_[lag - 1], likeness_[lag], likeness_[lag + 1]});
    count += 1.0;
  }
  return count > 0.0 && likeness_[0] > 0.0 ? sum / count / likeness_[0] : 0.0;
}

std::vector<core::TempoCandidate> TempoEstimator::candidates(std::span<const core::Beat> beats) const {
  const core::Bpm tempo = main_tempo(beats);
  if (tempo.value <= 0.0) {
    return {};
  }
  // What a tempo is worth besides: how often people tap it (the decoder's preference).
  const auto liked = [](double bpm) {
    const double octaves = std::log2(bpm / 115.0) / 0.65;
    return std::exp(-0.5 * octaves * octaves);
  };
  constexpr std::array<double, 5> kRatios{1.0, 0.5, 2.0, 1.5, 2.0 / 3.0};
  // The beats were decoded at the first: its evidence counts twice.
  constexpr double kDecoded = 2.0;
  std::vector<core::TempoCandidate> out;
  double all = 0.0;
  for (const double ratio : kRatios) {
    const double bpm = tempo.value * ratio;
    if (bpm < 25.0 || bpm > 420.0) {
      continue;
    }
    const double weight = salience(60.0 * frames_per_second_ / bpm) * liked(bpm) * (ratio == 1.0 ? kDecoded : 1.0);
    out.push_back({.tempo = core::Bpm{bpm}, .confidence = static_cast<float>(weight)});
    all += weight;
  }
  for (core::TempoCandidate& candidate : out) {
    candidate.confidence = all > 0.0 ? static_cast<float>(static_cast<double>(candidate.confidence) / all) : 0.0F;
  }
  // That of the first becomes the probability of being right; the others share the rest as before.
  const float share = out.front().confidence;
  const float right = share > 0.0F && share < 1.0F ? calibrated(share, kTempoConfidence) : share;
  for (core::TempoCandidate& candidate : out) {
    candidate.confidence *= share < 1.0F ? (1.0F - right) / (1.0F - share) : 1.0F;
  }
  out.front().confidence = right;
  // The beats' own tempo stays first: everything else speaks of those beats.
  std::ranges::stable_sort(out.begin() + 1, out.end(), std::ranges::greater{}, &core::TempoCandidate::confidence);
  return out;
}

core::Bpm main_tempo(std::span<const core::Beat> beats) {
  if (beats.size() < 2) {
    return core::Bpm{};
  }
  const std::size_t bar = std::min(kBar, beats.size() - 1);
  std::vector<double> intervals;
  for (std::size_t n = bar; n < beats.size(); ++n) {
    intervals.push_back((beats[n].at - beats[n - bar].at).value / static_cast<double>(bar));
  }
  const double middle = median(intervals);
  double sum = 0.0;
  double count = 0.0;
  for (const double interval : intervals) {
    if (std::abs(interval - middle) < kOffMain * middle) {
      sum += interval;
      count += 1.0;
    }
  }
  return core::Bpm{60.0 * count / sum};
}

std::vector<core::TempoPoint> tempo_curve(std::span<const core::Beat> beats) {
  const auto intervals = intervals_of(beats);
  std::vector<core::TempoPoint> curve;
  for (std::size_t n = 0; n < intervals.size(); ++n) {
    const std::size_t first = n < kAround ? 0 : n - kAround;
    const std::size_t last = std::min(n + kAround + 1, intervals.size());
    const std::vector<double> around(intervals.begin() + static_cast<std::ptrdiff_t>(first),
                                     intervals.begin() + static_cast<std::ptrdiff_t>(last));
    const double middle = median(around);
    const auto agree = std::ranges::count_if(
        around, [&](double interval) { return std::abs(interval - middle) < 0.5 * kOffMedian * middle; });
    const double share = static_cast<double>(agree) / static_cast<double>(around.size());
    curve.push_back({.at = beats[n].at,
                     .tempo = core::Bpm{60.0 / middle},
                     .confidence = static_cast<float>(share) * beats[n].confidence});
  }
  return curve;
}

MetreEstimate metre_of(std::span<const core::Beat> beats) {
  std::map<int, double> votes;
  double all = 0.0;
  for (const core::Beat& beat : beats) {
    votes[beat.beats_per_bar] += static_cast<double>(beat.downbeat_confidence);
    all += static_cast<double>(beat.downbeat_confidence);
  }
  if (all <= 0.0) {
    return {};
  }
  const auto best = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return {.beats_per_bar = best->first, .confidence = static_cast<float>(best->second / all)};
}

} // namespace auralis::analysis
