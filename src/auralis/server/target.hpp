// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auralis/core/result.hpp"

namespace auralis::server {

/// An HTTP request target in origin form (RFC 9112, 3.2.1), taken apart and decoded.
struct Target {
  std::vector<std::string> path;                          ///< decoded segments; "/" has none, "/a/" has "a" and ""
  std::vector<std::pair<std::string, std::string>> query; ///< decoded, in order

  /// The value of a query field, if it is there.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
};

/// Refused: what does not begin with '/', bytes that no target may hold, bad or cut percent codes, NUL and other
/// control characters in disguise, "." and ".." as segments (in disguise, too), decoded text that is no UTF-8, a query
/// field given twice, more than 32 segments or fields.
[[nodiscard]] core::Result<Target> parse_target(std::string_view text);

/// Whether every byte belongs to well-formed UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

} // namespace auralis::server
