// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/pitch_features.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "auralis/analysis/front_end.hpp"

namespace auralis::analysis {
namespace {

constexpr float kCompression = 20.0F;    // C: a band as strong as the mean comes out as log(21)
constexpr float kSilence = 1e-7F;        // mean magnitude of a band
constexpr double kSilentEnergy = 1e-9;   // -90 dB of full scale, as in PitchTracker
const double kFade = std::exp(-1e-3);    // of the loudest a frame: by 1/e in ten seconds
constexpr double kLoudnessDecades = 6.0; // of energy from 0 to 1

float between(std::span<const float> curve, float lag) noexcept {
  const auto below = static_cast<std::size_t>(lag);
  const float part = lag - static_cast<float>(below);
  return curve[below] + part * (curve[below + 1] - curve[below]);
}

} // namespace

double PitchFeatures::frequency(double bin) noexcept { return kLowest.value * std::exp2(bin / kPerOctave); }
double PitchFeatures::bin_of(double frequency) noexcept { return kPerOctave * std::log2(frequency / kLowest.value); }

PitchFeatures::PitchFeatures()
    : bank_{kFineStft.sample_rate, kFineStft.fft_size}, features_(static_cast<std::size_t>(kSize)) {
  const double hertz_per_bin = kFineStft.sample_rate.value / kFineStft.fft_size;
  std::vector<float> weights;
  for (int band = 0; band < kBands; ++band) {
    // Triangles that reach to the neighbours' centres, but never less than a bin wide: in the bass that interpolates.
    const double centre = frequency(band) / hertz_per_bin;
    const double left = std::min(frequency(band - 1) / hertz_per_bin, centre - 1.0);
    const double right = std::max(frequency(band + 1) / hertz_per_bin, centre + 1.0);
    const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(left) + 1.0));
    weights.clear();
    float all = 0.0F;
    for (auto bin = first; static_cast<double>(bin) < right; ++bin) {
      const auto at = static_cast<double>(bin);
      const double slope = at < centre ? (at - left) / (centre - left) : (right - at) / (right - centre);
      weights.push_back(static_cast<float>(slope));
      all += weights.back();
    }
    for (float& weight : weights) {
      weight /= all;
    }
    bank_.add(core::Hertz{frequency(band)}, first, weights);
  }
  for (int bin = 0; bin < kBins; ++bin) {
    const double rate = kFineStft.sample_rate.value;
    const auto shortest = static_cast<float>(rate / frequency(bin + 0.5));
    const auto longest = static_cast<float>(rate / std::max(frequency(bin - 0.5), kLowest.value));
    lags_.push_back({.first = static_cast<std::uint32_t>(std::ceil(shortest)),
                     .last = static_cast<std::uint32_t>(std::floor(longest)),
                     .shortest = shortest,
                     .longest = longest});
  }
}

std::span<const float> PitchFeatures::process(const dsp::Spectrum& spectrum,
                                              const PeriodDifference& difference) noexcept {
  const std::span<float> bands{features_.data(), kBands};
  bank_.apply(spectrum.magnitude, bands);
  float sum = 0.0F;
  for (const float x : bands) {
    sum += x;
  }
  const float mean = sum / kBands;
  const float scale = mean > kSilence ? kCompression / mean : 0.0F;
  for (float& x : bands) {
    x = std::log(1.0F + scale * x);
  }
  const auto d = difference.normalised();
  assert(d.size() > lags_.front().last + 1);
  float* out = features_.data() + kBands;
  for (const Lags& lags : lags_) {
    float least = std::min(between(d, lags.shortest), between(d, lags.longest));
    for (auto lag = lags.first; lag <= lags.last; ++lag) {
      least = std::min(least, d[lag]);
    }
    *out++ = 1.0F - std::sqrt(std::min(least, 1.0F));
  }
  pass(difference);
  const auto energy = static_cast<double>(difference.energy());
  const double part = energy > kSilentEnergy ? 1.0 + std::log10(energy / loudest_) / kLoudnessDecades : 0.0;
  *out = static_cast<float>(std::max(part, 0.0));
  return features_;
}

void PitchFeatures::pass(const PeriodDifference& difference) noexcept {
  loudest_ = std::max(loudest_ * kFade, static_cast<double>(difference.energy()));
}

void PitchFeatures::reset() noexcept {
  std::ranges::fill(features_, 0.0F);
  loudest_ = 0.0;
}

} // namespace auralis::analysis
