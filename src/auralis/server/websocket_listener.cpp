// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/websocket_listener.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cstddef>
#include <fmt/format.h>

#include "auralis/server/event_messages.hpp"
#include "auralis/server/frame_socket.hpp"
#include "auralis/server/token_bucket.hpp"

namespace auralis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using core::ErrorCode;

using WebSocket = websocket::stream<FrameSocket, false>; // audio is never deflated

constexpr std::size_t kMessageLimit = 16 * 1024;
/// Messages that a listener is sent with one call into the kernel.
constexpr std::size_t kMostTogether = 16;
/// Sound that leaves within 100 ms of being due is on time: a listener's buffer holds 300 ms or more.
constexpr double kOnTimeMs = 100.0;

/// What the kernel holds for one listener. Together with Config::queue_limit this bounds how late a listener may be and
/// how soon a dead one is noticed. Linux counts a small packet as about 1.3 KiB of the doubled value.
int send_buffer(stream::Codec codec) noexcept { return codec == stream::Codec::opus ? 32 * 1024 : 128 * 1024; }

/// A listener at the end of a WebSocket. Its messages are written as frames beside the websocket::stream, several with
/// one call into the kernel; what the kernel does not take at once is written before the queue gives more.
class WebSocketListener final : public Listener,
                                public Connection,
                                public std::enable_shared_from_this<WebSocketListener> {
public:
  WebSocketListener(Connections& owner, TcpSocket socket, std::string peer, stream::Codec codec)
      : Connection{owner}, socket_{FrameSocket{std::move(socket)}}, peer_{std::move(peer)},
        queue_{{.limit = core::to_seconds(s_.config.queue_limit), .patience = core::to_seconds(s_.config.patience)}},
        bucket_{s_.config.control_rate, s_.config.control_burst, s_.clock.now()} {
    auto& tcp_socket = socket_.next_layer().next_layer();
    beast::error_code ignored; // a socket that refuses an option still works
    tcp_socket.set_option(tcp::no_delay{true}, ignored);
    tcp_socket.set_option(asio::socket_base::send_buffer_size{send_buffer(codec)}, ignored);
    socket_.set_option(websocket::stream_base::timeout{.handshake_timeout = s_.config.request_timeout,
                                                       .idle_timeout = s_.config.idle_timeout,
                                                       .keep_alive_pings = true});
    socket_.set_option(websocket::stream_base::decorator{
        [](websocket::response_type& response) { response.set(http::field::server, "Auralis"); }});
    socket_.read_message_max(kMessageLimit);
    socket_.auto_fragment(false);
    // Pings cost a pong each: they draw from the same bucket as messages.
    socket_.control_callback([this](websocket::frame_type kind, beast::string_view /*payload*/) {
      if (kind == websocket::frame_type::ping) {
        take_token();
      }
    });
  }

  void start(http::request<http::string_body> request, JoinRequest join, bool origin_ok) {
    socket_.next_layer().on_room([weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->room();
      }
    });
    asio::co_spawn(owner_.io().get_executor(), live(std::move(request), std::move(join), origin_ok, shared_from_this()),
                   asio::detached);
  }

  void take(const stream::Message& message, core::TimePoint now) override {
    if (finishing_) {
      return;
    }
    switch (queue_.push(message, now)) {
    case stream::ListenerQueue::Pushed::sent:
      together_.push_back(message);
      return;
    case stream::ListenerQueue::Pushed::dropped:
      count_dropped();
      if (queue_.behind(now)) {
        ++s_.counters.closed_as_slow;
        finish(CloseCode::try_again_later, "too slow: the listener keeps losing sound", nullptr);
      }
      return;
    case stream::ListenerQueue::Pushed::queued:
    case stream::ListenerQueue::Pushed::stale:
      return;
    }
  }

  void flush(core::TimePoint now) override {
    while (!finishing_ && !blocked_ && !together_.empty()) {
      while (together_.size() < kMostTogether && !queue_.empty()) {
        together_.push_back(*queue_.next(now));
      }
      if (write(together_)) {
        written(now);
      }
    }
  }

  void finish(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) override {
    if (finishing_) {
      return;
    }
    finishing_ = true;
    last_words_ = std::move(last_words);
    // A control frame carries 125 bytes: two of code, the rest reason.
    close_reason_ = websocket::close_reason{static_cast<websocket::close_code>(code), reason.substr(0, 120)};
    // Who does not read does not hear goodbye either; the socket is closed all the same.
    s_.scheduler.after(s_.config.stop_timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->abort();
      }
    });
    if (!blocked_) {
      together_.clear();
      say_goodbye();
    }
  }

  /// Says goodbye, also to who waits for a station that is still being made.
  void drain() override {
    if (accepted_) {
      finish(CloseCode::going_away, "the server is stopping", nullptr);
    }
  }
  void abort() override {
    beast::error_code ignored;
    socket_.next_layer().next_layer().close(ignored);
  }

private:
  Task<void> live(http::request<http::string_body> request, JoinRequest join, bool origin_ok,
                  std::shared_ptr<WebSocketListener> self) {
    auto& counters = s_.counters;
    const auto [refused] = co_await socket_.async_accept(request, kTuple);
    if (!refused) {
      accepted_ = true;
      ++counters.sockets_opened;
      if (!origin_ok) {
        ++counters.closed_for_origin;
        finish(CloseCode::policy, "this origin is not allowed (server.allowed_origins)",
               std::make_shared<const std::string>(error_json(
                   {ErrorCode::invalid_argument, "this origin is not allowed (server.allowed_origins)", "origin"})));
      } else if (owner_.draining()) {
        finish(CloseCode::going_away, "the server is stopping", nullptr);
      } else {
        s_.stations.join(self, join);
      }
      co_await read_all();
      s_.stations.leave(*this);
    }
    abort();
    owner_.closed(peer_);
  }

  Task<void> read_all() {
    // One byte of room beyond the limit: a buffer that is full ends the read without the 1009 that read_message_max
    // gives.
    beast::flat_buffer buffer{kMessageLimit + 1};
    for (;;) {
      const auto [error, size] = co_await socket_.async_read(buffer, kTuple);
      if (error) {
        if (error == beast::error::timeout) {
          ++s_.counters.closed_as_idle;
        }
        co_return;
      }
      if (!finishing_ && take_token()) {
        ++s_.counters.messages_received;
        const auto data = buffer.cdata();
        obey({static_cast<const char*>(data.data()), data.size()});
      }
      buffer.consume(buffer.size());
    }
  }

  bool take_token() {
    if (bucket_.take(s_.clock.now())) {
      return true;
    }
    if (!finishing_) {
      ++s_.counters.closed_for_flood;
      const core::Error error{
          ErrorCode::limit_exceeded,
          fmt::format("too many messages, expected at most {} a second (limits.control_rate)", s_.config.control_rate),
          ""};
      finish(CloseCode::policy, error.what, std::make_shared<const std::string>(error_json(error)));
    }
    return false;
  }

  void obey(std::string_view text) {
    auto& stations = s_.stations;
    if (!socket_.got_text()) {
      return refuse({ErrorCode::invalid_argument, "a binary message is not understood, expected JSON text", ""});
    }
    const auto message = protocol::parse_client_message(text);
    if (!message) {
      return refuse(message.error());
    }
    if (const auto* ping = std::get_if<protocol::PingMessage>(&*message)) {
      return stations.tell(*this,
                           protocol::to_json(protocol::PongMessage{.t = ping->t, .at = stations.position(*this)}));
    }
    stations.control(shared_from_this(), std::get<protocol::ControlMessage>(*message));
  }

  void refuse(const core::Error& error) {
    ++s_.counters.messages_refused;
    s_.stations.tell(*this, error_json(error));
  }

  /// Writes each message as a frame. True if the kernel has taken them all.
  bool write(std::span<const stream::Message> messages) {
    std::array<FrameHead, kMostTogether> heads;
    std::array<asio::const_buffer, 2 * kMostTogether> frames;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const auto& bytes = messages[i].bytes;
      heads[i] = frame_head(messages[i].text, bytes.size());
      frames[2 * i] = {heads[i].bytes.data(), heads[i].size};
      frames[2 * i + 1] = {bytes.data(), bytes.size()};
    }
    const auto wrote = socket_.next_layer().write(std::span{frames}.first(2 * messages.size()));
    finishing_ = finishing_ || wrote == FrameSocket::Wrote::gone; // the reader learns it too, and leaves
    blocked_ = wrote == FrameSocket::Wrote::later;
    return wrote == FrameSocket::Wrote::all;
  }

  /// What was written has left.
  void written(core::TimePoint now) {
    count_sent();
    together_.clear();
    if (auto next = queue_.next(now)) {
      together_.push_back(std::move(*next));
    }
  }

  void room() {
    if (!std::exchange(blocked_, false)) {
      return; // it was the websocket::stream's
    }
    const auto now = s_.clock.now();
    written(now);
    finishing_ ? say_goodbye() : flush(now);
  }

  void count_sent() {
    auto& metrics = s_.stations.metrics();
    const auto now = s_.clock.now(); // later than when the station spoke: others had their turn before
    for (const auto& message : together_) {
      if (!message.chunk || !is_live(*message.chunk)) {
        continue;
      }
      const double delay_ms = 1e3 * core::to_seconds(now - message.chunk->due).value;
      metrics.send_delay_ms.record_ms(delay_ms);
      // This thread is the only writer of the two; a plain add without a locked instruction is enough.
      bump(metrics.chunks_sent);
      if (delay_ms <= kOnTimeMs) {
        bump(metrics.chunks_on_time);
      }
    }
  }

  static void bump(std::atomic<std::uint64_t>& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  /// The past that a new listener is given was not due now, and says nothing about how punctual the server is.
  [[nodiscard]] bool is_live(const stream::Chunk& chunk) const noexcept {
    return !seat.burst_end || static_cast<std::int32_t>(chunk.seq - *seat.burst_end) > 0;
  }

  void count_dropped() {
    const auto dropped = queue_.counters().dropped;
    s_.stations.metrics().chunks_dropped.fetch_add(dropped - counted_dropped_, std::memory_order_relaxed);
    counted_dropped_ = dropped;
  }

  void say_goodbye() {
    if (const auto words = std::exchange(last_words_, nullptr)) {
      write(std::array{stream::message_of(words)});
    }
    if (!blocked_ && !std::exchange(closing_, true)) {
      socket_.async_close(close_reason_, [self = shared_from_this()](beast::error_code /*gone either way*/) {});
    }
  }

  WebSocket socket_;
  std::string peer_;
  stream::ListenerQueue queue_;
  TokenBucket bucket_;
  std::vector<stream::Message> together_; // are to be written together, or wait in the socket for room
  std::shared_ptr<const std::string> last_words_;
  websocket::close_reason close_reason_;
  std::uint64_t counted_dropped_ = 0;
  bool accepted_ = false;  // the handshake is done
  bool blocked_ = false;   // the kernel takes no more for now
  bool finishing_ = false; // nothing but the last words is taken any more
  bool closing_ = false;   // the close frame is on its way
};

} // namespace

void serve_listener(Connections& connections, TcpSocket socket, http::request<http::string_body> request,
                    const std::string& peer, JoinRequest join, bool origin_ok) {
  std::make_shared<WebSocketListener>(connections, std::move(socket), peer, join.codec)
      ->start(std::move(request), std::move(join), origin_ok);
}

} // namespace auralis::server
