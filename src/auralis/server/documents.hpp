// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Documents built into the binary from protocol/ and src/auralis/server/docs/.
namespace auralis::server::documents {

[[nodiscard]] std::string_view openapi_json() noexcept; ///< OpenAPI 3.1, with the message schemas in it
[[nodiscard]] std::string_view docs_html() noexcept;
[[nodiscard]] std::string_view docs_js() noexcept;
[[nodiscard]] std::string_view docs_css() noexcept;

} // namespace auralis::server::documents
