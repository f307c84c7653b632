// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/websocket_listener.hpp"

#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "auralis/server/event_messages.hpp"
#include "auralis/server/token_bucket.hpp"
#include "auralis/server/websocket_connection.hpp"

namespace auralis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using core::ErrorCode;

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
class WebSocketListener final : public Listener, public WebSocketConnection {
public:
  WebSocketListener(Connections& owner, TcpSocket socket, std::string peer, JoinRequest join)
      : WebSocketConnection{owner, std::move(socket), std::move(peer), kMessageLimit},
        queue_{{.limit = core::to_seconds(s_.config.queue_limit), .patience = core::to_seconds(s_.config.patience)}},
        bucket_{s_.config.control_rate, s_.config.control_burst, s_.clock.now()}, join_{std::move(join)} {
    auto& tcp_socket = socket_.next_layer().next_layer();
    beast::error_code ignored; // a socket that refuses an option still works
    tcp_socket.set_option(tcp::no_delay{true}, ignored);
    tcp_socket.set_option(asio::socket_base::send_buffer_size{send_buffer(join_.codec)}, ignored);
    // Pings cost a pong each: they draw from the same bucket as messages.
    socket_.control_callback([this](websocket::frame_type kind, beast::string_view /*payload*/) {
      if (kind == websocket::frame_type::ping) {
        take_token();
      }
    });
  }

  void take(const stream::Message& message, core::TimePoint now) override {
    if (finishing()) {
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
    while (!finishing() && !blocked_ && !together_.empty()) {
      while (together_.size() < kMostTogether && !queue_.empty()) { // asked when empty, it takes all for written
        if (auto next = queue_.next(now)) {
          together_.push_back(std::move(*next));
        }
      }
      if (write(together_)) {
        written(now);
      }
    }
  }

  void finish(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) override {
    if (!leave(code, reason)) {
      return;
    }
    last_words_ = std::move(last_words);
    if (!blocked_) {
      together_.clear();
      end();
    }
  }

private:
  void opened() override { s_.stations.join(self(), join_); }
  void from_elsewhere(std::string_view reason) override {
    finish(
        CloseCode::policy, reason,
        std::make_shared<const std::string>(error_json({ErrorCode::invalid_argument, std::string{reason}, "origin"})));
  }
  void stopping(std::string_view reason) override { finish(CloseCode::going_away, reason, nullptr); }
  void left() override { s_.stations.leave(*this); }

  void received(std::string_view bytes, bool text) override {
    if (!finishing() && take_token()) {
      ++s_.counters.messages_received;
      obey(bytes, text);
    }
  }

  bool take_token() {
    if (bucket_.take(s_.clock.now())) {
      return true;
    }
    if (!finishing()) {
      ++s_.counters.closed_for_flood;
      const core::Error error{
          ErrorCode::limit_exceeded,
          fmt::format("too many messages, expected at most {} a second (limits.control_rate)", s_.config.control_rate),
          ""};
      finish(CloseCode::policy, error.what, std::make_shared<const std::string>(error_json(error)));
    }
    return false;
  }

  void obey(std::string_view bytes, bool text) {
    auto& stations = s_.stations;
    if (!text) {
      return refuse({ErrorCode::invalid_argument, "a binary message is not understood, expected JSON text", ""});
    }
    const auto message = protocol::parse_client_message(bytes);
    if (!message) {
      return refuse(message.error());
    }
    if (const auto* ping = std::get_if<protocol::PingMessage>(&*message)) {
      return stations.tell(*this,
                           protocol::to_json(protocol::PongMessage{.t = ping->t, .at = stations.position(*this)}));
    }
    stations.control(self(), std::get<protocol::ControlMessage>(*message));
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
    if (wrote == FrameSocket::Wrote::gone) {
      leave_unheard(); // the reader learns it too
    }
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

  void room() override {
    if (!std::exchange(blocked_, false)) {
      return; // it was the websocket::stream's
    }
    const auto now = s_.clock.now();
    written(now);
    finishing() ? end() : flush(now);
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

  /// The last words, then goodbye.
  void end() {
    if (const auto words = std::exchange(last_words_, nullptr)) {
      write(std::array{stream::message_of(words)});
    }
    if (!blocked_) {
      say_goodbye();
    }
  }

  std::shared_ptr<WebSocketListener> self() { return std::static_pointer_cast<WebSocketListener>(shared_from_this()); }

  stream::ListenerQueue queue_;
  TokenBucket bucket_;
  JoinRequest join_;
  std::vector<stream::Message> together_; // are to be written together, or wait in the socket for room
  std::shared_ptr<const std::string> last_words_;
  std::uint64_t counted_dropped_ = 0;
  bool blocked_ = false; // the kernel takes no more for now
};

} // namespace

void serve_listener(Connections& connections, TcpSocket socket, WebSocketConnection::Request request,
                    const std::string& peer, JoinRequest join, bool origin_ok) {
  std::make_shared<WebSocketListener>(connections, std::move(socket), peer, std::move(join))
      ->start(std::move(request), origin_ok);
}

} // namespace auralis::server
