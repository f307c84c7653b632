// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/biquad.hpp"

#include <cmath>
#include <complex>
#include <numbers>

namespace auralis::dsp {
namespace {

BiquadCoefficients normalised(double b0, double b1, double b2, double a0, double a1, double a2) noexcept {
  return {.b0 = static_cast<float>(b0 / a0),
          .b1 = static_cast<float>(b1 / a0),
          .b2 = static_cast<float>(b2 / a0),
          .a1 = static_cast<float>(a1 / a0),
          .a2 = static_cast<float>(a2 / a0)};
}

double angular(core::Hertz frequency, core::Hertz rate) noexcept {
  return 2.0 * std::numbers::pi * frequency.value / rate.value;
}

} // namespace

BiquadCoefficients low_pass(core::Hertz frequency, double q, core::Hertz rate) noexcept {
  const double w = angular(frequency, rate);
  const double alpha = std::sin(w) / (2.0 * q);
  const double k = 1.0 - std::cos(w);
  return normalised(k / 2.0, k, k / 2.0, 1.0 + alpha, -2.0 * std::cos(w), 1.0 - alpha);
}

BiquadCoefficients high_pass(core::Hertz frequency, double q, core::Hertz rate) noexcept {
  const double w = angular(frequency, rate);
  const double alpha = std::sin(w) / (2.0 * q);
  const double k = 1.0 + std::cos(w);
  return normalised(k / 2.0, -k, k / 2.0, 1.0 + alpha, -2.0 * std::cos(w), 1.0 - alpha);
}

BiquadCoefficients high_shelf(core::Hertz frequency, core::Decibels gain, core::Hertz rate) noexcept {
  const double w = angular(frequency, rate);
  const double a = std::pow(10.0, gain.value / 40.0);
  const double c = std::cos(w);
  const double s = std::sqrt(2.0 * a) * std::sin(w); // slope 1: 2 sqrt(A) alpha
  return normalised(a * ((a + 1.0) + (a - 1.0) * c + s), -2.0 * a * ((a - 1.0) + (a + 1.0) * c),
                    a * ((a + 1.0) + (a - 1.0) * c - s), (a + 1.0) - (a - 1.0) * c + s,
                    2.0 * ((a - 1.0) - (a + 1.0) * c), (a + 1.0) - (a - 1.0) * c - s);
}

std::array<BiquadCoefficients, 2> k_weighting(core::Hertz rate) noexcept {
  constexpr double kShelfFrequency = 1681.974450955533;
  constexpr double kShelfGainDb = 3.999843853973347;
  constexpr double kShelfQ = 0.7071752369554196;
  constexpr double kHighPassFrequency = 38.13547087602444;
  constexpr double kHighPassQ = 0.5003270373238773;

  const double k = std::tan(std::numbers::pi * kShelfFrequency / rate.value);
  const double vh = std::pow(10.0, kShelfGainDb / 20.0);
  const double vb = std::pow(vh, 0.4996667741545416);
  const auto shelf = normalised(vh + vb * k / kShelfQ + k * k, 2.0 * (k * k - vh), vh - vb * k / kShelfQ + k * k,
                                1.0 + k / kShelfQ + k * k, 2.0 * (k * k - 1.0), 1.0 - k / kShelfQ + k * k);

  const double h = std::tan(std::numbers::pi * kHighPassFrequency / rate.value);
  auto high =
      normalised(1.0, -2.0, 1.0, 1.0 + h / kHighPassQ + h * h, 2.0 * (h * h - 1.0), 1.0 - h / kHighPassQ + h * h);
  // The standard leaves this numerator unnormalised.
  high.b0 = 1.0F;
  high.b1 = -2.0F;
  high.b2 = 1.0F;
  return {shelf, high};
}

double magnitude(const BiquadCoefficients& filter, core::Hertz frequency, core::Hertz rate) noexcept {
  const auto z = std::polar(1.0, -angular(frequency, rate));
  const auto f = [](float x) { return static_cast<double>(x); };
  return std::abs((f(filter.b0) + z * (f(filter.b1) + z * f(filter.b2))) /
                  (1.0 + z * (f(filter.a1) + z * f(filter.a2))));
}

void StereoBiquad::process(core::StereoBlock block) noexcept {
  auto [s1, s2] = state_;
  const std::size_t frames = block.frames();
  for (std::size_t n = 0; n < frames; ++n) {
    const float xl = block.left[n];
    const float xr = block.right[n];
    const float yl = c_.b0 * xl + s1[0];
    const float yr = c_.b0 * xr + s1[1];
    s1[0] = c_.b1 * xl - c_.a1 * yl + s2[0];
    s1[1] = c_.b1 * xr - c_.a1 * yr + s2[1];
    s2[0] = c_.b2 * xl - c_.a2 * yl;
    s2[1] = c_.b2 * xr - c_.a2 * yr;
    block.left[n] = yl;
    block.right[n] = yr;
  }
  state_ = {s1, s2};
}

} // namespace auralis::dsp
