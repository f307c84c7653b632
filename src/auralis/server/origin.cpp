// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/origin.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace auralis::server {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower); // hosts and schemes know no case
}

/// The host without its port; nothing if it is none.
std::string_view without_port(std::string_view host) noexcept {
  const auto bracket = host.starts_with('[') ? host.find(']') : 0;
  const auto colon = host.find(':', bracket);
  if (bracket == host.npos || (colon != host.npos && host.find_first_not_of("0123456789", colon + 1) != host.npos)) {
    return {};
  }
  return host.substr(0, colon);
}

bool is_address(std::string_view host) noexcept {
  const bool v6 = host.starts_with('[') && host.ends_with(']');
  if (v6) {
    host = host.substr(1, host.size() - 2);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (host.size() >= text.size()) {
    return false;
  }
  std::ranges::copy(host, text.begin());
  return ::inet_pton(v6 ? AF_INET6 : AF_INET, text.data(), address.data()) == 1;
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

bool host_allowed(std::string_view host, std::span<const std::string> allowed) noexcept {
  if (host.empty()) {
    return true;
  }
  auto name = without_port(host);
  if (name.ends_with('.')) {
    name.remove_suffix(1); // the root that every name ends in
  }
  constexpr std::string_view kLocal = ".localhost";
  const bool local = same(name, kLocal.substr(1)) ||
                     (name.size() > kLocal.size() && same(name.substr(name.size() - kLocal.size()), kLocal));
  return local || is_address(name) ||
         std::ranges::any_of(allowed, [&](const std::string& one) { return one == "*" || same(one, name); });
}

} // namespace auralis::server
