// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/voice_kernel.hpp"

#include <cmath>
#include <cstring>
#include <numbers>

#include "auralis/dsp/simd.hpp"
#include "auralis/dsp/window.hpp"

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
    constexpr double kBeta = 4.5;
    for (std::size_t p = 0; p < kPhases; ++p) {
      std::array<double, kTaps> h{};
      double sum = 0.0;
      for (std::size_t k = 0; k < kTaps; ++k) {
        const double t = static_cast<double>(k) - 3.0 - (static_cast<double>(p) + 0.5) / static_cast<double>(kPhases);
        const double x = std::numbers::pi * kCutoff * t;
        h[k] = (std::abs(x) < 1e-9 ? 1.0 : std::sin(x) / x) * dsp::kaiser(t / 4.0, kBeta);
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

// Within a call places are counted from its first frame in 15.17 fixed point, so that eight fit a register. The
// increment is cut to that, which over a quantum adds up to less than 2^-11 frames, a quarter of a phase, and is not
// carried into the next.
constexpr unsigned int kFractionBits = 17;
constexpr unsigned int kCut = 32U - kFractionBits;
constexpr unsigned int kTapShift = kFractionBits - kPhaseBits - 4; // a phase's taps take 16 bytes
constexpr std::uint32_t kTapMask = (kPhases - 1) * kTaps * sizeof(std::int16_t);

void interpolate_generic(VoiceLanes& lanes, const std::int16_t* pool, std::size_t voices, std::size_t from,
                         std::size_t count, LaneOutput& out) noexcept {
  const InterpolationTable& t = table();
  for (std::size_t lane = 0; lane < voices; ++lane) {
    const std::int16_t* const first = pool + (lanes.position[lane] >> 32U) - 3;
    auto place = static_cast<std::uint32_t>(lanes.position[lane]) >> kCut;
    const auto increment = static_cast<std::uint32_t>(lanes.increment[lane] >> kCut);
    const float b0 = lanes.b0[lane];
    const float b1 = lanes.b1[lane];
    const float a1 = lanes.a1[lane];
    const float a2 = lanes.a2[lane];
    float s1 = lanes.s1[lane];
    float s2 = lanes.s2[lane];
    for (std::size_t n = from; n < from + count; ++n) {
      const std::int16_t* x = first + (place >> kFractionBits);
      const auto& h = t.taps[(place >> (kFractionBits - kPhaseBits)) & (kPhases - 1)];
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < kTaps; ++k) {
        sum += static_cast<std::int32_t>(x[k]) * static_cast<std::int32_t>(h[k]);
      }
      place += increment;
      const auto in = static_cast<float>(sum);
      const float y = b0 * in + s1;
      s1 = b1 * in - a1 * y + s2;
      s2 = b0 * in - a2 * y;
      out.samples[lane][n] = y;
    }
    lanes.position[lane] += count * lanes.increment[lane];
    lanes.s1[lane] = s1;
    lanes.s2[lane] = s2;
  }
}

constexpr std::size_t kWidth = 8;
constexpr dsp::Vec8 kRising{1, 2, 3, 4, 5, 6, 7, 8};

using dsp::eight;

/// to = from + x, or x where nothing is there yet: cheaper than to clear first.
template <bool kFirst> AURALIS_KERNEL void put(float* to, dsp::Vec8 x) noexcept {
  if constexpr (kFirst) {
    eight(to) = x;
  } else {
    eight(to) += x;
  }
}

// The gains are read before anything is written: for all the compiler knows they lie in the bus.
template <bool kFirst> AURALIS_KERNEL void mix_side(const float* samples, GainLine gain, float* bus) noexcept {
  const dsp::Vec8 step = dsp::Vec8{} + static_cast<float>(kWidth) * gain.step;
  dsp::Vec8 g = gain.start + kRising * gain.step;
  for (std::size_t n = 0; n < kBlock; n += kWidth) {
    put<kFirst>(bus + n, g * eight(samples + n));
    g += step;
  }
}

template <bool kFirst>
AURALIS_KERNEL void mix_sides(const float* samples, GainLine left, GainLine right, LayerBuses::Bus& bus) noexcept {
  const dsp::Vec8 left_step = dsp::Vec8{} + static_cast<float>(kWidth) * left.step;
  const dsp::Vec8 right_step = dsp::Vec8{} + static_cast<float>(kWidth) * right.step;
  dsp::Vec8 l = left.start + kRising * left.step;
  dsp::Vec8 r = right.start + kRising * right.step;
  for (std::size_t n = 0; n < kBlock; n += kWidth) {
    const dsp::Vec8 x = eight(samples + n);
    put<kFirst>(bus.left.data() + n, l * x);
    put<kFirst>(bus.right.data() + n, r * x);
    l += left_step;
    r += right_step;
  }
}

AURALIS_KERNEL void mix_body(const float* samples, const GainLine& left, const GainLine& right,
                             LayerBuses::Bus& bus) noexcept {
  if (!bus.sounding) {
    bus.sounding = true;
    mix_sides<true>(samples, left, right, bus);
  } else if (left.silent()) {
    mix_side<false>(samples, right, bus.right.data());
  } else if (right.silent()) {
    mix_side<false>(samples, left, bus.left.data());
  } else {
    mix_sides<false>(samples, left, right, bus);
  }
}

template <bool kFirst> AURALIS_KERNEL void place_in(const LayerBuses::Bus& bus, BusGain gain, MixBuses& to) noexcept {
  dsp::Vec8 g = gain.line.start + kRising * gain.line.step;
  for (std::size_t n = 0; n < kBlock; n += kWidth) {
    const dsp::Vec8 l = eight(bus.left.data() + n);
    const dsp::Vec8 r = eight(bus.right.data() + n);
    const dsp::Vec8 left = g * (gain.own * l + gain.other * r);
    const dsp::Vec8 right = g * (gain.own * r + gain.other * l);
    put<kFirst>(to.left.data() + n, gain.dry * left);
    put<kFirst>(to.right.data() + n, gain.dry * right);
    put<kFirst>(to.room_left.data() + n, gain.send * left);
    put<kFirst>(to.room_right.data() + n, gain.send * right);
    g += static_cast<float>(kWidth) * gain.line.step;
  }
}

AURALIS_KERNEL void place_body(const LayerBuses::Bus& bus, const BusGain& gain, MixBuses& to) noexcept {
  if (to.sounding) {
    place_in<false>(bus, gain, to);
    return;
  }
  to.sounding = true;
  place_in<true>(bus, gain, to);
}

AURALIS_KERNEL void scale_body(float* left, float* right, float gain, float step) noexcept {
  dsp::Vec8 g = gain + kRising * step;
  for (std::size_t n = 0; n < kBlock; n += kWidth) {
    eight(left + n) *= g;
    eight(right + n) *= g;
    g += static_cast<float>(kWidth) * step;
  }
}

void mix_generic(const float* samples, const GainLine& left, const GainLine& right, LayerBuses::Bus& bus) noexcept {
  mix_body(samples, left, right, bus);
}
void place_generic(const LayerBuses::Bus& bus, const BusGain& gain, MixBuses& to) noexcept {
  place_body(bus, gain, to);
}
void scale_generic(float* left, float* right, float gain, float step) noexcept { scale_body(left, right, gain, step); }

#if AURALIS_HAS_AVX2_BUILD

/// Where the lanes read in every frame: index into the pool (low word), and the byte at which the phase's taps begin
/// (high word). By way of memory: to take words out of vectors costs more than to load them; and both at once, as loads
/// are what there are most of. Lane n of a frame stands at kPlaceOf[n].
struct Places {
  alignas(32) std::array<std::uint64_t, kBlock * kLanes> of;
};
constexpr std::array<std::size_t, kLanes> kPlaceOf{0, 1, 4, 5, 2, 3, 6, 7};

AURALIS_AVX2 inline __m256i load(const std::array<std::uint64_t, kLanes>& from, std::size_t lane) noexcept {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(from.data() + lane));
}
/// The low or high words of eight double words.
AURALIS_AVX2 inline __m256i low_words(__m256i a, __m256i b) noexcept {
  return _mm256_permute4x64_epi64(
      _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88)), 0xD8);
}
AURALIS_AVX2 inline __m256i high_words(__m256i a, __m256i b) noexcept {
  return _mm256_permute4x64_epi64(
      _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xDD)), 0xD8);
}

AURALIS_AVX2 inline void find_places(const VoiceLanes& lanes, std::size_t count, Places& to) noexcept {
  const __m256i p0 = load(lanes.position, 0);
  const __m256i p1 = load(lanes.position, 4);
  const __m256i first = high_words(p0, p1);
  __m256i place = _mm256_srli_epi32(low_words(p0, p1), kCut);
  const __m256i increment =
      low_words(_mm256_srli_epi64(load(lanes.increment, 0), kCut), _mm256_srli_epi64(load(lanes.increment, 4), kCut));
  const __m256i tap_mask = _mm256_set1_epi32(static_cast<int>(kTapMask));
  for (std::size_t n = 0; n < count; ++n) {
    const __m256i sample = _mm256_add_epi32(first, _mm256_srli_epi32(place, kFractionBits));
    const __m256i tap = _mm256_and_si256(_mm256_srli_epi32(place, kTapShift), tap_mask);
    auto* const frame = reinterpret_cast<__m256i*>(to.of.data() + kLanes * n);
    _mm256_store_si256(frame, _mm256_unpacklo_epi32(sample, tap));
    _mm256_store_si256(frame + 1, _mm256_unpackhi_epi32(sample, tap));
    place = _mm256_add_epi32(place, increment);
  }
}

/// Eight taps of a lane, multiplied and added in pairs.
AURALIS_AVX2 inline __m128i products(const std::int16_t* pool, const char* taps, std::uint64_t place) noexcept {
  return _mm_madd_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(pool + static_cast<std::uint32_t>(place))),
                        _mm_load_si128(reinterpret_cast<const __m128i*>(taps + (place >> 32U))));
}

/// Those of a lane (low half) and of that four further (high half).
AURALIS_AVX2 inline __m256i two_products(const std::int16_t* pool, const char* taps, const std::uint64_t* frame,
                                         std::size_t lane) noexcept {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(products(pool, taps, frame[kPlaceOf[lane]])),
                                 products(pool, taps, frame[kPlaceOf[lane + 4]]), 1);
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

AURALIS_AVX2 void transpose_four(const float* frames, float* const* lanes) noexcept {
  for (std::size_t i = 0; i < 8; i += 4) {
    __m128 r0 = _mm_load_ps(frames + 8 * i);
    __m128 r1 = _mm_load_ps(frames + 8 * i + 8);
    __m128 r2 = _mm_load_ps(frames + 8 * i + 16);
    __m128 r3 = _mm_load_ps(frames + 8 * i + 24);
    _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
    _mm_store_ps(lanes[0] + i, r0);
    _mm_store_ps(lanes[1] + i, r1);
    _mm_store_ps(lanes[2] + i, r2);
    _mm_store_ps(lanes[3] + i, r3);
  }
}

/// Eight lanes; frames as [frame][lane].
AURALIS_AVX2 void filter_eight(VoiceLanes& lanes, const std::int16_t* pool, const Places& places, std::size_t count,
                               float* frames) noexcept {
  const char* taps = reinterpret_cast<const char*>(table().taps.data());
  const __m256 b0 = _mm256_load_ps(lanes.b0.data());
  const __m256 b1 = _mm256_load_ps(lanes.b1.data());
  const __m256 a1 = _mm256_load_ps(lanes.a1.data());
  const __m256 a2 = _mm256_load_ps(lanes.a2.data());
  __m256 s1 = _mm256_load_ps(lanes.s1.data());
  __m256 s2 = _mm256_load_ps(lanes.s2.data());
  for (std::size_t n = 0; n < count; ++n) {
    const std::uint64_t* frame = places.of.data() + kLanes * n;
    const __m256i p0 = two_products(pool, taps, frame, 0);
    const __m256i p1 = two_products(pool, taps, frame, 1);
    const __m256i p2 = two_products(pool, taps, frame, 2);
    const __m256i p3 = two_products(pool, taps, frame, 3);
    const __m256i p01 = _mm256_add_epi32(_mm256_unpacklo_epi32(p0, p1), _mm256_unpackhi_epi32(p0, p1));
    const __m256i p23 = _mm256_add_epi32(_mm256_unpacklo_epi32(p2, p3), _mm256_unpackhi_epi32(p2, p3));
    const __m256 x =
        _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_unpacklo_epi64(p01, p23), _mm256_unpackhi_epi64(p01, p23)));

    const __m256 y = _mm256_fmadd_ps(b0, x, s1);
    s1 = _mm256_fnmadd_ps(a1, y, _mm256_fmadd_ps(b1, x, s2));
    s2 = _mm256_fnmadd_ps(a2, y, _mm256_mul_ps(b0, x));
    _mm256_store_ps(frames + kLanes * n, y);
  }
  _mm256_store_ps(lanes.s1.data(), s1);
  _mm256_store_ps(lanes.s2.data(), s2);
}

/// The first four lanes only.
AURALIS_AVX2 void filter_four(VoiceLanes& lanes, const std::int16_t* pool, const Places& places, std::size_t count,
                              float* frames) noexcept {
  const char* taps = reinterpret_cast<const char*>(table().taps.data());
  const __m128 b0 = _mm_load_ps(lanes.b0.data());
  const __m128 b1 = _mm_load_ps(lanes.b1.data());
  const __m128 a1 = _mm_load_ps(lanes.a1.data());
  const __m128 a2 = _mm_load_ps(lanes.a2.data());
  __m128 s1 = _mm_load_ps(lanes.s1.data());
  __m128 s2 = _mm_load_ps(lanes.s2.data());
  for (std::size_t n = 0; n < count; ++n) {
    const std::uint64_t* frame = places.of.data() + kLanes * n;
    const __m128i p0 = products(pool, taps, frame[kPlaceOf[0]]);
    const __m128i p1 = products(pool, taps, frame[kPlaceOf[1]]);
    const __m128i p2 = products(pool, taps, frame[kPlaceOf[2]]);
    const __m128i p3 = products(pool, taps, frame[kPlaceOf[3]]);
    const __m128i p01 = _mm_add_epi32(_mm_unpacklo_epi32(p0, p1), _mm_unpackhi_epi32(p0, p1));
    const __m128i p23 = _mm_add_epi32(_mm_unpacklo_epi32(p2, p3), _mm_unpackhi_epi32(p2, p3));
    const __m128 x = _mm_cvtepi32_ps(_mm_add_epi32(_mm_unpacklo_epi64(p01, p23), _mm_unpackhi_epi64(p01, p23)));

    const __m128 y = _mm_fmadd_ps(b0, x, s1);
    s1 = _mm_fnmadd_ps(a1, y, _mm_fmadd_ps(b1, x, s2));
    s2 = _mm_fnmadd_ps(a2, y, _mm_mul_ps(b0, x));
    _mm_store_ps(frames + kLanes * n, y);
  }
  _mm_store_ps(lanes.s1.data(), s1);
  _mm_store_ps(lanes.s2.data(), s2);
}

AURALIS_AVX2 void interpolate_avx2(VoiceLanes& lanes, const std::int16_t* pool, std::size_t voices, std::size_t from,
                                   std::size_t count, LaneOutput& out) noexcept {
  const bool four = voices <= kLanes / 2;
  Places places;
  find_places(lanes, count, places);
  alignas(64) std::array<float, kBlock * kLanes> frames;
  if (four) {
    filter_four(lanes, pool - 3, places, count, frames.data());
  } else {
    filter_eight(lanes, pool - 3, places, count, frames.data());
  }
  for (std::size_t lane = 0; lane < voices; ++lane) {
    lanes.position[lane] += count * lanes.increment[lane];
  }

  if (count == kBlock) {
    for (std::size_t n = 0; n < kBlock; n += 8) {
      std::array<float*, kLanes> to;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        to[lane] = out.samples[lane].data() + n;
      }
      if (four) {
        transpose_four(frames.data() + 8 * n, to.data());
      } else {
        transpose(frames.data() + 8 * n, to.data());
      }
    }
    return;
  }
  for (std::size_t n = 0; n < count; ++n) {
    for (std::size_t lane = 0; lane < voices; ++lane) {
      out.samples[lane][from + n] = frames[8 * n + lane];
    }
  }
}

AURALIS_AVX2 void mix_avx2(const float* samples, const GainLine& left, const GainLine& right,
                           LayerBuses::Bus& bus) noexcept {
  mix_body(samples, left, right, bus);
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
