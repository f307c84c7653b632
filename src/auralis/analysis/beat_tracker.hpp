// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/analysis/beat_activation.hpp"
#include "auralis/analysis/beat_peaks.hpp"
#include "auralis/analysis/neural_beats.hpp"
#include "auralis/analysis/tempo.hpp"
#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// Beats and bars as they pass: activation, then the causal filter of the bar pointer, or its maxima.
///
/// A beat is said as it passes in the activation, which comes half a window and three frames after the sound: 53 to 83
/// ms after it; with a network alone, as its manifest's `lag` says; by maxima BeatPeaks::lag() later. Whoever must be
/// on time predicts the next one from `at` and `tempo`. Thread: one owner. Realtime: construction allocates, nothing
/// else.
class BeatTracker {
public:
  struct Config {
    double frames_per_second = 100.0;
    int bands = 80;                           ///< of LogBands
    std::shared_ptr<const nn::Model> network; ///< says the activation; null: BeatActivationFunction does
    core::BeatMethod method = core::BeatMethod::bar_pointer;
  };
  /// \throws std::invalid_argument for a network that beat_decoding() refuses.
  explicit BeatTracker(const Config& config);

  [[nodiscard]] std::optional<core::Beat> process(const LogBands& bands) noexcept;
  void reset() noexcept;

  /// The probability of every beat length, for tempo_candidates().
  [[nodiscard]] const BarPointerFilter& filter() const noexcept { return filter_; }

private:
  double frames_per_second_;
  BeatDecoding decoding_;
  std::variant<BeatActivationFunction, LiveBeatNetwork> activation_;
  BarPointerFilter filter_;        // of the tempo whatever the method
  std::optional<BeatPeaks> peaks_; // where that is the method
};

/// Beats and bars of a file: the same activation, then the most likely path, or its maxima. Memory is bounded however
/// long it is.
class BeatDecoder {
public:
  /// \throws std::invalid_argument for a network that beat_decoding() refuses.
  explicit BeatDecoder(const BeatTracker::Config& config);

  /// \throws std::runtime_error if a network cannot be run.
  void process(const LogBands& bands);
  /// All beats; only reset() may follow.
  [[nodiscard]] std::vector<core::Beat> finish();
  /// The tempo of those beats, then its half, double and three to two as far as the music speaks for them.
  [[nodiscard]] std::vector<core::TempoCandidate> tempi(std::span<const core::Beat> beats) const {
    return tempo_.candidates(beats);
  }
  void reset();

private:
  void take(const BeatActivation& activation);
  void finish_decoding();

  double frames_per_second_;
  BeatDecoding decoding_;
  std::variant<BeatActivationFunction, FileBeatNetwork> activation_;
  std::variant<BarPointerDecoder, BeatPeaks> decoder_;
  TempoEstimator tempo_;
  std::vector<PlacedBeat> placed_;
  std::vector<BeatActivation> heard_; // by a network, not yet taken
  std::int64_t frames_ = 0;
  std::int64_t first_sound_ = -1; // the first frame that is no silence
};

} // namespace auralis::analysis
