// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "auralis/analysis/period_difference.hpp"
#include "auralis/analysis/pitch_features.hpp"
#include "auralis/core/result.hpp"
#include "auralis/nn/streaming_model.hpp"

/// A network beside YIN's candidates: it says how likely each pitch is, they say exactly which.
namespace auralis::analysis {

inline constexpr std::string_view kPitch = "pitch"; ///< what models/manifest.json calls its kind

/// What its answers are joined with signal processing by, chosen with the network.
struct PitchDecoding {
  double signal_share = 0.0;   ///< in [0, 1): what signal processing has to say in the log of each probability
  double voicing_offset = 0.0; ///< added to the network's log odds that there is a voice
  double every = 1.0;          ///< frames from one that the network hears to the next, in between it says the same
};

/// Out of a model's settings. Errors: invalid_argument where it is fed with other features than this engine's, says
/// something else than voicing and kBins pitches, is no live model, or has a setting nobody knows or that cannot be.
[[nodiscard]] core::Result<PitchDecoding> pitch_decoding(const nn::Model& model);
/// The same of settings by name alone.
[[nodiscard]] core::Result<PitchDecoding> pitch_decoding(const std::map<std::string, double>& settings);

/// The network, frame by frame, or every few. Each is heard by itself: there is no state but how loud it was lately.
///
/// Thread: one owner. Realtime: as nn::StreamingModel.
class PitchNetwork {
public:
  /// \throws std::invalid_argument for a model that pitch_decoding() or nn::StreamingModel refuses.
  explicit PitchNetwork(const std::shared_ptr<const nn::Model>& model);

  /// Takes a frame. False if the runtime failed; voicing() and mass() then say what they do of silence.
  bool process(const dsp::Spectrum& spectrum, const PeriodDifference& difference) noexcept;
  void reset() noexcept;

  /// False where it said the same as of the frame before, without having heard this one.
  [[nodiscard]] bool heard() const noexcept { return passed_ <= 1; }
  /// P(there is a voice), the offset included.
  [[nodiscard]] float voicing() const noexcept { return voicing_; }
  /// [PitchFeatures::kBins] P(pitch | there is one); they add up to 1.
  [[nodiscard]] std::span<const float> pitches() const noexcept { return pitches_; }
  /// P(pitch within half a semitone of `frequency` | there is one); within a whole one in a frame that it has not
  /// heard.
  [[nodiscard]] float mass(double frequency) const noexcept;
  /// The frequency of the peak at a bin, to a fraction of it: the mean of what lies within half a semitone.
  [[nodiscard]] double peak(int bin) const noexcept;
  [[nodiscard]] const PitchDecoding& decoding() const noexcept { return decoding_; }

private:
  PitchNetwork(const std::shared_ptr<const nn::Model>& model, const PitchDecoding& decoding);

  PitchDecoding decoding_;
  nn::StreamingModel stream_;
  PitchFeatures features_;
  int every_;
  int passed_ = 0; // frames since the network heard one, and that
  float voicing_ = 0.0F;
  std::span<const float> pitches_;
};

} // namespace auralis::analysis
