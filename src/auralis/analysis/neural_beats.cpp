// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_beats.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "auralis/analysis/network_features.hpp"
#include "auralis/analysis/or_throw.hpp"

namespace auralis::analysis {
namespace {

constexpr std::size_t kWindow = 3'000; // frames, rounded up to whole steps
constexpr std::size_t kMargin = 300;   // of them at either side that another window hears better
constexpr std::size_t kWindows = 4;    // at once

std::size_t whole_steps(std::size_t frames, std::size_t step) { return (frames + step - 1) / step * step; }

std::optional<BeatActivationFunction> signal_for(const nn::Model& model, double share) {
  if (share > 0.0) {
    return BeatActivationFunction{static_cast<int>(model.frame_size())};
  }
  return std::nullopt;
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
  auto decoding = beat_decoding(entry.features.frames_per_second, entry.settings);
  if (!decoding) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("model {}: {}", model.title(), decoding.error().what), entry.file);
  }
  return decoding;
}

LiveBeatNetwork::LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model)
    : LiveBeatNetwork{model, or_throw(beat_decoding(*model))} {}

LiveBeatNetwork::LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding)
    : stream_{or_throw(nn::StreamingModel::of(model))},
      frames_per_step_{static_cast<std::size_t>(model->entry().frames_per_step)}, network_lag_{model->entry().lag},
      signal_{signal_for(*model, decoding.signal_share)}, evidence_{decoding},
      lag_{signal_ ? std::max(network_lag_, BeatActivationFunction::kLag) : network_lag_},
      frames_(static_cast<std::size_t>(lag_) + 1) {}

std::optional<BeatActivation> LiveBeatNetwork::process(const LogBands& bands) noexcept {
  ++now_;
  frame(now_) = {.audible = bands.is_audible(), .network = {}, .signal = {}};
  const auto level = bands.level();
  std::ranges::copy(level, stream_.frames().begin() + static_cast<std::ptrdiff_t>(in_step_ * level.size()));
  if (++in_step_ == frames_per_step_) {
    in_step_ = 0;
    said_ = {};
    if (stream_.step()) {
      std::ranges::copy(stream_.output(), said_.begin());
    }
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
  return evidence_.process(spoken_of.network, spoken_of.audible, signal_ ? &spoken_of.signal : nullptr);
}

void LiveBeatNetwork::reset() noexcept {
  stream_.reset();
  if (signal_) {
    signal_->reset();
  }
  evidence_.reset();
  std::ranges::fill(frames_, Frame{});
  said_ = {};
  in_step_ = 0;
  now_ = -1;
}

FileBeatNetwork::FileBeatNetwork(const std::shared_ptr<const nn::Model>& model)
    : FileBeatNetwork{model, or_throw(beat_decoding(*model))} {}

FileBeatNetwork::FileBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding)
    : model_{model}, bands_{model_->frame_size()}, signal_{signal_for(*model_, decoding.signal_share)},
      evidence_{decoding} {}

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
    // Of a file's last frames signal processing says nothing more.
    const bool both = frame - begin < signal_said_.size();
    out.push_back(evidence_.process(std::span{*said}.subspan(at, 2), audible_[frame] != 0,
                                    both ? &signal_said_[frame - begin] : nullptr));
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
  evidence_.reset();
  first_ = 0;
  said_ = 0;
}

} // namespace auralis::analysis
