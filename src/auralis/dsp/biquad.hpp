// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// H(z) = (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2).
struct BiquadCoefficients {
  float b0 = 1.0F;
  float b1 = 0.0F;
  float b2 = 0.0F;
  float a1 = 0.0F;
  float a2 = 0.0F;
};

/// Second-order sections after R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
/// \pre 0 < frequency < rate / 2, q > 0
[[nodiscard]] BiquadCoefficients low_pass(core::Hertz frequency, double q, core::Hertz rate) noexcept;
[[nodiscard]] BiquadCoefficients high_pass(core::Hertz frequency, double q, core::Hertz rate) noexcept;
[[nodiscard]] BiquadCoefficients high_shelf(core::Hertz frequency, core::Decibels gain, core::Hertz rate) noexcept;

/// The two stages of K-weighting: the head's shelf, then the high-pass ("RLB"). ITU-R BS.1770-5, annex 1, with the
/// analogue prototypes worked out by B. De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement",
/// AES 145, 2018, so that any sample rate gets the same curve.
[[nodiscard]] std::array<BiquadCoefficients, 2> k_weighting(core::Hertz rate) noexcept;

/// |H| at `frequency`, linear.
[[nodiscard]] double magnitude(const BiquadCoefficients& filter, core::Hertz frequency, core::Hertz rate) noexcept;

/// One biquad over two channels, transposed direct form II: gentle when its coefficients move.
///
/// Thread: one owner. Realtime: yes.
class StereoBiquad {
public:
  explicit StereoBiquad(const BiquadCoefficients& coefficients = {}) noexcept : c_{coefficients} {}

  /// Takes effect at the next sample; the state stays.
  void set(const BiquadCoefficients& coefficients) noexcept { c_ = coefficients; }
  void process(core::StereoBlock block) noexcept AURALIS_REALTIME;
  void reset() noexcept { state_ = {}; }

private:
  BiquadCoefficients c_;
  std::array<std::array<float, 2>, 2> state_{}; // [delay][channel]
};

} // namespace auralis::dsp
