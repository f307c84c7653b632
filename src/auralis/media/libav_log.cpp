// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/libav_log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

extern "C" {
#include <libavutil/log.h>
}

namespace auralis::media {
namespace {

thread_local std::array<char, 200> last_message{}; // zero-terminated

extern "C" void keep_message(void*, int level, const char* format, va_list arguments) {
  if (level <= AV_LOG_ERROR) {
    static_cast<void>(std::vsnprintf(last_message.data(), last_message.size(), format, arguments));
  }
}

} // namespace

void silence_libav() { av_log_set_callback(&keep_message); }

std::string take_libav_message() {
  std::string_view text{last_message.data()};
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= 0x20U) {
    text.remove_suffix(1);
  }
  // The message may quote bytes of the file; what we show to others is plain.
  std::string plain;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    plain += byte < 0x20U || byte > 0x7EU ? '?' : c;
  }
  last_message[0] = '\0';
  return plain;
}

} // namespace auralis::media
