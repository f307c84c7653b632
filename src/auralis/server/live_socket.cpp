// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/live_socket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "auralis/server/event_messages.hpp"
#include "auralis/server/frame_socket.hpp"
#include "auralis/server/listener.hpp"
#include "auralis/server/live_hearing.hpp"

namespace auralis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using core::ErrorCode;

constexpr std::size_t kMessageLimit = 64 * 1024; // two thirds of a second at 48 kHz
/// What may wait for one who reads slowly: minutes of what is heard.
constexpr std::size_t kMostWaiting = 8'000;
/// How much sooner than it sounds a microphone's sound may come, all in all.
constexpr core::Seconds kHeadStart{10.0};
/// No clock is as wrong as this.
constexpr double kFastest = 1.05;
/// Sound that waits for longer has found a server with too much to do.
constexpr core::Seconds kFarBehind{20.0};

class LiveSocket final : public LiveWatch, public Connection, public std::enable_shared_from_this<LiveSocket> {
public:
  LiveSocket(Connections& owner, TcpSocket socket, std::string peer, std::string station)
      : Connection{owner}, socket_{FrameSocket{std::move(socket)}}, peer_{std::move(peer)},
        station_{std::move(station)} {
    socket_.set_option(websocket::stream_base::timeout{.handshake_timeout = s_.config.request_timeout,
                                                       .idle_timeout = s_.config.idle_timeout,
                                                       .keep_alive_pings = true});
    socket_.set_option(websocket::stream_base::decorator{
        [](websocket::response_type& response) { response.set(http::field::server, "Auralis"); }});
    socket_.read_message_max(kMessageLimit);
    socket_.auto_fragment(false);
    socket_.text(true);
  }

  void start(http::request<http::string_body> request, bool origin_ok) {
    asio::co_spawn(owner_.io().get_executor(), live(std::move(request), origin_ok, shared_from_this()), asio::detached);
  }

  void told(const std::shared_ptr<const std::string>& text) override {
    if (finishing_) {
      return;
    }
    if (texts_.size() >= kMostWaiting) {
      ++s_.counters.closed_as_slow;
      texts_.clear();
      return finish(CloseCode::try_again_later, "too slow: what is heard is not read");
    }
    texts_.push_back(text);
    write();
  }
  void ended(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) override {
    if (last_words && !finishing_) {
      texts_.push_back(std::move(last_words));
    }
    finish(code, reason);
  }
  void drain() override {
    if (accepted_) {
      finish(CloseCode::going_away, "the server is stopping");
    }
  }
  void abort() override {
    beast::error_code ignored;
    socket_.next_layer().next_layer().close(ignored);
  }

private:
  Task<void> live(http::request<http::string_body> request, bool origin_ok, std::shared_ptr<LiveSocket> /*self*/) {
    const auto [refused] = co_await socket_.async_accept(request, kTuple);
    if (!refused) {
      accepted_ = true;
      ++s_.counters.sockets_opened;
      begin(origin_ok);
      co_await read_all();
      leave();
    }
    abort();
    owner_.closed(peer_);
  }

  void begin(bool origin_ok) {
    if (!origin_ok) {
      ++s_.counters.closed_for_origin;
      refuse({ErrorCode::invalid_argument, "this origin is not allowed (server.allowed_origins)", "origin"});
    } else if (owner_.draining()) {
      finish(CloseCode::going_away, "the server is stopping");
    } else if (!station_.empty()) {
      s_.hearing.watch(station_, *this);
    }
  }

  void leave() {
    if (!station_.empty()) {
      s_.hearing.unwatch(station_, *this);
    }
    if (ear_) {
      s_.hearing.give_back(*std::exchange(ear_, nullptr));
    }
  }

  Task<void> read_all() {
    // One byte of room beyond the limit, so that a message above it is answered with 1009.
    beast::flat_buffer buffer{kMessageLimit + 1};
    for (;;) {
      const auto [error, size] = co_await socket_.async_read(buffer, kTuple);
      if (error) {
        if (error == beast::error::timeout) {
          ++s_.counters.closed_as_idle;
        }
        co_return;
      }
      if (!finishing_ && !ending_) {
        ++s_.counters.messages_received;
        const auto data = buffer.cdata();
        const auto* bytes = static_cast<const char*>(data.data());
        if (!station_.empty()) {
          refuse({ErrorCode::invalid_argument, "nothing is to be said here: the server listens to the station", ""});
        } else if (socket_.got_text()) {
          obey({bytes, data.size()});
        } else {
          hear({bytes, data.size()});
        }
      }
      buffer.consume(buffer.size());
    }
  }

  void obey(std::string_view text) {
    const auto message = protocol::parse_live_request(text);
    if (!message) {
      return refuse(message.error());
    }
    const auto* microphone = std::get_if<protocol::MicrophoneMessage>(&*message);
    if (microphone == nullptr) {
      ending_ = true;
      ear_ ? ear_->finish() : finish(CloseCode::done, "nothing was heard");
      return;
    }
    if (ear_) {
      return refuse({ErrorCode::invalid_argument, "the microphone has been described already", "/type"});
    }
    const core::Hertz rate{static_cast<double>(microphone->sample_rate)};
    auto ear = s_.hearing.microphone(rate, [this](const std::vector<Told>& heard, bool over) { tell(heard, over); });
    if (!ear) {
      return refuse(ear.error(), CloseCode::try_again_later);
    }
    ear_ = std::move(*ear);
    rate_ = rate;
    began_ = s_.clock.now();
    told(std::make_shared<const std::string>(protocol::to_json(protocol::ListeningMessage{
        .source = protocol::LiveSource::microphone, .sample_rate = microphone->sample_rate, .at = 0})));
  }

  void hear(std::string_view bytes) {
    if (!ear_) {
      return refuse(
          {ErrorCode::invalid_argument, "sound came before it was described, expected a microphone message", ""});
    }
    if (bytes.size() % 2 != 0) {
      return refuse({ErrorCode::invalid_argument,
                     fmt::format("{} bytes of sound came, expected samples of two bytes each", bytes.size()), ""});
    }
    frames_ += bytes.size() / 2;
    const double sounded = kFastest * core::to_seconds(s_.clock.now() - began_).value + kHeadStart.value;
    if (static_cast<double>(frames_) > sounded * rate_.value) {
      ++s_.counters.closed_for_flood;
      return refuse({ErrorCode::limit_exceeded, "sound comes faster than it sounds", ""});
    }
    if (ear_->waiting() > kFarBehind) {
      return refuse({ErrorCode::unavailable, "the server has too much to do to listen", ""},
                    CloseCode::try_again_later);
    }
    const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
    const auto kept = std::make_shared<const std::vector<std::byte>>(first, first + bytes.size());
    ear_->push(kept, *kept);
  }

  void tell(const std::vector<Told>& heard, bool over) {
    for (const auto& one : heard) {
      told(one.text);
    }
    if (over) {
      finish(CloseCode::done, "all has been heard");
    }
  }

  void refuse(const core::Error& error, CloseCode code = CloseCode::policy) {
    ++s_.counters.messages_refused;
    ended(code, error.what, std::make_shared<const std::string>(error_json(error)));
  }

  /// What waits is said, then goodbye.
  void finish(CloseCode code, std::string_view reason) {
    if (std::exchange(finishing_, true)) {
      return;
    }
    // A control frame carries 125 bytes: two of code, the rest reason.
    close_reason_ = websocket::close_reason{static_cast<websocket::close_code>(code), reason.substr(0, 120)};
    // Who does not read does not hear goodbye either; the socket is closed all the same.
    s_.scheduler.after(s_.config.stop_timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->abort();
      }
    });
    write();
  }

  /// The next message, or goodbye after the last, once the one before has left.
  void write() {
    if (writing_ || closing_ || !accepted_) {
      return;
    }
    if (!texts_.empty()) {
      text_ = std::move(texts_.front());
      texts_.pop_front();
      writing_ = true;
      socket_.async_write(asio::buffer(*text_), [self = shared_from_this()](beast::error_code error, std::size_t) {
        self->writing_ = false;
        if (!error) { // else the reader learns it
          self->write();
        }
      });
    } else if (finishing_) {
      closing_ = true;
      socket_.async_close(close_reason_, [self = shared_from_this()](beast::error_code /*gone either way*/) {});
    }
  }

  websocket::stream<FrameSocket, false> socket_;
  std::string peer_;
  std::string station_;      // empty: the other end sends the sound
  std::shared_ptr<Ear> ear_; // of a microphone, once it has been described
  core::Hertz rate_;
  core::TimePoint began_;
  std::uint64_t frames_ = 0; // that have come
  std::deque<std::shared_ptr<const std::string>> texts_;
  std::shared_ptr<const std::string> text_; // is being written
  websocket::close_reason close_reason_;
  bool accepted_ = false;  // the handshake is done
  bool writing_ = false;   // the kernel has not taken text_ yet
  bool ending_ = false;    // no more sound is taken
  bool finishing_ = false; // only what is there already is said
  bool closing_ = false;   // the close frame is on its way
};

} // namespace

void serve_live(Connections& connections, TcpSocket socket, http::request<http::string_body> request,
                const std::string& peer, std::string station, bool origin_ok) {
  std::make_shared<LiveSocket>(connections, std::move(socket), peer, std::move(station))
      ->start(std::move(request), origin_ok);
}

} // namespace auralis::server
