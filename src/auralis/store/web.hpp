// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "auralis/core/result.hpp"

namespace auralis::store {

/// An address on the web, as the library that fetches it understands it: what is checked is what is fetched.
struct WebAddress {
  std::string url;  ///< normalised
  std::string host; ///< in lower case; an IPv6 address in brackets
  std::uint16_t port = 0;
  bool usual_port = true; ///< 80 for http, 443 for https
  std::string file_name;  ///< the last part of the path, decoded; empty where there is none that can be shown
};

/// Errors: invalid_argument for what is no http or https address, or carries a user's name or password.
[[nodiscard]] core::Result<WebAddress> parse_web_address(std::string_view text);

/// Whether a list names the address's host: "audio.example" on the usual port, "audio.example:8000" on that one.
[[nodiscard]] bool host_listed(const WebAddress& address, std::span<const std::string> hosts) noexcept;

struct Download {
  std::uint64_t limit = 0;                 ///< bytes
  std::span<const std::string> hosts;      ///< that may be asked; a redirection to another is an error
  std::function<bool(double share)> go_on; ///< called often; false ends it. `share` is 0 while the length is unknown
};

/// Writes what lies at the address to an open file. Waits up to half a minute for a host that says nothing. Proxies of
/// the environment are not used.
/// Errors: unavailable where the host does not answer, refuses or is not allowed, or go_on() said no; limit_exceeded;
/// io where the file cannot be written.
[[nodiscard]] core::Result<void> download(const WebAddress& address, int file, const Download& options);

} // namespace auralis::store
