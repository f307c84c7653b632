// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/voice_kernel.hpp"

#include <cmath>
#include <cstring>
#include <numbers>

#include "auralis/dsp/simd.hpp"

#if AURALIS_HAS_AVX2_BUILD
#include <immintrin.h>
#endif

namespace auralis::synth {
namespace {

constexpr std::size_t kTaps = 8;
constexpr unsigned int kPhaseBits = 9;
constexpr std::size_t kPhases = 1U << kPhaseBits;

/// Coefficients in units of 1 / 16384, every phase summing to exactly that.
struct InterpolationTable {
  alignas(64) std::array<std::array<std::int16_t, kTaps>, kPhases> taps{};

  InterpolationTable() noexcept {
    constexpr double kCutoff = 0.92; // of Nyquist: room for the transition that eight taps need
    constexpr double kBeta = 4.5;    // Kaiser
    for (std::size_t p = 0; p < kPhases; ++p) {
      std::array<double, kTaps> h{};
      double sum = 0.0;
      for (std::size_t k = 0; k < kTaps; ++k) {
        const double t = static_cast<double>(k) - 3.0 - (static_cast<double>(p) + 0.5) / static_cast<double>(kPhases);
        const double x = std::numbers::pi * kCutoff * t;
        const double ratio = t / 4.0;
        const double window =
            std::abs(ratio) >= 1.0 ? 0.0 : std::cyl_bessel_i(0.0, kBeta * std::sqrt(1.0 - ratio * ratio));
        h[k] = (std::abs(x) < 1e-9 ? 1.0 : std::sin(x) / x) * window;
        sum += h[k];
      }
      int total = 0;
      for (std::size_t k = 0; k < kTaps; ++k) {
        taps[p][k] = static_cast<std::int16_t>(std::lround(16'384.0 * h[k] / sum));
        total += taps[p][k];
      }
      auto& middle = taps[p][p < kPhases / 2 ? 3 : 4];
      middle = static_cast<std::int16_t>(middle + 16'384 - total); // no DC ripple from phase to phase
    }
  }
};

const InterpolationTable& table() noexcept {
  static const InterpolationTable instance;
  return instance;
}

void interpolate_generic(VoiceLanes& lanes, const std::int16_t* pool, std::size_t from, std::size_t count,
                         LaneOutput& out) noexcept {
  const InterpolationTable& t = table();
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    std::uint64_t position = lanes.position[lane];
    const std::uint64_t increment = lanes.increment[lane];
    const float b0 = lanes.b0[lane];
    const float b1 = lanes.b1[lane];
    const float a1 = lanes.a1[lane];
    const float a2 = lanes.a2[lane];
    float s1 = lanes.s1[lane];
    float s2 = lanes.s2[lane];
    for (std::size_t n = from; n < from + count; ++n) {
      const std::int16_t* x = pool + (position >> 32U) - 3;
      const auto& h = t.taps[(position >> (32U - kPhaseBits)) & (kPhases - 1)];
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < kTaps; ++k) {
        sum += static_cast<std::int32_t>(x[k]) * static_cast<std::int32_t>(h[k]);
      }
      position += increment;
      const auto in = static_cast<float>(sum);
      const float y = b0 * in + s1;
      s1 = b1 * in - a1 * y + s2;
      s2 = b0 * in - a2 * y;
      out.samples[lane][n] = y;
    }
    lanes.position[lane] = position;
    lanes.s1[lane] = s1;
    lanes.s2[lane] = s2;
  }
}

constexpr std::size_t kWidth = 8;
constexpr dsp::Vec8 kRising{1, 2, 3, 4, 5, 6, 7, 8};

using dsp::eight;

AURALIS_KERNEL void mix_body(const float* samples, float gain, float step, float* bus) noexcept {
  dsp::Vec8 g = gain + kRising * step;
  for (std::size_t n = 0; n < kBlock; n += kWidth) {
    eight(bus + n) += g * eight(samples + n);
    g += static_cast<float>(kWidth) * step;
  }
}

AURALIS_KERNEL void place_body(const LayerBuses::Bus& bus, const BusGain& gain, MixBuses& to) noexcept {
  dsp::Vec8 g = gain.start + kRising * gain.step;
  for (std::size_t n = 0; n < kBlock; n += kWidth) {
    const dsp::Vec8 l = eight(bus.left.data() + n);
    const dsp::Vec8 r = eight(bus.right.data() + n);
    const dsp::Vec8 left = g * (gain.own * l + gain.other * r);
    const dsp::Vec8 right = g * (gain.own * r + gain.other * l);
    eight(to.left.data() + n) += gain.dry * left;
    eight(to.right.data() + n) += gain.dry * right;
    eight(to.room_left.data() + n) += gain.send * left;
    eight(to.room_right.data() + n) += gain.send * right;
    g += static_cast<float>(kWidth) * gain.step;
  }
}

AURALIS_KERNEL void scale_body(float* left, float* right, float gain, float step) noexcept {
  dsp::Vec8 g = gain + kRising * step;
  for (std::size_t n = 0; n < kBlock; n += kWidth) {
    eight(left + n) *= g;
    eight(right + n) *= g;
    g += static_cast<float>(kWidth) * step;
  }
}

void mix_generic(const float* samples, float gain, float step, float* bus) noexcept {
  mix_body(samples, gain, step, bus);
}
void place_generic(const LayerBuses::Bus& bus, const BusGain& gain, MixBuses& to) noexcept {
  place_body(bus, gain, to);
}
void scale_generic(float* left, float* right, float gain, float step) noexcept { scale_body(left, right, gain, step); }

#if AURALIS_HAS_AVX2_BUILD

AURALIS_AVX2 inline __m256i load(const std::array<std::uint64_t, kLanes>& from, std::size_t lane) noexcept {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(from.data() + lane));
}
AURALIS_AVX2 inline __m256i place(__m256i position, int tap_shift, __m256i tap_mask) noexcept {
  return _mm256_or_si256(_mm256_srli_epi64(position, 32),
                         _mm256_and_si256(_mm256_slli_epi64(position, tap_shift), tap_mask));
}

/// Eight taps of a lane (low half) and of that four further (high half), multiplied and added in pairs. `at` is the
/// place of the lane.
AURALIS_AVX2 inline __m256i products(const char* pool, const char* taps, const char* at) noexcept {
  std::array<std::uint32_t, 2> low;
  std::array<std::uint32_t, 2> high;
  std::memcpy(low.data(), at, sizeof low);
  std::memcpy(high.data(), at + 4 * sizeof(std::uint64_t), sizeof high);
  const auto sample = [&](std::uint32_t index) {
    return reinterpret_cast<const __m128i*>(pool + 2 * std::size_t{index});
  };
  const auto tap = [&](std::uint32_t offset) { return reinterpret_cast<const __m128i*>(taps + offset); };
  const __m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(sample(low[0]))),
                                            _mm_loadu_si128(sample(high[0])), 1);
  const __m256i h =
      _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_load_si128(tap(low[1]))), _mm_load_si128(tap(high[1])), 1);
  return _mm256_madd_epi16(x, h);
}

AURALIS_AVX2 void transpose(const float* frames, float* const* lanes) noexcept {
  __m256 r[8];
  for (std::size_t i = 0; i < 8; ++i) {
    r[i] = _mm256_load_ps(frames + 8 * i);
  }
  __m256 t[8];
  for (std::size_t i = 0; i < 4; ++i) {
    t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  __m256 u[8];
  for (std::size_t i = 0; i < 8; i += 4) {
    u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
    u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    _mm256_store_ps(lanes[i], _mm256_permute2f128_ps(u[i], u[i + 4], 0x20));
    _mm256_store_ps(lanes[i + 4], _mm256_permute2f128_ps(u[i], u[i + 4], 0x31));
  }
}

AURALIS_AVX2 void interpolate_avx2(VoiceLanes& lanes, const std::int16_t* pool, std::size_t from, std::size_t count,
                                   LaneOutput& out) noexcept {
  const char* bytes = reinterpret_cast<const char*>(pool - 3);
  const char* taps = reinterpret_cast<const char*>(table().taps.data());
  __m256i position_low = load(lanes.position, 0);
  __m256i position_high = load(lanes.position, 4);
  const __m256i increment_low = load(lanes.increment, 0);
  const __m256i increment_high = load(lanes.increment, 4);
  const __m256 b0 = _mm256_load_ps(lanes.b0.data());
  const __m256 b1 = _mm256_load_ps(lanes.b1.data());
  const __m256 a1 = _mm256_load_ps(lanes.a1.data());
  const __m256 a2 = _mm256_load_ps(lanes.a2.data());
  __m256 s1 = _mm256_load_ps(lanes.s1.data());
  __m256 s2 = _mm256_load_ps(lanes.s2.data());
  // First where every lane reads in every frame: the index in the low word, the byte at which the phase's taps begin
  // (16 p) in the high word. By way of memory: to take words out of vectors costs more than to load them.
  alignas(32) std::array<std::uint64_t, kBlock * kLanes> places;
  constexpr int kTapShift = static_cast<int>(kPhaseBits) + 4;
  const __m256i tap_mask = _mm256_set1_epi64x(static_cast<long long>((kPhases - 1) * 16) << 32);
  for (std::size_t n = 0; n < count; ++n) {
    auto* const to = reinterpret_cast<__m256i*>(places.data() + kLanes * n);
    _mm256_store_si256(to, place(position_low, kTapShift, tap_mask));
    _mm256_store_si256(to + 1, place(position_high, kTapShift, tap_mask));
    position_low = _mm256_add_epi64(position_low, increment_low);
    position_high = _mm256_add_epi64(position_high, increment_high);
  }
  alignas(64) std::array<float, kBlock * kLanes> frames;
  for (std::size_t n = 0; n < count; ++n) {
    const char* at = reinterpret_cast<const char*>(places.data() + kLanes * n);
    const __m256i p0 = products(bytes, taps, at);
    const __m256i p1 = products(bytes, taps, at + 8);
    const __m256i p2 = products(bytes, taps, at + 16);
    const __m256i p3 = products(bytes, taps, at + 24);
    const __m256i p01 = _mm256_add_epi32(_mm256_unpacklo_epi32(p0, p1), _mm256_unpackhi_epi32(p0, p1));
    const __m256i p23 = _mm256_add_epi32(_mm256_unpacklo_epi32(p2, p3), _mm256_unpackhi_epi32(p2, p3));
    const __m256 x =
        _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_unpacklo_epi64(p01, p23), _mm256_unpackhi_epi64(p01, p23)));

    const __m256 y = _mm256_fmadd_ps(b0, x, s1);
    s1 = _mm256_fnmadd_ps(a1, y, _mm256_fmadd_ps(b1, x, s2));
    s2 = _mm256_fnmadd_ps(a2, y, _mm256_mul_ps(b0, x));
    _mm256_store_ps(frames.data() + 8 * n, y);
  }
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes.position.data()), position_low);
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes.position.data() + 4), position_high);
  _mm256_store_ps(lanes.s1.data(), s1);
  _mm256_store_ps(lanes.s2.data(), s2);

  if (count == kBlock) {
    for (std::size_t n = 0; n < kBlock; n += 8) {
      std::array<float*, kLanes> to;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        to[lane] = out.samples[lane].data() + n;
      }
      transpose(frames.data() + 8 * n, to.data());
    }
    return;
  }
  for (std::size_t n = 0; n < count; ++n) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      out.samples[lane][from + n] = frames[8 * n + lane];
    }
  }
}

AURALIS_AVX2 void mix_avx2(const float* samples, float gain, float step, float* bus) noexcept {
  mix_body(samples, gain, step, bus);
}
AURALIS_AVX2 void place_avx2(const LayerBuses::Bus& bus, const BusGain& gain, MixBuses& to) noexcept {
  place_body(bus, gain, to);
}
AURALIS_AVX2 void scale_avx2(float* left, float* right, float gain, float step) noexcept {
  scale_body(left, right, gain, step);
}

constexpr VoiceKernel kAvx2{
    .interpolate = interpolate_avx2, .mix = mix_avx2, .place = place_avx2, .scale = scale_avx2, .name = "avx2"};
#endif

constexpr VoiceKernel kGeneric{.interpolate = interpolate_generic,
                               .mix = mix_generic,
                               .place = place_generic,
                               .scale = scale_generic,
                               .name = "generic"};

} // namespace

const VoiceKernel& generic_kernel() noexcept {
  (void)table(); // built now, not at the first note
  return kGeneric;
}

const VoiceKernel& best_kernel() noexcept {
  (void)table();
#if AURALIS_HAS_AVX2_BUILD
  if (dsp::runs_avx2()) {
    return kAvx2;
  }
#endif
  return kGeneric;
}

} // namespace auralis::synth
