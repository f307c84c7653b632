// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/beat_tracker.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "auralis/analysis/confidence.hpp"

namespace auralis::analysis {
namespace {

/// The rise is steepest this many frames after what is heard begins: two frames' difference of a Hann window.
constexpr double kActivationDelay = 0.5;
/// Sound that begins with the file is seen in its first frames, in which half a window lies before the start.
constexpr std::int64_t kAtOnce = 3;

BeatDecoding decoding_of(const BeatTracker::Config& config, double delay, const Calibration& confidence) {
  if (!config.network) {
    return {.pointer = beat_decoding(config.frames_per_second), .delay = delay, .confidence = confidence};
  }
  auto decoding = beat_decoding(*config.network);
  if (!decoding) {
    throw std::invalid_argument{decoding.error().what};
  }
  if (config.method == core::BeatMethod::peaks) { // of the network alone: what is mixed of both has no clear maxima
    decoding->signal_share = 0.0;
    decoding->pointer.metre_lag = BeatEvidence::kAfter;
  }
  return *std::move(decoding);
}

template <typename Network> std::variant<BeatActivationFunction, Network>
activation_for(const BeatTracker::Config& config, const BeatDecoding& decoding) {
  if (config.network) {
    return Network{config.network, decoding};
  }
  return BeatActivationFunction{config.bands};
}

BeatPeaks::Config peaks_of(const BeatDecoding& decoding) {
  return {.metre_lag = decoding.pointer.metre_lag,
          .threshold = static_cast<float>(decoding.peak_threshold),
          .downbeat_threshold = static_cast<float>(decoding.downbeat_threshold)};
}

std::variant<BarPointerDecoder, BeatPeaks> decoder_for(core::BeatMethod method, const BeatDecoding& decoding) {
  if (method == core::BeatMethod::peaks) {
    return BeatPeaks{peaks_of(decoding)};
  }
  return BarPointerDecoder{decoding.pointer};
}

core::Beat beat_of(const PlacedBeat& placed, double frames_per_second, double delay) {
  return {.at = core::Seconds{std::max(0.0, (placed.frame - delay) / frames_per_second)},
          .position = placed.position,
          .beats_per_bar = placed.beats_per_bar,
          .tempo = core::Bpm{60.0 * frames_per_second / placed.interval},
          .confidence = placed.confidence,
          .downbeat_confidence = placed.downbeat_confidence};
}

/// Nothing rises at the very first sample, so that a beat there goes unheard: where the others say that there is one,
/// it is added.
void add_beat_at_start(std::vector<core::Beat>& beats) {
  constexpr double kReach = 0.03; // seconds either side of the start
  if (beats.size() < 4) {
    return;
  }
  core::Beat first = beats.front();
  const double at = first.at.value - core::beat_period(first.tempo).value;
  if (std::abs(at) > kReach) {
    return;
  }
  first.at = core::Seconds{std::max(0.0, at)};
  if (first.position > 0) {
    first.position = first.position == 1 ? first.beats_per_bar : first.position - 1;
  }
  beats.insert(beats.begin(), first);
}

} // namespace

BeatTracker::BeatTracker(const Config& config)
    : frames_per_second_{config.frames_per_second}, decoding_{decoding_of(config, 0.0, kLiveBeatConfidence)},
      activation_{activation_for<LiveBeatNetwork>(config, decoding_)}, filter_{decoding_.pointer} {
  if (config.method == core::BeatMethod::peaks) {
    peaks_.emplace(peaks_of(decoding_));
    decoding_.confidence = {};
  }
}

std::optional<core::Beat> BeatTracker::process(const LogBands& bands) noexcept {
  const auto activation = std::visit([&bands](auto& heard) { return heard.process(bands); }, activation_);
  if (!activation) {
    return std::nullopt;
  }
  auto placed = filter_.process(*activation);
  if (peaks_) {
    placed = peaks_->process(*activation);
  }
  if (!placed) {
    return std::nullopt;
  }
  auto beat = beat_of(*placed, frames_per_second_, decoding_.delay);
  beat.confidence = calibrated(beat.confidence, decoding_.confidence);
  return beat;
}

void BeatTracker::reset() noexcept {
  std::visit([](auto& heard) { heard.reset(); }, activation_);
  filter_.reset();
  if (peaks_) {
    peaks_->reset();
  }
}

BeatDecoder::BeatDecoder(const BeatTracker::Config& config)
    : frames_per_second_{config.frames_per_second}, decoding_{decoding_of(config, kActivationDelay, kBeatConfidence)},
      activation_{activation_for<FileBeatNetwork>(config, decoding_)}, decoder_{decoder_for(config.method, decoding_)},
      tempo_{config.frames_per_second} {
  if (config.method == core::BeatMethod::peaks) { // which says how likely a beat is there, and needs no turning
    decoding_.confidence = {};
  }
}

void BeatDecoder::process(const LogBands& bands) {
  if (auto* const network = std::get_if<FileBeatNetwork>(&activation_)) {
    network->process(bands, heard_);
    std::ranges::for_each(heard_, [this](const BeatActivation& activation) { take(activation); });
    heard_.clear();
  } else if (const auto activation = std::get<BeatActivationFunction>(activation_).process(bands)) {
    take(*activation);
  }
}

void BeatDecoder::take(const BeatActivation& activation) {
  if (first_sound_ < 0 && activation.beat > 0.0F) { // 0 is silence
    first_sound_ = frames_;
  }
  ++frames_;
  if (auto* const peaks = std::get_if<BeatPeaks>(&decoder_)) {
    if (const auto placed = peaks->process(activation)) {
      placed_.push_back(*placed);
    }
  } else {
    std::get<BarPointerDecoder>(decoder_).process(activation, placed_);
  }
  tempo_.process(activation.beat);
}

void BeatDecoder::finish_decoding() {
  if (auto* const peaks = std::get_if<BeatPeaks>(&decoder_)) {
    for (int after = 0; after < peaks->lag(); ++after) { // as if silence followed
      if (const auto placed = peaks->process({})) {
        placed_.push_back(*placed);
      }
    }
    return;
  }
  std::get<BarPointerDecoder>(decoder_).finish(placed_);
  // The path runs back to the very start, but a beat is part of the music: none lies more than half of one before it.
  std::erase_if(placed_, [this](const PlacedBeat& placed) {
    return first_sound_ < 0 || placed.frame < static_cast<double>(first_sound_) - placed.interval / 2.0;
  });
}

std::vector<core::Beat> BeatDecoder::finish() {
  if (auto* const network = std::get_if<FileBeatNetwork>(&activation_)) {
    network->finish(heard_);
    std::ranges::for_each(heard_, [this](const BeatActivation& activation) { take(activation); });
    heard_.clear();
  }
  finish_decoding();
  std::vector<core::Beat> beats;
  beats.reserve(placed_.size());
  for (const PlacedBeat& placed : placed_) {
    beats.push_back(beat_of(placed, frames_per_second_, decoding_.delay));
  }
  // The states know whole frames only: the tempo at a beat is that of the four intervals around it.
  for (std::size_t n = 0; n < beats.size() && beats.size() > 1; ++n) {
    const std::size_t first = n < 2 ? 0 : n - 2;
    const std::size_t last = std::min(n + 2, beats.size() - 1);
    beats[n].tempo = core::Bpm{60.0 * static_cast<double>(last - first) / (beats[last].at - beats[first].at).value};
  }
  if (std::holds_alternative<BeatPeaks>(decoder_)) {
    count_bars(beats);
  } else if (first_sound_ <= kAtOnce) {
    add_beat_at_start(beats);
  }
  for (core::Beat& beat : beats) {
    beat.confidence = calibrated(beat.confidence, decoding_.confidence);
  }
  return beats;
}

void BeatDecoder::reset() {
  std::visit([](auto& heard) { heard.reset(); }, activation_);
  heard_.clear();
  std::visit([](auto& decoder) { decoder.reset(); }, decoder_);
  tempo_.reset();
  placed_.clear();
  frames_ = 0;
  first_sound_ = -1;
}

} // namespace auralis::analysis
