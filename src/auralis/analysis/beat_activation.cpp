// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/beat_activation.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "auralis/analysis/beat_weights.hpp"

namespace auralis::analysis {
namespace {

constexpr double kRiseFrames = 400.0;  // over which a rise is judged
constexpr double kMetreFrames = 500.0; // over which a beat is compared with its like
constexpr int kOldest = 100;           // frames before a beat that are compared with what follows

float logistic(float x) { return 1.0F / (1.0F + std::exp(-x)); }

/// 1 - correlation of two spectra over the bands [from, to).
float difference(const std::vector<double>& a, const std::vector<double>& b, double a_count, double b_count,
                 std::size_t from, std::size_t to) {
  double mean_a = 0.0;
  double mean_b = 0.0;
  for (std::size_t n = from; n < to; ++n) {
    mean_a += a[n];
    mean_b += b[n];
  }
  mean_a /= static_cast<double>(to - from);
  mean_b /= static_cast<double>(to - from);
  double ab = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t n = from; n < to; ++n) {
    const double x = (a[n] - mean_a) / a_count;
    const double y = (b[n] - mean_b) / b_count;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return static_cast<float>(1.0 - ab / (std::sqrt(aa * bb) + 1e-3));
}

/// log(1 + x), as exact in a float as log1p, and several times faster.
float log_of_one_and(float x) noexcept { return static_cast<float>(std::log(1.0 + static_cast<double>(x))); }

} // namespace

BeatActivationFunction::BeatActivationFunction(int bands)
    : bands_{static_cast<std::size_t>(bands)}, frames_(kHistory), levels_(kHistory * bands_) {
  after_ = {.from = 0, .to = kMetreLag, .sum = std::vector<double>(bands_)};
  before_ = {.from = -50, .to = 0, .sum = std::vector<double>(bands_)};
  near_ = {.from = 0, .to = 10, .sum = std::vector<double>(bands_)};
  around_ = {.from = -kOldest, .to = kMetreLag, .sum = std::vector<double>(bands_)};
  reset();
}

void BeatActivationFunction::reset() noexcept {
  std::ranges::fill(frames_, Frame{});
  std::ranges::fill(levels_, 0.0F);
  now_ = -1;
  mean_rise_ = 0.0;
  rise_unseen_ = 1.0;
  for (RunningSum* range : {&after_, &before_, &near_, &around_}) {
    std::ranges::fill(range->sum, 0.0);
    range->count = 0;
  }
  weight_mean_ = 0.0;
  mean_.fill(0.0);
  spread_.fill(0.0);
  metre_unseen_ = 1.0;
  features_.fill(0.0F);
}

const float* BeatActivationFunction::levels(std::int64_t n) const noexcept {
  return levels_.data() + static_cast<std::size_t>(n) % kHistory * bands_;
}

std::optional<BeatActivation> BeatActivationFunction::process(const LogBands& bands) noexcept {
  ++now_;
  Frame& now = frames_[static_cast<std::size_t>(now_) % kHistory];
  std::ranges::copy(bands.level(), levels_.data() + static_cast<std::size_t>(now_) % kHistory * bands_);
  float all = 0.0F;
  for (const float rise : bands.group_rise()) {
    all += rise / static_cast<float>(LogBands::kGroups);
  }
  const double kept = std::exp(-1.0 / kRiseFrames);
  if (bands.is_within_music()) {
    rise_unseen_ *= kept;
    mean_rise_ = kept * mean_rise_ + (1.0 - kept) * static_cast<double>(all);
  }
  const auto usual = static_cast<float>(rise_unseen_ < 1.0 ? mean_rise_ / (1.0 - rise_unseen_) + 0.01 : 0.01);
  now.level = bands.group_level();
  for (std::size_t g = 0; g < LogBands::kGroups; ++g) {
    now.rise[g] = log_of_one_and(2.0F * bands.group_rise()[g] / usual);
  }
  now.all_rise = log_of_one_and(2.0F * all / usual);
  now.weight = std::min(all / usual, 4.0F);
  now.audible = bands.is_audible();

  const std::int64_t spoken_of = now_ - kLag;
  if (spoken_of < 0) {
    return std::nullopt;
  }
  BeatActivation activation{.beat = frame(spoken_of).audible ? logistic(beat_logit(spoken_of)) : 0.0F};
  const std::int64_t metre_of = spoken_of - kMetreLag;
  if (metre_of >= 0) {
    metre_features(metre_of);
    float downbeat = kDownbeatBias;
    float on_beat = kOnBeatBias;
    for (std::size_t f = 0; f < kMetreFeatures; ++f) {
      downbeat += kDownbeatWeights[f] * features_[f];
      on_beat += kOnBeatWeights[f] * features_[f];
    }
    activation.downbeat = logistic(downbeat);
    activation.on_beat = logistic(on_beat);
  }
  return activation;
}

float BeatActivationFunction::beat_logit(std::int64_t n) const noexcept {
  // Before the start nothing rose; the mean level before is over what there is, as frames there are zero.
  static constexpr Frame kNothing{};
  const auto at = [&](std::int64_t k) -> const Frame& { return n + k >= 0 ? frame(n + k) : kNothing; };
  const float* weight = kBeatWeights.data();
  float logit = kBeatBias;
  for (std::size_t g = 0; g < LogBands::kGroups; ++g) {
    logit += *weight++ * std::max({at(-1).rise[g], at(0).rise[g], at(1).rise[g]});
  }
  for (int k = -3; k <= 3; ++k) {
    logit += *weight++ * at(k).all_rise;
  }
  for (std::size_t g = 0; g < LogBands::kGroups; ++g) {
    float after = 0.0F;
    for (int k = 0; k <= 3; ++k) {
      after += at(k).level[g] / 4.0F;
    }
    float before = 0.0F;
    for (int k = 3; k <= 10; ++k) {
      before += at(-k).level[g] / 8.0F;
    }
    logit += *weight++ * (after - before);
  }
  assert(weight == kBeatWeights.data() + kBeatWeights.size());
  return logit;
}

void BeatActivationFunction::slide(RunningSum& range, std::int64_t n) noexcept {
  const auto add = [&](std::int64_t which, double sign) {
    if (which < 0) {
      return;
    }
    const float* level = levels(which);
    for (std::size_t b = 0; b < bands_; ++b) {
      range.sum[b] += sign * static_cast<double>(level[b]);
    }
    range.count += sign > 0.0 ? 1 : -1;
  };
  if (n == 0) {
    for (int k = std::max(0, range.from); k < range.to; ++k) {
      add(k, 1.0);
    }
    return;
  }
  add(n + range.to - 1, 1.0);
  add(n + range.from - 1, -1.0);
}

void BeatActivationFunction::metre_features(std::int64_t n) noexcept {
  for (RunningSum* range : {&after_, &before_, &near_, &around_}) {
    slide(*range, n);
  }
  std::array<double, kMetreFeatures> raw{};
  std::size_t f = 0;
  constexpr std::array<std::size_t, 4> kColours{0, 8, 50, 80}; // bass, middle, treble
  const double before = std::max(1, before_.count);
  for (std::size_t c = 0; c + 1 < kColours.size(); ++c) {
    raw[f++] =
        static_cast<double>(difference(after_.sum, before_.sum, after_.count, before, kColours[c], kColours[c + 1]));
  }
  constexpr std::array<std::size_t, 7> kLevels{0, 3, 8, 26, 50, 62, 80};
  for (std::size_t l = 0; l + 1 < kLevels.size(); ++l) {
    double sum = 0.0;
    for (std::size_t b = kLevels[l]; b < kLevels[l + 1]; ++b) {
      sum += near_.sum[b] / near_.count - around_.sum[b] / around_.count;
    }
    raw[f++] = sum / static_cast<double>(kLevels[l + 1] - kLevels[l]);
  }

  // Each relative to what it was at the onsets of the last seconds.
  const double kept = std::exp(-1.0 / kMetreFrames);
  const auto weight = static_cast<double>(frame(n).weight);
  metre_unseen_ *= kept;
  const double seen = 1.0 - metre_unseen_;
  weight_mean_ = kept * weight_mean_ + (1.0 - kept) * weight;
  const double norm = weight_mean_ / seen + 1e-6;
  for (std::size_t k = 0; k < kMetreFeatures; ++k) {
    mean_[k] = kept * mean_[k] + (1.0 - kept) * weight * raw[k];
    const double away = raw[k] - mean_[k] / seen / norm;
    spread_[k] = kept * spread_[k] + (1.0 - kept) * weight * away * away;
    features_[k] = static_cast<float>(std::clamp(away / std::sqrt(spread_[k] / seen / norm + 1e-4), -3.0, 3.0));
  }
}

BarPointerConfig beat_decoding(double frames_per_second) {
  return {.frames_per_second = frames_per_second,
          .downbeat_weight = 0.6,
          .on_beat_weight = 1.2,
          .metre_lag = BeatActivationFunction::kMetreLag};
}

} // namespace auralis::analysis
