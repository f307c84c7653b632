// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_beats.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
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

/// What a network said of a frame. \pre said.size() == 2
BeatActivation activation_of(std::span<const float> said, bool audible) noexcept {
  const float beat = said[0] > 0.0F ? std::min(said[0], 1.0F) : 0.0F; // what is no number is no beat
  const float downbeat = said[1] > 0.0F ? said[1] : 0.0F;
  constexpr float kLeast = 0.01F;
  return {.beat = audible ? std::max(beat, 1e-6F) : 0.0F,
          .downbeat = std::clamp(downbeat / std::max(beat, kLeast), kLeast, 1.0F - kLeast)};
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

std::shared_ptr<const nn::Model> checked(std::shared_ptr<const nn::Model> model) {
  static_cast<void>(or_throw(beat_decoding(*model)));
  return model;
}

} // namespace

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
  BeatDecoding decoding{.pointer = {.frames_per_second = entry.features.frames_per_second, .on_beat_weight = 0.0}};
  auto& pointer = decoding.pointer;
  auto beat_frames = static_cast<double>(pointer.beat_frames);
  double offset = 0.0;
  double slope = 1.0;
  auto preferred = pointer.preferred_tempo.value;
  auto least = static_cast<double>(pointer.least_confidence);
  const auto known = settings_of(decoding, beat_frames, offset, slope, preferred, least);
  for (const auto& [name, value] : entry.settings) {
    const auto found = known.find(name);
    if (found == known.end()) {
      return core::fail(
          core::ErrorCode::invalid_argument,
          fmt::format("model {} has a setting '{}', which this engine does not know", model.title(), name), entry.file);
    }
    *found->second = value;
  }
  pointer.beat_frames = static_cast<int>(beat_frames);
  pointer.preferred_tempo = core::Bpm{preferred};
  pointer.least_confidence = static_cast<float>(least);
  decoding.confidence = {.offset = static_cast<float>(offset), .slope = static_cast<float>(slope)};
  try {
    static_cast<void>(BarPointerSpace{pointer});
  } catch (const std::invalid_argument& error) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("model {} has settings that cannot be: {}", model.title(), error.what()), entry.file);
  }
  return decoding;
}

LiveBeatNetwork::LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model)
    : stream_{or_throw(nn::StreamingModel::of(checked(model)))},
      frames_per_step_{static_cast<std::size_t>(model->entry().frames_per_step)}, lag_{model->entry().lag},
      audible_(static_cast<std::size_t>(lag_) + 1) {}

std::optional<BeatActivation> LiveBeatNetwork::process(const LogBands& bands) noexcept {
  ++now_;
  const auto slot = [this](std::int64_t frame) { return static_cast<std::size_t>(frame) % audible_.size(); };
  audible_[slot(now_)] = bands.is_audible() ? 1 : 0;
  const auto level = bands.level();
  std::ranges::copy(level, stream_.frames().begin() + static_cast<std::ptrdiff_t>(in_step_ * level.size()));
  if (++in_step_ == frames_per_step_) {
    in_step_ = 0;
    said_ = stream_.step() ? activation_of(stream_.output(), true) : BeatActivation{};
  }
  const std::int64_t spoken_of = now_ - lag_;
  if (spoken_of < 0) {
    return std::nullopt;
  }
  auto activation = said_;
  if (audible_[slot(spoken_of)] == 0) {
    activation.beat = 0.0F;
  }
  return activation;
}

void LiveBeatNetwork::reset() noexcept {
  stream_.reset();
  std::ranges::fill(audible_, std::uint8_t{0});
  said_ = {};
  in_step_ = 0;
  now_ = -1;
}

FileBeatNetwork::FileBeatNetwork(std::shared_ptr<const nn::Model> model)
    : model_{checked(std::move(model))}, bands_{model_->frame_size()} {}

void FileBeatNetwork::process(const LogBands& bands, std::vector<BeatActivation>& out) {
  const auto level = bands.level();
  frames_.insert(frames_.end(), level.begin(), level.end());
  audible_.push_back(bands.is_audible() ? 1 : 0);
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
  for (auto frame = static_cast<std::size_t>(said_ - first_); frame < to; ++frame) {
    // The window in whose middle it lies; at either end of the file there is but one.
    const auto w = frame < margin ? 0 : std::min((frame - margin) / hop, windows - 1);
    const auto in_window = static_cast<std::ptrdiff_t>(frame - w * hop) + earlier;
    const auto answer = std::clamp(in_window / static_cast<std::ptrdiff_t>(step), std::ptrdiff_t{0},
                                   static_cast<std::ptrdiff_t>(answers) - 1);
    const auto at = (w * answers + static_cast<std::size_t>(answer)) * 2;
    out.push_back(activation_of(std::span{*said}.subspan(at, 2), audible_[frame] != 0));
  }
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
  first_ = 0;
  said_ = 0;
}

} // namespace auralis::analysis
