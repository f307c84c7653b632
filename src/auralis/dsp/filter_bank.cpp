// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/filter_bank.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::dsp {
namespace {

// Slaney's scale: 200 / 3 Hz a mel up to 1 kHz, then 27 mels for every factor of 6.4.
constexpr double kLinearHertzPerMel = 200.0 / 3.0;
constexpr double kLogFrom = 1'000.0;
const double kLogStep = std::log(6.4) / 27.0;

double to_mel(double hertz, FilterBank::MelScale scale) {
  if (scale == FilterBank::MelScale::htk) {
    return 2'595.0 * std::log10(1.0 + hertz / 700.0);
  }
  return hertz < kLogFrom ? hertz / kLinearHertzPerMel
                          : kLogFrom / kLinearHertzPerMel + std::log(hertz / kLogFrom) / kLogStep;
}

double to_hertz(double mel, FilterBank::MelScale scale) {
  if (scale == FilterBank::MelScale::htk) {
    return 700.0 * (std::pow(10.0, mel / 2'595.0) - 1.0);
  }
  constexpr double kLogFromMel = kLogFrom / kLinearHertzPerMel;
  return mel < kLogFromMel ? mel * kLinearHertzPerMel : kLogFrom * std::exp((mel - kLogFromMel) * kLogStep);
}

void check(bool holds, const char* what) {
  if (!holds) {
    throw std::invalid_argument{what};
  }
}

} // namespace

struct FilterBank::Kernel {
  AURALIS_KERNEL void body(const FilterBank& bank, const float* values, float* out) noexcept {
    for (const Band& band : bank.bands_) {
      const float* x = values + band.first;
      const float* w = bank.weights_.data() + band.offset;
      Vec8 sum{};
      std::size_t k = 0;
      for (; k + 8 <= band.count; k += 8) {
        sum += eight(x + k) * eight(w + k);
      }
      float total = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
      for (; k < band.count; ++k) {
        total += x[k] * w[k];
      }
      *out++ = total;
    }
  }
  static void plain(const FilterBank& bank, const float* values, float* out) noexcept { body(bank, values, out); }
  AURALIS_AVX2 static void avx2(const FilterBank& bank, const float* values, float* out) noexcept {
    body(bank, values, out);
  }
};

FilterBank::FilterBank(core::Hertz sample_rate, int fft_size)
    : bins_{static_cast<std::size_t>(std::max(fft_size, 0) / 2 + 1)},
      apply_{runs_avx2() ? &Kernel::avx2 : &Kernel::plain} {
  check(sample_rate.value > 0.0, "FilterBank: sample_rate must be above 0");
  check(fft_size >= 16 && fft_size % 2 == 0 && fft_size <= 1 << 20,
        "FilterBank: fft_size must be even and lie in [16, 1048576]");
}

FilterBank::FilterBank(const Mel& mel) : FilterBank{mel.sample_rate, mel.fft_size} {
  check(mel.bands >= 1 && mel.bands <= 1'024, "FilterBank: bands must lie in [1, 1024]");
  check(mel.from.value >= 0.0 && mel.from < mel.to && mel.to.value <= mel.sample_rate.value / 2.0,
        "FilterBank: 0 <= from < to <= sample_rate / 2 must hold");
  const double lowest = to_mel(mel.from.value, mel.scale);
  const double highest = to_mel(mel.to.value, mel.scale);
  const auto edge = [&](int i) { return to_hertz(lowest + (highest - lowest) * i / (mel.bands + 1), mel.scale); };
  std::vector<float> weights(bins_);
  for (int b = 0; b < mel.bands; ++b) {
    const double left = edge(b);
    const double centre = edge(b + 1);
    const double right = edge(b + 2);
    const double height = mel.height == Height::area ? 2.0 / (right - left) : 1.0;
    for (std::size_t k = 0; k < bins_; ++k) {
      const double f = static_cast<double>(k) * mel.sample_rate.value / mel.fft_size;
      const double slope = std::min((f - left) / (centre - left), (right - f) / (right - centre));
      weights[k] = static_cast<float>(height * std::max(0.0, slope));
    }
    add(core::Hertz{centre}, weights);
  }
}

FilterBank::FilterBank(const LogFrequency& log) : FilterBank{log.sample_rate, log.fft_size} {
  check(log.bands_per_octave >= 1 && log.bands_per_octave <= 1'200,
        "FilterBank: bands_per_octave must lie in [1, 1200]");
  check(log.from.value > 0.0 && log.from < log.to && log.to.value <= log.sample_rate.value / 2.0,
        "FilterBank: 0 < from < to <= sample_rate / 2 must hold");
  const double hertz_per_bin = log.sample_rate.value / log.fft_size;
  std::vector<std::size_t> centres;
  for (int i = 0;; ++i) {
    const double f = log.from.value * std::exp2(static_cast<double>(i) / log.bands_per_octave);
    if (f > log.to.value * (1.0 + 1e-9)) {
      break;
    }
    const auto bin = std::min(static_cast<std::size_t>(std::lround(f / hertz_per_bin)), bins_ - 1);
    if (centres.empty() || bin != centres.back()) {
      centres.push_back(bin);
    }
  }
  std::vector<float> weights(bins_);
  for (std::size_t b = 1; b + 1 < centres.size(); ++b) {
    const auto left = static_cast<double>(centres[b - 1]);
    const auto centre = static_cast<double>(centres[b]);
    const auto right = static_cast<double>(centres[b + 1]);
    const double height = log.height == Height::area ? 2.0 / ((right - left) * hertz_per_bin) : 1.0;
    for (std::size_t k = 0; k < bins_; ++k) {
      const auto at = static_cast<double>(k);
      const double slope = std::min((at - left) / (centre - left), (right - at) / (right - centre));
      weights[k] = static_cast<float>(height * std::max(0.0, slope));
    }
    add(core::Hertz{centre * hertz_per_bin}, weights);
  }
}

void FilterBank::add(core::Hertz centre, std::span<const float> weights) {
  const auto is_weight = [](float w) { return w > 0.0F; };
  const auto first = std::ranges::find_if(weights, is_weight);
  const auto end = std::find_if(weights.rbegin(), weights.rend(), is_weight).base();
  add(centre, static_cast<std::size_t>(first - weights.begin()), std::span{first, std::max(first, end)});
}

void FilterBank::add(core::Hertz centre, std::size_t first, std::span<const float> weights) {
  assert(first + weights.size() <= bins_);
  // Whole vectors: zeros are added behind, or before where the spectrum ends.
  Band band{.centre = centre, .offset = weights_.size(), .count = std::min((weights.size() + 7) / 8 * 8, bins_)};
  band.first = std::min(first, bins_ - band.count);
  bands_.push_back(band);
  weights_.resize(weights_.size() + band.count);
  std::ranges::copy(weights, weights_.begin() + static_cast<std::ptrdiff_t>(band.offset + first - band.first));
}

float FilterBank::weight(std::size_t band, std::size_t bin) const noexcept {
  const Band& b = bands_[band];
  return bin < b.first || bin >= b.first + b.count ? 0.0F : weights_[b.offset + bin - b.first];
}

void FilterBank::apply(std::span<const float> values, std::span<float> out) const noexcept {
  assert(values.size() == bins_ && out.size() == bands_.size());
  apply_(*this, values.data(), out.data());
}

} // namespace auralis::dsp
