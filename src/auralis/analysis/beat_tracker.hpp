// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/analysis/beat_activation.hpp"
#include "auralis/analysis/tempo.hpp"
#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// What BeatActivationFunction is decoded with; a network brings its own.
[[nodiscard]] BarPointerConfig beat_decoding(double frames_per_second);

/// Beats and bars as they pass: activation, then the causal filter of the bar pointer.
///
/// A beat is said as it passes in the activation, which comes half a window and three frames after the sound: 53 to 83
/// ms after it. Whoever must be on time predicts the next one from `at` and `tempo`. Thread: one owner. Realtime:
/// construction allocates, nothing else.
class BeatTracker {
public:
  struct Config {
    double frames_per_second = 100.0;
    int bands = 80; ///< of LogBands
  };
  explicit BeatTracker(const Config& config);

  [[nodiscard]] std::optional<core::Beat> process(const LogBands& bands) noexcept;
  void reset() noexcept;

  /// The probability of every beat length, for tempo_candidates().
  [[nodiscard]] const BarPointerFilter& filter() const noexcept { return filter_; }

private:
  double frames_per_second_;
  BeatActivationFunction activation_;
  BarPointerFilter filter_;
};

/// Beats and bars of a file: the same activation, then the most likely path. Memory is bounded however long it is.
class BeatDecoder {
public:
  explicit BeatDecoder(const BeatTracker::Config& config);

  void process(const LogBands& bands);
  /// All beats; only reset() may follow.
  [[nodiscard]] std::vector<core::Beat> finish();
  /// The tempo of those beats, then its half, double and three to two as far as the music speaks for them.
  [[nodiscard]] std::vector<core::TempoCandidate> tempi(std::span<const core::Beat> beats) const {
    return tempo_.candidates(beats);
  }
  void reset();

private:
  double frames_per_second_;
  BeatActivationFunction activation_;
  BarPointerDecoder decoder_;
  TempoEstimator tempo_;
  std::vector<PlacedBeat> placed_;
  std::int64_t frames_ = 0;
  std::int64_t first_sound_ = -1; // the first frame that is no silence
};

} // namespace auralis::analysis
