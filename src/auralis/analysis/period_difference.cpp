// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/period_difference.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>

namespace auralis::analysis {

PeriodDifference::PeriodDifference(const Config& config)
    : config_{config}, window_{config.frame_size - config.longest - 2}, start_{config.frame_size},
      whole_{config.frame_size} {
  if (config.longest < 2 || window_ < config.longest) {
    throw std::invalid_argument{"pitch: a frame must hold two periods of the lowest pitch"};
  }
  plain_.assign(static_cast<std::size_t>(config.longest + 2), 0.0F);
  normalised_.assign(static_cast<std::size_t>(config.longest + 2), 1.0F);
}

void PeriodDifference::process(std::span<const float> samples) noexcept {
  assert(samples.size() == static_cast<std::size_t>(config_.frame_size));
  // d(t) = sum over the window of (x[j] - x[j + t])^2 = e(0) + e(t) - 2 r(t) (YIN, eq. 6), r by the transform: no lag
  // wraps around, since window_ + longest fits the frame. Without the mean the three stay of a size.
  const auto size = static_cast<std::size_t>(config_.frame_size);
  float sum = 0.0F;
  for (const float s : samples) {
    sum += s;
  }
  const float mean = sum / static_cast<float>(size);
  float* const x = whole_.time().data();
  for (std::size_t i = 0; i < size; ++i) {
    x[i] = samples[i] - mean;
  }
  const auto window = static_cast<std::size_t>(window_);
  float* const a = start_.time().data();
  std::copy_n(x, window, a);
  std::fill(a + window, a + size, 0.0F);
  double energy = 0.0;
  for (std::size_t i = 0; i < window; ++i) {
    energy += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  energy_ = static_cast<float>(energy / window_);
  // The energies of the shifted windows, before the transform in place overwrites the samples.
  double shifted = energy;
  for (std::size_t t = 0; t < plain_.size(); ++t) {
    plain_[t] = static_cast<float>(energy + shifted);
    const auto leaving = static_cast<double>(x[t]);
    const auto entering = static_cast<double>(x[t + window]);
    shifted += entering * entering - leaving * leaving;
  }
  start_.forward();
  whole_.forward();
  const auto* const s = reinterpret_cast<const float*>(start_.bins().data());
  auto* const w = reinterpret_cast<float*>(whole_.bins().data());
  for (std::size_t i = 0; i < size + 2; i += 2) { // conj(start) * whole, without the library's care for infinities
    const float re = s[i] * w[i] + s[i + 1] * w[i + 1];
    const float im = s[i] * w[i + 1] - s[i + 1] * w[i];
    w[i] = re;
    w[i + 1] = im;
  }
  whole_.inverse();
  for (std::size_t t = 0; t < plain_.size(); ++t) {
    plain_[t] = std::max(0.0F, plain_[t] - 2.0F * x[t]);
  }
  // Cumulative mean normalised difference (YIN, eq. 8).
  float total = 0.0F;
  normalised_[0] = 1.0F;
  for (std::size_t t = 1; t < plain_.size(); ++t) {
    total += plain_[t];
    normalised_[t] = total > 0.0F ? plain_[t] * static_cast<float>(t) / total : 1.0F;
  }
}

} // namespace auralis::analysis
