// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// Weighs the tempo that the beats have against its half, its double and three to two: whoever taps along may choose
/// any of them.
///
/// Sums, over all that was heard, how well the beat activation agrees with itself one to four beats later (comb over
/// the autocorrelation: A. P. Klapuri, A. J. Eronen, J. T. Astola, IEEE TASLP 2006).
/// Thread: one owner. Realtime: construction and candidates() allocate, process() does not.
class TempoEstimator {
public:
  /// \throws std::invalid_argument if the rate is not positive.
  explicit TempoEstimator(double frames_per_second);

  void process(float beat_activation) noexcept;
  /// The tempo of the beats, then the others, likeliest first; confidences sum to one. Empty without beats.
  [[nodiscard]] std::vector<core::TempoCandidate> candidates(std::span<const core::Beat> beats) const;
  void reset() noexcept;

private:
  static constexpr std::size_t kLags = 512; // frames

  [[nodiscard]] double salience(double interval) const noexcept;

  double frames_per_second_;
  std::vector<float> past_;      // [2 * kLags] each frame twice, so that the newest kLags lie in one piece
  std::vector<double> likeness_; // [kLags] sums of products
  std::size_t newest_ = 0;
};

/// Tempo of a steady listener: 60 over the mean interval, measured over four beats, leaving out what is off the median
/// by a fortieth and more, such as where the beats start before the music does. 0 without two beats.
[[nodiscard]] core::Bpm main_tempo(std::span<const core::Beat> beats);

/// One point a beat: the median tempo of the beats around it, and how well they agree.
[[nodiscard]] std::vector<core::TempoPoint> tempo_curve(std::span<const core::Beat> beats);

/// The metre of most beats, and the share of beats, weighed by their confidence, that have it. {0, 0} without beats.
struct MetreEstimate {
  int beats_per_bar = 0;
  float confidence = 0.0F;
};
[[nodiscard]] MetreEstimate metre_of(std::span<const core::Beat> beats);

} // namespace auralis::analysis
