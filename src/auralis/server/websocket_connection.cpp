// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/websocket_connection.hpp"

#include <utility>

namespace auralis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

/// A control frame carries 125 bytes: two of code, the rest reason.
constexpr std::size_t kLongestReason = 120;

} // namespace

WebSocketConnection::WebSocketConnection(Connections& owner, TcpSocket socket, std::string peer,
                                         std::size_t message_limit)
    : Connection{owner}, socket_{FrameSocket{std::move(socket)}}, peer_{std::move(peer)},
      message_limit_{message_limit} {
  socket_.set_option(websocket::stream_base::timeout{.handshake_timeout = s_.config.request_timeout,
                                                     .idle_timeout = s_.config.idle_timeout,
                                                     .keep_alive_pings = true});
  socket_.set_option(websocket::stream_base::decorator{
      [](websocket::response_type& response) { response.set(http::field::server, "Auralis"); }});
  socket_.read_message_max(message_limit);
  socket_.auto_fragment(false);
}

void WebSocketConnection::start(Request request, bool origin_ok) {
  socket_.next_layer().on_room([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->room();
    }
  });
  asio::co_spawn(owner_.io().get_executor(), live(std::move(request), origin_ok, shared_from_this()), asio::detached);
}

void WebSocketConnection::drain() {
  if (accepted_) {
    stopping("the server is stopping");
  }
}

void WebSocketConnection::abort() {
  beast::error_code ignored;
  socket_.next_layer().next_layer().close(ignored);
}

Task<void> WebSocketConnection::live(Request request, bool origin_ok, std::shared_ptr<WebSocketConnection> /*self*/) {
  const auto [refused] = co_await socket_.async_accept(request, kTuple);
  if (!refused) {
    accepted_ = true;
    ++s_.counters.sockets_opened;
    if (!origin_ok) {
      ++s_.counters.closed_for_origin;
      from_elsewhere("this origin is not allowed (server.allowed_origins)");
    } else if (owner_.draining()) {
      drain();
    } else {
      opened();
    }
    co_await read_all();
    left();
  }
  abort();
  owner_.closed(peer_);
}

Task<void> WebSocketConnection::read_all() {
  // One byte of room beyond the limit: a buffer that is full ends the read without the 1009 that read_message_max
  // gives.
  beast::flat_buffer buffer{message_limit_ + 1};
  for (;;) {
    const auto [error, size] = co_await socket_.async_read(buffer, kTuple);
    if (error) {
      if (error == beast::error::timeout) {
        ++s_.counters.closed_as_idle;
      }
      co_return;
    }
    const auto data = buffer.cdata();
    received({static_cast<const char*>(data.data()), data.size()}, socket_.got_text());
    buffer.consume(buffer.size());
  }
}

bool WebSocketConnection::leave(CloseCode code, std::string_view reason) {
  if (std::exchange(finishing_, true)) {
    return false;
  }
  close_reason_ = websocket::close_reason{static_cast<websocket::close_code>(code), reason.substr(0, kLongestReason)};
  // Who does not read does not hear goodbye either; the socket is closed all the same.
  s_.scheduler.after(s_.config.stop_timeout, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->abort();
    }
  });
  return true;
}

void WebSocketConnection::say_goodbye() {
  if (!std::exchange(closing_, true)) {
    socket_.async_close(close_reason_, [self = shared_from_this()](beast::error_code /*gone either way*/) {});
  }
}

} // namespace auralis::server
