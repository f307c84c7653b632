// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace auralis::core {

/// The kinds of failure a caller may want to tell apart.
enum class ErrorCode {
  invalid_argument, ///< a value is malformed or out of range
  not_found,        ///< the thing named does not exist
  unavailable,      ///< it exists, but cannot serve now (busy, closed, not installed)
  limit_exceeded,   ///< a size, rate or count bound was reached
  io,               ///< reading or writing failed
  internal,         ///< our bug
};

/// Stable lower-case name, as used on the wire ("invalid_argument").
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// An expected failure that a user could act on.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string what;  ///< what was wrong, what was expected, what to do: one sentence or two
  std::string where; ///< the field, file or address concerned; empty where `what` says it all
};

/// A value or an Error. One alias, so that C++23's std::expected can take over.
template <typename T> using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string where = {}) {
  return tl::unexpected<Error>{Error{code, std::move(what), std::move(where)}};
}

} // namespace auralis::core
