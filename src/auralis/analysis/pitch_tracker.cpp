// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/pitch_tracker.hpp"

#include <algorithm>
#include <array>
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
// Octaves a frame: what moves faster leaps.
constexpr float kFastestGlide = 0.25F;
// A pitch that the network hears is a candidate from this probability on.
constexpr float kLeastPeak = 0.02F;
// Semitones within which a period and what the network hears are one. Where noise has hidden the period a minimum next
// to the pitch is chance, and the network knows better.
constexpr float kSamePitch = 0.25F;
// … and what it heard in the frame before.
constexpr float kLatelySamePitch = 1.0F;
// Neither network nor signal processing ever rules anything out by itself.
constexpr float kDoubt = 1e-3F;

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

int longest_of(const PitchTracker::Config& config) {
  const double shortest = config.sample_rate.value / config.highest.value;
  if (config.lowest.value <= 0.0 || config.highest.value <= config.lowest.value || shortest < 4.0) {
    throw std::invalid_argument{
        "pitch: the lowest must lie above zero, the highest above it, a period hold four samples"};
  }
  return static_cast<int>(std::ceil(config.sample_rate.value / config.lowest.value));
}

float glide_density(float semitones) noexcept {
  return std::exp(-std::abs(semitones) / kGlide) / (2.0F * kGlide) + kLeap;
}

} // namespace

PitchTracker::PitchTracker(const Config& config)
    : config_{config}, shortest_{static_cast<int>(config.sample_rate.value / config.highest.value)},
      longest_{longest_of(config)}, difference_{{.frame_size = config.frame_size, .longest = longest_}} {
  if (config.lag < 0) {
    throw std::invalid_argument{"pitch: the lag must not be below 0"};
  }
  if (config.network) {
    const Config usual;
    if (config.sample_rate != usual.sample_rate || config.frame_size != usual.frame_size ||
        config.lowest != usual.lowest || config.highest != usual.highest) {
      throw std::invalid_argument{"pitch: a network hears frames and pitches of the usual settings only"};
    }
    network_.emplace(config.network);
  }
  steps_.assign(static_cast<std::size_t>(config.lag + 1), Step{});
}

/// The frequency of a minimum. The parabola goes through the plain difference: the normalised one leans to one side.
float PitchTracker::refined(int lag) const noexcept {
  const float* const d = difference_.plain().data() + lag;
  const float curvature = d[-1] - 2.0F * d[0] + d[1];
  const float shift = curvature > 0.0F ? std::clamp(0.5F * (d[-1] - d[1]) / curvature, -0.5F, 0.5F) : 0.0F;
  return static_cast<float>(config_.sample_rate.value / static_cast<double>(static_cast<float>(lag) + shift));
}

void PitchTracker::find_candidates(Step& step) const noexcept {
  float lowest = 1.0F; // of the minima so far: a minimum is chosen by the thresholds between it and that
  float taken = 0.0F;
  float deepest = 2.0F;
  float deepest_f0 = 0.0F;
  const float* const d = difference_.normalised().data();
  for (int t = std::max(2, shortest_); t <= longest_; ++t) {
    if (d[t] >= d[t - 1] || d[t] > d[t + 1] || d[t] >= std::max(lowest, deepest)) {
      continue;
    }
    const float f0 = refined(t);
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

/// The minimum of the difference that is the same pitch.
float PitchTracker::minimum_near(float frequency) const noexcept {
  const auto lag = static_cast<float>(config_.sample_rate.value) / frequency;
  const float reach = std::exp2(kSamePitch / 12.0F);
  const int first = std::max({2, shortest_, static_cast<int>(std::ceil(lag / reach))});
  const int last = std::min(longest_, static_cast<int>(lag * reach));
  const float* const d = difference_.normalised().data();
  int best = 0;
  for (int t = first; t <= last; ++t) {
    if (d[t] < d[t - 1] && d[t] <= d[t + 1] && (best == 0 || d[t] < d[best])) {
      best = t;
    }
  }
  return best > 0 ? refined(best) : 0.0F;
}

/// Adds the pitches that the network hears to the candidates, then weighs all by both.
void PitchTracker::join(PitchNetwork& network, Step& step, const dsp::Spectrum& spectrum) const noexcept {
  if (!network.process(spectrum, difference_) || difference_.energy() <= kSilentEnergy) {
    return;
  }
  const auto pitches = network.pitches();
  float signal = 0.0F;
  for (const auto& candidate : step.candidates) {
    signal += candidate.probability;
  }
  const float same = network.heard() ? kSamePitch : kLatelySamePitch;
  const auto is_near = [same](const Candidate& candidate, float f0) {
    return std::abs(12.0F * std::log2(candidate.f0 / f0)) < same;
  };
  for (int bin = 0; bin < PitchFeatures::kBins; ++bin) {
    const auto at = static_cast<std::size_t>(bin);
    const float below = bin > 0 ? pitches[at - 1] : 0.0F;
    const float above = bin + 1 < PitchFeatures::kBins ? pitches[at + 1] : 0.0F;
    if (pitches[at] < kLeastPeak || pitches[at] < below || pitches[at] <= above) {
      continue;
    }
    const auto f0 = static_cast<float>(network.peak(bin));
    if (std::ranges::none_of(step.candidates, [&](const auto& candidate) { return is_near(candidate, f0); })) {
      const float exact = minimum_near(f0); // where the sound does repeat, by its period
      step.candidates.push_back({.f0 = exact > 0.0F ? exact : f0, .probability = 0.0F, .early = exact > 0.0F});
    }
  }
  const auto share = static_cast<float>(network.decoding().signal_share);
  const auto joined = [share](float network_said, float signal_said) {
    return std::exp((1.0F - share) * std::log(network_said + kDoubt) + share * std::log(signal_said + kDoubt));
  };
  const float voiced = network.voicing();
  float sum = joined(1.0F - voiced, std::max(0.0F, 1.0F - signal));
  float best = 0.0F;
  for (auto& candidate : step.candidates) {
    const float mass = network.mass(static_cast<double>(candidate.f0));
    candidate.probability = joined(voiced * mass, candidate.probability);
    sum += candidate.probability;
    if (candidate.probability > best) {
      best = candidate.probability;
      step.best_guess = candidate.f0;
    }
  }
  for (auto& candidate : step.candidates) {
    candidate.probability /= sum;
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
  difference_.process(spectrum.samples);
  const bool audible = difference_.energy() > kSilentEnergy;
  if (audible) {
    find_candidates(step);
  }
  if (network_) {
    join(*network_, step, spectrum); // it hears silence, too: what it is fed remembers how loud it was
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
  std::size_t next = kCandidates; // of the frame after it
  for (std::int64_t t = frames_ - 1; t > frame; --t) {
    next = state;
    state = step_at(t).from[state];
  }
  const Step& step = step_at(frame);
  const bool voiced = state < kCandidates;
  float f0 = voiced ? step.candidates[state].f0 : step.best_guess;
  if (voiced && next < kCandidates && frame + 1 < frames_) {
    const Step& after = step_at(frame + 1);
    f0 = at_centre(step.candidates[state], after.candidates[next], after.at - step.at);
  }
  return {.at = step.at, .f0 = core::Hertz{static_cast<double>(f0)}, .voiced = voiced, .voicing = step.voicing};
}

/// What is compared at a short lag ends before the frame does, so that the pitch it finds is that of some milliseconds
/// before the frame's centre. A voice that glides has moved on by then: on a line to where it is found one frame later.
float PitchTracker::at_centre(const Candidate& now, const Candidate& after, core::Seconds apart) const noexcept {
  const float octaves = std::log2(after.f0 / now.f0);
  if (std::abs(octaves) > kFastestGlide) {
    return now.f0; // another note
  }
  const auto rate = static_cast<float>(config_.sample_rate.value);
  const auto early = [&](const Candidate& candidate) {
    return candidate.early ? 0.5F * std::max(0.0F, static_cast<float>(longest_ + 2) - rate / candidate.f0) : 0.0F;
  };
  const float step = rate * static_cast<float>(apart.value) + early(now) - early(after);
  return now.f0 * std::exp2(octaves * std::clamp(early(now) / std::max(step, 1.0F), 0.0F, 1.0F));
}

void PitchTracker::reset() noexcept {
  if (network_) {
    network_->reset();
  }
  frames_ = 0;
  decided_ = 0;
  score_.fill(0.0F);
  forward_.fill(0.0F);
}

} // namespace auralis::analysis
