// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "auralis/server/connections.hpp"
#include "auralis/server/frame_socket.hpp"
#include "auralis/server/listener.hpp"

namespace auralis::server {

/// A WebSocket from the handshake to goodbye. What is said on it, and when, is the derived class's.
///
/// The derived class leaves in two steps: leave() once it is settled that only goodbye, or what is there already, is
/// said; say_goodbye() when everything before it has left. Thread: network.
class WebSocketConnection : public Connection, public std::enable_shared_from_this<WebSocketConnection> {
public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  /// A message of more than `message_limit` bytes is answered with 1009.
  WebSocketConnection(Connections& owner, TcpSocket socket, std::string peer, std::size_t message_limit);

  /// Answers the request for an upgrade. One whose origin is not allowed gets the handshake and from_elsewhere(), for a
  /// page cannot read why a handshake was refused.
  void start(Request request, bool origin_ok);

  /// Says goodbye, also to who waits for something that is still being made.
  void drain() override;
  void abort() override;

protected:
  /// The handshake is done, and the peer is welcome.
  virtual void opened() = 0;
  /// The handshake is done; the page that asked has no business here.
  virtual void from_elsewhere(std::string_view reason) = 0;
  /// A whole message. Also comes after leave().
  virtual void received(std::string_view bytes, bool text) = 0;
  /// After the last message, if the handshake was done.
  virtual void left() = 0;
  /// All that the kernel had no room for has left (FrameSocket::on_room).
  virtual void room() {}
  /// The server stops: is to leave(), and to say goodbye as soon as it can.
  virtual void stopping(std::string_view reason) = 0;

  /// From now on finishing(). The first reason counts: false if there was one before. Who has not heard goodbye when
  /// the time for that is over is cut off.
  bool leave(CloseCode code, std::string_view reason);
  /// The peer has gone: finishing() with nobody there to be told.
  void leave_unheard() noexcept { finishing_ = true; }
  /// Sends the close frame, once. Nothing may be being written.
  void say_goodbye();

  [[nodiscard]] bool accepted() const noexcept { return accepted_; }
  [[nodiscard]] bool finishing() const noexcept { return finishing_; }
  [[nodiscard]] bool closing() const noexcept { return closing_; }

  boost::beast::websocket::stream<FrameSocket, false> socket_; // nothing is deflated

private:
  Task<void> live(Request request, bool origin_ok, std::shared_ptr<WebSocketConnection> self);
  Task<void> read_all();

  std::string peer_;
  std::size_t message_limit_;
  boost::beast::websocket::close_reason close_reason_;
  bool accepted_ = false;  // the handshake is done
  bool finishing_ = false; // nothing new is said
  bool closing_ = false;   // the close frame is on its way
};

} // namespace auralis::server
