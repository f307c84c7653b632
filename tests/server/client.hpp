// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auralis::server::testing {

struct Answer {
  int status = 0;                                          ///< 0: the connection ended before there was an answer
  std::map<std::string, std::string, std::less<>> headers; ///< names in lower case
  std::string body;
};

/// A blocking TCP client that sends exactly the bytes it is told to, right or wrong. Every wait ends after a minute.
class Client {
public:
  explicit Client(std::uint16_t port, int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&& other) noexcept;

  void send(std::string_view bytes);
  /// The next answer; `head` for one to HEAD, which has no body whatever it says.
  Answer answer(bool head = false);
  /// Sends a request with Host and, where there is a body, length and type.
  Answer request(std::string_view method, std::string_view target, std::string_view body = {},
                 std::string_view extra_headers = {}, std::string_view content_type = "application/json");
  /// Exactly so many bytes, or fewer if the peer ends first.
  std::string read(std::size_t count);
  /// True when the peer has closed and everything has been read.
  bool ended();
  /// Closes with a reset, as a crash does.
  void reset();
  [[nodiscard]] int descriptor() const noexcept { return fd_; }

private:
  bool fill();

  int fd_ = -1;
  std::string buffer_;
};

struct Frame {
  int opcode = -1; ///< -1: the connection ended
  bool fin = true;
  std::string payload;

  [[nodiscard]] int close_code() const;
  [[nodiscard]] std::string close_reason() const { return payload.size() > 2 ? payload.substr(2) : ""; }
};

inline constexpr int kContinuation = 0;
inline constexpr int kText = 1;
inline constexpr int kBinary = 2;
inline constexpr int kClose = 8;
inline constexpr int kPing = 9;
inline constexpr int kPong = 10;

/// A WebSocket client after RFC 6455 that can break each of its rules.
class Socket {
public:
  /// Connects to a station and does the handshake; `handshake` has the answer.
  Socket(std::uint16_t port, std::string_view query = "", std::string_view extra_headers = "", int receive_buffer = 0,
         std::string_view path = "/ws/stream");

  struct Bits {
    bool fin = true;
    int reserved = 0; ///< RSV1 to RSV3 as 4, 2, 1
    bool masked = true;
  };
  void send(int opcode, std::string_view payload, Bits bits);
  void send(int opcode, std::string_view payload) { send(opcode, payload, Bits{}); }
  void send_text(std::string_view payload) { send(kText, payload); }
  void send_close(int code, std::string_view reason = "");

  Frame frame();
  /// The next text message of this type, whatever comes before; empty if the connection ends first. Close frames end
  /// it.
  std::string message(std::string_view type);
  /// The next audio chunk.
  Frame chunk();
  /// Reads on to the close frame and gives its code; 0 if the connection ends without one.
  int closed_with();

  Answer handshake;
  std::string last_reason;
  Client client;
};

/// The frame's bytes as a client sends them.
std::string frame_bytes(int opcode, std::string_view payload, Socket::Bits bits);

} // namespace auralis::server::testing
