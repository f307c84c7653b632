// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#if defined(__clang__) && __clang_major__ >= 20
#define AURALIS_REALTIME [[clang::nonblocking]]
#else
/// Marks a function that neither allocates, locks, does I/O nor throws.
#define AURALIS_REALTIME
#endif

namespace auralis::rt {

/// Marks the enclosing scope as real-time and flushes denormals to zero inside it.
///
/// Under the `rtcheck` preset every malloc, free and pthread_mutex_lock made inside a section is counted, and a count
/// above zero fails the test. In other builds it costs two instructions. Sections nest.
/// Thread: any. Realtime: yes.
class RealtimeSection {
public:
  RealtimeSection() noexcept;
  ~RealtimeSection();
  RealtimeSection(const RealtimeSection&) = delete;
  RealtimeSection& operator=(const RealtimeSection&) = delete;

private:
  std::uint32_t saved_fp_mode_;
};

/// Forbidden calls made inside real-time sections, all threads, since the program started; always 0 unless
/// violations_are_counted().
[[nodiscard]] std::uint64_t violations() noexcept;
/// True in builds that carry the guard.
[[nodiscard]] bool violations_are_counted() noexcept;

} // namespace auralis::rt
