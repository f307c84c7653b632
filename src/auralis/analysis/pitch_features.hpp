// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "auralis/analysis/period_difference.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/filter_bank.hpp"
#include "auralis/dsp/stft.hpp"

namespace auralis::analysis {

/// What the network of pitch is fed: the spectrum and YIN's difference function of a frame, both over logarithmic
/// frequency, so that another pitch is the same picture moved along.
///
/// The window of the fine spectra keeps harmonics apart above some 90 Hz; the difference function knows periods down to
/// 55 Hz, so that one helps where the other is blind. The gain of the whole changes nothing.
/// Thread: one owner. Realtime: construction allocates, nothing else.
class PitchFeatures {
public:
  static constexpr int kPerOctave = 36;         ///< 33 cents a bin
  static constexpr int kBins = 5 * kPerOctave;  ///< of pitch: 55 Hz to 1.73 kHz
  static constexpr int kBands = 7 * kPerOctave; ///< of the spectrum: 55 Hz to 6.9 kHz
  static constexpr int kSize = kBands + kBins + 1;
  static constexpr core::Hertz kLowest{55.0}; ///< centre of bin 0 and band 0

  /// For the spectra of kFineStft and a difference function of at least a period of kLowest.
  PitchFeatures();

  /// [kSize]: log(1 + C x / mean of the bands), C = 20; 1 - sqrt(d') at each bin's best lag; loudness from 0, 60 dB
  /// below the loudest of the last ten seconds or less, to 1. Good until the next call.
  [[nodiscard]] std::span<const float> process(const dsp::Spectrum& spectrum,
                                               const PeriodDifference& difference) noexcept;
  /// A frame whose features nobody asks for: remembers how loud it was.
  void pass(const PeriodDifference& difference) noexcept;
  void reset() noexcept;

  /// Centre of a bin, which need not be whole.
  [[nodiscard]] static double frequency(double bin) noexcept;
  [[nodiscard]] static double bin_of(double frequency) noexcept;

private:
  /// The lags of a bin: all from `first` to `last`, and two between samples.
  struct Lags {
    std::uint32_t first = 0;
    std::uint32_t last = 0; ///< below first where no whole lag lies in the bin
    float shortest = 0.0F;
    float longest = 0.0F;
  };

  dsp::FilterBank bank_;
  std::vector<Lags> lags_;
  std::vector<float> features_;
  double loudest_ = 0.0; // energy, fading
};

} // namespace auralis::analysis
