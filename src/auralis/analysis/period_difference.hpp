// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "auralis/dsp/real_fft.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// YIN's difference function of one frame: how unlike the sound is to itself a lag later.
///
/// Method: A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111(4),
/// 2002, equations 6 and 8. Thread: one owner. Realtime: construction allocates, nothing else does.
class PeriodDifference {
public:
  struct Config {
    int frame_size = 2'048; ///< even
    int longest = 802;      ///< lag in samples; a frame holds two of them
  };

  /// \throws std::invalid_argument unless a frame holds two periods of the longest lag.
  explicit PeriodDifference(const Config& config);

  /// \pre samples.size() == frame_size
  void process(std::span<const float> samples) noexcept AURALIS_REALTIME;

  [[nodiscard]] std::span<const float> plain() const noexcept { return plain_; } ///< [longest + 2] d(t), eq. 6
  /// [longest + 2] d'(t), eq. 8: 1 for what does not repeat, 0 at a lag after which the sound is the same.
  [[nodiscard]] std::span<const float> normalised() const noexcept { return normalised_; }
  [[nodiscard]] float energy() const noexcept { return energy_; } ///< mean square without the mean
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  Config config_;
  int window_;         // samples that are compared at every lag
  dsp::RealFft start_; // of the first window_ samples
  dsp::RealFft whole_;
  std::vector<float> plain_;
  std::vector<float> normalised_;
  float energy_ = 0.0F;
};

} // namespace auralis::analysis
