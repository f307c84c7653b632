// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/origin.hpp"

#include <algorithm>

namespace auralis::server {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower); // hosts and schemes know no case
}

} // namespace

bool origin_allowed(std::string_view origin, std::string_view host, std::span<const std::string> allowed) noexcept {
  if (origin.empty()) {
    return true;
  }
  const auto scheme = origin.find("://");
  if (scheme != origin.npos && !host.empty() && same(origin.substr(scheme + 3), host)) {
    return true;
  }
  return std::ranges::any_of(allowed, [&](const std::string& one) { return same(one, origin); });
}

} // namespace auralis::server
