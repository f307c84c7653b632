// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "auralis/analysis/chroma.hpp"
#include "auralis/analysis/confidence.hpp"
#include "auralis/core/result.hpp"
#include "auralis/nn/streaming_model.hpp"

namespace auralis::analysis {

/// Twelve major keys from C, then twelve minor.
inline constexpr int kKeyCount = 24;

/// What models/manifest.json calls it. One network hears streams and files.
inline constexpr std::string_view kKey = "key";

/// How what a network says of keys is weighed, chosen together with the network.
struct KeyDecoding {
  double signal_share = 0.0;      ///< in [0, 1]: of signal processing, in what is said of the whole
  double step_signal_share = 0.0; ///< the same of a step, on the way to local keys
  double sharpness = 1.0;         ///< of the whole: what the mean log probability of its steps is multiplied with
  double signal_sharpness = 3.5;  ///< the same of signal processing's correlations
  double step_sharpness = 0.5;    ///< the same of a step
  Calibration confidence;
};

/// Out of a model's entry. Errors: invalid_argument where it is fed with other features than this engine's, says
/// something else than the 24 keys, does not go step by step, or has a setting nobody knows.
[[nodiscard]] core::Result<KeyDecoding> key_decoding(const nn::Model& model);
/// The same of settings by name alone.
[[nodiscard]] core::Result<KeyDecoding> key_decoding(const std::map<std::string, double>& settings);

/// A network that hears keys in harmony frames, step by step: a second each, of which an answer comes lag() steps late.
///
/// Thread: one owner. Realtime: as nn::StreamingModel.
class KeyNetwork {
public:
  /// \throws std::invalid_argument for a model that key_decoding() or nn::StreamingModel refuses.
  explicit KeyNetwork(const std::shared_ptr<const nn::Model>& model);

  /// Puts a frame into the step that is being filled. \pre it is not yet full
  void push(const HarmonyFrame& frame) noexcept;
  /// Forgets the step that is being filled, as if it had never begun.
  void skip() noexcept { filled_ = 0; }
  /// Hears the step that is full; false if the runtime failed, which forgets what went before.
  [[nodiscard]] bool step() noexcept;
  /// What the last step said: the log probability of each key.
  [[nodiscard]] const std::array<float, kKeyCount>& said() const noexcept { return said_; }

  void reset() noexcept;
  [[nodiscard]] int frames_a_step() const noexcept { return frames_a_step_; }
  [[nodiscard]] int lag() const noexcept { return lag_; } ///< steps
  [[nodiscard]] const KeyDecoding& decoding() const noexcept { return decoding_; }

private:
  nn::StreamingModel stream_;
  KeyDecoding decoding_;
  int frames_a_step_;
  int lag_;
  std::size_t filled_ = 0; // frames
  std::array<float, kKeyCount> said_{};
};

} // namespace auralis::analysis
