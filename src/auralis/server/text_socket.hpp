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
#include <utility>

#include "auralis/server/connections.hpp"
#include "auralis/server/frame_socket.hpp"
#include "auralis/server/listener.hpp"

namespace auralis::server {

/// A WebSocket that says texts, one after the other as fast as they are read, and in the end goodbye.
///
/// What waits to be said is the derived class's; it calls write() when there is more. Thread: network.
class TextSocket : public Connection, public std::enable_shared_from_this<TextSocket> {
public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  TextSocket(Connections& owner, TcpSocket socket, std::string peer, std::size_t message_limit);

  void start(Request request, bool origin_ok);

  void drain() override;
  void abort() override;

protected:
  /// The handshake is done, and the peer is welcome.
  virtual void opened() = 0;
  /// The handshake is done; the page that asked has no business here.
  virtual void from_elsewhere(std::string_view reason) { finish(CloseCode::policy, reason); }
  /// A whole message. Also comes after finish().
  virtual void received(std::string_view bytes, bool text) = 0;
  /// After the last message, if the handshake was done.
  virtual void left() = 0;
  /// Takes the text that is to be said next; null where there is none.
  virtual std::shared_ptr<const std::string> next() = 0;

  /// What waits is said, then goodbye. The first reason counts.
  void finish(CloseCode code, std::string_view reason);
  /// The next message, or goodbye after the last, once the one before has left.
  void write();
  [[nodiscard]] bool finishing() const noexcept { return finishing_; }

private:
  Task<void> live(Request request, bool origin_ok, std::shared_ptr<TextSocket> self);
  Task<void> read_all();

  boost::beast::websocket::stream<FrameSocket, false> socket_;
  std::string peer_;
  std::size_t message_limit_;
  std::shared_ptr<const std::string> text_; // is being written
  boost::beast::websocket::close_reason close_reason_;
  bool accepted_ = false;  // the handshake is done
  bool writing_ = false;   // the kernel has not taken text_ yet
  bool finishing_ = false; // only what is there already is said
  bool closing_ = false;   // the close frame is on its way
};

} // namespace auralis::server
