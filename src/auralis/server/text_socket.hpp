// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "auralis/server/websocket_connection.hpp"

namespace auralis::server {

/// A WebSocket that says texts, one after the other as fast as they are read, and in the end goodbye.
///
/// What waits to be said is the derived class's; it calls write() when there is more. Thread: network.
class TextSocket : public WebSocketConnection {
public:
  TextSocket(Connections& owner, TcpSocket socket, std::string peer, std::size_t message_limit);

protected:
  void from_elsewhere(std::string_view reason) override { finish(CloseCode::policy, reason); }
  void stopping(std::string_view reason) override { finish(CloseCode::going_away, reason); }

  /// Takes the text that is to be said next; null where there is none.
  virtual std::shared_ptr<const std::string> next() = 0;

  /// What waits is said, then goodbye. The first reason counts.
  void finish(CloseCode code, std::string_view reason);
  /// The next message, or goodbye after the last, once the one before has left.
  void write();

private:
  std::shared_ptr<const std::string> text_; // is being written
  bool writing_ = false;                    // the kernel has not taken text_ yet
};

} // namespace auralis::server
