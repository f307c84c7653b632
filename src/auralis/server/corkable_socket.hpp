// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstddef>
#include <utility>
#include <vector>

namespace auralis::server {

/// A TCP socket that can hold back what is written and send it together with what comes next.
///
/// One call into the kernel costs the sender and the receiver about ten microseconds each, whatever it carries; with
/// thousands of listeners that is most of the work. TCP_CORK would save the receiver's half only.
/// A model of Asio's AsyncStream, for websocket::stream, which has one write under way at a time.
/// Thread: network.
class CorkableSocket {
public:
  using Inner = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  using executor_type = Inner::executor_type;
  using next_layer_type = Inner;

  explicit CorkableSocket(Inner socket) noexcept : socket_{std::move(socket)} {}

  [[nodiscard]] executor_type get_executor() noexcept { return socket_.get_executor(); }
  [[nodiscard]] Inner& next_layer() noexcept { return socket_; }
  [[nodiscard]] const Inner& next_layer() const noexcept { return socket_; }

  /// While true, writes are kept, up to kMostHeld bytes; the first one after it is false again sends all.
  void hold(bool more_follows) noexcept { hold_ = more_follows; }
  /// True if something that counts as written has not been sent yet.
  [[nodiscard]] bool holds() const noexcept { return !held_.empty(); }

  template <typename Buffers, typename Handler> auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <typename Buffers, typename Token> auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::beast::error_code, std::size_t)>(
        [this](auto handler, const Buffers& source) { start_write(source, std::move(handler)); }, token, buffers);
  }

private:
  static constexpr std::size_t kMostHeld = 16 * 1024;

  template <typename Buffers, typename Handler> void start_write(const Buffers& buffers, Handler handler) {
    namespace asio = boost::asio;
    const auto size = asio::buffer_size(buffers);
    const bool keep = hold_ && held_.size() + size <= kMostHeld;
    if (!keep && held_.empty()) {
      socket_.async_write_some(buffers, std::move(handler));
      return;
    }
    const auto before = held_.size();
    held_.resize(before + size);
    asio::buffer_copy(asio::buffer(held_) + before, buffers);
    const auto executor = asio::get_associated_executor(handler, get_executor());
    const auto allocator = asio::get_associated_allocator(handler);
    if (keep) {
      asio::post(
          get_executor(),
          asio::bind_allocator(allocator, asio::bind_executor(executor, [done = std::move(handler), size]() mutable {
                                 done(boost::beast::error_code{}, size);
                               })));
      return;
    }
    asio::async_write(
        socket_, asio::buffer(held_),
        asio::bind_allocator(
            allocator, asio::bind_executor(executor, [this, done = std::move(handler), size](
                                                         boost::beast::error_code error, std::size_t /*sent*/) mutable {
              held_.clear();
              done(error, error ? 0 : size);
            })));
  }

  Inner socket_;
  std::vector<std::byte> held_;
  bool hold_ = false;
};

// How websocket::stream ends the connection below it.
inline void teardown(boost::beast::role_type role, CorkableSocket& socket, boost::beast::error_code& error) {
  boost::beast::websocket::teardown(role, socket.next_layer(), error);
}
template <typename Handler>
void async_teardown(boost::beast::role_type role, CorkableSocket& socket, Handler&& handler) {
  boost::beast::websocket::async_teardown(role, socket.next_layer(), std::forward<Handler>(handler));
}

} // namespace auralis::server
