// SPDX-License-Identifier: Apache-2.0
#include "server/client.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace auralis::server::testing {
namespace {

constexpr int kDeadlineMs = 60'000;

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::string head_of(std::string_view method, std::string_view target) {
  std::string head{method};
  head += ' ';
  head += target;
  head += " HTTP/1.1\r\nHost: localhost\r\n";
  return head;
}

} // namespace

Client::Client(std::uint16_t port, int receive_buffer) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  if (receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Client::~Client() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Client::Client(Client&& other) noexcept : fd_{std::exchange(other.fd_, -1)}, buffer_{std::move(other.buffer_)} {}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent <= 0) {
      return; // the peer has gone; what it said before is still to be read
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::fill() {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, kDeadlineMs) <= 0) {
    throw std::runtime_error("nothing came within a minute");
  }
  std::array<char, 65'536> bytes{};
  const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got <= 0) {
    return false;
  }
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Client::read(std::size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  auto out = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return out;
}

bool Client::ended() {
  while (fill()) {
    buffer_.clear();
  }
  return true;
}

void Client::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(fd_, -1));
}

Answer Client::answer(bool head) {
  Answer answer;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      return answer;
    }
  }
  const auto text = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = std::stoi(text.substr(9, 3));
  for (auto from = text.find("\r\n") + 2; from < text.size();) {
    const auto to = text.find("\r\n", from);
    const auto line = text.substr(from, to - from);
    const auto colon = line.find(": ");
    answer.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    from = to + 2;
  }
  const auto length = answer.headers.find("content-length");
  const bool none = head || answer.status == 204 || answer.status == 304 || answer.status < 200;
  if (!none && length != answer.headers.end()) {
    answer.body = read(std::stoul(length->second));
  }
  return answer;
}

Answer Client::request(std::string_view method, std::string_view target, std::string_view body,
                       std::string_view extra_headers, std::string_view content_type) {
  auto text = head_of(method, target);
  text += extra_headers;
  if (!body.empty()) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    if (!content_type.empty()) {
      text += "Content-Type: ";
      text += content_type;
      text += "\r\n";
    }
  }
  text += "\r\n";
  text += body;
  send(text);
  return answer(method == "HEAD");
}

int Frame::close_code() const {
  return payload.size() < 2 ? 0 : static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
}

std::string frame_bytes(int opcode, std::string_view payload, Socket::Bits bits) {
  std::string out;
  out += static_cast<char>((bits.fin ? 0x80 : 0) | (bits.reserved << 4) | opcode);
  const int mask = bits.masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask | static_cast<int>(payload.size()));
  } else if (payload.size() < 65'536) {
    out += static_cast<char>(mask | 126);
    out += static_cast<char>(payload.size() >> 8U);
    out += static_cast<char>(payload.size() & 0xFFU);
  } else {
    out += static_cast<char>(mask | 127);
    for (int shift = 56; shift >= 0; shift -= 8) {
      out += static_cast<char>((payload.size() >> static_cast<unsigned>(shift)) & 0xFFU);
    }
  }
  static constexpr std::string_view kKey = "\x12\x34\x56\x78";
  if (bits.masked) {
    out += kKey;
  }
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += bits.masked ? static_cast<char>(payload[i] ^ kKey[i % 4]) : payload[i];
  }
  return out;
}

Socket::Socket(std::uint16_t port, std::string_view query, std::string_view extra_headers, int receive_buffer,
               std::string_view path)
    : client{port, receive_buffer} {
  auto text = head_of("GET", std::string{path} + std::string{query});
  text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  text += extra_headers;
  client.send(text + "\r\n");
  handshake = client.answer();
}

void Socket::send(int opcode, std::string_view payload, Bits bits) { client.send(frame_bytes(opcode, payload, bits)); }

void Socket::send_close(int code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  send(kClose, payload.append(reason));
}

Frame Socket::frame() {
  const auto head = client.read(2);
  if (head.size() < 2) {
    return {};
  }
  Frame frame{.opcode = head[0] & 0x0F, .fin = (head[0] & 0x80) != 0};
  std::uint64_t size = static_cast<unsigned char>(head[1]) & 0x7FU;
  if (size >= 126) {
    const auto more = client.read(size == 126 ? 2 : 8);
    size = 0;
    for (const char c : more) {
      size = size * 256 + static_cast<unsigned char>(c);
    }
  }
  frame.payload = client.read(size);
  return frame.payload.size() == size ? frame : Frame{};
}

std::string Socket::message(std::string_view type) {
  const auto wanted = "{\"type\":\"" + std::string{type} + "\"";
  for (;;) {
    auto one = frame();
    if (one.opcode < 0 || one.opcode == kClose) {
      return {};
    }
    if (one.opcode == kText && one.payload.starts_with(wanted)) {
      return one.payload;
    }
  }
}

Frame Socket::chunk() {
  for (;;) {
    auto one = frame();
    if (one.opcode < 0 || one.opcode == kClose || one.opcode == kBinary) {
      return one;
    }
  }
}

int Socket::closed_with() {
  for (;;) {
    const auto one = frame();
    if (one.opcode < 0) {
      return 0;
    }
    if (one.opcode == kClose) {
      last_reason = one.close_reason();
      return one.close_code();
    }
  }
}

} // namespace auralis::server::testing
