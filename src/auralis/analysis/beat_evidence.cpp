// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/beat_evidence.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace auralis::analysis {
namespace {

/// A number that a model may bring, what it may be, and where it goes.
struct Setting {
  std::string_view name;
  double least;
  double most;
  void (*set)(BeatDecoding&, double);
};

constexpr double kAny = 1e6; // the bar pointer itself says what it takes
constexpr auto kSettings = std::to_array<Setting>({
    {"bar_share", 0.0, 1.0, [](BeatDecoding& d, double value) { d.bar_share = value; }},
    {"beat_frames", 1.0, 255.0, [](BeatDecoding& d, double value) { d.pointer.beat_frames = static_cast<int>(value); }},
    {"beat_prior", -kAny, kAny, [](BeatDecoding& d, double value) { d.pointer.beat_prior = value; }},
    {"confidence_offset", -kAny, kAny,
     [](BeatDecoding& d, double value) { d.confidence.offset = static_cast<float>(value); }},
    {"confidence_slope", -kAny, kAny,
     [](BeatDecoding& d, double value) { d.confidence.slope = static_cast<float>(value); }},
    {"delay", -255.0, 255.0, [](BeatDecoding& d, double value) { d.delay = value; }},
    {"downbeat_threshold", 0.0, 1.0, [](BeatDecoding& d, double value) { d.downbeat_threshold = value; }},
    {"downbeat_weight", -kAny, kAny, [](BeatDecoding& d, double value) { d.pointer.downbeat_weight = value; }},
    {"least_confidence", -kAny, kAny,
     [](BeatDecoding& d, double value) { d.pointer.least_confidence = static_cast<float>(value); }},
    {"metre_change", -kAny, kAny, [](BeatDecoding& d, double value) { d.pointer.metre_change = value; }},
    {"on_beat_weight", -kAny, kAny, [](BeatDecoding& d, double value) { d.pointer.on_beat_weight = value; }},
    {"peak_threshold", 0.0, 1.0, [](BeatDecoding& d, double value) { d.peak_threshold = value; }},
    {"preferred_tempo", -kAny, kAny,
     [](BeatDecoding& d, double value) { d.pointer.preferred_tempo = core::Bpm{value}; }},
    {"signal_share", 0.0, 0.999, [](BeatDecoding& d, double value) { d.signal_share = value; }},
    {"tempo_preference", -kAny, kAny, [](BeatDecoding& d, double value) { d.pointer.tempo_preference = value; }},
    {"tempo_spread", -kAny, kAny, [](BeatDecoding& d, double value) { d.pointer.tempo_spread = value; }},
    {"tempo_stiffness", -kAny, kAny, [](BeatDecoding& d, double value) { d.pointer.tempo_stiffness = value; }},
});

float log_odds(float p) noexcept {
  const float inside = std::clamp(p, 1e-4F, 1.0F - 1e-4F);
  return std::log(inside / (1.0F - inside));
}

/// Two opinions of the same, the second one's share of the log odds given.
float mixed(float first, float second, float share) noexcept {
  return 1.0F / (1.0F + std::exp(-((1.0F - share) * log_odds(first) + share * log_odds(second))));
}

/// In [0, 1]; what is no number is 0.
float probability(float said) noexcept { return said > 0.0F ? std::min(said, 1.0F) : 0.0F; }

} // namespace

core::Result<BeatDecoding> beat_decoding(double frames_per_second, const std::map<std::string, double>& settings) {
  BeatDecoding decoding;
  const auto share = settings.find("signal_share");
  if (share != settings.end() && share->second > 0.0) {
    decoding.pointer = beat_decoding(frames_per_second);
  } else {
    decoding.pointer.frames_per_second = frames_per_second;
    decoding.pointer.on_beat_weight = 0.0;
    decoding.pointer.metre_lag = BeatEvidence::kAfter;
  }
  for (const auto& [name, value] : settings) {
    const auto* const found = std::ranges::find(kSettings, name, &Setting::name);
    if (found == kSettings.end()) {
      std::vector<std::string_view> known;
      std::ranges::transform(kSettings, std::back_inserter(known), &Setting::name);
      return core::fail(
          core::ErrorCode::invalid_argument,
          fmt::format("this engine does not know the setting '{}'; it knows {}", name, fmt::join(known, ", ")));
    }
    if (!(value >= found->least && value <= found->most)) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("settings that cannot be: {} is {}, expected {} to {:.4g}", name, value,
                                    found->least, found->most));
    }
    found->set(decoding, value);
  }
  try {
    static_cast<void>(BarPointerSpace{decoding.pointer});
  } catch (const std::invalid_argument& error) {
    return core::fail(core::ErrorCode::invalid_argument, fmt::format("settings that cannot be: {}", error.what()));
  }
  return decoding;
}

BeatEvidence::BeatEvidence(const BeatDecoding& decoding)
    : signal_share_{static_cast<float>(decoding.signal_share)}, bar_share_{static_cast<float>(decoding.bar_share)},
      metre_lag_{decoding.pointer.metre_lag} {
  assert(metre_lag_ >= kAfter && static_cast<std::size_t>(metre_lag_ + kBefore) < kKept);
}

BeatActivation BeatEvidence::process(std::span<const float> said, bool audible, const BeatActivation* signal) noexcept {
  assert(said.size() == 2);
  ++now_;
  const Said now{.beat = probability(said[0]), .downbeat = probability(said[1])};
  said_[static_cast<std::size_t>(now_) % kKept] = now;
  BeatActivation told{.beat = std::max(now.beat, 1e-6F), .downbeat = bar_begins()};
  if (signal != nullptr) {
    told = {.beat = mixed(told.beat, signal->beat, signal_share_),
            .downbeat = bar_share_ < 1.0F ? mixed(told.downbeat, signal->downbeat, bar_share_) : signal->downbeat,
            .on_beat = signal->on_beat};
    audible = audible && signal->beat > 0.0F;
  } else if (signal_share_ > 0.0F) {
    told.downbeat = BeatActivation{}.downbeat; // a file's last frames, of which signal processing says nothing more
  }
  if (!audible) {
    told.beat = 0.0F;
  }
  return told;
}

/// That a bar begins with the beat `metre_lag_` frames ago, if one is there.
float BeatEvidence::bar_begins() const noexcept {
  Said most;
  const auto of = now_ - metre_lag_;
  for (auto frame = std::max<std::int64_t>(of - kBefore, 0); frame <= of + kAfter; ++frame) {
    const auto& said = said_[static_cast<std::size_t>(frame) % kKept];
    most = {.beat = std::max(most.beat, said.beat), .downbeat = std::max(most.downbeat, said.downbeat)};
  }
  // Without it two next to nothing, one divided by the other, would make a bar begin wherever no beat is.
  constexpr float kDoubt = 0.3F;
  constexpr float kPrior = BeatActivation{}.downbeat;
  return std::min((most.downbeat + kDoubt * kPrior) / (most.beat + kDoubt), 0.98F);
}

void BeatEvidence::reset() noexcept {
  said_.fill({});
  now_ = -1;
}

} // namespace auralis::analysis
