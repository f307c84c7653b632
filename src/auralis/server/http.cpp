// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/http.hpp"

#include "auralis/protocol/messages.hpp"

namespace auralis::server {

Response json_response(int status, std::string body) {
  return {.status = status,
          .headers = {{"Cache-Control", "no-store"}},
          .content_type = "application/json",
          .body = std::make_shared<const std::string>(std::move(body))};
}

Response text_response(int status, std::string body) {
  return {.status = status,
          .headers = {{"Cache-Control", "no-store"}},
          .content_type = "text/plain; charset=utf-8",
          .body = std::make_shared<const std::string>(std::move(body))};
}

Response error_response(int status, const core::Error& error) {
  protocol::ErrorDocument document;
  document.error.code = *protocol::parse_error_code(core::to_string(error.code));
  document.error.message = error.what;
  if (!error.where.empty()) {
    document.error.where = error.where;
  }
  return json_response(status, protocol::to_json(document));
}

int status_of(core::ErrorCode code) noexcept {
  switch (code) {
  case core::ErrorCode::invalid_argument:
    return 422;
  case core::ErrorCode::not_found:
    return 404;
  case core::ErrorCode::unavailable:
  case core::ErrorCode::limit_exceeded:
    return 503;
  case core::ErrorCode::io:
  case core::ErrorCode::internal:
    return 500;
  }
  return 500;
}

Response not_allowed(std::string_view method, std::string_view allowed) {
  auto response =
      error_response(405, {core::ErrorCode::invalid_argument,
                           std::string{method} + " is not possible here, only " + std::string{allowed}, "method"});
  response.headers.emplace_back("Allow", allowed);
  return response;
}

} // namespace auralis::server
