// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/pitch_tracker.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace auralis::analysis {
namespace {

// Below -90 dB of full scale nothing sounds.
constexpr float kSilentEnergy = 1e-9F;
// Where no minimum is under any threshold the deepest one still has this part of what is left (pYIN's p_a).
constexpr float kAbsoluteMinimum = 0.01F;
// Per frame of 10 ms. Changing between voiced and unvoiced is rare.
constexpr float kSwitch = 0.01F;
// Within a voice the pitch moves by a Laplace distribution of this many semitones a frame …
constexpr float kGlide = 0.35F;
// … and leaps to another note with this density.
constexpr float kLeap = 2e-3F;
// Density of a candidate after an unvoiced frame: any pitch of five octaves.
constexpr float kAnyPitch = 1.0F / 60.0F;

/// Probability that a threshold drawn from Beta(2, 18), whose mean is 0.1, lies below x.
float threshold_below(float x) noexcept {
  if (x >= 1.0F) {
    return 1.0F;
  }
  const float y = 1.0F - x;
  const float y2 = y * y;
  const float y4 = y2 * y2;
  const float y8 = y4 * y4;
  const float y18 = y8 * y8 * y2;
  return 1.0F - y18 * (1.0F + 18.0F * x);
}

float glide_density(float semitones) noexcept {
  return std::exp(-std::abs(semitones) / kGlide) / (2.0F * kGlide) + kLeap;
}

} // namespace

PitchTracker::PitchTracker(const Config& config)
    : config_{config}, shortest_{static_cast<int>(config.sample_rate.value / config.highest.value)},
      longest_{static_cast<int>(std::ceil(config.sample_rate.value / config.lowest.value))},
      window_{config.frame_size - longest_ - 2}, start_{config.frame_size}, whole_{config.frame_size} {
  if (config.lowest.value <= 0.0 || config.highest.value <= config.lowest.value || shortest_ < 4 ||
      window_ < longest_ || config.lag < 0) {
    throw std::invalid_argument{"pitch: a frame must hold two periods of the lowest pitch, a period four samples"};
  }
  difference_.assign(static_cast<std::size_t>(longest_ + 2), 0.0F);
  normalised_.assign(static_cast<std::size_t>(longest_ + 2), 1.0F);
  steps_.assign(static_cast<std::size_t>(config.lag + 1), Step{});
}

void PitchTracker::difference(std::span<const float> samples) noexcept {
  // d(t) = sum over the window of (x[j] - x[j + t])^2 = e(0) + e(t) - 2 r(t) (YIN, eq. 6), r by the transform: no lag
  // wraps around, since window_ + longest_ fits the frame. Without the mean the three stay of a size.
  const auto size = static_cast<std::size_t>(config_.frame_size);
  float sum = 0.0F;
  for (const float s : samples) {
    sum += s;
  }
  const float mean = sum / static_cast<float>(size);
  float* const x = whole_.time().data();
  for (std::size_t i = 0; i < size; ++i) {
    x[i] = samples[i] - mean;
  }
  const auto window = static_cast<std::size_t>(window_);
  float* const a = start_.time().data();
  std::copy_n(x, window, a);
  std::fill(a + window, a + size, 0.0F);
  double energy = 0.0;
  for (std::size_t i = 0; i < window; ++i) {
    energy += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  energy_ = static_cast<float>(energy / window_);
  // The energies of the shifted windows, before the transform in place overwrites the samples.
  double shifted = energy;
  for (std::size_t t = 0; t < difference_.size(); ++t) {
    difference_[t] = static_cast<float>(energy + shifted);
    const auto leaving = static_cast<double>(x[t]);
    const auto entering = static_cast<double>(x[t + window]);
    shifted += entering * entering - leaving * leaving;
  }
  start_.forward();
  whole_.forward();
  const auto* const s = reinterpret_cast<const float*>(start_.bins().data());
  auto* const w = reinterpret_cast<float*>(whole_.bins().data());
  for (std::size_t i = 0; i < size + 2; i += 2) { // conj(start) * whole, without the library's care for infinities
    const float re = s[i] * w[i] + s[i + 1] * w[i + 1];
    const float im = s[i] * w[i + 1] - s[i + 1] * w[i];
    w[i] = re;
    w[i + 1] = im;
  }
  whole_.inverse();
  for (std::size_t t = 0; t < difference_.size(); ++t) {
    difference_[t] = std::max(0.0F, difference_[t] - 2.0F * x[t]);
  }
  // Cumulative mean normalised difference (YIN, eq. 8).
  float total = 0.0F;
  normalised_[0] = 1.0F;
  for (std::size_t t = 1; t < difference_.size(); ++t) {
    total += difference_[t];
    normalised_[t] = total > 0.0F ? difference_[t] * static_cast<float>(t) / total : 1.0F;
  }
}

void PitchTracker::find_candidates(Step& step) const noexcept {
  float lowest = 1.0F; // of the minima so far: a minimum is chosen by the thresholds between it and that
  float taken = 0.0F;
  float deepest = 2.0F;
  float deepest_f0 = 0.0F;
  const float* const d = normalised_.data();
  for (int t = std::max(2, shortest_); t <= longest_; ++t) {
    if (d[t] >= d[t - 1] || d[t] > d[t + 1] || d[t] >= std::max(lowest, deepest)) {
      continue;
    }
    // The parabola goes through the plain difference: the normalised one leans to one side.
    const float left = difference_[static_cast<std::size_t>(t - 1)];
    const float centre = difference_[static_cast<std::size_t>(t)];
    const float right = difference_[static_cast<std::size_t>(t + 1)];
    const float curvature = left - 2.0F * centre + right;
    const float shift = curvature > 0.0F ? std::clamp(0.5F * (left - right) / curvature, -0.5F, 0.5F) : 0.0F;
    const auto f0 = static_cast<float>(config_.sample_rate.value / static_cast<double>(static_cast<float>(t) + shift));
    if (d[t] < deepest) {
      deepest = d[t];
      deepest_f0 = f0;
    }
    if (d[t] < lowest) {
      const float probability = threshold_below(lowest) - threshold_below(d[t]);
      lowest = d[t];
      if (probability > 1e-4F && step.candidates.push_back({f0, probability})) {
        taken += probability;
      }
    }
  }
  if (deepest_f0 > 0.0F) {
    const float rest = kAbsoluteMinimum * std::max(0.0F, 1.0F - taken);
    auto found = std::find_if(step.candidates.begin(), step.candidates.end(),
                              [&](const Candidate& c) { return c.f0 == deepest_f0; });
    if (found != step.candidates.end()) {
      found->probability += rest;
    } else {
      step.candidates.push_back({deepest_f0, rest});
    }
  }
  float best = 0.0F;
  for (const auto& candidate : step.candidates) {
    if (candidate.probability > best) {
      best = candidate.probability;
      step.best_guess = candidate.f0;
    }
  }
}

void PitchTracker::advance(Step& step) noexcept {
  std::array<float, kCandidates + 1> score{};
  std::array<float, kCandidates + 1> forward{};
  score.fill(-1e30F);
  float voiced = 0.0F;
  for (const auto& candidate : step.candidates) {
    voiced += candidate.probability;
  }
  const float unvoiced = std::max(1e-4F, 1.0F - voiced);
  const bool first = frames_ == 0;
  const Step& before = step_at(first ? 0 : frames_ - 1);
  const std::size_t count_before = first ? 0 : before.candidates.size();
  const auto switch_cost = std::log(kSwitch);
  const auto stay_cost = std::log(1.0F - kSwitch);

  for (std::size_t i = 0; i < step.candidates.size(); ++i) {
    const auto& to = step.candidates[i];
    float best = first ? std::log(kAnyPitch) : score_[kCandidates] + switch_cost + std::log(kAnyPitch);
    std::size_t from = kCandidates;
    float sum = first ? kAnyPitch : forward_[kCandidates] * kSwitch * kAnyPitch;
    for (std::size_t j = 0; j < count_before; ++j) {
      const float density = glide_density(12.0F * std::log2(to.f0 / before.candidates[j].f0));
      const float reached = score_[j] + stay_cost + std::log(density);
      sum += forward_[j] * (1.0F - kSwitch) * density;
      if (reached > best) {
        best = reached;
        from = j;
      }
    }
    score[i] = best + std::log(to.probability + 1e-9F);
    forward[i] = sum * to.probability;
    step.from[i] = static_cast<std::uint8_t>(from);
  }
  // The unvoiced state has the density of any pitch too, so that the two kinds of path weigh the same.
  float best = first ? 0.0F : score_[kCandidates] + stay_cost;
  std::size_t from = kCandidates;
  float sum = first ? 1.0F : forward_[kCandidates] * (1.0F - kSwitch);
  for (std::size_t j = 0; j < count_before; ++j) {
    sum += forward_[j] * kSwitch;
    if (score_[j] + switch_cost > best) {
      best = score_[j] + switch_cost;
      from = j;
    }
  }
  score[kCandidates] = best + std::log(unvoiced * kAnyPitch);
  forward[kCandidates] = sum * unvoiced * kAnyPitch;
  step.from[kCandidates] = static_cast<std::uint8_t>(from);

  // Only differences count: the best path is kept at 0, the probabilities at a sum of 1.
  const float top = *std::max_element(score.begin(), score.end());
  float total = 0.0F;
  for (const float f : forward) {
    total += f;
  }
  for (std::size_t i = 0; i <= kCandidates; ++i) {
    score_[i] = score[i] - top;
    forward_[i] = total > 0.0F ? forward[i] / total : (i == kCandidates ? 1.0F : 0.0F);
  }
  step.voicing = 1.0F - forward_[kCandidates];
}

std::optional<core::PitchPoint> PitchTracker::process(const dsp::Spectrum& spectrum) noexcept {
  assert(spectrum.samples.size() == static_cast<std::size_t>(config_.frame_size));
  Step& step = step_at(frames_);
  step = Step{};
  step.at = spectrum.at;
  difference(spectrum.samples);
  if (energy_ > kSilentEnergy) {
    find_candidates(step);
  }
  advance(step);
  ++frames_;
  if (frames_ <= config_.lag) {
    return std::nullopt;
  }
  return decide(decided_++);
}

std::optional<core::PitchPoint> PitchTracker::finish() noexcept {
  if (decided_ >= frames_) {
    return std::nullopt;
  }
  return decide(decided_++);
}

core::PitchPoint PitchTracker::decide(std::int64_t frame) const noexcept {
  auto state = static_cast<std::size_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
  for (std::int64_t t = frames_ - 1; t > frame; --t) {
    state = step_at(t).from[state];
  }
  const Step& step = step_at(frame);
  const bool voiced = state < kCandidates;
  const float f0 = voiced ? step.candidates[state].f0 : step.best_guess;
  return {.at = step.at, .f0 = core::Hertz{static_cast<double>(f0)}, .voiced = voiced, .voicing = step.voicing};
}

void PitchTracker::reset() noexcept {
  frames_ = 0;
  decided_ = 0;
  score_.fill(0.0F);
  forward_.fill(0.0F);
}

} // namespace auralis::analysis
