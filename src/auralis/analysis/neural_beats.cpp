// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_beats.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "auralis/analysis/network_features.hpp"

namespace auralis::analysis {
namespace {

constexpr std::size_t kWindow = 3'000; // frames, rounded up to whole steps
constexpr std::size_t kMargin = 300;   // of them at either side that another window hears better
constexpr std::size_t kWindows = 4;    // at once

std::size_t whole_steps(std::size_t frames, std::size_t step) { return (frames + step - 1) / step * step; }

float log_odds(float p) noexcept {
  const float inside = std::clamp(p, 1e-4F, 1.0F - 1e-4F);
  return std::log(inside / (1.0F - inside));
}

std::optional<BeatActivationFunction> signal_for(const nn::Model& model, double share) {
  if (share > 0.0) {
    return BeatActivationFunction{static_cast<int>(model.frame_size())};
  }
  return std::nullopt;
}

/// The settings that a model may bring, by name.
std::map<std::string, double*, std::less<>> settings_of(BeatDecoding& decoding, double& beat_frames, double& offset,
                                                        double& slope, double& preferred, double& least) {
  auto& pointer = decoding.pointer;
  return {{"tempo_stiffness", &pointer.tempo_stiffness},
          {"metre_change", &pointer.metre_change},
          {"beat_frames", &beat_frames},
          {"beat_prior", &pointer.beat_prior},
          {"downbeat_weight", &pointer.downbeat_weight},
          {"on_beat_weight", &pointer.on_beat_weight},
          {"signal_share", &decoding.signal_share},
          {"preferred_tempo", &preferred},
          {"tempo_spread", &pointer.tempo_spread},
          {"tempo_preference", &pointer.tempo_preference},
          {"least_confidence", &least},
          {"delay", &decoding.delay},
          {"confidence_offset", &offset},
          {"confidence_slope", &slope}};
}

template <typename T> T or_throw(core::Result<T> result) {
  if (!result) {
    throw std::invalid_argument{result.error().what};
  }
  return *std::move(result);
}

} // namespace

BeatActivation activation_of(std::span<const float> said) noexcept {
  assert(said.size() == 2);
  const float beat = said[0] > 0.0F ? std::min(said[0], 1.0F) : 0.0F; // what is no number is no beat
  const float downbeat = said[1] > 0.0F ? std::min(said[1], 1.0F) : 0.0F;
  // Without it two next to nothing, one divided by the other, would make a bar begin wherever no beat is.
  constexpr float kDoubt = 0.3F;
  constexpr float kPrior = BeatActivation{}.downbeat;
  return {.beat = std::max(beat, 1e-6F), .downbeat = std::min((downbeat + kDoubt * kPrior) / (beat + kDoubt), 0.98F)};
}

BeatActivation joined(const BeatActivation& network, const BeatActivation& signal, double signal_share) noexcept {
  if (network.beat <= 0.0F || signal.beat <= 0.0F) {
    return {.beat = 0.0F, .downbeat = signal.downbeat, .on_beat = signal.on_beat};
  }
  const auto share = static_cast<float>(signal_share);
  const float odds = (1.0F - share) * log_odds(network.beat) + share * log_odds(signal.beat);
  return {.beat = 1.0F / (1.0F + std::exp(-odds)), .downbeat = signal.downbeat, .on_beat = signal.on_beat};
}

core::Result<BeatDecoding> beat_decoding(const nn::Model& model) {
  const auto& entry = model.entry();
  if (auto wrong = nn::mismatch(entry, log_band_features())) {
    return tl::unexpected{*std::move(wrong)};
  }
  if (entry.outputs != std::vector<std::string>{"beat", "downbeat"}) {
    return core::fail(
        core::ErrorCode::invalid_argument,
        fmt::format("model {} says {}, expected beat, downbeat", model.title(), fmt::join(entry.outputs, ", ")),
        entry.file);
  }
  if (model.is_live() != (entry.kind == kLiveBeats)) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("model {} is of kind '{}', but its tensors are those of a model {}", model.title(),
                                  entry.kind, model.is_live() ? "that goes step by step" : "for files"),
                      entry.file);
  }
  auto decoding = beat_decoding(entry.features.frames_per_second, entry.settings);
  if (!decoding) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("model {}: {}", model.title(), decoding.error().what), entry.file);
  }
  return decoding;
}

core::Result<BeatDecoding> beat_decoding(double frames_per_second, const std::map<std::string, double>& settings) {
  BeatDecoding decoding;
  const auto share = settings.find("signal_share");
  if (share != settings.end() && !(share->second >= 0.0 && share->second < 1.0)) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("the setting signal_share is {}, expected 0 to below 1", share->second));
  }
  if (share != settings.end() && share->second > 0.0) {
    decoding.pointer = beat_decoding(frames_per_second);
  } else {
    decoding.pointer.frames_per_second = frames_per_second;
    decoding.pointer.on_beat_weight = 0.0;
  }
  auto& pointer = decoding.pointer;
  auto beat_frames = static_cast<double>(pointer.beat_frames);
  double offset = 0.0;
  double slope = 1.0;
  auto preferred = pointer.preferred_tempo.value;
  auto least = static_cast<double>(pointer.least_confidence);
  const auto known = settings_of(decoding, beat_frames, offset, slope, preferred, least);
  for (const auto& [name, value] : settings) {
    const auto found = known.find(name);
    if (found == known.end()) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("this engine does not know the setting '{}'; it knows {}", name,
                                    fmt::join(known | std::views::keys, ", ")));
    }
    *found->second = value;
  }
  if (!(beat_frames >= 1.0 && beat_frames <= 255.0) || !(std::abs(decoding.delay) <= 255.0)) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("settings that cannot be: beat_frames {} (1 to 255), delay {} (-255 to 255)",
                                  beat_frames, decoding.delay));
  }
  pointer.beat_frames = static_cast<int>(beat_frames);
  pointer.preferred_tempo = core::Bpm{preferred};
  pointer.least_confidence = static_cast<float>(least);
  decoding.confidence = {.offset = static_cast<float>(offset), .slope = static_cast<float>(slope)};
  try {
    static_cast<void>(BarPointerSpace{pointer});
  } catch (const std::invalid_argument& error) {
    return core::fail(core::ErrorCode::invalid_argument, fmt::format("settings that cannot be: {}", error.what()));
  }
  return decoding;
}

LiveBeatNetwork::LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model)
    : LiveBeatNetwork{model, or_throw(beat_decoding(*model))} {}

LiveBeatNetwork::LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding)
    : stream_{or_throw(nn::StreamingModel::of(model))},
      frames_per_step_{static_cast<std::size_t>(model->entry().frames_per_step)}, network_lag_{model->entry().lag},
      signal_share_{decoding.signal_share}, signal_{signal_for(*model, signal_share_)},
      lag_{signal_ ? std::max(network_lag_, BeatActivationFunction::kLag) : network_lag_},
      frames_(static_cast<std::size_t>(lag_) + 1) {}

std::optional<BeatActivation> LiveBeatNetwork::process(const LogBands& bands) noexcept {
  ++now_;
  frame(now_) = {.audible = bands.is_audible(), .network = {}, .signal = {}};
  const auto level = bands.level();
  std::ranges::copy(level, stream_.frames().begin() + static_cast<std::ptrdiff_t>(in_step_ * level.size()));
  if (++in_step_ == frames_per_step_) {
    in_step_ = 0;
    said_ = stream_.step() ? activation_of(stream_.output()) : BeatActivation{};
  }
  if (now_ >= network_lag_) {
    frame(now_ - network_lag_).network = said_;
  }
  if (signal_) {
    if (const auto said = signal_->process(bands)) {
      frame(now_ - BeatActivationFunction::kLag).signal = *said;
    }
  }
  if (now_ < lag_) {
    return std::nullopt;
  }
  const Frame& spoken_of = frame(now_ - lag_);
  auto activation = signal_ ? joined(spoken_of.network, spoken_of.signal, signal_share_) : spoken_of.network;
  if (!spoken_of.audible) {
    activation.beat = 0.0F;
  }
  return activation;
}

void LiveBeatNetwork::reset() noexcept {
  stream_.reset();
  if (signal_) {
    signal_->reset();
  }
  std::ranges::fill(frames_, Frame{});
  said_ = {};
  in_step_ = 0;
  now_ = -1;
}

FileBeatNetwork::FileBeatNetwork(const std::shared_ptr<const nn::Model>& model)
    : FileBeatNetwork{model, or_throw(beat_decoding(*model))} {}

FileBeatNetwork::FileBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding)
    : model_{model}, bands_{model_->frame_size()}, signal_share_{decoding.signal_share},
      signal_{signal_for(*model_, signal_share_)} {}

void FileBeatNetwork::process(const LogBands& bands, std::vector<BeatActivation>& out) {
  const auto level = bands.level();
  frames_.insert(frames_.end(), level.begin(), level.end());
  audible_.push_back(bands.is_audible() ? 1 : 0);
  if (signal_) {
    if (const auto said = signal_->process(bands)) {
      signal_said_.push_back(*said);
    }
  }
  const auto step = static_cast<std::size_t>(model_->entry().frames_per_step);
  const auto window = whole_steps(kWindow, step);
  const auto hop = window - 2 * whole_steps(kMargin, step);
  if (audible_.size() == (kWindows - 1) * hop + window) {
    hear(kWindows, window, audible_.size() - whole_steps(kMargin, step), out);
  }
}

/// Runs `windows` windows of `length` frames from the first that is kept, says the frames up to `to`, counted from
/// there too, and forgets what no later window hears.
void FileBeatNetwork::hear(std::size_t windows, std::size_t length, std::size_t to, std::vector<BeatActivation>& out) {
  const auto step = static_cast<std::size_t>(model_->entry().frames_per_step);
  const auto margin = whole_steps(kMargin, step);
  const auto hop = whole_steps(kWindow, step) - 2 * margin;
  std::vector<float> batch(windows * length * bands_);
  for (std::size_t w = 0; w < windows; ++w) {
    const auto from = std::min(w * hop * bands_, frames_.size());
    const auto count = std::min(length * bands_, frames_.size() - from);
    std::copy_n(frames_.begin() + static_cast<std::ptrdiff_t>(from), count,
                batch.begin() + static_cast<std::ptrdiff_t>(w * length * bands_));
  }
  const auto said = model_->run(batch, windows);
  if (!said) {
    throw std::runtime_error{said.error().what};
  }
  const auto answers = length / step;
  const auto earlier = static_cast<std::ptrdiff_t>(model_->entry().lag) - static_cast<std::ptrdiff_t>(step) + 1;
  const auto begin = static_cast<std::size_t>(said_ - first_);
  for (auto frame = begin; frame < to; ++frame) {
    // The window in whose middle it lies; at either end of the file there is but one.
    const auto w = frame < margin ? 0 : std::min((frame - margin) / hop, windows - 1);
    const auto in_window = static_cast<std::ptrdiff_t>(frame - w * hop) + earlier;
    const auto answer = std::clamp(in_window / static_cast<std::ptrdiff_t>(step), std::ptrdiff_t{0},
                                   static_cast<std::ptrdiff_t>(answers) - 1);
    const auto at = (w * answers + static_cast<std::size_t>(answer)) * 2;
    auto activation = activation_of(std::span{*said}.subspan(at, 2));
    if (signal_) {
      // Of a file's last frames it says nothing more.
      activation = frame - begin < signal_said_.size() ? joined(activation, signal_said_[frame - begin], signal_share_)
                                                       : BeatActivation{.beat = activation.beat};
    }
    activation.beat = audible_[frame] != 0 ? activation.beat : 0.0F;
    out.push_back(activation);
  }
  signal_said_.erase(signal_said_.begin(),
                     signal_said_.begin() + static_cast<std::ptrdiff_t>(std::min(to - begin, signal_said_.size())));
  said_ = first_ + static_cast<std::int64_t>(to);
  const auto forgotten = std::min(windows * hop, audible_.size());
  frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(forgotten * bands_));
  audible_.erase(audible_.begin(), audible_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  first_ += static_cast<std::int64_t>(forgotten);
}

void FileBeatNetwork::finish(std::vector<BeatActivation>& out) {
  const auto step = static_cast<std::size_t>(model_->entry().frames_per_step);
  const auto window = whole_steps(kWindow, step);
  while (audible_.size() > window) {
    hear(1, window, window - whole_steps(kMargin, step), out);
  }
  if (static_cast<std::size_t>(said_ - first_) < audible_.size()) {
    hear(1, whole_steps(audible_.size(), step), audible_.size(), out);
  }
}

void FileBeatNetwork::reset() {
  frames_.clear();
  audible_.clear();
  signal_said_.clear();
  if (signal_) {
    signal_->reset();
  }
  first_ = 0;
  said_ = 0;
}

} // namespace auralis::analysis
