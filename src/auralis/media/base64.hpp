// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace auralis::media {

/// Appends `bytes` in base64 (RFC 4648, section 4: standard alphabet, padded).
void append_base64(std::span<const std::byte> bytes, std::string& out);

} // namespace auralis::media
