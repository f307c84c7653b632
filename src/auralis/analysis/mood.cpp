// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/mood.hpp"

#include <algorithm>
#include <cmath>

namespace auralis::analysis {
namespace {

// What counts as 0 and as 1; docs/theory/mood.md says where they come from.
constexpr double kQuietLufs = -36.0;
constexpr double kLoudLufs = -8.0;
constexpr double kDarkHz = 500.0;
constexpr double kBrightHz = 4'000.0;
constexpr double kSparseOnsets = 0.5;
constexpr double kDenseOnsets = 8.0;
constexpr double kSlowBpm = 60.0;
constexpr double kFastBpm = 160.0;
constexpr double kMostConfidentProxy = 0.5;

double between(double low, double high, double value) noexcept {
  return std::clamp((value - low) / (high - low), 0.0, 1.0);
}
/// The same on a logarithmic scale, as pitch, rate and tempo are felt.
double between_logs(double low, double high, double value) noexcept {
  return value <= 0.0 ? 0.0 : between(std::log(low), std::log(high), std::log(value));
}

/// Weighted mean of what is known.
class Mean {
public:
  void add(double value, double weight, double known = 1.0) noexcept {
    sum_ += weight * known * value;
    known_ += weight * known;
    all_ += weight;
  }
  void miss(double weight) noexcept { all_ += weight; }
  [[nodiscard]] core::Score score(double most_confident) const noexcept {
    if (known_ <= 0.0) {
      return {.value = 0.5F, .confidence = 0.0F};
    }
    return {.value = static_cast<float>(sum_ / known_),
            .confidence = static_cast<float>(most_confident * known_ / all_)};
  }

private:
  double sum_ = 0.0;
  double known_ = 0.0;
  double all_ = 0.0;
};

void add_onsets(Mean& mean, const MoodEvidence& evidence, double weight) noexcept {
  if (evidence.onsets_per_second) {
    mean.add(between_logs(kSparseOnsets, kDenseOnsets, *evidence.onsets_per_second), weight);
  } else {
    mean.miss(weight);
  }
}
void add_brightness(Mean& mean, const MoodEvidence& evidence, double weight) noexcept {
  if (evidence.centroid_hz) {
    mean.add(between_logs(kDarkHz, kBrightHz, *evidence.centroid_hz), weight);
  } else {
    mean.miss(weight);
  }
}
void add_tempo(Mean& mean, const MoodEvidence& evidence, double weight) noexcept {
  if (evidence.tempo) {
    mean.add(between_logs(kSlowBpm, kFastBpm, evidence.tempo->tempo.value), weight,
             static_cast<double>(evidence.tempo->confidence));
  } else {
    mean.miss(weight);
  }
}

} // namespace

core::Score energy_score(const MoodEvidence& evidence) noexcept {
  Mean mean;
  if (evidence.loudness_lufs && std::isfinite(*evidence.loudness_lufs)) {
    mean.add(between(kQuietLufs, kLoudLufs, *evidence.loudness_lufs), 0.4);
  } else if (evidence.loudness_lufs) { // -infinity: silence
    return {.value = 0.0F, .confidence = 1.0F};
  } else {
    mean.miss(0.4);
  }
  add_onsets(mean, evidence, 0.3);
  add_brightness(mean, evidence, 0.2);
  add_tempo(mean, evidence, 0.1);
  return mean.score(1.0);
}

core::Score valence_proxy(const MoodEvidence& evidence) noexcept {
  Mean mean;
  if (evidence.key) {
    // The probability of major, as far as the two best keys tell.
    const auto& key = *evidence.key;
    const auto major = [](const core::KeyCandidate& candidate) {
      return candidate.key.mode == core::Mode::ionian ? static_cast<double>(candidate.confidence) : 0.0;
    };
    const double sure = static_cast<double>(key.best.confidence) + static_cast<double>(key.runner_up.confidence);
    if (sure > 0.0) {
      mean.add((major(key.best) + major(key.runner_up)) / sure, 0.4, std::min(1.0, sure));
    } else {
      mean.miss(0.4);
    }
  } else {
    mean.miss(0.4);
  }
  add_tempo(mean, evidence, 0.25);
  add_brightness(mean, evidence, 0.2);
  add_onsets(mean, evidence, 0.15);
  return mean.score(kMostConfidentProxy);
}

} // namespace auralis::analysis
