// SPDX-License-Identifier: Apache-2.0
// The Host and Origin headers, a line each.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/server/origin.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace auralis::server;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto end = text.find('\n');
  const auto host = text.substr(0, end);
  const auto origin = end == text.npos ? std::string_view{} : text.substr(end + 1);
  const std::vector<std::string> any{"*"};
  const std::vector<std::string> one{"music.example"};
  if (!host_allowed(host, any)) {
    std::abort();
  }
  // A list lets more in, never fewer; and a name with letters beyond an address's is let in by a list alone.
  if (host_allowed(host, {}) && !host_allowed(host, one)) {
    std::abort();
  }
  if (host_allowed(host, {}) && host.find('_') != host.npos && host.find("localhost") == host.npos) {
    std::abort();
  }
  if (origin_allowed(origin, host, {}) && !origin_allowed(origin, host, one)) {
    std::abort();
  }
  if (!origin.empty() && origin_allowed(origin, "auralis.example", {}) &&
      origin.find("auralis.example") == origin.npos && origin.find("AURALIS") == origin.npos) {
    bool letters = false; // of another case
    for (const char c : origin) {
      letters = letters || (c >= 'A' && c <= 'Z');
    }
    if (!letters) {
      std::abort();
    }
  }
  return 0;
}
