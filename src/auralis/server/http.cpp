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
  document.error.code = protocol::parse_error_code(core::to_string(error.code)).value_or(protocol::ErrorCode::internal);
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

bool is_json(std::string_view content_type) noexcept {
  constexpr std::string_view kJson = "application/json";
  std::size_t matched = 0;
  for (const char c : content_type.substr(0, content_type.find(';'))) {
    if (c == ' ') {
      continue;
    }
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (matched == kJson.size() || lower != kJson[matched]) {
      return false;
    }
    ++matched;
  }
  return matched == kJson.size();
}

Response wrong_type(std::string_view content_type) {
  return error_response(415,
                        {core::ErrorCode::invalid_argument,
                         content_type.empty()
                             ? std::string{"the body's type is missing, expected application/json"}
                             : "the body is " + std::string{content_type.substr(0, 60)} + ", expected application/json",
                         "content-type"});
}

Response wrong_body(const core::Error& error) {
  const bool syntax = error.what.starts_with("not JSON") || error.what.starts_with("nested deeper") ||
                      error.what.ends_with("appears twice");
  return error_response(syntax ? 400 : 422, error);
}

} // namespace auralis::server
