// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "auralis/server/network.hpp"

namespace auralis::server {

/// What stands before a message from a server on the wire: one whole frame, never masked (RFC 6455, 5.2).
struct FrameHead {
  std::array<std::byte, 10> bytes{};
  std::size_t size = 0;
};

[[nodiscard]] inline FrameHead frame_head(bool text, std::uint64_t payload) noexcept {
  FrameHead head;
  const auto put = [&](std::uint64_t byte) { head.bytes[head.size++] = static_cast<std::byte>(byte & 0xFFU); };
  put(text ? 0x81U : 0x82U);
  const int extended = payload < 126 ? 0 : payload <= 0xFFFF ? 2 : 8;
  put(extended == 0 ? payload : extended == 2 ? 126U : 127U);
  for (int i = extended - 1; i >= 0; --i) {
    put(payload >> (8 * i));
  }
  return head;
}

/// A TCP socket on which two write frames: a websocket::stream above, which accepts, reads and answers control frames,
/// and the listener, whose messages go round it, several with one call into the kernel.
///
/// Frames never mix: what the kernel does not take at once is kept here and goes before all that comes later. Nothing
/// follows a close frame (RFC 6455, 5.5.1). A model of Asio's AsyncStream.
/// Thread: network.
class FrameSocket {
public:
  using Inner = TcpSocket;
  using executor_type = Inner::executor_type;
  using next_layer_type = Inner;
  using Error = boost::beast::error_code;
  enum class Wrote : std::uint8_t {
    all,   ///< the kernel has it
    later, ///< the rest is kept; on_room() tells when it has gone
    gone,  ///< the connection is closed, or closing
  };

  explicit FrameSocket(Inner socket) : state_{std::make_shared<State>(std::move(socket))} {
    Error ignored; // a socket that refuses it is about to fail at the first write
    state_->socket.non_blocking(true, ignored);
  }

  [[nodiscard]] executor_type get_executor() noexcept { return state_->socket.get_executor(); }
  [[nodiscard]] Inner& next_layer() noexcept { return state_->socket; }
  [[nodiscard]] const Inner& next_layer() const noexcept { return state_->socket; }

  /// Is called, never from within write(), each time that what was kept has gone; not once the connection has.
  void on_room(std::function<void()> call) { state_->on_room = std::move(call); }

  /// Writes whole frames.
  template <typename Buffers> Wrote write(const Buffers& frames) {
    namespace asio = boost::asio;
    auto& socket = state_->socket;
    auto& kept = state_->kept;
    if (state_->closing || !socket.is_open()) {
      return Wrote::gone;
    }
    const bool waits = !kept.empty();
    std::size_t sent = 0;
    if (!waits) {
      Error error;
      sent = socket.write_some(frames, error);
      if (error && error != asio::error::would_block) {
        socket.close(error); // the reader learns it
        return Wrote::gone;
      }
    }
    const auto size = asio::buffer_size(frames);
    if (sent == size) {
      return Wrote::all;
    }
    for (auto part = asio::buffer_sequence_begin(frames); part != asio::buffer_sequence_end(frames); ++part) {
      const asio::const_buffer whole{*part};
      const auto rest = whole + sent;
      const auto* data = static_cast<const std::byte*>(rest.data());
      kept.insert(kept.end(), data, data + rest.size());
      sent -= whole.size() - rest.size();
    }
    if (!waits) {
      wait(state_);
    }
    return Wrote::later;
  }

  template <typename Buffers, typename Token> auto async_read_some(const Buffers& buffers, Token&& token) {
    return state_->socket.async_read_some(buffers, std::forward<Token>(token));
  }

  /// For the websocket::stream, which hands over one whole frame, or its answer to the handshake, at a time.
  template <typename Buffers, typename Token> auto async_write_some(const Buffers& buffers, Token&& token) {
    namespace asio = boost::asio;
    return asio::async_initiate<Token, void(Error, std::size_t)>(
        [this](auto handler, const Buffers& source) {
          const auto size = asio::buffer_size(source);
          // Who pings without ever reading must not make us keep pongs for ever.
          const bool wrote = state_->kept.size() <= kMostKept && write(source) != Wrote::gone;
          std::byte first{};
          asio::buffer_copy(asio::buffer(&first, 1), source);
          state_->closing = state_->closing || first == kCloseFrame;
          const auto executor = asio::get_associated_executor(handler, get_executor());
          asio::post(get_executor(), asio::bind_executor(executor, [done = std::move(handler), wrote, size]() mutable {
                       done(wrote ? Error{} : Error{asio::error::broken_pipe}, wrote ? size : 0);
                     }));
        },
        token, buffers);
  }

private:
  static constexpr std::byte kCloseFrame{0x88};
  static constexpr std::size_t kMostKept = std::size_t{256} * 1024;

  struct State {
    explicit State(Inner inner) : socket{std::move(inner)} {}

    Inner socket;
    std::vector<std::byte> kept; ///< not taken by the kernel yet
    std::function<void()> on_room;
    bool closing = false; ///< a close frame has been written
  };

  static void wait(const std::shared_ptr<State>& state) {
    state->socket.async_wait(Inner::wait_write, [state](Error error) {
      if (error) {
        return; // closed
      }
      const auto sent = state->socket.write_some(boost::asio::buffer(state->kept), error);
      if (error && error != boost::asio::error::would_block) {
        state->socket.close(error);
        return;
      }
      state->kept.erase(state->kept.begin(), state->kept.begin() + static_cast<std::ptrdiff_t>(sent));
      if (!state->kept.empty()) {
        wait(state);
      } else if (state->on_room) {
        state->on_room();
      }
    });
  }

  std::shared_ptr<State> state_; // what waits for room may outlive the listener
};

/// How websocket::stream ends the connection below it. Beast's own reads 2 KiB of what the peer still sends and closes;
/// if more lies there, the kernel resets the connection and the peer may lose the close frame (Boost 1.81). This one
/// reads on to the peer's end; the stream's handshake timeout bounds it.
template <typename Handler>
void async_teardown(boost::beast::role_type /*server*/, FrameSocket& socket, Handler&& handler) {
  namespace asio = boost::asio;
  using Error = boost::beast::error_code;
  auto& inner = socket.next_layer();
  Error ignored; // gone already: the first read tells
  inner.shutdown(TcpSocket::shutdown_send, ignored);
  asio::async_compose<Handler, void(Error)>(
      [&inner, waste = std::make_shared<std::array<std::byte, 4096>>()](auto& self, Error error = {},
                                                                        std::size_t /*size*/ = 0) {
        if (error) {
          return self.complete(error == asio::error::eof ? Error{} : error);
        }
        inner.async_read_some(asio::buffer(*waste), std::move(self));
      },
      handler, inner);
}

} // namespace auralis::server
