// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/dynamics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace auralis::analysis {
namespace {

constexpr double kStep = 0.1; // dB
constexpr double kLeast = -100.0;
constexpr double kFadeFrom = -25.0; // dB, relative to the programme's mean level
constexpr double kFadeTo = -1.0;
constexpr std::size_t kShortestFade = 5; // tenths of a second
constexpr double kStraight = 0.75;       // correlation of the level with time

double to_db(double mean_square) noexcept { return mean_square > 1e-10 ? 10.0 * std::log10(mean_square) : kLeast; }

} // namespace

Dynamics::Dynamics(const Config& config)
    : config_{config}, silent_{static_cast<float>(std::pow(10.0, config.silence.value / 10.0))}, levels_(kSteps) {
  if (!(config.sample_rate.value > 0.0) || config.hop_size < 1) {
    throw std::invalid_argument{"Dynamics: sample_rate and hop_size must be above 0"};
  }
  if (!(config.silence.value >= -96.0 && config.silence.value < 0.0) || !(config.shortest_silence.value > 0.0)) {
    throw std::invalid_argument{"Dynamics: silence must lie in [-96, 0) dBFS and shortest_silence above 0 s"};
  }
}

void Dynamics::reset() noexcept {
  silent_since_.reset();
  hops_ = 0;
  tenth_ = 0.0;
  earlier_ = 0.0;
  tenths_ = 0;
  sounded_ = false;
  first_.fill(0.0F);
  last_.fill(0.0F);
  last_sound_ = 0;
  energy_ = 0.0;
  sounding_ = 0;
  std::ranges::fill(levels_, 0);
}

std::optional<core::Span> Dynamics::process(const dsp::Spectrum& spectrum) noexcept {
  const auto hop = static_cast<std::size_t>(config_.hop_size);
  assert(spectrum.samples.size() >= hop);
  const auto middle = spectrum.samples.subspan((spectrum.samples.size() - hop) / 2, hop);
  std::array<float, 8> lanes{};
  std::size_t n = 0;
  for (; n + 8 <= hop; n += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) {
      lanes[lane] += middle[n + lane] * middle[n + lane];
    }
  }
  float sum = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
  for (; n < hop; ++n) {
    sum += middle[n] * middle[n];
  }
  const float mean_square = sum / static_cast<float>(hop);

  const auto half = core::Seconds{static_cast<double>(hop) / 2.0 / config_.sample_rate.value};
  const auto begins = std::max(core::Seconds{}, spectrum.at - half);
  std::optional<core::Span> ended;
  if (mean_square < silent_) {
    silent_since_ = silent_since_.value_or(begins);
  } else {
    if (silent_since_ && begins - *silent_since_ >= config_.shortest_silence) {
      ended = core::Span{.from = *silent_since_, .to = begins};
    }
    silent_since_.reset();
    sounded_ = true;
  }

  if (sounded_) {
    tenth_ += static_cast<double>(mean_square);
    if (++hops_ == kHopsInTenth) {
      close_tenth();
    }
  }
  return ended;
}

void Dynamics::close_tenth() noexcept {
  const double mean_square = tenth_ / kHopsInTenth;
  const double level = to_db(mean_square);
  if (tenths_ < static_cast<std::int64_t>(kRemembered)) {
    first_[static_cast<std::size_t>(tenths_)] = static_cast<float>(level);
  }
  last_[static_cast<std::size_t>(tenths_) % kRemembered] = static_cast<float>(level);
  ++tenths_;
  if (mean_square >= static_cast<double>(silent_)) {
    last_sound_ = tenths_;
    energy_ += mean_square;
    ++sounding_;
  }
  if (tenths_ % 2 == 1) {
    earlier_ = mean_square;
  } else if (const double both = 0.5 * (earlier_ + mean_square); both >= static_cast<double>(silent_)) {
    const auto step = static_cast<std::size_t>(std::max(0.0, (to_db(both) - kLeast) / kStep));
    ++levels_[std::min(step, kSteps - 1)];
  }
  hops_ = 0;
  tenth_ = 0.0;
}

std::optional<core::Span> Dynamics::finish(core::Seconds length) noexcept {
  if (silent_since_ && length - *silent_since_ >= config_.shortest_silence) {
    return core::Span{.from = *silent_since_, .to = length};
  }
  return std::nullopt;
}

core::Decibels Dynamics::complexity() const noexcept {
  const auto level_of = [](std::size_t step) { return kLeast + (static_cast<double>(step) + 0.5) * kStep; };
  double count = 0.0;
  double mean = 0.0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    count += static_cast<double>(levels_[step]);
    mean += static_cast<double>(levels_[step]) * level_of(step);
  }
  if (count == 0.0) {
    return core::Decibels{0.0};
  }
  mean /= count;
  double deviation = 0.0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    deviation += static_cast<double>(levels_[step]) * std::abs(level_of(step) - mean);
  }
  return core::Decibels{deviation / count};
}

template <typename At> core::Seconds Dynamics::climb(std::size_t count, At at) const noexcept {
  if (sounding_ == 0 || count < kShortestFade) {
    return {};
  }
  const double mean = to_db(energy_ / static_cast<double>(sounding_));
  std::size_t reached = 0;
  // Three tenths together, so that one stroke does not end a fade.
  while (reached + 3 <= count && (at(reached) + at(reached + 1) + at(reached + 2)) / 3.0 < mean + kFadeTo) {
    ++reached;
  }
  if (reached + 3 > count || reached < kShortestFade || at(0) > mean + kFadeFrom) {
    return {};
  }
  const auto n = static_cast<double>(reached + 1);
  double x = 0.0;
  double y = 0.0;
  double xx = 0.0;
  double yy = 0.0;
  double xy = 0.0;
  for (std::size_t i = 0; i <= reached; ++i) {
    const auto time = static_cast<double>(i);
    const double level = at(i);
    x += time;
    y += level;
    xx += time * time;
    yy += level * level;
    xy += time * level;
  }
  const double correlation = (n * xy - x * y) / std::sqrt((n * xx - x * x) * (n * yy - y * y));
  return correlation >= kStraight ? core::Seconds{n / 10.0} : core::Seconds{};
}

Dynamics::Fades Dynamics::fades() const noexcept {
  const auto known = std::min<std::int64_t>(last_sound_, static_cast<std::int64_t>(kRemembered));
  const auto count = static_cast<std::size_t>(known);
  return {.in = climb(count, [&](std::size_t i) { return static_cast<double>(first_[i]); }),
          .out = climb(count, [&](std::size_t i) {
            return static_cast<double>(last_[(static_cast<std::size_t>(last_sound_) - 1 - i) % kRemembered]);
          })};
}

} // namespace auralis::analysis
