// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/spectral_features.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "auralis/dsp/simd.hpp"

namespace auralis::analysis {
namespace {

using dsp::Bits8;
using dsp::eight;
using dsp::Vec8;

constexpr double kLowestHertz = 43.0; // two bins of the fine spectrum: what a constant leaks into through Hann
constexpr float kRolloffShare = 0.85F;
constexpr float kComplexityRange = 0.01F; // 40 dB
constexpr std::array<double, core::kContrastBands + 1> kContrastEdges{0.0,     200.0,   400.0,  800.0,
                                                                      1'600.0, 3'200.0, 8'000.0};
constexpr float kContrastShare = 0.2F;
constexpr float kLeastPower = 1e-10F;       // -100 dB: where logarithms of power end
constexpr float kLeastForFlatness = 1e-15F; // magnitude far under any signal; its square far above where floats end
constexpr float kSilentRms = 3.16e-4F;      // -70 dBFS
constexpr std::size_t kBlock = 64;          // bins whose power is summed at once

std::size_t padded(std::size_t count) { return (count + kBlock - 1) / kBlock * kBlock; }

AURALIS_KERNEL float sum_of(Vec8 v) noexcept {
  return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
}
AURALIS_KERNEL Vec8 log2_of(Vec8 x) noexcept {
  dsp::to_log2(x);
  return x;
}
AURALIS_KERNEL float max_of(Vec8 v) noexcept {
  return std::max(std::max(std::max(v[0], v[4]), std::max(v[1], v[5])),
                  std::max(std::max(v[2], v[6]), std::max(v[3], v[7])));
}
AURALIS_KERNEL std::int32_t sum_of(Bits8 v) noexcept {
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
  return v[0] + v[1];
}

} // namespace

struct SpectralFeatures::Moments {
  // Of the spectrum.
  float sum = 0.0F;
  float weighted = 0.0F; // by the bin
  float highest = 0.0F;
  float flux = 0.0F;
  float log2_power = 0.0F; // summed, padding included
  std::array<float, 256> block_power{};
  // Of the samples.
  float squares = 0.0F;
  float peak = 0.0F;
  int crossings = 0;
};

struct SpectralFeatures::Extremes {
  float valley = 0.0F;
  float peak = 0.0F;
};

struct SpectralFeatures::Kernel {
  AURALIS_KERNEL void shape_body(const float* now, const float* before, float* power, std::size_t count,
                                 Moments& out) noexcept {
    Vec8 sum{};
    Vec8 weighted{};
    Vec8 highest{};
    Vec8 flux{};
    Vec8 logs{};
    Vec8 bin{0, 1, 2, 3, 4, 5, 6, 7};
    std::size_t block = 0;
    for (std::size_t from = 0; from < count; from += kBlock) {
      Vec8 energy{};
      const auto take = [&](std::size_t k) __attribute__((always_inline)) {
        const Vec8 m = eight(now + k);
        const Vec8 p = m * m;
        eight(power + k) = p;
        energy += p;
        sum += m;
        weighted += m * bin;
        bin += 8.0F;
        highest = m > highest ? m : highest;
        const Vec8 rise = m - eight(before + k);
        flux += rise > 0.0F ? rise : Vec8{};
        return m > kLeastForFlatness ? m : Vec8{} + kLeastForFlatness;
      };
      for (std::size_t k = from; k < from + kBlock; k += 16) {
        const Vec8 here = take(k);
        const Vec8 next = take(k + 8);
        logs += log2_of(here * next); // one logarithm for two bins
      }
      out.block_power[block++] = sum_of(energy);
    }
    out.sum = sum_of(sum);
    out.weighted = sum_of(weighted);
    out.highest = max_of(highest);
    out.flux = sum_of(flux);
    out.log2_power = 2.0F * sum_of(logs);
  }
  static void shape_plain(const float* now, const float* before, float* power, std::size_t count,
                          Moments& out) noexcept {
    shape_body(now, before, power, count, out);
  }
  AURALIS_AVX2 static void shape_avx2(const float* now, const float* before, float* power, std::size_t count,
                                      Moments& out) noexcept {
    shape_body(now, before, power, count, out);
  }

  /// Second moment about `centre`, in bins; apart from the first, because squares of bins cancel badly.
  AURALIS_KERNEL float spread_body(const float* magnitude, std::size_t count, float centre) noexcept {
    Vec8 sum{};
    Vec8 bin = Vec8{0, 1, 2, 3, 4, 5, 6, 7} - centre;
    for (std::size_t k = 0; k < count; k += 8) {
      sum += eight(magnitude + k) * (bin * bin);
      bin += 8.0F;
    }
    return sum_of(sum);
  }
  static float spread_plain(const float* magnitude, std::size_t count, float centre) noexcept {
    return spread_body(magnitude, count, centre);
  }
  AURALIS_AVX2 static float spread_avx2(const float* magnitude, std::size_t count, float centre) noexcept {
    return spread_body(magnitude, count, centre);
  }

  /// Reads magnitude[-1 … count].
  AURALIS_KERNEL int peaks_body(const float* magnitude, std::size_t count, float threshold) noexcept {
    Bits8 found{};
    for (std::size_t k = 0; k < count; k += 8) {
      const Vec8 m = eight(magnitude + k);
      // A comparison is -1 in the lanes where it holds.
      found -= (m > threshold) & (m > eight(magnitude + k - 1)) & (m >= eight(magnitude + k + 1));
    }
    return sum_of(found);
  }
  static int peaks_plain(const float* magnitude, std::size_t count, float threshold) noexcept {
    return peaks_body(magnitude, count, threshold);
  }
  AURALIS_AVX2 static int peaks_avx2(const float* magnitude, std::size_t count, float threshold) noexcept {
    return peaks_body(magnitude, count, threshold);
  }

  /// Looks for a border that exactly `rank` values reach, or, where some are equal, for the largest that at least as
  /// many do: from `near` on in growing steps, then between the two sides by how many each is off, every fourth time in
  /// the middle, so that it ends however the values lie.
  struct Search {
    std::int32_t size;
    std::int32_t rank;
    std::int32_t low = 0; // reached by more
    std::int32_t high;    // reached by fewer
    std::int32_t border;
    std::int32_t too_many = -1; // how many more than `rank` reach `low`; -1: not counted yet
    std::int32_t too_few = -1;  // how many fewer reach `high`
    int tries = 0;
    bool done = false;
    std::int32_t reached = 0; // 1 past the border where values equal to it do not all count

    Search(std::int32_t count, std::int32_t many, std::int32_t top, std::int32_t near) noexcept
        : size{count}, rank{many}, high{top + 1}, border{near > 0 && near <= top ? near : (top + 1) / 2} {}

    void learn(std::int32_t found) noexcept {
      if (done) {
        return;
      }
      if (found == rank) {
        done = true;
        reached = border;
        return;
      }
      const std::int32_t off = found - rank;
      if (off > 0) {
        low = border;
        too_many = off;
      } else {
        high = border;
        too_few = -off;
      }
      if (high - low <= 1) {
        done = true;
        border = low;
        reached = low + 1;
        return;
      }
      ++tries;
      border = next(off);
    }

    [[nodiscard]] std::int32_t next(std::int32_t off) const noexcept {
      const std::int32_t half = (high - low) / 2;
      if (too_many > 0 && too_few > 0) {
        const double share = static_cast<double>(too_many) / static_cast<double>(too_many + too_few);
        const std::int32_t between = low + static_cast<std::int32_t>(share * static_cast<double>(high - low));
        return tries % 4 == 0 ? low + half : std::clamp(between, low + 1, high - 1);
      }
      // As if a band's values lay evenly over six octaves of magnitude, then four times as far, and so on.
      constexpr double kSpan = 6.0 * (1 << 23);
      const double guess = kSpan * static_cast<double>(std::abs(off)) / static_cast<double>(size);
      const double grown = std::ldexp(guess, 2 * std::min(tries - 1, 10));
      const std::int32_t step =
          std::clamp(static_cast<std::int32_t>(std::min(grown, static_cast<double>(half))), 1, half);
      return off > 0 ? low + step : high - step;
    }
  };

  /// Means of the `share` smallest and of as many largest of `size` values, none of them negative; behind them, up to
  /// whole vectors, stands -0. The values at the two borders are found by counting how many reach a bit pattern: floats
  /// that are not negative are ordered as the integers with their bits. Frames are alike, so what was found in the last
  /// (`near`) is tried first; the answer does not depend on it.
  AURALIS_KERNEL Extremes extremes_body(const float* values, std::size_t size, std::int32_t share,
                                        Borders& near) noexcept {
    const std::size_t whole = (size + 7) / 8 * 8;
    const auto bits_at = [values](std::size_t k) __attribute__((always_inline)) {
      Bits8 bits;
      std::memcpy(&bits, values + k, sizeof bits);
      return bits;
    };
    Bits8 highest{};
    for (std::size_t k = 0; k < whole; k += 8) {
      const Bits8 bits = bits_at(k);
      highest = bits > highest ? bits : highest;
    }
    std::int32_t top = 0;
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const std::int32_t one = highest[lane];
      top = std::max(top, one);
    }
    const auto all = static_cast<std::int32_t>(size);
    Search loud{all, share, top, near.loud};
    Search quiet{all, all - share, top, near.quiet};
    while (!loud.done || !quiet.done) {
      Bits8 many_loud{};
      Bits8 many_quiet{};
      // "Above the one below" is a single instruction, "at least" two.
      const std::int32_t below_loud = loud.border - 1;
      const std::int32_t below_quiet = quiet.border - 1;
      for (std::size_t k = 0; k < whole; k += 8) {
        const Bits8 bits = bits_at(k);
        many_loud -= bits > below_loud;
        many_quiet -= bits > below_quiet;
      }
      // Added up side by side: there are far fewer than 65,536 values.
      const std::int32_t both = sum_of(many_loud + (many_quiet << 16));
      loud.learn(both & 0xFFFF);
      quiet.learn(both >> 16);
    }
    near = {.loud = loud.border, .quiet = quiet.border};
    // What lies beyond the border, and as many at it as are missing.
    Vec8 above{};
    Vec8 below{};
    Bits8 count_above{};
    Bits8 count_from{};
    for (std::size_t k = 0; k < whole; k += 8) {
      const Bits8 bits = bits_at(k);
      const Vec8 x = eight(values + k);
      above += bits >= loud.reached ? x : Vec8{};
      count_above -= bits >= loud.reached;
      below += bits < quiet.border ? x : Vec8{};
      count_from -= bits >= quiet.border;
    }
    const auto rest = [](std::int32_t missing, std::int32_t border) {
      return static_cast<float>(missing) * std::bit_cast<float>(border);
    };
    const auto n = static_cast<float>(share);
    const std::int32_t under = all - sum_of(count_from);
    return {.valley = (sum_of(below) + rest(share - under, quiet.border)) / n,
            .peak = (sum_of(above) + rest(share - sum_of(count_above), loud.border)) / n};
  }
  static Extremes extremes_plain(const float* values, std::size_t size, std::int32_t share, Borders& near) noexcept {
    return extremes_body(values, size, share, near);
  }
  AURALIS_AVX2 static Extremes extremes_avx2(const float* values, std::size_t size, std::int32_t share,
                                             Borders& near) noexcept {
    return extremes_body(values, size, share, near);
  }

  AURALIS_KERNEL void wave_body(const float* samples, std::size_t count, Moments& out) noexcept {
    Vec8 squares{};
    Vec8 highest{};
    Bits8 crossings{};
    std::size_t n = 0;
    for (; n + 9 <= count; n += 8) {
      const Vec8 x = eight(samples + n);
      const Vec8 next = eight(samples + n + 1);
      squares += x * x;
      const Vec8 magnitude = x < 0.0F ? -x : x;
      highest = magnitude > highest ? magnitude : highest;
      crossings -= (x < 0.0F) ^ (next < 0.0F);
    }
    float sum = sum_of(squares);
    float peak = max_of(highest);
    int crossed = sum_of(crossings);
    for (; n < count; ++n) {
      sum += samples[n] * samples[n];
      peak = std::max(peak, std::abs(samples[n]));
      if (n + 1 < count) {
        crossed += static_cast<int>((samples[n] < 0.0F) != (samples[n + 1] < 0.0F));
      }
    }
    out.squares = sum;
    out.peak = peak;
    out.crossings = crossed;
  }
  static void wave_plain(const float* samples, std::size_t count, Moments& out) noexcept {
    wave_body(samples, count, out);
  }
  AURALIS_AVX2 static void wave_avx2(const float* samples, std::size_t count, Moments& out) noexcept {
    wave_body(samples, count, out);
  }
};

namespace {

SpectralFeatures::Config checked(const SpectralFeatures::Config& config) {
  if (!(config.sample_rate.value >= 16'000.0 && config.sample_rate.value <= 192'000.0)) {
    throw std::invalid_argument{"SpectralFeatures: sample_rate must lie in [16000, 192000] Hz"};
  }
  if (config.fft_size < 1'024 || config.fft_size > 16'384 ||
      !std::has_single_bit(static_cast<unsigned>(config.fft_size))) {
    throw std::invalid_argument{"SpectralFeatures: fft_size must be a power of two in [1024, 16384]"};
  }
  return config;
}

} // namespace

SpectralFeatures::SpectralFeatures(const Config& config)
    : config_{checked(config)}, bins_{static_cast<std::size_t>(config.fft_size / 2 + 1)},
      hertz_per_bin_{static_cast<float>(config.sample_rate.value / config.fft_size)},
      bank_{dsp::FilterBank::Mel{.sample_rate = config.sample_rate,
                                 .fft_size = config.fft_size,
                                 .bands = kMelBands,
                                 .to = core::Hertz{config.sample_rate.value / 2.0}}},
      // One vector of zeros on either side, for those who look at neighbours.
      magnitude_(padded(bins_) + 16), previous_(padded(bins_) + 16), power_(padded(bins_)),
      shape_{dsp::runs_avx2() ? &Kernel::shape_avx2 : &Kernel::shape_plain},
      spread_{dsp::runs_avx2() ? &Kernel::spread_avx2 : &Kernel::spread_plain},
      peaks_{dsp::runs_avx2() ? &Kernel::peaks_avx2 : &Kernel::peaks_plain},
      extremes_{dsp::runs_avx2() ? &Kernel::extremes_avx2 : &Kernel::extremes_plain},
      wave_{dsp::runs_avx2() ? &Kernel::wave_avx2 : &Kernel::wave_plain} {
  const auto bin_of = [&](double hertz) {
    return std::min(static_cast<std::size_t>(std::lround(hertz / static_cast<double>(hertz_per_bin_))), bins_);
  };
  for (std::size_t b = 0; b < contrast_edges_.size(); ++b) {
    contrast_edges_[b] = std::max(bin_of(kContrastEdges[b]), bin_of(kLowestHertz));
  }
  band_.resize(bins_ + 8);
  for (std::size_t c = 0; c < core::kMfccCount; ++c) {
    for (std::size_t b = 0; b < kMelBands; ++b) {
      const double scale = std::sqrt((c == 0 ? 1.0 : 2.0) / kMelBands);
      cosines_[c][b] = static_cast<float>(
          scale * std::cos(std::numbers::pi * static_cast<double>(c) * (static_cast<double>(b) + 0.5) / kMelBands));
    }
  }
}

void SpectralFeatures::reset() noexcept {
  std::ranges::fill(magnitude_, 0.0F);
  std::ranges::fill(previous_, 0.0F);
  mel_ = {};
  log_mel_ = {};
  recent_ = {};
  borders_ = {};
  frames_ = 0;
  frame_ = {};
}

const core::FeatureFrame& SpectralFeatures::process(const dsp::Spectrum& spectrum) noexcept {
  assert(spectrum.magnitude.size() == bins_ && spectrum.samples.size() == static_cast<std::size_t>(config_.fft_size));
  const auto first = static_cast<std::size_t>(std::lround(kLowestHertz / static_cast<double>(hertz_per_bin_)));
  std::swap(magnitude_, previous_);
  float* now = magnitude_.data() + 8;
  const float* before = previous_.data() + 8;
  std::copy(spectrum.magnitude.begin() + static_cast<std::ptrdiff_t>(first), spectrum.magnitude.end(), now + first);

  const std::size_t count = power_.size();
  Moments moments;
  wave_(spectrum.samples.data(), spectrum.samples.size(), moments);
  shape_(now, before, power_.data(), count, moments);

  frame_.at = spectrum.at;
  const auto samples = static_cast<float>(spectrum.samples.size());
  frame_.rms = std::sqrt(moments.squares / samples);
  frame_.peak = moments.peak;
  frame_.crest = frame_.rms > 0.0F ? frame_.peak / frame_.rms : 0.0F;
  frame_.zero_crossing_rate = static_cast<float>(moments.crossings) / (samples - 1.0F);
  frame_.flux = moments.flux;

  const auto blocks = std::span{moments.block_power}.first(count / kBlock);
  const float energy = std::accumulate(blocks.begin(), blocks.end(), 0.0F);
  if (moments.sum > 0.0F && energy > 0.0F) {
    const float centre = moments.weighted / moments.sum;
    frame_.centroid = centre * hertz_per_bin_;
    frame_.bandwidth = std::sqrt(spread_(now, count, centre) / moments.sum) * hertz_per_bin_;

    float below = 0.0F;
    std::size_t block = 0;
    const float share = kRolloffShare * energy;
    while (block + 1 < blocks.size() && below + blocks[block] < share) {
      below += blocks[block++];
    }
    std::size_t bin = block * kBlock;
    while (bin + 1 < bins_ && (below += power_[bin]) < share) {
      ++bin;
    }
    frame_.rolloff = static_cast<float>(bin) * hertz_per_bin_;

    const auto used = static_cast<float>(bins_ - first);
    const float padding = (static_cast<float>(count) - used) * 2.0F * std::log2(kLeastForFlatness);
    frame_.flatness = std::min(1.0F, std::exp2((moments.log2_power - padding) / used) / (energy / used));
    frame_.complexity = static_cast<float>(peaks_(now, count, moments.highest * kComplexityRange));
  } else {
    frame_.centroid = frame_.bandwidth = frame_.rolloff = frame_.flatness = frame_.complexity = 0.0F;
  }
  if (config_.timbre) {
    contrast();
    cepstrum();
  }
  ++frames_;
  return frame_;
}

void SpectralFeatures::contrast() noexcept {
  const float* magnitude = magnitude_.data() + 8;
  for (std::size_t b = 0; b < core::kContrastBands; ++b) {
    const std::size_t size = contrast_edges_[b + 1] - contrast_edges_[b];
    const auto share =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(kContrastShare * static_cast<float>(size))));
    std::copy_n(magnitude + contrast_edges_[b], size, band_.begin());
    std::fill_n(band_.begin() + static_cast<std::ptrdiff_t>(size), 8, -0.0F);
    const auto [valley, peak] = extremes_(band_.data(), size, static_cast<std::int32_t>(share), borders_[b]);
    constexpr float kLeast = 1e-5F; // -100 dB
    frame_.contrast[b] = 20.0F * std::log10((peak + kLeast) / (valley + kLeast));
  }
}

void SpectralFeatures::cepstrum() noexcept {
  bank_.apply(std::span<const float>{power_}.first(bins_), mel_);
  for (std::size_t b = 0; b < kMelBands; b += 8) {
    const Vec8 power = eight(mel_.data() + b);
    constexpr float kDecibelsPerOctave = 3.01029995663981195F;
    eight(log_mel_.data() + b) = kDecibelsPerOctave * log2_of(power > kLeastPower ? power : Vec8{} + kLeastPower);
  }
  auto& now = recent_[static_cast<std::size_t>(frames_) % kDeltaFrames];
  for (std::size_t c = 0; c < core::kMfccCount; ++c) {
    Vec8 sum{};
    for (std::size_t b = 0; b < kMelBands; b += 8) {
      sum += eight(cosines_[c].data() + b) * eight(log_mel_.data() + b);
    }
    now[c] = sum_of(sum);
  }
  frame_.mfcc = now;
  if (frames_ == 0) {
    recent_.fill(now); // before the start it was as at the start
  }
  // Slope of the least-squares line through five points: (-2 -1 0 1 2) / 10.
  const auto& back1 = recent_[static_cast<std::size_t>(frames_ + 4) % kDeltaFrames];
  const auto& back3 = recent_[static_cast<std::size_t>(frames_ + 2) % kDeltaFrames];
  const auto& back4 = recent_[static_cast<std::size_t>(frames_ + 1) % kDeltaFrames];
  for (std::size_t c = 0; c < core::kMfccCount; ++c) {
    frame_.mfcc_delta[c] = 0.2F * (now[c] - back4[c]) + 0.1F * (back1[c] - back3[c]);
  }
}

void FeatureStatistics::process(const core::FeatureFrame& frame) noexcept {
  if (frame.rms < kSilentRms) {
    return;
  }
  std::array<float, kValues> values{frame.rms,      frame.peak,      frame.crest,   frame.zero_crossing_rate,
                                    frame.centroid, frame.bandwidth, frame.rolloff, frame.flatness,
                                    frame.flux,     frame.complexity};
  auto at = std::ranges::copy(frame.contrast, values.begin() + 10).out;
  at = std::ranges::copy(frame.mfcc, at).out;
  std::ranges::copy(frame.mfcc_delta, at);
  const double share = 1.0 / static_cast<double>(++frames_);
  for (std::size_t i = 0; i < kValues; ++i) {
    const double away = static_cast<double>(values[i]) - mean_[i];
    mean_[i] += away * share;
    squares_[i] += away * (static_cast<double>(values[i]) - mean_[i]);
  }
}

core::FeatureSummary FeatureStatistics::summary() const noexcept {
  core::FeatureSummary summary;
  if (frames_ == 0) {
    return summary;
  }
  std::size_t i = 0;
  const auto next = [&] {
    const core::Statistic statistic{.mean = static_cast<float>(mean_[i]),
                                    .deviation =
                                        static_cast<float>(std::sqrt(squares_[i] / static_cast<double>(frames_)))};
    ++i;
    return statistic;
  };
  for (auto* member : {&summary.rms, &summary.peak, &summary.crest, &summary.zero_crossing_rate, &summary.centroid,
                       &summary.bandwidth, &summary.rolloff, &summary.flatness, &summary.flux, &summary.complexity}) {
    *member = next();
  }
  std::ranges::generate(summary.contrast, next);
  std::ranges::generate(summary.mfcc, next);
  std::ranges::generate(summary.mfcc_delta, next);
  return summary;
}

} // namespace auralis::analysis
