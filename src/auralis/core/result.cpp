// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/result.hpp"

namespace auralis::core {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
  case ErrorCode::invalid_argument:
    return "invalid_argument";
  case ErrorCode::not_found:
    return "not_found";
  case ErrorCode::unavailable:
    return "unavailable";
  case ErrorCode::limit_exceeded:
    return "limit_exceeded";
  case ErrorCode::io:
    return "io";
  case ErrorCode::internal:
    return "internal";
  }
  return "internal";
}

} // namespace auralis::core
