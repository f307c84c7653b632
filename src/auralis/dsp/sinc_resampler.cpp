// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/sinc_resampler.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"
#include "auralis/dsp/window.hpp"

namespace auralis::dsp {
namespace {

constexpr std::int64_t kMostPhases = 512;
constexpr std::size_t kTogether = 4; // outputs made at once where all are of one phase
constexpr std::size_t kRoom = 4'096; // new samples that fit behind the history before it is moved back

// Kaiser's formulae for 80 dB. J. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974.
constexpr double kAttenuation = 80.0;
constexpr double kBeta = 0.1102 * (kAttenuation - 8.7);
double transition(double taps) { return (kAttenuation - 7.95) / (2.285 * 2.0 * std::numbers::pi * taps); }

std::int64_t whole_hertz(core::Hertz rate) {
  if (!(rate.value >= 1'000.0 && rate.value <= 192'000.0) || rate.value != std::floor(rate.value)) {
    throw std::invalid_argument{"SincResampler: rates must be whole and lie in [1000, 192000] Hz"};
  }
  return static_cast<std::int64_t>(rate.value);
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }

} // namespace

struct SincResampler::Kernel {
  AURALIS_KERNEL float dot_body(const float* x, const float* h, std::size_t count) noexcept {
    Vec8 a{};
    Vec8 b{};
    for (std::size_t k = 0; k < count; k += 16) {
      a += eight(x + k) * eight(h + k);
      b += eight(x + k + 8) * eight(h + k + 8);
    }
    a += b;
    return ((a[0] + a[4]) + (a[1] + a[5])) + ((a[2] + a[6]) + (a[3] + a[7]));
  }
  /// kTogether of the same, `step` samples apart: side by side they wait less for one another, and read `h` once.
  AURALIS_KERNEL void dots_body(const float* x, std::size_t step, const float* h, std::size_t count,
                                float* out) noexcept {
    static_assert(kTogether == 4); // each by its name, for an array would be cleared in memory
    Vec8 a0{}, a1{}, a2{}, a3{};
    Vec8 b0{}, b1{}, b2{}, b3{};
    for (std::size_t k = 0; k < count; k += 16) {
      const Vec8 left = eight(h + k);
      const Vec8 right = eight(h + k + 8);
      const float* at = x + k;
      a0 += eight(at) * left;
      b0 += eight(at + 8) * right;
      a1 += eight(at + step) * left;
      b1 += eight(at + step + 8) * right;
      a2 += eight(at + 2 * step) * left;
      b2 += eight(at + 2 * step + 8) * right;
      a3 += eight(at + 3 * step) * left;
      b3 += eight(at + 3 * step + 8) * right;
    }
    const auto sum = [](const Vec8& v) __attribute__((always_inline)) {
      return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
    };
    out[0] = sum(a0 + b0);
    out[1] = sum(a1 + b1);
    out[2] = sum(a2 + b2);
    out[3] = sum(a3 + b3);
  }
  static void dots_plain(const float* x, std::size_t step, const float* h, std::size_t count, float* out) noexcept {
    dots_body(x, step, h, count, out);
  }
  AURALIS_AVX2 static void dots_avx2(const float* x, std::size_t step, const float* h, std::size_t count,
                                     float* out) noexcept {
    dots_body(x, step, h, count, out);
  }

  static float dot_plain(const float* x, const float* h, std::size_t count) noexcept { return dot_body(x, h, count); }
  AURALIS_AVX2 static float dot_avx2(const float* x, const float* h, std::size_t count) noexcept {
    return dot_body(x, h, count);
  }
};

SincResampler::SincResampler(const Config& config)
    : config_{config}, dot_{runs_avx2() ? &Kernel::dot_avx2 : &Kernel::dot_plain},
      dots_{runs_avx2() ? &Kernel::dots_avx2 : &Kernel::dots_plain} {
  const std::int64_t from = whole_hertz(config.from);
  const std::int64_t to = whole_hertz(config.to);
  if (config.width < 8 || config.width > 256) {
    throw std::invalid_argument{"SincResampler: width must lie in [8, 256]"};
  }
  const std::int64_t common = std::gcd(from, to);
  up_ = to / common;
  down_ = from / common;
  interpolates_ = up_ > kMostPhases;
  phases_ = static_cast<std::size_t>(std::min(up_, kMostPhases));

  const double lower = static_cast<double>(std::min(from, to)) / static_cast<double>(from); // of the input's rate
  taps_ = (static_cast<std::size_t>(std::ceil(config.width / lower)) + 15) / 16 * 16;
  // The stop band begins at half the lower rate: what would fold back is gone.
  const double cutoff = 0.5 * lower - 0.5 * transition(static_cast<double>(taps_)); // cycles per input sample
  const double half = static_cast<double>(taps_) / 2.0;
  table_.resize((phases_ + 1) * taps_);
  std::vector<double> h(taps_);
  for (std::size_t p = 0; p <= phases_; ++p) {
    double sum = 0.0;
    for (std::size_t k = 0; k < taps_; ++k) {
      const double t =
          static_cast<double>(k) - (half - 1.0) - static_cast<double>(p) / static_cast<double>(phases_); // from centre
      const double x = 2.0 * std::numbers::pi * cutoff * t;
      const double sinc = x == 0.0 ? 1.0 : std::sin(x) / x;
      h[k] = sinc * kaiser(t / half, kBeta);
      sum += h[k];
    }
    for (std::size_t k = 0; k < taps_; ++k) {
      table_[p * taps_ + k] = static_cast<float>(h[k] / sum);
    }
  }
  buffer_.resize(taps_ + kRoom);
  reset();
}

void SincResampler::reset() noexcept {
  std::ranges::fill(buffer_, 0.0F);
  filled_ = taps_ / 2 - 1;
  first_ = -static_cast<std::int64_t>(filled_);
  taken_ = 0;
  written_ = 0;
}

std::size_t SincResampler::most_output(std::size_t count) const noexcept {
  return static_cast<std::size_t>(ceil_div(static_cast<std::int64_t>(count + taps_) * up_, down_)) + 1;
}

core::Seconds SincResampler::latency() const noexcept {
  return core::Seconds{static_cast<double>(taps_) / 2.0 / config_.from.value};
}

std::int64_t SincResampler::needed_for(std::int64_t total) const noexcept {
  const std::int64_t last = (total - 1) * down_ / up_; // the input sample at or before the last output
  return std::max<std::int64_t>(0, last + static_cast<std::int64_t>(taps_ / 2) + 1 - taken_);
}

std::size_t SincResampler::produce(std::int64_t until, std::span<float> out) noexcept {
  // Output m lies at input m * down / up and is made of taps / 2 - 1 samples before that one, it, and taps / 2 behind.
  const std::int64_t end = first_ + static_cast<std::int64_t>(filled_);
  const auto half = static_cast<std::int64_t>(taps_ / 2);
  std::size_t count = 0;
  std::int64_t base = written_ * down_ / up_;
  std::int64_t phase = written_ * down_ % up_;
  if (up_ == 1) { // a whole number of times slower
    constexpr auto kStep = static_cast<std::int64_t>(kTogether);
    for (; written_ + kStep <= until && base + (kStep - 1) * down_ + half < end; written_ += kStep) {
      const float* x = buffer_.data() + (base - (half - 1) - first_);
      dots_(x, static_cast<std::size_t>(down_), table_.data(), taps_, out.data() + count);
      count += kTogether;
      base += kStep * down_;
    }
  }
  while (written_ < until && base + half < end) {
    const float* x = buffer_.data() + (base - (half - 1) - first_);
    if (!interpolates_) {
      out[count++] = dot_(x, table_.data() + static_cast<std::size_t>(phase) * taps_, taps_);
    } else {
      const double exact = static_cast<double>(phase) * static_cast<double>(phases_) / static_cast<double>(up_);
      const auto below = static_cast<std::size_t>(exact);
      const auto rest = static_cast<float>(exact - static_cast<double>(below));
      const float a = dot_(x, table_.data() + below * taps_, taps_);
      const float b = dot_(x, table_.data() + (below + 1) * taps_, taps_);
      out[count++] = a + (b - a) * rest;
    }
    ++written_;
    phase += down_;
    base += phase / up_;
    phase %= up_;
  }
  return count;
}

void SincResampler::append(std::span<const float> in) noexcept {
  if (filled_ + in.size() > buffer_.size()) {
    const std::int64_t oldest = written_ * down_ / up_ - (static_cast<std::int64_t>(taps_ / 2) - 1);
    const auto drop =
        static_cast<std::size_t>(std::clamp<std::int64_t>(oldest - first_, 0, static_cast<std::int64_t>(filled_)));
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(drop),
              buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
    filled_ -= drop;
    first_ += static_cast<std::int64_t>(drop);
  }
  assert(filled_ + in.size() <= buffer_.size());
  std::ranges::copy(in, buffer_.begin() + static_cast<std::ptrdiff_t>(filled_));
  filled_ += in.size();
}

std::size_t SincResampler::process(std::span<const float> in, std::span<float> out) noexcept {
  assert(out.size() >= most_output(in.size()));
  std::size_t count = 0;
  while (!in.empty()) {
    const std::size_t piece = std::min(in.size(), kRoom / 2);
    append(in.first(piece));
    taken_ += static_cast<std::int64_t>(piece);
    in = in.subspan(piece);
    count += produce(std::int64_t{1} << 62, out.subspan(count));
  }
  return count;
}

std::size_t SincResampler::finish(std::span<float> out) noexcept {
  assert(out.size() >= most_output(0));
  const std::int64_t total = ceil_div(taken_ * up_, down_);
  std::size_t count = 0;
  constexpr std::array<float, 64> kSilence{};
  for (std::size_t fed = 0; fed <= taps_ / 2 && written_ < total; fed += kSilence.size()) {
    append(kSilence);
    count += produce(total, out.subspan(count));
  }
  return count;
}

} // namespace auralis::dsp
