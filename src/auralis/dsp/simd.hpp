// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
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

/// Eight floats where they lie, at any address.
using UnalignedVec8 [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;

AURALIS_KERNEL const UnalignedVec8& eight(const float* from) noexcept {
  return *reinterpret_cast<const UnalignedVec8*>(from);
}
AURALIS_KERNEL UnalignedVec8& eight(float* at) noexcept { return *reinterpret_cast<UnalignedVec8*>(at); }

/// True if this processor runs AURALIS_AVX2 functions.
[[nodiscard]] inline bool runs_avx2() noexcept {
#if AURALIS_HAS_AVX2_BUILD
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#else
  return false;
#endif
}

} // namespace auralis::dsp
