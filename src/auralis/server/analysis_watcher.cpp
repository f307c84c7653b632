// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/analysis_watcher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <optional>
#include <utility>

#include "auralis/server/analyses.hpp"
#include "auralis/server/frame_socket.hpp"
#include "auralis/server/listener.hpp"

namespace auralis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr std::size_t kMessageLimit = 1024; // nothing is expected

/// Sends each AnalysisStatus as text; of several that wait for a slow reader, the latest.
class AnalysisWatcher final : public AnalysisWatch,
                              public Connection,
                              public std::enable_shared_from_this<AnalysisWatcher> {
public:
  AnalysisWatcher(Connections& owner, TcpSocket socket, std::string peer, std::string id)
      : Connection{owner}, socket_{FrameSocket{std::move(socket)}}, peer_{std::move(peer)}, id_{std::move(id)} {
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

  void changed(const protocol::AnalysisStatus& status) override {
    if (finishing_) {
      return;
    }
    next_ = protocol::to_json(status);
    if (status.state == protocol::AnalysisState::done || status.state == protocol::AnalysisState::failed) {
      finish(CloseCode::done, "the analysis has ended");
    }
    write();
  }
  void removed() override {
    next_.reset();
    finish(CloseCode::not_there, "the analysis was deleted");
    write();
  }
  void drain() override {
    if (accepted_) {
      finish(CloseCode::going_away, "the server is stopping");
      write();
    }
  }
  void abort() override {
    beast::error_code ignored;
    socket_.next_layer().next_layer().close(ignored);
  }

private:
  Task<void> live(http::request<http::string_body> request, bool origin_ok, std::shared_ptr<AnalysisWatcher> /*self*/) {
    const auto [refused] = co_await socket_.async_accept(request, kTuple);
    if (!refused) {
      accepted_ = true;
      ++s_.counters.sockets_opened;
      begin(origin_ok);
      co_await read_all();
      s_.analyses.unwatch(id_, *this);
    }
    abort();
    owner_.closed(peer_);
  }

  void begin(bool origin_ok) {
    if (!origin_ok) {
      ++s_.counters.closed_for_origin;
      finish(CloseCode::policy, "this origin is not allowed (server.allowed_origins)");
    } else if (owner_.draining()) {
      finish(CloseCode::going_away, "the server is stopping");
    } else if (!s_.analyses.watch(id_, *this)) {
      finish(CloseCode::not_there, "there is no such analysis");
    }
    write();
  }

  Task<void> read_all() {
    beast::flat_buffer buffer{kMessageLimit + 1};
    for (;;) {
      const auto [error, size] = co_await socket_.async_read(buffer, kTuple);
      if (error) {
        if (error == beast::error::timeout) {
          ++s_.counters.closed_as_idle;
        }
        co_return;
      }
      buffer.consume(buffer.size());
      next_.reset();
      finish(CloseCode::policy, "nothing is to be said here");
      write();
    }
  }

  void finish(CloseCode code, std::string_view reason) {
    if (std::exchange(finishing_, true)) {
      return;
    }
    close_reason_ = websocket::close_reason{static_cast<websocket::close_code>(code), reason.substr(0, 120)};
    // Who does not read does not hear goodbye either; the socket is closed all the same.
    s_.scheduler.after(s_.config.stop_timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->abort();
      }
    });
  }

  /// The next message, or goodbye after the last, once the one before has left.
  void write() {
    if (writing_ || closing_ || !accepted_) {
      return;
    }
    if (next_) {
      text_ = *std::exchange(next_, std::nullopt);
      writing_ = true;
      socket_.async_write(asio::buffer(text_), [self = shared_from_this()](beast::error_code error, std::size_t) {
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
  std::string id_;
  std::optional<std::string> next_;
  std::string text_; // is being written
  websocket::close_reason close_reason_;
  bool accepted_ = false;  // the handshake is done
  bool writing_ = false;   // the kernel has not taken text_ yet
  bool finishing_ = false; // only what is there already is said
  bool closing_ = false;   // the close frame is on its way
};

} // namespace

void serve_watcher(Connections& connections, TcpSocket socket, http::request<http::string_body> request,
                   const std::string& peer, std::string id, bool origin_ok) {
  std::make_shared<AnalysisWatcher>(connections, std::move(socket), peer, std::move(id))
      ->start(std::move(request), origin_ok);
}

} // namespace auralis::server
