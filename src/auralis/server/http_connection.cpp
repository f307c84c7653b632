// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/http_connection.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <charconv>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "auralis/server/origin.hpp"
#include "auralis/server/websocket_listener.hpp"

namespace auralis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using core::ErrorCode;

using HttpStream = beast::basic_stream<tcp, Executor>;

constexpr std::size_t kHeaderLimit = 8 * 1024;
constexpr std::size_t kBodyLimit = 64 * 1024;
/// How long an answer may take to be made; a station's SoundFont may have to be read.
constexpr std::chrono::seconds kAnswerTimeout{30};
/// After an answer that ends the connection, what the peer still sends is read for this long, so that the answer is not
/// lost to a reset (RFC 9112, 9.6).
constexpr std::chrono::milliseconds kLinger{500};

std::string http_date() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

std::string_view view(beast::string_view text) noexcept { return {text.data(), text.size()}; }

core::Result<JoinRequest> join_request(const Target& target) {
  const auto refuse = [](std::string_view field, std::string_view found, std::string_view expected) {
    return core::fail(ErrorCode::invalid_argument,
                      fmt::format("{} is '{}', expected {}", field, found.substr(0, 60), expected), std::string{field});
  };
  JoinRequest join;
  for (const auto& [name, value] : target.query) {
    if (name == "station") {
      if (!protocol::is_station_id(value)) {
        return refuse(name, value, "a station's id or 'private'");
      }
      join.station = value;
    } else if (name == "codec") {
      const auto codec = stream::parse_codec(value);
      if (!codec) {
        return refuse(name, value, "opus, pcm16 or json");
      }
      join.codec = *codec;
    } else if (name == "events") {
      if (value != "0" && value != "1") {
        return refuse(name, value, "0 or 1");
      }
      join.events = value == "1";
    } else if (name == "preset") {
      if (!protocol::is_preset_id(value)) {
        return refuse(name, value, "a preset's id");
      }
      join.preset = value;
    } else if (name == "resume") {
      if (!protocol::is_station_id(value)) {
        return refuse(name, value, "a station's id");
      }
      join.resume = value;
    } else if (name == "seed") {
      std::uint64_t seed = 0;
      const auto* end = value.data() + value.size();
      const auto [rest, error] = std::from_chars(value.data(), end, seed);
      if (error != std::errc{} || rest != end || seed >= (std::uint64_t{1} << 53U)) {
        return refuse(name, value, "an integer from 0 to 9007199254740991");
      }
      join.seed = seed;
    } else {
      return core::fail(ErrorCode::invalid_argument,
                        fmt::format("unknown field '{}', expected one of station, codec, preset, seed, resume, events",
                                    name.substr(0, 60)),
                        "query");
    }
  }
  return join;
}

bool is_stream(const Target& target) {
  return target.path.size() == 2 && target.path[0] == "ws" && target.path[1] == "stream";
}

/// One HTTP connection: requests in turn, each answered before the next is looked at.
class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
public:
  HttpConnection(Connections& owner, TcpSocket socket, std::string peer)
      : Connection{owner}, stream_{std::move(socket)}, peer_{std::move(peer)} {}

  void start() { asio::co_spawn(owner_.io().get_executor(), live(shared_from_this()), asio::detached); }

  void drain() override {
    if (!busy_) {
      abort();
    }
  }
  void abort() override {
    aborted_ = true;
    stream_.close();
  }

private:
  using Parser = http::request_parser<http::string_body>;
  enum class Next { request, close, linger, gone };

  Task<void> live(std::shared_ptr<HttpConnection> /*self*/) {
    beast::flat_buffer buffer{kHeaderLimit + kBodyLimit};
    auto next = Next::request;
    auto patience = s_.config.request_timeout;
    while (next == Next::request && !aborted_) {
      next = co_await serve(buffer, patience);
      patience = s_.config.keep_alive_timeout;
    }
    if (next == Next::gone) {
      co_return; // to a WebSocket, which counts as this connection from now on
    }
    if (next == Next::linger) {
      co_await linger();
    }
    stream_.close();
    owner_.closed(peer_);
  }

  /// Reads one request and answers it.
  Task<Next> serve(beast::flat_buffer& buffer, std::chrono::milliseconds patience) {
    busy_ = false;
    if (buffer.size() == 0) {
      stream_.expires_after(patience);
      const auto [error, size] = co_await stream_.async_read_some(buffer.prepare(4096), kTuple);
      if (error) {
        co_return Next::close; // between requests, leaving is no fault
      }
      buffer.commit(size);
    }
    busy_ = true;
    Parser parser;
    parser.header_limit(kHeaderLimit);
    parser.body_limit(kBodyLimit);
    stream_.expires_after(s_.config.request_timeout);
    {
      const auto [error, size] = co_await http::async_read_header(stream_, buffer, parser, kTuple);
      if (error) {
        co_return co_await refuse(error);
      }
    }
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(kContinue), kTuple);
      if (error) {
        co_return Next::close;
      }
    }
    {
      const auto [error, size] = co_await http::async_read(stream_, buffer, parser, kTuple);
      if (error) {
        co_return co_await refuse(error);
      }
    }
    co_return co_await dispatch(parser.release(), buffer.size() > 0);
  }

  struct Form {
    unsigned version = 11;
    bool keep_alive = true;
    bool head = false;
    std::string host;
    std::string origin; ///< an allowed one, to be echoed
  };

  Task<Next> refuse(beast::error_code error) {
    if (error == http::error::end_of_stream || error == asio::error::operation_aborted || aborted_) {
      co_return Next::close;
    }
    const Form form{.version = 11, .keep_alive = false}; // named: GCC 12 destroys such a temporary twice in a co_await
    std::optional<Response> response;
    if (error == beast::error::timeout) {
      ++s_.counters.requests_timed_out;
      co_return Next::close; // the stream has closed the socket itself; nobody would hear a 408
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      response = error_response(431, {ErrorCode::limit_exceeded,
                                      fmt::format("the request's head is above {} bytes", kHeaderLimit), "headers"});
    } else if (error == http::error::body_limit) {
      response = error_response(
          413, {ErrorCode::limit_exceeded, fmt::format("the body is above {} bytes", kBodyLimit), "body"});
    } else if (error.category() == http::make_error_code(http::error::bad_method).category()) {
      response = error_response(400, {ErrorCode::invalid_argument, "not HTTP: " + error.message(), "request"});
    } else {
      co_return Next::close;
    }
    co_await write(std::move(*response), form);
    co_return Next::linger;
  }

  Task<Next> dispatch(http::request<http::string_body> message, bool more) {
    Form form{.version = message.version(),
              .keep_alive = message.keep_alive() && !owner_.draining(),
              .head = message.method() == http::verb::head,
              .host = std::string{view(message[http::field::host])}};
    Request request{.method = std::string{view(message.method_string())},
                    .host = form.host,
                    .origin = std::string{view(message[http::field::origin])},
                    .content_type = std::string{view(message[http::field::content_type])},
                    .if_none_match = std::string{view(message[http::field::if_none_match])}};
    const bool origin_ok = origin_allowed(request.origin, request.host, s_.config.allowed_origins);
    if (origin_ok) {
      form.origin = request.origin;
    }
    std::optional<Response> early;
    auto target = parse_target(view(message.target()));
    if (message.version() == 11 && message.count(http::field::host) != 1) {
      early = error_response(400, {ErrorCode::invalid_argument, "expected one Host (RFC 9112, 3.2)", "host"});
    } else if (!host_allowed(request.host, s_.config.allowed_hosts)) {
      early = error_response(421, {ErrorCode::invalid_argument,
                                   "Host is no name of this server, expected localhost, an IP address or one of "
                                   "server.allowed_hosts",
                                   "host"});
    } else if (!target) {
      early = error_response(400, target.error());
    } else if (is_stream(*target) && message.method() != http::verb::options) {
      if (message.method() != http::verb::get) {
        early = not_allowed(request.method, "GET, OPTIONS");
      } else if (!websocket::is_upgrade(message)) {
        early = error_response(426, {ErrorCode::invalid_argument, "this address speaks WebSocket", "upgrade"});
        early->headers.emplace_back("Upgrade", "websocket");
        early->headers.emplace_back("Connection", "Upgrade");
      } else if (auto join = join_request(*target); !join) {
        early = error_response(400, join.error());
      } else if (more) {
        early =
            error_response(400, {ErrorCode::invalid_argument, "frames came before the handshake was done", "request"});
      } else {
        serve_listener(owner_, stream_.release_socket(), std::move(message), peer_, std::move(*join), origin_ok);
        co_return Next::gone;
      }
    }
    if (early) {
      form.keep_alive = false;
      co_await write(std::move(*early), form);
      co_return Next::linger;
    }
    request.target = std::move(*target);
    request.body = std::move(message.body());
    const bool changes = request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
    Response response;
    if (request.method == "OPTIONS") {
      response = options(request, origin_ok);
    } else if (changes && !origin_ok) {
      response = error_response(
          403, {ErrorCode::invalid_argument, "this origin is not allowed (server.allowed_origins)", "origin"});
    } else if (Api::handles(request.target)) {
      response = co_await answer(std::move(request));
    } else {
      response = s_.files.serve(request);
    }
    const bool written = co_await write(std::move(response), form);
    co_return !written ? Next::close : form.keep_alive && !owner_.draining() ? Next::request : Next::linger;
  }

  static Response options(const Request& request, bool origin_ok) {
    auto allowed = Api::handles(request.target) ? Api::allowed(request.target) : std::string{"GET, HEAD, OPTIONS"};
    if (allowed.empty()) {
      return error_response(404, {ErrorCode::not_found, "there is nothing here", "path"});
    }
    Response response{.status = 204};
    if (!request.origin.empty() && origin_ok) {
      response.headers.emplace_back("Access-Control-Allow-Methods", allowed);
      response.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type");
      response.headers.emplace_back("Access-Control-Max-Age", "600");
    }
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
  }

  /// The API's answer, whenever it comes.
  Task<Response> answer(Request request) {
    struct Slot {
      explicit Slot(const Executor& executor) : gate{executor} {}
      asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>
          gate;
      std::optional<Response> response;
    };
    const auto slot = std::make_shared<Slot>(owner_.io().get_executor());
    slot->gate.expires_after(kAnswerTimeout);
    s_.api.handle(request, [slot](Response response) {
      slot->response = std::move(response);
      slot->gate.cancel();
    });
    if (!slot->response) {
      co_await slot->gate.async_wait(kTuple);
    }
    if (!slot->response) {
      co_return error_response(503, {ErrorCode::unavailable, "the answer took too long", ""});
    }
    co_return std::move(*slot->response);
  }

  template <typename Message> void dress(Message& message, const Response& response, const Form& form) {
    message.set(http::field::server, "Auralis");
    message.set(http::field::date, http_date());
    message.set("X-Content-Type-Options", "nosniff");
    message.set("Referrer-Policy", "no-referrer");
    // The page needs SharedArrayBuffer, which browsers give to isolated pages only.
    message.set("Cross-Origin-Opener-Policy", "same-origin");
    message.set("Cross-Origin-Embedder-Policy", "require-corp");
    message.set("Cross-Origin-Resource-Policy", "same-origin");
    if (!response.content_type.empty()) {
      message.set(http::field::content_type, response.content_type);
    }
    if (response.content_type.starts_with("text/html")) {
      // 'self' does not cover ws: in every browser; the Host has been sent by the page's own browser.
      const bool plain =
          !form.host.empty() &&
          form.host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") ==
              std::string::npos;
      message.set("Content-Security-Policy",
                  fmt::format("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
                              "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
                              "media-src 'self' blob:; connect-src 'self'{}; object-src 'none'; base-uri 'none'; "
                              "form-action 'none'; frame-ancestors 'none'",
                              plain ? fmt::format(" ws://{0} wss://{0}", form.host) : std::string{}));
    }
    if (!form.origin.empty()) {
      message.set(http::field::access_control_allow_origin, form.origin);
    }
    message.set(http::field::vary, "Origin");
    for (const auto& [name, value] : response.headers) {
      message.set(name, value);
    }
    message.keep_alive(form.keep_alive);
  }

  /// False if the connection is of no further use.
  Task<bool> write(Response response, const Form& form) {
    ++s_.counters.answers[static_cast<std::size_t>(response.status / 100)];
    stream_.expires_after(s_.config.request_timeout);
    const auto status = static_cast<http::status>(response.status);
    const auto size = response.body ? response.body->size() : 0;
    if (form.head || size == 0) {
      http::response<http::empty_body> message{status, form.version};
      dress(message, response, form);
      if (response.status != 204 && response.status != 304) {
        message.content_length(size);
      }
      const auto [error, written] = co_await http::async_write(stream_, message, kTuple);
      co_return !error;
    }
    http::response<http::span_body<const char>> message{status, form.version};
    dress(message, response, form);
    message.body() = {response.body->data(), size};
    message.content_length(size);
    const auto [error, written] = co_await http::async_write(stream_, message, kTuple);
    co_return !error;
  }

  Task<void> linger() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    std::array<char, 4096> waste{};
    for (std::size_t total = 0; total < kBodyLimit;) {
      const auto [error, size] = co_await stream_.async_read_some(asio::buffer(waste), kTuple);
      if (error) {
        co_return;
      }
      total += size;
    }
  }

  HttpStream stream_;
  std::string peer_;
  bool busy_ = true;
  bool aborted_ = false;
};

} // namespace

void serve_http(Connections& connections, TcpSocket socket, const std::string& peer) {
  std::make_shared<HttpConnection>(connections, std::move(socket), peer)->start();
}

} // namespace auralis::server
