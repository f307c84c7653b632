// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/text_socket.hpp"

#include <utility>

namespace auralis::server {

TextSocket::TextSocket(Connections& owner, TcpSocket socket, std::string peer, std::size_t message_limit)
    : WebSocketConnection{owner, std::move(socket), std::move(peer), message_limit} {
  socket_.text(true);
}

void TextSocket::finish(CloseCode code, std::string_view reason) {
  if (leave(code, reason)) {
    write();
  }
}

void TextSocket::write() {
  if (writing_ || closing() || !accepted()) {
    return;
  }
  if (auto text = next()) {
    text_ = std::move(text);
    writing_ = true;
    socket_.async_write(boost::asio::buffer(*text_),
                        [this, self = shared_from_this()](boost::beast::error_code error, std::size_t) {
                          writing_ = false;
                          if (!error) { // else the reader learns it
                            write();
                          }
                        });
  } else if (finishing()) {
    say_goodbye();
  }
}

} // namespace auralis::server
