// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fstream>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace auralis::test {

/// Bytes this process holds: its resident set, or under a sanitizer the bytes that are allocated and not yet freed,
/// because a sanitizer keeps what is freed resident for a while, to watch it.
inline long held_bytes() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return static_cast<long>(__sanitizer_get_current_allocated_bytes());
#else
  std::ifstream file{"/proc/self/statm"};
  long pages = 0;
  file >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
#endif
}

} // namespace auralis::test
