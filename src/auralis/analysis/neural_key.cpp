// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_key.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>
#include <utility>

#include "auralis/analysis/network_features.hpp"
#include "auralis/analysis/or_throw.hpp"

namespace auralis::analysis {
namespace {

// A key is never ruled out by one step: e^-12 is once in two days of music.
constexpr float kLeast = -12.0F;

} // namespace

core::Result<KeyDecoding> key_decoding(const nn::Model& model) {
  const auto& entry = model.entry();
  if (auto wrong = nn::mismatch(entry, harmony_features())) {
    return tl::unexpected{*std::move(wrong)};
  }
  const auto refused = [&](const std::string& why) {
    return core::fail(core::ErrorCode::invalid_argument, fmt::format("model {}: {}", model.title(), why), entry.file);
  };
  if (entry.outputs.size() != kKeyCount) {
    return refused(
        fmt::format("it says {} numbers, expected one for each of {} keys", entry.outputs.size(), kKeyCount));
  }
  if (!model.is_live()) {
    return refused("keys are heard step by step, but its tensors are those of a model for files");
  }
  if (entry.frames_per_step != std::lround(entry.features.frames_per_second)) {
    return refused(fmt::format("a step has {} frames, expected a second's", entry.frames_per_step));
  }
  // Its last frame is the last of a step, so what it speaks of must be whole steps before.
  if ((entry.lag + 1) % entry.frames_per_step != 0) {
    return refused(
        fmt::format("a lag of {} frames is no whole number of steps of {}", entry.lag, entry.frames_per_step));
  }
  auto decoding = key_decoding(entry.settings);
  if (!decoding) {
    return refused(decoding.error().what);
  }
  return decoding;
}

core::Result<KeyDecoding> key_decoding(const std::map<std::string, double>& settings) {
  KeyDecoding decoding;
  double offset = 0.0;
  double slope = 1.0;
  const std::map<std::string_view, double*> known{{"signal_share", &decoding.signal_share},
                                                  {"step_signal_share", &decoding.step_signal_share},
                                                  {"sharpness", &decoding.sharpness},
                                                  {"signal_sharpness", &decoding.signal_sharpness},
                                                  {"step_sharpness", &decoding.step_sharpness},
                                                  {"confidence_offset", &offset},
                                                  {"confidence_slope", &slope}};
  for (const auto& [name, value] : settings) {
    const auto found = known.find(name);
    if (found == known.end()) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("this engine does not know the setting '{}'; it knows {}", name,
                                    fmt::join(known | std::views::keys, ", ")));
    }
    *found->second = value;
  }
  const auto is_share = [](double x) { return x >= 0.0 && x <= 1.0; };
  const bool sensible = is_share(decoding.signal_share) && is_share(decoding.step_signal_share) &&
                        decoding.sharpness > 0.0 && decoding.step_sharpness > 0.0 && decoding.signal_sharpness > 0.0 &&
                        slope > 0.0 && std::isfinite(offset);
  if (!sensible) {
    return core::fail(core::ErrorCode::invalid_argument,
                      "settings that cannot be: shares of signal processing are 0 to 1, sharpnesses "
                      "and confidence_slope are above 0");
  }
  decoding.confidence = {.offset = static_cast<float>(offset), .slope = static_cast<float>(slope)};
  return decoding;
}

KeyNetwork::KeyNetwork(const std::shared_ptr<const nn::Model>& model)
    : stream_{or_throw(nn::StreamingModel::of(model))}, decoding_{or_throw(key_decoding(*model))},
      frames_a_step_{model->entry().frames_per_step}, lag_{(model->entry().lag + 1) / frames_a_step_ - 1} {}

void KeyNetwork::push(const HarmonyFrame& frame) noexcept {
  assert(filled_ < static_cast<std::size_t>(frames_a_step_));
  auto at = stream_.frames().begin() + static_cast<std::ptrdiff_t>(filled_ * (frame.bass.size() + frame.treble.size()));
  at = std::ranges::copy(frame.bass, at).out;
  std::ranges::copy(frame.treble, at);
  ++filled_;
}

bool KeyNetwork::step() noexcept {
  assert(filled_ == static_cast<std::size_t>(frames_a_step_));
  filled_ = 0;
  if (!stream_.step()) {
    return false;
  }
  std::ranges::transform(stream_.output(), said_.begin(), [](float log_probability) {
    return log_probability > kLeast ? std::min(log_probability, 0.0F) : kLeast; // what is no number is unlikely
  });
  return true;
}

void KeyNetwork::reset() noexcept {
  stream_.reset();
  filled_ = 0;
  said_.fill(0.0F);
}

} // namespace auralis::analysis
