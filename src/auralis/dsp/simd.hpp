// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// One body, two builds: a kernel is written once as an AURALIS_KERNEL function over Vec8, wrapped in a plain function
/// and in one marked AURALIS_AVX2, and the wrapper is chosen when its owner is constructed. The binary so runs on any
/// x86-64 (and, by the plain one, elsewhere), and uses eight lanes and fused multiply-add where they are.
#define AURALIS_KERNEL [[gnu::always_inline]] static inline

#if defined(__x86_64__)
#define AURALIS_HAS_AVX2_BUILD 1
#define AURALIS_AVX2 [[gnu::target("avx2,fma")]]
#else
#define AURALIS_HAS_AVX2_BUILD 0
#define AURALIS_AVX2
#endif

namespace auralis::dsp {

/// Eight floats; the compiler splits them where registers are narrower.
using Vec8 [[gnu::vector_size(32)]] = float;

/// As many integers; what a comparison of floats gives.
using Bits8 [[gnu::vector_size(32)]] = std::int32_t;

/// Eight floats where they lie, at any address.
using UnalignedVec8 [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;

AURALIS_KERNEL const UnalignedVec8& eight(const float* from) noexcept {
  return *reinterpret_cast<const UnalignedVec8*>(from);
}
AURALIS_KERNEL UnalignedVec8& eight(float* at) noexcept { return *reinterpret_cast<UnalignedVec8*>(at); }

/// Replaces normal positive floats by their log2, to 1e-6: the exponent, and the series of atanh for a mantissa
/// around 1.
AURALIS_KERNEL void to_log2(Vec8& x) noexcept {
  Bits8 bits;
  std::memcpy(&bits, &x, sizeof bits);
  // Exponents count from sqrt(1/2), so that mantissas lie in [0.707, 1.414).
  const Bits8 offset = bits - 0x3F3504F3;
  const Bits8 exponent = offset >> 23;
  const Bits8 mantissa_bits = bits - (exponent << 23);
  Vec8 m;
  std::memcpy(&m, &mantissa_bits, sizeof m);
  const Vec8 s = (m - 1.0F) / (m + 1.0F);
  const Vec8 s2 = s * s;
  constexpr float kScale = 2.8853900817779268F; // 2 / ln 2
  const Vec8 series = s * (kScale + s2 * (kScale / 3.0F + s2 * (kScale / 5.0F + s2 * (kScale / 7.0F))));
  x = __builtin_convertvector(exponent, Vec8) + series;
}

/// True if this processor runs AURALIS_AVX2 functions.
[[nodiscard]] inline bool runs_avx2() noexcept {
#if AURALIS_HAS_AVX2_BUILD
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#else
  return false;
#endif
}

} // namespace auralis::dsp
