// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/server/target.hpp"

namespace auralis::server {

/// One HTTP request, read to its end.
struct Request {
  std::string method; ///< "GET"
  Target target;
  std::string host;
  std::string origin;        ///< empty where the client sent none
  std::string content_type;  ///< as sent
  std::string if_none_match; ///< as sent
  std::string body;
};

/// What is answered. The body is shared, so that a file is held once however many ask for it.
struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type; ///< empty for no body at all
  std::shared_ptr<const std::string> body;
};

/// Called once, on the network thread.
using Respond = std::function<void(Response)>;

[[nodiscard]] Response json_response(int status, std::string body);
[[nodiscard]] Response text_response(int status, std::string body);
/// An ErrorDocument.
[[nodiscard]] Response error_response(int status, const core::Error& error);
/// The status that an error of ours has where nothing better is known.
[[nodiscard]] int status_of(core::ErrorCode code) noexcept;
/// With the Allow header that RFC 9110, 15.5.6 demands.
[[nodiscard]] Response not_allowed(std::string_view method, std::string_view allowed);

} // namespace auralis::server
