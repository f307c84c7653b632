// SPDX-License-Identifier: Apache-2.0
// The address line of an HTTP request.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auralis/server/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using auralis::server::is_utf8;
  const auto target = auralis::server::parse_target({reinterpret_cast<const char*>(data), size});
  if (target) {
    // Whatever comes out can be joined to a folder without leaving it, and shown to anybody.
    for (const auto& segment : target->path) {
      if (segment == ".." || segment == "." || segment.find_first_of("/\\") != segment.npos || !is_utf8(segment) ||
          std::ranges::any_of(segment, [](char c) { return static_cast<unsigned char>(c) < 0x20U; })) {
        std::abort();
      }
    }
    for (const auto& [name, value] : target->query) {
      if (!is_utf8(name) || !is_utf8(value)) {
        std::abort();
      }
    }
  }
  return 0;
}
