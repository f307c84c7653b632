// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace auralis::server {

/// Whether a page of this origin may use the server: one from the server's own host, or one that the configuration
/// names. A client that sends no Origin is no browser and is let in.
[[nodiscard]] bool origin_allowed(std::string_view origin, std::string_view host,
                                  std::span<const std::string> allowed) noexcept;

/// Whether a Host header names this server, on whatever port: an IP address, localhost and what ends in .localhost
/// (RFC 6761, 6.3), or a name that the configuration allows ("*" allows all). An empty one, as HTTP/1.0 may send, comes
/// from no browser and passes.
///
/// Any other name may be a stranger's, made to resolve to this machine so that his page counts as ours (DNS rebinding);
/// with an address there is nothing to resolve.
[[nodiscard]] bool host_allowed(std::string_view host, std::span<const std::string> allowed) noexcept;

} // namespace auralis::server
