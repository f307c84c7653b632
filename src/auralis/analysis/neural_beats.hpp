// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "auralis/analysis/beat_activation.hpp"
#include "auralis/analysis/beat_evidence.hpp"
#include "auralis/analysis/log_bands.hpp"
#include "auralis/core/result.hpp"
#include "auralis/nn/streaming_model.hpp"

/// Networks in the place of BeatActivationFunction: they fill the same struct for the same decoders.
namespace auralis::analysis {

// What models/manifest.json calls their kinds.
inline constexpr std::string_view kLiveBeats = "beats-live";
inline constexpr std::string_view kFileBeats = "beats-file";

/// What a network's beats are decoded with, out of its entry's settings. Errors: invalid_argument where it is fed with
/// other features than this engine's, says something else than beat and downbeat, or has a setting nobody knows.
[[nodiscard]] core::Result<BeatDecoding> beat_decoding(const nn::Model& model);

/// A live network's activation, frame by frame, joined with that of signal processing where the model asks for it.
///
/// A network of several frames a step says its last answer again until the next. If the runtime fails, a frame counts
/// as silence and the network begins anew. Thread: one owner. Realtime: as nn::StreamingModel.
class LiveBeatNetwork {
public:
  /// \throws std::invalid_argument for a model that beat_decoding() or nn::StreamingModel refuses.
  explicit LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model);
  /// With settings other than the model's own.
  LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding);

  /// Takes the next frame; what comes back speaks of the frame lag() ago, the first lag() times of nothing.
  [[nodiscard]] std::optional<BeatActivation> process(const LogBands& bands) noexcept;
  void reset() noexcept;
  [[nodiscard]] int lag() const noexcept { return lag_; }

private:
  /// What is known of a frame until it is spoken of.
  struct Frame {
    bool audible = false;
    std::array<float, 2> network{}; // P(beat), P(downbeat)
    BeatActivation signal;
  };
  [[nodiscard]] Frame& frame(std::int64_t n) noexcept { return frames_[static_cast<std::size_t>(n) % frames_.size()]; }

  nn::StreamingModel stream_;
  std::size_t frames_per_step_;
  int network_lag_;
  std::optional<BeatActivationFunction> signal_;
  BeatEvidence evidence_;
  int lag_;                   // of whoever takes longer
  std::vector<Frame> frames_; // [lag + 1]
  std::array<float, 2> said_{};
  std::size_t in_step_ = 0;
  std::int64_t now_ = -1;
};

/// A file network's activation, joined as above. Frames are heard in windows of half a minute, of which several go
/// through the network at once; of each only the middle counts, so that every frame is heard with some seconds around
/// it. Memory is bounded.
///
/// Thread: one owner. Realtime: no.
class FileBeatNetwork {
public:
  /// \throws std::invalid_argument for a model that beat_decoding() refuses.
  explicit FileBeatNetwork(const std::shared_ptr<const nn::Model>& model);
  FileBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding);

  /// Takes the next frame and adds to `out` what is known by then, frame after frame from the first.
  /// \throws std::runtime_error if the runtime fails.
  void process(const LogBands& bands, std::vector<BeatActivation>& out);
  /// The rest: as many in all as there were frames.
  void finish(std::vector<BeatActivation>& out);
  void reset();

private:
  void hear(std::size_t windows, std::size_t length, std::size_t to, std::vector<BeatActivation>& out);

  std::shared_ptr<const nn::Model> model_;
  std::size_t bands_;
  std::optional<BeatActivationFunction> signal_;
  BeatEvidence evidence_;
  std::vector<BeatActivation> signal_said_; // [frame] from said_ on
  std::vector<float> frames_;               // [frame][bands] from first_ on
  std::vector<std::uint8_t> audible_;       // [frame] the same
  std::int64_t first_ = 0;                  // the frame that the memory begins with; below 0 before the file
  std::int64_t said_ = 0;                   // frames
};

} // namespace auralis::analysis
