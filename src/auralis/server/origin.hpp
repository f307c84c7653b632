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

} // namespace auralis::server
