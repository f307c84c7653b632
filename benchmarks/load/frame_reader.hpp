// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace auralis::load {

/// What a server sends, cut into WebSocket frames (RFC 6455, section 5.2). Servers never mask and ours never fragments;
/// anything else is reported as broken.
///
/// Thread: one owner.
class FrameReader {
public:
  enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

  /// Takes bytes as they came from the socket and calls `take(Opcode, std::span<const std::byte>)` for each whole
  /// frame. False if the bytes are no such frames; the reader is of no use after that.
  template <typename Take> [[nodiscard]] bool feed(std::span<const std::byte> bytes, Take&& take) {
    // Frames that lie whole in `bytes` are read where they are; only a cut one is kept until the rest comes.
    if (!kept_.empty()) {
      kept_.insert(kept_.end(), bytes.begin(), bytes.end());
      bytes = kept_;
    }
    std::size_t used = 0;
    while (true) {
      const auto frame = next(bytes.subspan(used));
      if (frame.broken) {
        return false;
      }
      if (frame.size == 0) {
        break;
      }
      take(frame.opcode, frame.payload);
      used += frame.size;
    }
    std::vector<std::byte> rest(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
    kept_.swap(rest);
    return true;
  }

private:
  struct Frame {
    Opcode opcode = Opcode::text;
    std::span<const std::byte> payload;
    std::size_t size = 0; ///< header and payload; 0 while it is not whole
    bool broken = false;
  };
  [[nodiscard]] static Frame next(std::span<const std::byte> bytes) noexcept;

  std::vector<std::byte> kept_;
};

/// The client's side of the opening handshake.
[[nodiscard]] std::string handshake_request(const std::string& host, int port, const std::string& target);

/// A masked control frame, as clients must send. \pre payload.size() <= 125
[[nodiscard]] std::string control_frame(FrameReader::Opcode opcode, std::span<const std::byte> payload);

} // namespace auralis::load
