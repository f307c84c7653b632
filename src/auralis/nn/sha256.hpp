// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace auralis::nn {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits. Ours, so that this module needs no crypto library.
[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);

} // namespace auralis::nn
