// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/programme_loudness.hpp"

#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::dsp {
namespace {

using Vec4d [[gnu::vector_size(32)]] = double;

constexpr double kSilence = -std::numeric_limits<double>::infinity();
constexpr double kAbsoluteGate = -70.0; // LUFS
constexpr double kRelativeGate = -10.0; // LU, of the integrated loudness
constexpr double kRangeGate = -20.0;    // LU, of the loudness range
constexpr double kStep = 0.05;          // LU
constexpr std::size_t kBins = 2'000;    // up to +30 LUFS
constexpr float kMostSample = 1'000.0F; // beyond lies only damage

double to_lufs(double energy) noexcept { return energy > 0.0 ? -0.691 + 10.0 * std::log10(energy) : kSilence; }

ProgrammeLoudness::Config checked(const ProgrammeLoudness::Config& config) {
  if (!(config.sample_rate.value >= 8'000.0 && config.sample_rate.value <= 192'000.0)) {
    throw std::invalid_argument{"ProgrammeLoudness: sample_rate must lie in [8000, 192000] Hz"};
  }
  if (config.channels < 1 || config.channels > static_cast<int>(kMostChannels)) {
    throw std::invalid_argument{"ProgrammeLoudness: channels must lie in [1, 8]"};
  }
  return config;
}

} // namespace

std::array<float, kMostChannels> loudness_weights(int channels) noexcept {
  constexpr float kBeside = 1.41F;
  switch (channels) {
  case 4: // quadro: the surrounds are 5.1's
    return {1.0F, 1.0F, kBeside, kBeside};
  case 5: // 5.0
    return {1.0F, 1.0F, 1.0F, kBeside, kBeside};
  case 6: // 5.1
    return {1.0F, 1.0F, 1.0F, 0.0F, kBeside, kBeside};
  case 7: // 6.1: back centre, then sides
    return {1.0F, 1.0F, 1.0F, 0.0F, 1.0F, kBeside, kBeside};
  case 8: // 7.1: backs, then sides
    return {1.0F, 1.0F, 1.0F, 0.0F, 1.0F, 1.0F, kBeside, kBeside};
  default:
    return {1.0F, 1.0F, 1.0F};
  }
}

struct ProgrammeLoudness::Kernel {
  /// K-weights up to four channels, a channel a lane: two transposed direct form II sections in double, because the
  /// high-pass lies at a ten-thousandth of the highest rates.
  template <typename Sample> AURALIS_KERNEL void weigh_samples(const std::array<BiquadCoefficients, 2>& filter,
                                                               std::size_t count, Lanes& out,
                                                               Sample&& sample) noexcept {
    const auto wide = [](float x) { return Vec4d{} + static_cast<double>(x); };
    const Vec4d b0 = wide(filter[0].b0);
    const Vec4d b1 = wide(filter[0].b1);
    const Vec4d b2 = wide(filter[0].b2);
    const Vec4d a1 = wide(filter[0].a1);
    const Vec4d a2 = wide(filter[0].a2);
    const Vec4d c1 = wide(filter[1].a1);
    const Vec4d c2 = wide(filter[1].a2);
    Vec4d s1;
    Vec4d s2;
    Vec4d t1;
    Vec4d t2;
    std::memcpy(&s1, out.state[0].data(), sizeof s1);
    std::memcpy(&s2, out.state[1].data(), sizeof s2);
    std::memcpy(&t1, out.state[2].data(), sizeof t1);
    std::memcpy(&t2, out.state[3].data(), sizeof t2);
    Vec4d energy; // goes on where it was, so that sums are taken in one order
    std::memcpy(&energy, out.energy.data(), sizeof energy);
    // Written so that the way from one sample's state to the next is short: that is what they wait for.
    const Vec4d d1 = b1 - a1 * b0;
    const Vec4d d2 = b2 - a2 * b0;
    const Vec4d e1 = -2.0 - c1; // the numerator of the second section is 1 -2 1
    const Vec4d e2 = 1.0 - c2;
    for (std::size_t n = 0; n < count; ++n) {
      Vec4d x;
      sample(n, x);
      const Vec4d y = b0 * x + s1;
      const Vec4d s = s1;
      s1 = (d1 * x + s2) - a1 * s;
      s2 = d2 * x - a2 * s;
      const Vec4d z = y + t1;
      const Vec4d t = t1;
      t1 = (e1 * y + t2) - c1 * t;
      t2 = e2 * y - c2 * t;
      energy += z * z;
    }
    std::memcpy(out.state[0].data(), &s1, sizeof s1);
    std::memcpy(out.state[1].data(), &s2, sizeof s2);
    std::memcpy(out.state[2].data(), &t1, sizeof t1);
    std::memcpy(out.state[3].data(), &t2, sizeof t2);
    std::memcpy(out.energy.data(), &energy, sizeof energy);
  }
  AURALIS_KERNEL void weigh_body(const std::array<BiquadCoefficients, 2>& filter, const float* const* channels,
                                 std::size_t lanes, std::size_t count, Lanes& out) noexcept {
    const float* first = channels[0];
    if (lanes == 1) { // nothing to gather
      weigh_samples(filter, count, out, [=](std::size_t n, Vec4d& x) __attribute__((always_inline)) {
        x = Vec4d{} + static_cast<double>(first[n]);
      });
      return;
    }
    const float* second = channels[1];
    const float* third = channels[lanes > 2 ? 2 : 0];
    const float* fourth = channels[lanes > 3 ? 3 : 0];
    weigh_samples(filter, count, out, [=](std::size_t n, Vec4d& x) __attribute__((always_inline)) {
      x = Vec4d{static_cast<double>(first[n]), static_cast<double>(second[n]), static_cast<double>(third[n]),
                static_cast<double>(fourth[n])};
    });
  }
  static void weigh_plain(const std::array<BiquadCoefficients, 2>& filter, const float* const* channels,
                          std::size_t lanes, std::size_t count, Lanes& out) noexcept {
    weigh_body(filter, channels, lanes, count, out);
  }
  AURALIS_AVX2 static void weigh_avx2(const std::array<BiquadCoefficients, 2>& filter, const float* const* channels,
                                      std::size_t lanes, std::size_t count, Lanes& out) noexcept {
    weigh_body(filter, channels, lanes, count, out);
  }

  /// Reads samples[-length + 1 … count - 1]. \pre count is a multiple of 8
  AURALIS_KERNEL float between_body(const float* samples, std::size_t count, const float* taps,
                                    std::size_t length) noexcept {
    Vec8 highest{};
    for (std::size_t n = 0; n < count; n += 8) {
      Vec8 y{};
      for (std::size_t k = 0; k < length; ++k) {
        y += taps[k] * eight(samples + n - k);
      }
      y = y < 0.0F ? -y : y;
      highest = y > highest ? y : highest;
    }
    float most = 0.0F;
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const float one = highest[lane];
      most = std::max(most, one);
    }
    return most;
  }
  static float between_plain(const float* samples, std::size_t count, const float* taps, std::size_t length) noexcept {
    return between_body(samples, count, taps, length);
  }
  AURALIS_AVX2 static float between_avx2(const float* samples, std::size_t count, const float* taps,
                                         std::size_t length) noexcept {
    return between_body(samples, count, taps, length);
  }

  /// \pre count is a multiple of 8
  AURALIS_KERNEL float highest_body(const float* samples, std::size_t count) noexcept {
    Vec8 highest{};
    for (std::size_t n = 0; n < count; n += 8) {
      const Vec8 x = eight(samples + n);
      const Vec8 magnitude = x < 0.0F ? -x : x;
      highest = magnitude > highest ? magnitude : highest;
    }
    float most = 0.0F;
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const float one = highest[lane];
      most = std::max(most, one);
    }
    return most;
  }
  static float highest_plain(const float* samples, std::size_t count) noexcept { return highest_body(samples, count); }
  AURALIS_AVX2 static float highest_avx2(const float* samples, std::size_t count) noexcept {
    return highest_body(samples, count);
  }
};

void ProgrammeLoudness::Histogram::add(double energy) noexcept {
  const double lufs = to_lufs(energy);
  if (lufs < kAbsoluteGate) {
    return;
  }
  auto& bin = bins[std::min(static_cast<std::size_t>((lufs - kAbsoluteGate) / kStep), kBins - 1)];
  ++bin.count;
  bin.energy += energy;
}

double ProgrammeLoudness::Histogram::mean_from(double lufs) const noexcept {
  std::int64_t count = 0;
  double energy = 0.0;
  for (const Bin& bin : bins) {
    if (bin.count > 0 && to_lufs(bin.energy / static_cast<double>(bin.count)) >= lufs) {
      count += bin.count;
      energy += bin.energy;
    }
  }
  return count > 0 ? energy / static_cast<double>(count) : 0.0;
}

double ProgrammeLoudness::Histogram::percentile_from(double lufs, double share) const noexcept {
  std::int64_t count = 0;
  const auto passes = [&](const Bin& bin) {
    return bin.count > 0 && to_lufs(bin.energy / static_cast<double>(bin.count)) >= lufs;
  };
  for (const Bin& bin : bins) {
    count += passes(bin) ? bin.count : 0;
  }
  auto left = std::int64_t{std::llround(static_cast<double>(count - 1) * share)};
  for (const Bin& bin : bins) {
    if (!passes(bin)) {
      continue;
    }
    if (left < bin.count) {
      return to_lufs(bin.energy / static_cast<double>(bin.count));
    }
    left -= bin.count;
  }
  return kSilence;
}

ProgrammeLoudness::ProgrammeLoudness(const Config& config)
    : config_{checked(config)}, weights_{config.weights.value_or(loudness_weights(config.channels))},
      filter_{k_weighting(config.sample_rate)},
      block_size_{static_cast<std::size_t>(std::lround(config.sample_rate.value / 10.0))},
      weigh_{runs_avx2() ? &Kernel::weigh_avx2 : &Kernel::weigh_plain},
      peak_between_{runs_avx2() ? &Kernel::between_avx2 : &Kernel::between_plain},
      highest_{runs_avx2() ? &Kernel::highest_avx2 : &Kernel::highest_plain} {
  const std::size_t factor = config.sample_rate.value < 96'000.0 ? 4 : config.sample_rate.value < 192'000.0 ? 2 : 1;
  constexpr std::size_t kLength = 48; // a sinc in a Hann window, between its zeros at the ends
  phases_ = factor - 1;
  taps_ = kLength / factor;
  for (std::size_t phase = 0; phase < phases_; ++phase) {
    float l1 = 0.0F;
    for (std::size_t k = 0; k < taps_; ++k) {
      const auto j = static_cast<double>(k * factor + phase + 1);
      const double t = std::numbers::pi * (j - kLength / 2.0) / static_cast<double>(factor);
      const double hann = 0.5 * (1.0 - std::cos(2.0 * std::numbers::pi * j / kLength));
      interpolator_[phase][k] = static_cast<float>(std::sin(t) / t * hann);
      l1 += std::abs(interpolator_[phase][k]);
    }
    most_gain_ = std::max(most_gain_, l1);
  }
  most_gain_ *= 1.0001F; // for what rounding adds
  gated_.bins.resize(kBins);
  short_term_.bins.resize(kBins);
}

void ProgrammeLoudness::reset() noexcept {
  for (auto& channel : samples_) {
    channel.fill(0.0F);
  }
  lanes_ = {};
  in_block_ = 0;
  recent_ = {};
  blocks_ = 0;
  std::ranges::fill(gated_.bins, Histogram::Bin{});
  std::ranges::fill(short_term_.bins, Histogram::Bin{});
  peak_ = 0.0F;
  highest_momentary_ = 0.0;
  highest_short_term_ = 0.0;
}

std::size_t ProgrammeLoudness::take(const core::AudioBlock& block, std::size_t from) noexcept {
  const auto channels = static_cast<std::size_t>(config_.channels);
  assert(block.channels.size() == channels);
  const std::size_t count = std::min({kPiece, block.frames - from, block_size_ - in_block_});
  std::array<const float*, kMostChannels> pointers{};
  for (std::size_t c = 0; c < channels; ++c) {
    float* samples = samples_[c].data() + kHistory;
    const float* source = block.channels[c] + from;
    for (std::size_t n = 0; n < count; ++n) {
      samples[n] = std::abs(source[n]) <= kMostSample ? source[n] : 0.0F; // a NaN compares false
    }
    pointers[c] = samples;

    // Peaks between samples are held up by those around them, some of which are history.
    const std::size_t whole = (count + 7) / 8 * 8;
    const float near = highest_(samples + count - whole - kInterpolated, whole + kInterpolated);
    if (near > peak_) {
      peak_ = std::max(peak_, highest_(samples + count - whole, whole));
    }
    if (near * most_gain_ > peak_) {
      for (std::size_t phase = 0; phase < phases_; ++phase) {
        // Whole vectors that end where the samples do; what they see of the history was seen before.
        const float most = peak_between_(samples + count - whole, whole, interpolator_[phase].data(), taps_);
        peak_ = std::max(peak_, most);
      }
    }
  }
  for (std::size_t group = 0; 4 * group < channels; ++group) {
    weigh_(filter_, pointers.data() + 4 * group, channels - 4 * group, count, lanes_[group]);
  }
  for (std::size_t c = 0; c < channels; ++c) {
    std::copy_n(samples_[c].data() + count, kHistory, samples_[c].data());
  }
  in_block_ += count;
  return count;
}

double ProgrammeLoudness::energy_of_last(std::size_t blocks) const noexcept {
  double sum = 0.0;
  for (std::size_t back = 1; back <= blocks; ++back) {
    sum += recent_[(static_cast<std::size_t>(blocks_) + kBlocks - back) % kBlocks];
  }
  return sum / static_cast<double>(blocks);
}

core::LoudnessPoint ProgrammeLoudness::close_block() noexcept {
  double energy = 0.0;
  for (std::size_t c = 0; c < static_cast<std::size_t>(config_.channels); ++c) {
    double& sum = lanes_[c / 4].energy[c % 4];
    energy += static_cast<double>(weights_[c]) * sum;
  }
  lanes_[0].energy = {};
  lanes_[1].energy = {};
  in_block_ = 0;
  recent_[static_cast<std::size_t>(blocks_) % kBlocks] = energy / static_cast<double>(block_size_);
  ++blocks_;
  const double momentary = energy_of_last(4);
  const double short_term = energy_of_last(kBlocks);
  highest_momentary_ = std::max(highest_momentary_, momentary);
  highest_short_term_ = std::max(highest_short_term_, short_term);
  if (blocks_ >= 4) {
    gated_.add(momentary);
  }
  if (blocks_ >= static_cast<std::int64_t>(kBlocks) && blocks_ % 10 == 0) {
    short_term_.add(short_term);
  }
  const double frames = static_cast<double>(blocks_) * static_cast<double>(block_size_);
  return {.at = core::Seconds{frames / config_.sample_rate.value},
          .momentary_lufs = static_cast<float>(to_lufs(momentary)),
          .short_term_lufs = static_cast<float>(to_lufs(short_term))};
}

core::LoudnessReport ProgrammeLoudness::report() const noexcept {
  core::LoudnessReport report{.integrated_lufs = kSilence,
                              .range_lu = 0.0,
                              .true_peak = core::Decibels{kSilence},
                              .max_momentary_lufs = to_lufs(highest_momentary_),
                              .max_short_term_lufs = to_lufs(highest_short_term_)};
  if (const double all = gated_.mean_from(kAbsoluteGate); all > 0.0) {
    report.integrated_lufs = to_lufs(gated_.mean_from(to_lufs(all) + kRelativeGate));
  }
  if (const double all = short_term_.mean_from(kAbsoluteGate); all > 0.0) {
    const double gate = to_lufs(all) + kRangeGate;
    report.range_lu = short_term_.percentile_from(gate, 0.95) - short_term_.percentile_from(gate, 0.10);
  }
  if (peak_ > 0.0F) {
    report.true_peak = core::to_decibels(static_cast<double>(peak_));
  }
  return report;
}

} // namespace auralis::dsp
