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
#include <limits>

#include "auralis/server/analyses_api.hpp"
#include "auralis/server/analysis_watcher.hpp"
#include "auralis/server/live_socket.hpp"
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

/// What of a file is read before it is written down.
constexpr std::size_t kPiece = 128 * 1024;
constexpr std::string_view kUnnamed = "upload";

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

/// The analysis whose progress is asked for at /ws/analyses/{id}.
std::optional<std::string> watched_analysis(const Target& target) {
  const auto& path = target.path;
  return path.size() == 3 && path[0] == "ws" && path[1] == "analyses" && protocol::is_analysis_id(path[2])
             ? std::optional{path[2]}
             : std::nullopt;
}

bool is_socket(const Target& target, std::string_view name) {
  return target.path.size() == 2 && target.path[0] == "ws" && target.path[1] == name;
}
bool is_stream(const Target& target) { return is_socket(target, "stream"); }
bool is_live(const Target& target) { return is_socket(target, "listen"); }

/// The station that is to be heard live; empty for a microphone.
core::Result<std::string> live_station(const Target& target) {
  std::string station;
  for (const auto& [name, value] : target.query) {
    if (name != "station") {
      return core::fail(ErrorCode::invalid_argument,
                        fmt::format("unknown field '{}', expected station", name.substr(0, 60)), "query");
    }
    if (!protocol::is_station_id(value) || value == "private") {
      return core::fail(ErrorCode::invalid_argument,
                        fmt::format("station is '{}', expected a station's id", value.substr(0, 60)), "station");
    }
    station = value;
  }
  return station;
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
  using HeadParser = http::request_parser<http::empty_body>;
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
    HeadParser head;
    head.header_limit(kHeaderLimit);
    head.body_limit(boost::none); // how much may follow depends on what it is
    stream_.expires_after(s_.config.request_timeout);
    {
      const auto [error, size] = co_await http::async_read_header(stream_, buffer, head, kTuple);
      if (error) {
        co_return co_await refuse(error);
      }
    }
    const auto& fields = head.get();
    if (auto target = parse_target(view(fields.target()));
        target && is_upload(view(fields.method_string()), *target, view(fields[http::field::content_type]))) {
      co_return co_await take_upload(buffer, head, std::move(*target));
    }
    if (const auto length = head.content_length(); length && *length > kBodyLimit) {
      const beast::error_code too_large = http::error::body_limit;
      co_return co_await refuse(too_large);
    }
    if (const bool ready = co_await expect(head); !ready) {
      co_return Next::close;
    }
    Parser parser{std::move(head)};
    parser.body_limit(kBodyLimit);
    {
      const auto [error, size] = co_await http::async_read(stream_, buffer, parser, kTuple);
      if (error) {
        co_return co_await refuse(error);
      }
    }
    co_return co_await dispatch(parser.release(), buffer.size() > 0);
  }

  /// Tells one who waits to be asked for his body to send it. False if the connection is of no further use.
  Task<bool> expect(const HeadParser& head) {
    if (!beast::iequals(head.get()[http::field::expect], "100-continue")) {
      co_return true;
    }
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(kContinue), kTuple);
    co_return !error;
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

  template <typename Message> Form form_of(const Message& message) const {
    Form form{.version = message.version(),
              .keep_alive = message.keep_alive() && !owner_.draining(),
              .head = message.method() == http::verb::head,
              .host = std::string{view(message[http::field::host])}};
    if (const std::string origin{view(message[http::field::origin])};
        origin_allowed(origin, form.host, s_.config.allowed_origins)) {
      form.origin = origin;
    }
    return form;
  }

  template <typename Message> std::optional<Response> wrong_host(const Message& message) const {
    if (message.version() == 11 && message.count(http::field::host) != 1) {
      return error_response(400, {ErrorCode::invalid_argument, "expected one Host (RFC 9112, 3.2)", "host"});
    }
    if (!host_allowed(view(message[http::field::host]), s_.config.allowed_hosts)) {
      return error_response(421, {ErrorCode::invalid_argument,
                                  "Host is no name of this server, expected localhost, an IP address or one of "
                                  "server.allowed_hosts",
                                  "host"});
    }
    return std::nullopt;
  }

  /// Why a file is not taken, before any of it has come.
  std::optional<Response> refused_upload(const HeadParser& head, const Target& target) const {
    const auto& fields = head.get();
    if (auto response = wrong_host(fields)) {
      return response;
    }
    const auto most = std::uint64_t{s_.config.analysis_max_upload_mib} << 20U;
    if (!origin_allowed(view(fields[http::field::origin]), view(fields[http::field::host]),
                        s_.config.allowed_origins)) {
      return wrong_origin();
    }
    if (const auto name = recording_name(target, kUnnamed); !name) {
      return error_response(400, name.error());
    }
    if (head.content_length() && *head.content_length() > most) {
      return too_large_upload();
    }
    if (head.is_done()) {
      return error_response(422, {ErrorCode::invalid_argument,
                                  "the body is empty, expected a sound file, or JSON with its type", "body"});
    }
    return std::nullopt;
  }

  Response too_large_upload() const {
    return error_response(
        413,
        {ErrorCode::limit_exceeded,
         fmt::format("the file is above {} MiB (analysis.max_upload)", s_.config.analysis_max_upload_mib), "body"});
  }

  static Response wrong_origin() {
    return error_response(
        403, {ErrorCode::invalid_argument, "this origin is not allowed (server.allowed_origins)", "origin"});
  }

  /// Reads a file's bytes into a file of ours, piece by piece, and hands it to the analyses.
  Task<Next> take_upload(beast::flat_buffer& buffer, HeadParser& head, Target target) {
    auto form = form_of(head.get());
    auto response = refused_upload(head, target);
    Analyses::Place place;
    if (!response) {
      auto reserved = s_.analyses.reserve(true);
      if (reserved) {
        place = std::move(*reserved);
      } else {
        response = analysis_error(reserved.error());
      }
    }
    if (!response) {
      if (const bool ready = co_await expect(head); !ready) {
        co_return Next::close;
      }
      http::request_parser<http::buffer_body> body{std::move(head)};
      auto file = std::make_shared<std::shared_ptr<TemporaryFile>>();
      auto received = co_await receive(buffer, body, file);
      if (!received) {
        co_return Next::close; // he has gone, or says nothing any more
      }
      response = std::move(*received);
      if (!response) {
        std::function<void(const Respond&)> ask = [this, file, place, target](const Respond& respond) {
          s_.analyses.submit(*file, *recording_name(target, kUnnamed), place,
                             [respond](const core::Result<protocol::AnalysisStatus>& status) {
                               respond(status ? accepted(*status) : analysis_error(status.error()));
                             });
        };
        place.reset();
        response = co_await eventually(std::move(ask));
        const bool written = co_await write(std::move(*response), form);
        co_return !written ? Next::close : form.keep_alive && !owner_.draining() ? Next::request : Next::linger;
      }
    }
    form.keep_alive = false;
    co_await write(std::move(*response), form);
    waste_ = std::numeric_limits<std::size_t>::max();
    co_return Next::linger;
  }

  /// Why what was received is refused, or nothing; no value at all if the connection is of no further use.
  Task<std::optional<std::optional<Response>>> receive(beast::flat_buffer& buffer,
                                                       http::request_parser<http::buffer_body>& body,
                                                       std::shared_ptr<std::shared_ptr<TemporaryFile>> file) {
    body.body_limit(std::uint64_t{s_.config.analysis_max_upload_mib} << 20U);
    const auto piece = std::make_shared<std::vector<char>>(kPiece); // the clerk may outlive this connection
    std::uint64_t total = 0;
    while (!body.is_done()) {
      body.get().body().data = piece->data();
      body.get().body().size = piece->size();
      stream_.expires_after(s_.config.request_timeout); // for each piece: who trickles holds no place for long
      const auto [error, size] = co_await http::async_read(stream_, buffer, body, kTuple);
      if (error == http::error::body_limit) {
        co_return std::optional<Response>{too_large_upload()};
      }
      if (error && error != http::error::need_buffer) {
        s_.counters.requests_timed_out += error == beast::error::timeout ? 1U : 0U;
        co_return std::nullopt;
      }
      const auto filled = piece->size() - body.get().body().size;
      total += filled;
      std::function<void(const Respond&)> ask = [&analyses = s_.analyses, piece, filled, file](const Respond& respond) {
        analyses.on_clerk([&analyses, piece, filled, file, respond] {
          auto kept = keep(*file, analyses.config().data_dir, {piece->data(), filled});
          analyses.on_network(
              [kept = std::move(kept), respond] { respond(kept ? Response{} : analysis_error(kept.error())); });
        });
      };
      auto answer = co_await eventually(std::move(ask));
      if (answer.status != 200) {
        co_return std::optional<Response>{std::move(answer)};
      }
    }
    if (total == 0) { // in chunks, none of which held anything
      co_return std::optional<Response>{
          error_response(422, {ErrorCode::invalid_argument, "the body is empty, expected a sound file", "body"})};
    }
    co_return std::optional<Response>{};
  }

  /// Thread: clerk.
  static core::Result<void> keep(std::shared_ptr<TemporaryFile>& file, const std::filesystem::path& folder,
                                 std::span<const char> bytes) {
    if (!file) {
      auto made = TemporaryFile::make(folder);
      if (!made) {
        return tl::unexpected{made.error()};
      }
      file = std::make_shared<TemporaryFile>(std::move(*made));
    }
    return file->write(bytes);
  }

  Task<Next> dispatch(http::request<http::string_body> message, bool more) {
    auto form = form_of(message);
    Request request{.method = std::string{view(message.method_string())},
                    .host = form.host,
                    .origin = std::string{view(message[http::field::origin])},
                    .content_type = std::string{view(message[http::field::content_type])},
                    .if_none_match = std::string{view(message[http::field::if_none_match])}};
    const bool origin_ok = origin_allowed(request.origin, request.host, s_.config.allowed_origins);
    auto early = wrong_host(message);
    auto target = parse_target(view(message.target()));
    const auto watched = target ? watched_analysis(*target) : std::nullopt;
    if (early) {
      // answered below
    } else if (!target) {
      early = error_response(400, target.error());
    } else if ((watched || is_stream(*target) || is_live(*target)) && message.method() != http::verb::options) {
      if (message.method() != http::verb::get) {
        early = not_allowed(request.method, "GET, OPTIONS");
      } else if (!websocket::is_upgrade(message)) {
        early = error_response(426, {ErrorCode::invalid_argument, "this address speaks WebSocket", "upgrade"});
        early->headers.emplace_back("Upgrade", "websocket");
        early->headers.emplace_back("Connection", "Upgrade");
      } else if (more) {
        early =
            error_response(400, {ErrorCode::invalid_argument, "frames came before the handshake was done", "request"});
      } else if (watched) {
        serve_watcher(owner_, stream_.release_socket(), std::move(message), peer_, *watched, origin_ok);
        co_return Next::gone;
      } else if (is_live(*target)) {
        if (auto station = live_station(*target); !station) {
          early = error_response(400, station.error());
        } else {
          serve_live(owner_, stream_.release_socket(), std::move(message), peer_, std::move(*station), origin_ok);
          co_return Next::gone;
        }
      } else if (auto join = join_request(*target); !join) {
        early = error_response(400, join.error());
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
      response = wrong_origin();
    } else if (Api::handles(request.target)) {
      std::function<void(const Respond&)> ask = [this, &request](const Respond& respond) {
        s_.api.handle(request, respond);
      };
      response = co_await eventually(std::move(ask));
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

  /// The answer, whenever it comes. `ask` begins at once and is not needed afterwards.
  Task<Response> eventually(std::function<void(const Respond&)> ask) {
    struct Slot {
      explicit Slot(const Executor& executor) : gate{executor} {}
      asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>
          gate;
      std::optional<Response> response;
    };
    const auto slot = std::make_shared<Slot>(owner_.io().get_executor());
    slot->gate.expires_after(kAnswerTimeout);
    ask([slot](Response response) {
      slot->response = std::move(response);
      slot->gate.cancel();
    });
    ask = nullptr;
    if (!slot->response) {
      co_await slot->gate.async_wait(kTuple);
    }
    if (auto& response = slot->response) {
      co_return std::move(*response);
    }
    co_return error_response(503, {ErrorCode::unavailable, "the answer took too long", ""});
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
    for (std::size_t total = 0; total < waste_;) {
      const auto [error, size] = co_await stream_.async_read_some(asio::buffer(waste), kTuple);
      if (error) {
        co_return;
      }
      total += size;
    }
  }

  HttpStream stream_;
  std::string peer_;
  std::size_t waste_ = kBodyLimit; // bytes that are read and thrown away at the end
  bool busy_ = true;
  bool aborted_ = false;
};

} // namespace

void serve_http(Connections& connections, TcpSocket socket, const std::string& peer) {
  std::make_shared<HttpConnection>(connections, std::move(socket), peer)->start();
}

} // namespace auralis::server
