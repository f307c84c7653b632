// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/log_bands.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::analysis {
namespace {

constexpr double kLowest = 27.5;
constexpr double kHighest = 16'000.0;
constexpr double kBandsPerOctave = 12.0;
constexpr float kCompression = 100.0F; ///< C: a band at the loudness of the whole comes out as log(101)
constexpr double kLoudnessFrames = 400.0;
/// Nothing is heard that is quieter than the rounding of 16 bits, or a thousandth of the loudest so far. The loudest
/// fades by 1/e in ten seconds.
constexpr double kSilence = 1e-5;
constexpr double kAudible = 1e-3;
constexpr double kLoudestFrames = 1'000.0;

/// log(1 + scale * x), in place.
AURALIS_KERNEL void compress_body(float* x, std::size_t count, float scale) noexcept {
  constexpr float kLn2 = 0.69314718055994531F;
  std::size_t n = 0;
  for (; n + 8 <= count; n += 8) {
    dsp::Vec8 y = 1.0F + scale * dsp::eight(x + n);
    dsp::to_log2(y);
    dsp::eight(x + n) = kLn2 * y;
  }
  std::array<float, 8> rest{};
  std::copy(x + n, x + count, rest.begin());
  dsp::Vec8 y = 1.0F + scale * dsp::eight(rest.data());
  dsp::to_log2(y);
  dsp::eight(rest.data()) = kLn2 * y;
  std::copy_n(rest.begin(), count - n, x + n);
}
void compress_plain(float* x, std::size_t count, float scale) noexcept { compress_body(x, count, scale); }
AURALIS_AVX2 void compress_avx2(float* x, std::size_t count, float scale) noexcept { compress_body(x, count, scale); }

/// What each band has risen by above the largest of itself and its neighbours before. \pre count >= 2
AURALIS_KERNEL void rises_body(const float* now, const float* before, std::size_t count, float* rise) noexcept {
  const auto above = [now, rise](std::size_t b, float neighbours) { rise[b] = std::max(0.0F, now[b] - neighbours); };
  above(0, std::max(before[0], before[1]));
  std::size_t b = 1;
  for (; b + 9 <= count; b += 8) {
    const dsp::Vec8 left = dsp::eight(before + b - 1);
    const dsp::Vec8 same = dsp::eight(before + b);
    const dsp::Vec8 right = dsp::eight(before + b + 1);
    dsp::Vec8 most = left > same ? left : same;
    most = most > right ? most : right;
    const dsp::Vec8 by = dsp::eight(now + b) - most;
    dsp::eight(rise + b) = by > 0.0F ? by : dsp::Vec8{};
  }
  for (; b + 1 < count; ++b) {
    above(b, std::max({before[b - 1], before[b], before[b + 1]}));
  }
  above(count - 1, std::max(before[count - 2], before[count - 1]));
}
void rises_plain(const float* now, const float* before, std::size_t count, float* rise) noexcept {
  rises_body(now, before, count, rise);
}
AURALIS_AVX2 void rises_avx2(const float* now, const float* before, std::size_t count, float* rise) noexcept {
  rises_body(now, before, count, rise);
}

} // namespace

const std::array<int, LogBands::kGroups + 1>& LogBands::edges() noexcept {
  // Up to 90, 200, 370, 700 Hz, 1.4, 2.8, 5.6 kHz, and the rest.
  static constexpr std::array<int, kGroups + 1> kEdges{0, 3, 8, 16, 26, 38, 50, 62, 80};
  return kEdges;
}

LogBands::LogBands(const dsp::Stft::Config& config) : bank_{config.sample_rate, config.fft_size} {
  // Centres on the tempered scale, rounded to bins; those that share a bin in the bass become one.
  const double bin_width = config.sample_rate.value / config.fft_size;
  std::vector<int> bins;
  for (int step = -200; step < 200; ++step) {
    const double frequency = 440.0 * std::exp2(step / kBandsPerOctave);
    if (frequency < kLowest * 0.999 || frequency > kHighest) {
      continue;
    }
    const auto bin = static_cast<int>(std::nearbyint(frequency / bin_width));
    if (bin <= config.fft_size / 2 && (bins.empty() || bins.back() != bin)) {
      bins.push_back(bin);
    }
  }
  for (std::size_t n = 0; n + 2 < bins.size(); ++n) {
    const int start = bins[n];
    const int end = std::max(bins[n + 2], start + 1);
    const int centre = bins[n + 2] - start < 2 ? start : bins[n + 1];
    std::vector<float> weights;
    float all = 0.0F;
    for (int bin = start; bin < end; ++bin) {
      const float weight = bin < centre ? static_cast<float>(bin - start) / static_cast<float>(centre - start)
                                        : static_cast<float>(end - bin) / static_cast<float>(end - centre);
      weights.push_back(weight);
      all += weight;
    }
    for (float& weight : weights) {
      weight /= all;
    }
    const double frequency = bin_width * centre;
    bank_.add(core::Hertz{frequency}, static_cast<std::size_t>(start), weights);
    filters_.push_back({.bins = static_cast<float>(end - start),
                        .range = frequency < 200.0     ? 0U
                                 : frequency < 2'000.0 ? 1U
                                                       : 2U});
  }
  if (static_cast<int>(filters_.size()) != edges().back()) {
    throw std::invalid_argument{"the bands of rhythm want spectra of about 21.5 Hz a bin up to 16 kHz"};
  }
  for (std::vector<float>* v : {&level_, &before_, &two_before_, &rise_}) {
    v->resize(filters_.size());
  }
  reset();
}

void LogBands::reset() noexcept {
  for (std::vector<float>* v : {&level_, &before_, &two_before_, &rise_}) {
    std::ranges::fill(*v, 0.0F);
  }
  group_level_.fill(0.0F);
  group_rise_.fill(0.0F);
  power_.fill(0.0F);
  frames_ = 0;
  loudness_ = 0.0;
  unseen_ = 1.0;
  loudest_ = 0.0;
  audible_ = false;
  silent_frames_ = kRest;
}

void LogBands::process(const dsp::Spectrum& spectrum) noexcept {
  two_before_.swap(before_);
  before_.swap(level_);
  bank_.apply(spectrum.magnitude, level_);
  double power = 0.0;
  power_.fill(0.0F);
  for (std::size_t b = 0; b < filters_.size(); ++b) {
    const float sum = level_[b];
    power_[filters_[b].range] += sum * sum * filters_[b].bins;
    power += static_cast<double>(sum) * static_cast<double>(sum);
  }
  const double kept = std::exp(-1.0 / kLoudnessFrames);
  const double magnitude = std::sqrt(power);
  loudest_ = std::max(magnitude, loudest_ * std::exp(-1.0 / kLoudestFrames));
  audible_ = magnitude > kSilence && magnitude > kAudible * loudest_;
  silent_frames_ = audible_ ? 0 : std::min(silent_frames_ + 1, kRest);
  // Silence before the music, or a long one within it, says nothing of the music; the rests between its strokes do:
  // without them a stroke would be what is usual.
  if (is_within_music()) {
    unseen_ *= kept;
    loudness_ = kept * loudness_ + (1.0 - kept) * magnitude;
  }
  const auto scale =
      static_cast<float>(static_cast<double>(kCompression) / (unseen_ < 1.0 ? loudness_ / (1.0 - unseen_) : kSilence));
  (dsp::runs_avx2() ? compress_avx2 : compress_plain)(level_.data(), level_.size(), scale);

  // A rise counts against the neighbours' largest of two frames ago: a tone that only wavers does not rise.
  if (frames_ >= 2) {
    (dsp::runs_avx2() ? rises_avx2 : rises_plain)(level_.data(), two_before_.data(), level_.size(), rise_.data());
  }
  ++frames_;
  for (std::size_t g = 0; g < kGroups; ++g) {
    const auto from = static_cast<std::ptrdiff_t>(edges()[g]);
    const auto to = static_cast<std::ptrdiff_t>(edges()[g + 1]);
    const auto count = static_cast<float>(to - from);
    group_level_[g] = std::accumulate(level_.begin() + from, level_.begin() + to, 0.0F) / count;
    group_rise_[g] = std::accumulate(rise_.begin() + from, rise_.begin() + to, 0.0F) / count;
  }
}

} // namespace auralis::analysis
