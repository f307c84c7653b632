// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/tuning.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <numbers>
#include <span>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::analysis {
namespace {

// A frame says no more than its strongest peaks do: the rest is noise and the side lobes of the strong ones.
constexpr float kPeakFloor = 0.05F; // of the frame's strongest peak, -26 dB
// Magnitudes below this are the rounding of the transform of silence.
constexpr float kSilence = 1e-6F;
// And for the logarithm.
constexpr float kLeast = 1e-12F;
// Frames that together weigh less than this say too little to be sure of: a frame weighs about 1.
constexpr double kFramesForConfidence = 8.0;
// Past a quarter tone the next semitone is nearer; names are kept this far.
constexpr double kFurthest = 65.0;
constexpr float kAboveSideLobes = 1.3F;

} // namespace

struct TuningEstimator::Kernel {
  /// Writes down the peaks among the bins [first, last] of `m` and returns how many they are; `out` has room for seven
  /// more than there are bins. \pre first >= 2, last + 2 is there
  AURALIS_KERNEL std::size_t peaks_body(const float* m, int first, int last, float floor, std::int32_t* out) noexcept {
    std::size_t found = 0;
    int k = first;
    for (; k + 7 <= last; k += 8) {
      const dsp::Vec8 x = dsp::eight(m + k);
      // The side lobes of a strong neighbour fall steeply and are no peaks of their own: a peak stands above both bins
      // two away as a Hann window's main lobe does.
      const dsp::Bits8 peak = (x >= floor) & (x > dsp::eight(m + k - 1)) & (x >= dsp::eight(m + k + 1)) &
                              (x >= kAboveSideLobes * dsp::eight(m + k - 2)) &
                              (x >= kAboveSideLobes * dsp::eight(m + k + 2));
      std::array<std::int64_t, 4> any{};
      std::memcpy(any.data(), &peak, sizeof peak);
      if ((any[0] | any[1] | any[2] | any[3]) == 0) {
        continue;
      }
      for (int lane = 0; lane < 8; ++lane) {
        out[found] = k + lane;
        found += peak[lane] != 0 ? 1 : 0;
      }
    }
    for (; k <= last; ++k) {
      if (m[k] >= floor && m[k] > m[k - 1] && m[k] >= m[k + 1] && m[k] >= kAboveSideLobes * m[k - 2] &&
          m[k] >= kAboveSideLobes * m[k + 2]) {
        out[found++] = k;
      }
    }
    return found;
  }
  static std::size_t peaks_plain(const float* m, int first, int last, float floor, std::int32_t* out) noexcept {
    return peaks_body(m, first, last, floor, out);
  }
  AURALIS_AVX2 static std::size_t peaks_avx2(const float* m, int first, int last, float floor,
                                             std::int32_t* out) noexcept {
    return peaks_body(m, first, last, floor, out);
  }

  AURALIS_KERNEL float largest_body(const float* from, const float* to) noexcept {
    float largest = *from;
    if (to - from >= 8) {
      dsp::Vec8 most = dsp::eight(from);
      for (; to - from >= 8; from += 8) {
        const dsp::Vec8 x = dsp::eight(from);
        most = x > most ? x : most;
      }
      for (int lane = 0; lane < 8; ++lane) {
        const float one = most[lane];
        largest = std::max(largest, one);
      }
    }
    for (; from != to; ++from) {
      largest = std::max(largest, *from);
    }
    return largest;
  }
  static float largest_plain(const float* from, const float* to) noexcept { return largest_body(from, to); }
  AURALIS_AVX2 static float largest_avx2(const float* from, const float* to) noexcept { return largest_body(from, to); }
};

TuningEstimator::TuningEstimator(const Config& config)
    : config_{config}, first_bin_{static_cast<int>(config.lowest.value / config.sample_rate.value * config.fft_size)},
      last_bin_{static_cast<int>(config.highest.value / config.sample_rate.value * config.fft_size)},
      keep_{std::exp(-config.hop_size / (config.sample_rate.value * config.memory.value))} {
  if (config.sample_rate.value <= 0.0 || config.fft_size < 16 || config.hop_size <= 0 || config.memory.value <= 0.0 ||
      first_bin_ < 2 || last_bin_ <= first_bin_ || last_bin_ + 2 > config.fft_size / 2) {
    throw std::invalid_argument{"tuning: the band must lie within the spectrum and the sizes above zero"};
  }
  peaks_.resize(static_cast<std::size_t>(last_bin_ - first_bin_ + 8));
}

void TuningEstimator::process(const dsp::Spectrum& spectrum) noexcept {
  const auto magnitude = spectrum.magnitude;
  assert(magnitude.size() == static_cast<std::size_t>(config_.fft_size / 2 + 1));
  const float* const m = magnitude.data();
  const float strongest =
      (dsp::runs_avx2() ? Kernel::largest_avx2 : Kernel::largest_plain)(m + first_bin_, m + last_bin_ + 1);
  if (!(strongest > kSilence)) {
    return;
  }
  sum_ *= keep_;
  weight_ *= keep_;
  std::complex<float> sum;
  float weight = 0.0F;
  const float floor = kPeakFloor * strongest;
  const auto bin_width = static_cast<float>(config_.sample_rate.value / config_.fft_size / 440.0); // of A4
  const std::size_t found =
      (dsp::runs_avx2() ? Kernel::peaks_avx2 : Kernel::peaks_plain)(m, first_bin_, last_bin_, floor, peaks_.data());
  for (const std::int32_t k : std::span{peaks_}.first(found)) {
    // The vertex of the parabola through the logarithms of three bins.
    const float left = std::max(m[k - 1], kLeast);
    const float right = std::max(m[k + 1], kLeast);
    const float shift = 0.5F * std::log(left / right) / std::log(left * right / (m[k] * m[k]));
    const float semitones = 12.0F * std::log2((static_cast<float>(k) + shift) * bin_width);
    const float deviation = semitones - std::round(semitones);
    const float w = m[k] / strongest;
    sum += std::polar(w, 2.0F * std::numbers::pi_v<float> * deviation);
    weight += w;
  }
  if (weight > 0.0F) { // every frame has one vote, however many peaks it has
    sum_ += std::complex<double>{sum / weight};
    weight_ += 1.0;
    const double angle = 100.0 * std::arg(sum_) / (2.0 * std::numbers::pi);
    const double nearest = angle + 100.0 * std::round((cents_ - angle) / 100.0);
    cents_ = std::abs(nearest) <= kFurthest ? nearest : angle;
  }
}

Tuning TuningEstimator::tuning() const noexcept {
  if (weight_ <= 0.0) {
    return {};
  }
  const double agreement = std::abs(sum_) / weight_;
  return {cents_, static_cast<float>(agreement * (weight_ / (weight_ + kFramesForConfidence)))};
}

void TuningEstimator::reset() noexcept {
  sum_ = {};
  weight_ = 0.0;
  cents_ = 0.0;
}

} // namespace auralis::analysis
