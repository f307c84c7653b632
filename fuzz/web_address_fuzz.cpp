// SPDX-License-Identifier: Apache-2.0
// The address of a recording that a client asks the server to fetch.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/store/web.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using auralis::store::parse_web_address;
  const auto address = parse_web_address({reinterpret_cast<const char*>(data), size});
  if (!address) {
    return 0;
  }
  const bool web = address->url.starts_with("http://") || address->url.starts_with("https://");
  if (!web || address->host.empty() || address->file_name.find_first_of("/\\") != std::string::npos) {
    std::abort();
  }
  // Nobody is let in by a list without him, and the address that is fetched leads to the host that was looked at.
  const std::vector<std::string> others{"audio.invalid", "127.0.0.1:1"};
  if (auralis::store::host_listed(*address, others) && address->host != "audio.invalid" &&
      !(address->host == "127.0.0.1" && address->port == 1)) {
    std::abort();
  }
  const auto again = parse_web_address(address->url);
  if (again && (again->host != address->host || again->port != address->port)) {
    std::abort();
  }
  return 0;
}
