// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/dsp/stft.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// By how much the music's A4 lies beside 440 Hz.
struct Tuning {
  double cents = 0.0;      ///< [-65, 65], see TuningEstimator
  float confidence = 0.0F; ///< agreement of the spectral peaks, [0, 1]

  [[nodiscard]] core::Hertz a4() const noexcept { return core::Hertz{440.0 * std::exp2(cents / 1200.0)}; }
};

/// Estimates the tuning from the deviations of spectral peaks from equal temperament.
///
/// Method: circular mean over the semitone of every peak's deviation, weighted by its magnitude (K. Dressler and
/// S. Streich, "Tuning frequency estimation using circular statistics", ISMIR 2007). Peaks are interpolated by a
/// parabola through the logarithms of a Hann window's magnitudes. Older frames are forgotten over `memory`, so that
/// a tape that drifts is followed. Nothing here depends on level. A quarter tone up and one down are the same thing;
/// once one of them is said it is kept to 65 cents, so that the names of all notes do not jump there and back.
/// docs/theory/chroma.md.
/// Thread: one owner. Realtime: construction allocates, nothing else does.
class TuningEstimator {
public:
  struct Config {
    core::Hertz sample_rate{11'025.0};
    int fft_size = 4'096;
    int hop_size = 512;
    core::Seconds memory{30.0}; ///< time constant of forgetting
    core::Hertz lowest{180.0};  ///< below it a window holds too few periods
    core::Hertz highest{2'200.0};
  };

  /// \throws std::invalid_argument if a setting makes no sense
  explicit TuningEstimator(const Config& config);
  TuningEstimator() : TuningEstimator(Config{}) {}

  /// Takes one frame. \pre spectrum.magnitude.size() == fft_size / 2 + 1
  void process(const dsp::Spectrum& spectrum) noexcept AURALIS_REALTIME;
  /// What all frames so far say. Confidence 0 before any peak.
  [[nodiscard]] Tuning tuning() const noexcept;
  void reset() noexcept AURALIS_REALTIME;

private:
  struct Kernel;

  Config config_;
  int first_bin_;
  int last_bin_;
  std::vector<std::int32_t> peaks_; // bins
  double keep_;                     // of the sums, from frame to frame
  std::complex<double> sum_;        // of unit vectors at the deviation's angle, weighted
  double weight_ = 0.0;
  double cents_ = 0.0;
};

} // namespace auralis::analysis
