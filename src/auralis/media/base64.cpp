// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/base64.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace auralis::media {

void append_base64(std::span<const std::byte> bytes, std::string& out) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (j < count ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(j <= count ? alphabet[(group >> (18U - 6U * j)) & 63U] : '=');
    }
  }
}

} // namespace auralis::media
