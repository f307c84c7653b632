// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/analysis/beat_activation.hpp"
#include "auralis/analysis/confidence.hpp"
#include "auralis/core/result.hpp"

namespace auralis::analysis {

/// What beats are decoded with, chosen together with what says the activation.
struct BeatDecoding {
  BarPointerConfig pointer;
  double delay = 0.0; ///< frames by which the activation peaks later than the beat
  Calibration confidence;
  // Of what is decoded, the share that signal processing says, in log odds; the rest is the network's.
  double signal_share = 0.0;        ///< of a beat, in [0, 0.999]; 0: signal processing is not run
  double bar_share = 1.0;           ///< of where bars begin, in [0, 1]; counts where signal_share is above 0
  double peak_threshold = 0.3;      ///< of a beat, where maxima are picked (BeatPeaks)
  double downbeat_threshold = 0.25; ///< of a bar beginning, if a beat is there
};

/// What a network's beats are decoded with, out of its entry's settings. Errors: invalid_argument for a setting nobody
/// knows or that cannot be.
[[nodiscard]] core::Result<BeatDecoding> beat_decoding(double frames_per_second,
                                                       const std::map<std::string, double>& settings);

/// What decoders are told of a frame where a network hears, alone or beside signal processing: one rule for live, for
/// files and for training.
///
/// The beat is told as the frame says it. A bar's beginning is told `pointer.metre_lag` frames later: a network places
/// a beat and its downbeat a few frames apart, so that the one is held against the other over all of a beat's frames.
/// Silence has no beat, whatever the network says. Thread: one owner. Realtime: yes.
class BeatEvidence {
public:
  static constexpr int kBefore = 2; ///< frames of a beat's neighbourhood before the one that the decoder means
  static constexpr int kAfter = 6;  ///< and after it; also how late bars are told where a network hears alone

  explicit BeatEvidence(const BeatDecoding& decoding);

  /// Takes the next frame: what the network says of it, [2] P(beat) and P(downbeat), and signal processing, if it is
  /// asked and has something to say. \pre said.size() == 2
  [[nodiscard]] BeatActivation process(std::span<const float> said, bool audible,
                                       const BeatActivation* signal) noexcept;
  void reset() noexcept;

private:
  struct Said {
    float beat = 0.0F;
    float downbeat = 0.0F;
  };
  static constexpr std::size_t kKept = 64; // a power of two, longer than the longest lag and a neighbourhood

  [[nodiscard]] float bar_begins() const noexcept;

  float signal_share_;
  float bar_share_;
  std::int64_t metre_lag_;
  std::array<Said, kKept> said_{};
  std::int64_t now_ = -1;
};

} // namespace auralis::analysis
