// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/analysis/beat_activation.hpp"
#include "auralis/analysis/confidence.hpp"
#include "auralis/analysis/log_bands.hpp"
#include "auralis/core/result.hpp"
#include "auralis/nn/streaming_model.hpp"

/// Networks in the place of BeatActivationFunction: they fill the same struct for the same decoders.
namespace auralis::analysis {

// What models/manifest.json calls their kinds.
inline constexpr std::string_view kLiveBeats = "beats-live";
inline constexpr std::string_view kFileBeats = "beats-file";

/// What beats are decoded with, chosen together with what says the activation.
struct BeatDecoding {
  BarPointerConfig pointer;
  double delay = 0.0; ///< frames by which the activation peaks later than the beat
  Calibration confidence;
  double signal_share = 0.0; ///< in [0, 1): above 0, what joined() makes of both is decoded
};

/// What a network said of a frame, its outputs in order, as the decoder takes it: how likely a beat is, and how likely
/// it begins a bar if it is one, which says nothing where the network hears none.
[[nodiscard]] BeatActivation activation_of(std::span<const float> said) noexcept;

/// A network and signal processing of the same frame: the beat by both, their log odds mixed by `signal_share` in (0,
/// 1), the metre by signal processing, which hears on for it and so speaks of an earlier frame (kMetreLag). Silence is
/// silence.
[[nodiscard]] BeatActivation joined(const BeatActivation& network, const BeatActivation& signal,
                                    double signal_share) noexcept;

/// What a network's beats are decoded with, out of its entry's settings. Errors: invalid_argument where it is fed with
/// other features than this engine's, says something else than beat and downbeat, or has a setting nobody knows.
[[nodiscard]] core::Result<BeatDecoding> beat_decoding(const nn::Model& model);
/// The same of settings by name alone.
[[nodiscard]] core::Result<BeatDecoding> beat_decoding(double frames_per_second,
                                                       const std::map<std::string, double>& settings);

/// A live network's activation, frame by frame, joined with that of signal processing where the model asks for it.
///
/// A network of several frames a step says its last answer again until the next. If the runtime fails, a frame counts
/// as silence and the network begins anew. Thread: one owner. Realtime: as nn::StreamingModel.
class LiveBeatNetwork {
public:
  /// \throws std::invalid_argument for a model that beat_decoding() or nn::StreamingModel refuses.
  explicit LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model);

  /// Takes the next frame; what comes back speaks of the frame lag() ago, the first lag() times of nothing.
  [[nodiscard]] std::optional<BeatActivation> process(const LogBands& bands) noexcept;
  void reset() noexcept;
  [[nodiscard]] int lag() const noexcept { return lag_; }

private:
  /// What is known of a frame until it is spoken of.
  struct Frame {
    bool audible = false;
    BeatActivation network;
    BeatActivation signal;
  };
  LiveBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding);
  [[nodiscard]] Frame& frame(std::int64_t n) noexcept { return frames_[static_cast<std::size_t>(n) % frames_.size()]; }

  nn::StreamingModel stream_;
  std::size_t frames_per_step_;
  int network_lag_;
  double signal_share_;
  std::optional<BeatActivationFunction> signal_;
  int lag_;                   // of whoever takes longer
  std::vector<Frame> frames_; // [lag + 1]
  BeatActivation said_;
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

  /// Takes the next frame and adds to `out` what is known by then, frame after frame from the first.
  /// \throws std::runtime_error if the runtime fails.
  void process(const LogBands& bands, std::vector<BeatActivation>& out);
  /// The rest: as many in all as there were frames.
  void finish(std::vector<BeatActivation>& out);
  void reset();

private:
  FileBeatNetwork(const std::shared_ptr<const nn::Model>& model, const BeatDecoding& decoding);
  void hear(std::size_t windows, std::size_t length, std::size_t to, std::vector<BeatActivation>& out);

  std::shared_ptr<const nn::Model> model_;
  std::size_t bands_;
  double signal_share_;
  std::optional<BeatActivationFunction> signal_;
  std::vector<BeatActivation> signal_said_; // [frame] from said_ on
  std::vector<float> frames_;               // [frame][bands] from first_ on
  std::vector<std::uint8_t> audible_;       // [frame] the same
  std::int64_t first_ = 0;                  // the frame that the memory begins with; below 0 before the file
  std::int64_t said_ = 0;                   // frames
};

} // namespace auralis::analysis
