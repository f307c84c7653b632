// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/dsp/filter_bank.hpp"
#include "auralis/dsp/stft.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

inline constexpr int kMelBands = 40;

/// Describes each fine spectrum by the numbers of core::FeatureFrame.
///
/// Spectral shape is that of the magnitudes from 43 Hz up (a constant offset of the samples lies below), roll-off and
/// flatness of their squares. Contrast: D. Jiang et al., "Music type classification by spectral contrast feature",
/// ICME 2002, with its six bands and a fifth of each for peak and valley. Complexity counts the local maxima within
/// 40 dB of the highest. MFCC: 40 bands of equal area on Slaney's scale, decibels, orthonormal DCT-II; the delta is the
/// slope of the line through this frame and the four before it, a frame, so that nothing waits for the future.
/// Thread: one owner. Realtime: all but construction.
class SpectralFeatures {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0};
    int fft_size = 2'048; ///< a power of two, at least 1024
    bool timbre = true;   ///< false: no contrast, no mel bands, no cepstrum; they stay 0
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit SpectralFeatures(const Config& config);

  /// \pre spectrum.magnitude.size() == fft_size / 2 + 1, spectrum.samples.size() == fft_size
  const core::FeatureFrame& process(const dsp::Spectrum& spectrum) noexcept AURALIS_REALTIME;

  /// Of the frame last processed: power in the mel bands, and the same in dB, at least -100. [kMelBands]
  [[nodiscard]] std::span<const float> mel() const noexcept { return mel_; }
  [[nodiscard]] std::span<const float> log_mel() const noexcept { return log_mel_; }
  [[nodiscard]] const dsp::FilterBank& mel_bank() const noexcept { return bank_; }

  /// Back to the state right after construction.
  void reset() noexcept AURALIS_REALTIME;

private:
  static constexpr std::size_t kDeltaFrames = 5;
  struct Moments;
  struct Extremes;
  /// Where a band's loudest and quietest were told apart in the last frame, as the bits of floats: where to look first.
  struct Borders {
    std::int32_t loud = 0;
    std::int32_t quiet = 0;
  };
  struct Kernel;

  void contrast() noexcept;
  void cepstrum() noexcept;

  Config config_;
  std::size_t bins_;
  float hertz_per_bin_;
  dsp::FilterBank bank_;
  std::vector<float> magnitude_; // [bins rounded up to 64], zeros below 43 Hz and behind the end
  std::vector<float> previous_;  // of the frame before
  std::vector<float> power_;     // as magnitude_
  std::array<std::size_t, core::kContrastBands + 1> contrast_edges_{}; // bins
  std::array<Borders, core::kContrastBands> borders_{};
  std::vector<float> band_; // one at a time
  std::array<float, kMelBands> mel_{};
  std::array<float, kMelBands> log_mel_{};
  std::array<std::array<float, kMelBands>, core::kMfccCount> cosines_{};
  std::array<std::array<float, core::kMfccCount>, kDeltaFrames> recent_{}; // MFCC, frame n at n modulo kDeltaFrames
  std::int64_t frames_ = 0;
  core::FeatureFrame frame_;
  void (*shape_)(const float* now, const float* before, float* power, std::size_t count, Moments& out) noexcept;
  float (*spread_)(const float* magnitude, std::size_t count, float centre) noexcept;
  int (*peaks_)(const float* magnitude, std::size_t count, float threshold) noexcept;
  Extremes (*extremes_)(const float* values, std::size_t size, std::int32_t share, Borders& near) noexcept;
  void (*wave_)(const float* samples, std::size_t count, Moments& out) noexcept;
};

/// Mean and standard deviation of every member of FeatureFrame over the frames that are not silent.
///
/// Thread: one owner. Realtime: yes.
class FeatureStatistics {
public:
  void process(const core::FeatureFrame& frame) noexcept AURALIS_REALTIME;
  [[nodiscard]] core::FeatureSummary summary() const noexcept;
  /// Frames that counted.
  [[nodiscard]] std::int64_t frames() const noexcept { return frames_; }
  void reset() noexcept AURALIS_REALTIME { *this = {}; }

private:
  static constexpr std::size_t kValues = 10 + core::kContrastBands + 2 * core::kMfccCount;

  // Welford's running sums: exact enough for days of frames.
  std::array<double, kValues> mean_{};
  std::array<double, kValues> squares_{};
  std::int64_t frames_ = 0;
};

} // namespace auralis::analysis
