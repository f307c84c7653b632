// SPDX-License-Identifier: Apache-2.0
#include "frame_reader.hpp"

#include <cassert>

#include <fmt/format.h>

namespace auralis::load {

FrameReader::Frame FrameReader::next(std::span<const std::byte> bytes) noexcept {
  const auto byte = [&](std::size_t at) { return std::to_integer<std::uint64_t>(bytes[at]); };
  if (bytes.size() < 2) {
    return {};
  }
  Frame frame;
  const auto opcode = byte(0) & 0x0FU;
  const bool final = (byte(0) & 0x80U) != 0;
  const bool reserved = (byte(0) & 0x70U) != 0;
  const bool masked = (byte(1) & 0x80U) != 0;
  const bool known = opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10);
  if (!final || reserved || masked || !known) {
    frame.broken = true;
    return frame;
  }
  frame.opcode = static_cast<Opcode>(opcode);

  std::uint64_t length = byte(1) & 0x7FU;
  std::size_t header = 2;
  const std::size_t extended = length == 126 ? 2 : (length == 127 ? 8 : 0);
  if (extended > 0) {
    if (bytes.size() < header + extended) {
      return {};
    }
    length = 0;
    for (std::size_t i = 0; i < extended; ++i) {
      length = length << 8U | byte(header + i);
    }
    header += extended;
  }
  if (bytes.size() - header < length) {
    return {};
  }
  frame.payload = bytes.subspan(header, static_cast<std::size_t>(length));
  frame.size = header + static_cast<std::size_t>(length);
  return frame;
}

std::string handshake_request(const std::string& host, int port, const std::string& target) {
  // The key is the example of RFC 6455: a load generator has no caches to defend against.
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                     target, host, port);
}

std::string control_frame(FrameReader::Opcode opcode, std::span<const std::byte> payload) {
  assert(payload.size() <= 125);
  std::string frame;
  frame.push_back(static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  frame.push_back(static_cast<char>(0x80U | payload.size()));
  frame.append(4, '\0'); // a mask of zeros leaves the payload as it is
  for (const auto byte : payload) {
    frame.push_back(static_cast<char>(byte));
  }
  return frame;
}

} // namespace auralis::load
