// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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

/// Whether a Content-Type is application/json, with whatever parameters.
[[nodiscard]] bool is_json(std::string_view content_type) noexcept;
/// 415 where the body is no JSON by its type.
[[nodiscard]] Response wrong_type(std::string_view content_type);
/// 400 for what is no JSON at all, 422 for JSON that is not what was expected.
[[nodiscard]] Response wrong_body(const core::Error& error);

/// The body as a T, or the answer that says why not.
template <typename T>
std::optional<T> body_as(const Request& request, core::Result<T> (*parse)(std::string_view), const Respond& respond) {
  if (!is_json(request.content_type)) {
    respond(wrong_type(request.content_type));
    return std::nullopt;
  }
  auto value = parse(request.body);
  if (!value) {
    respond(wrong_body(value.error()));
    return std::nullopt;
  }
  return std::move(*value);
}

} // namespace auralis::server
