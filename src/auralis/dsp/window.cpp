// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/window.hpp"

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace auralis::dsp {
namespace {

/// Terms of a sum of cosines: a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N).
std::array<double, 3> cosines(WindowShape shape) noexcept {
  switch (shape) {
  case WindowShape::rectangular:
    return {1.0, 0.0, 0.0};
  case WindowShape::hann:
    return {0.5, 0.5, 0.0};
  case WindowShape::hamming:
    return {0.54, 0.46, 0.0};
  case WindowShape::blackman:
    return {0.42, 0.5, 0.08};
  }
  return {1.0, 0.0, 0.0};
}

/// The modified Bessel function of the first kind and order 0, by its power series. std::cyl_bessel_i writes the C
/// library's `signgam`, for which threads race.
double bessel_i0(double x) noexcept {
  const double quarter_square = 0.25 * x * x;
  double term = 1.0;
  double sum = 1.0;
  for (double k = 1.0; term > 1e-17 * sum; ++k) {
    term *= quarter_square / (k * k);
    sum += term;
  }
  return sum;
}

} // namespace

std::vector<float> make_window(WindowShape shape, int size) {
  assert(size > 0);
  const auto [a0, a1, a2] = cosines(shape);
  std::vector<float> window(static_cast<std::size_t>(size));
  for (std::size_t n = 0; n < window.size(); ++n) {
    const double x = 2.0 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(size);
    window[n] = static_cast<float>(a0 - a1 * std::cos(x) + a2 * std::cos(2.0 * x));
  }
  return window;
}

double kaiser(double place, double beta) noexcept {
  assert(beta >= 0.0 && beta <= 50.0);
  const double inside = 1.0 - place * place;
  return inside <= 0.0 ? 0.0 : bessel_i0(beta * std::sqrt(inside)) / bessel_i0(beta);
}

} // namespace auralis::dsp
