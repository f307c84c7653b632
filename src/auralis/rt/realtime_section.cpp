// SPDX-License-Identifier: Apache-2.0
#include "auralis/rt/realtime_section.hpp"

#include <atomic>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#if defined(AURALIS_RTCHECK)
#include <cstddef>
#include <dlfcn.h>
#include <pthread.h>

extern "C" {
// glibc's own names for what the guard below stands in front of.
void* __libc_malloc(std::size_t size);                    // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size); // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* memory, std::size_t size);     // NOLINT(bugprone-reserved-identifier)
void __libc_free(void* memory);                           // NOLINT(bugprone-reserved-identifier)
}
#endif

namespace auralis::rt {
namespace {

constexpr std::uint32_t kFlushToZeroAndDenormalsAreZero = 0x8040U; // MXCSR bits 15 and 6

std::uint32_t flush_denormals() noexcept {
#if defined(__SSE2__)
  const std::uint32_t saved = _mm_getcsr();
  _mm_setcsr(saved | kFlushToZeroAndDenormalsAreZero);
  return saved;
#elif defined(__aarch64__)
  std::uint64_t saved = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
  __asm__ volatile("msr fpcr, %0" : : "r"(saved | (1ULL << 24U)));
  return static_cast<std::uint32_t>(saved);
#else
  return 0;
#endif
}

void restore(std::uint32_t saved) noexcept {
#if defined(__SSE2__)
  _mm_setcsr(saved);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(static_cast<std::uint64_t>(saved)));
#else
  static_cast<void>(saved);
#endif
}

#if defined(AURALIS_RTCHECK)
thread_local int depth = 0; // owning thread only
std::atomic<std::uint64_t> violation_count{0};

void note_call() noexcept {
  if (depth > 0) {
    violation_count.fetch_add(1, std::memory_order_relaxed); // a statistic; nothing is published by it
  }
}
#endif

} // namespace

RealtimeSection::RealtimeSection() noexcept : saved_fp_mode_{flush_denormals()} {
#if defined(AURALIS_RTCHECK)
  ++depth;
#endif
}

RealtimeSection::~RealtimeSection() {
#if defined(AURALIS_RTCHECK)
  --depth;
#endif
  restore(saved_fp_mode_);
}

#if defined(AURALIS_RTCHECK)
std::uint64_t violations() noexcept { return violation_count.load(std::memory_order_relaxed); }
bool violations_are_counted() noexcept { return true; }
#else
std::uint64_t violations() noexcept { return 0; }
bool violations_are_counted() noexcept { return false; }
#endif

} // namespace auralis::rt

#if defined(AURALIS_RTCHECK)
extern "C" {

void* malloc(std::size_t size) {
  auralis::rt::note_call();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  auralis::rt::note_call();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  auralis::rt::note_call();
  return __libc_realloc(memory, size);
}
void free(void* memory) {
  if (memory != nullptr) {
    auralis::rt::note_call();
  }
  __libc_free(memory);
}
int pthread_mutex_lock(pthread_mutex_t* mutex) {
  auralis::rt::note_call();
  using Lock = int (*)(pthread_mutex_t*);
  static std::atomic<Lock> real{nullptr};
  Lock lock = real.load(std::memory_order_relaxed); // every thread finds the same address
  if (lock == nullptr) {
    lock = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    real.store(lock, std::memory_order_relaxed);
  }
  return lock(mutex);
}
}
#endif
