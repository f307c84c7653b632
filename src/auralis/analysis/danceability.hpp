// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/dsp/stft.hpp"

namespace auralis::analysis {

/// How regular the loudness moves, from a third of a second to nine: dance music repeats itself there.
///
/// Method: S. Streich, P. Herrera, "Detrended Fluctuation Analysis of Music Signals: Danceability Estimation and
/// Further Semantic Characterization", AES 118, 2005. Ours: the pieces of one length do not overlap, so that each is
/// summed up as it passes and an hour costs no more memory than a minute; the mean exponent is mapped to [0, 1].
/// Silence before and after the music does not count, and a pause counts for nine seconds at most. Thread: one owner.
/// Realtime: construction allocates, nothing else.
class Danceability {
public:
  explicit Danceability(double frames_per_second);

  /// Takes the next frame: the deviation of the samples within a hop around its centre.
  void process(const dsp::Spectrum& spectrum) noexcept;
  void process(float deviation) noexcept;
  void reset() noexcept;

  /// Confidence grows over the first half minute; {0, 0} for what is shorter than two seconds, or silent.
  [[nodiscard]] core::Score score() const noexcept;
  /// Mean slope of log fluctuation over log length: 0.5 for noise, 1.5 for what wanders; lower is more danceable.
  [[nodiscard]] double exponent() const noexcept;

private:
  void add(float deviation) noexcept;

  /// Pieces of one length; the running sum of the series is fitted by a line in each.
  struct Scale {
    int length = 0;
    int count = 0;       ///< frames of the piece so far
    double sum_y = 0.0;  ///< of the running sum, from the piece's start
    double sum_ny = 0.0; ///< and times the frame number
    double sum_yy = 0.0;
    double y = 0.0;
    double squares = 0.0; ///< what the lines left, over all pieces
    std::int64_t pieces = 0;
  };

  double frames_per_second_;
  std::size_t hop_;
  std::vector<Scale> scales_;
  std::int64_t frames_ = 0;
  std::int64_t silent_ = 0;  ///< frames since the last that sounded, not yet added
  float silent_mean_ = 0.0F; ///< their deviation
};

} // namespace auralis::analysis
