// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/connections.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <charconv>
#include <cstddef>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <map>
#include <unordered_set>

#include "auralis/server/corkable_socket.hpp"
#include "auralis/server/event_messages.hpp"
#include "auralis/server/origin.hpp"
#include "auralis/server/token_bucket.hpp"

namespace auralis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using core::ErrorCode;
using tcp = asio::ip::tcp;

// Concrete executor types: with the polymorphic default every operation of a listener would pay for a virtual call and
// a larger object.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using HttpStream = beast::basic_stream<tcp, Executor>;
using WebSocket = websocket::stream<CorkableSocket, false>; // audio is never deflated
template <typename T> using Task = asio::awaitable<T, Executor>;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable_t<Executor>{});

constexpr std::size_t kHeaderLimit = 8 * 1024;
constexpr std::size_t kBodyLimit = 64 * 1024;
constexpr std::size_t kMessageLimit = 16 * 1024;
/// Sound that leaves within 100 ms of being due is on time: a listener's buffer holds 300 ms or more.
constexpr double kOnTimeMs = 100.0;
/// How long an answer may take to be made; a station's SoundFont may have to be read.
constexpr std::chrono::seconds kAnswerTimeout{30};
/// After an answer that ends the connection, what the peer still sends is read for this long, so that the answer is not
/// lost to a reset (RFC 9112, 9.6).
constexpr std::chrono::milliseconds kLinger{500};

/// What the kernel holds for one listener. Together with Config::queue_limit this bounds how late a listener may be and
/// how soon a dead one is noticed. Linux counts a small packet as about 1.3 KiB of the doubled value.
int send_buffer(stream::Codec codec) noexcept { return codec == stream::Codec::opus ? 32 * 1024 : 128 * 1024; }

std::string http_date() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

std::string_view view(beast::string_view text) noexcept { return {text.data(), text.size()}; }

} // namespace

// --- what every connection knows -----------------------------------------------------------------------------------

struct Connections::Impl {
  class Http;
  class Socketed;

  asio::io_context& io;
  Services s;
  std::function<void()> on_empty;
  std::unordered_set<Http*> https;
  std::unordered_set<Socketed*> sockets;
  std::map<std::string, std::size_t> by_address;
  std::size_t open = 0;
  bool draining = false;

  void opened(const std::string& peer) {
    ++open;
    ++s.counters.connections;
    s.counters.connections_open = open;
    ++by_address[peer];
  }
  void closed(const std::string& peer) {
    --open;
    s.counters.connections_open = open;
    if (const auto found = by_address.find(peer); found != by_address.end() && --found->second == 0) {
      by_address.erase(found);
    }
    if (open == 0) {
      on_empty();
    }
  }
  void upgrade(Socket socket, http::request<http::string_body> request, const std::string& peer, JoinRequest join,
               bool origin_ok);
};

namespace {

// --- WebSocket -----------------------------------------------------------------------------------------------------

/// Memory for the one write that a listener has in flight, so that sending a chunk does not allocate.
class WriteMemory {
public:
  WriteMemory() = default;
  WriteMemory(const WriteMemory&) = delete;
  WriteMemory& operator=(const WriteMemory&) = delete;

  void* allocate(std::size_t size) {
    if (!used_ && size <= bytes_.size()) {
      used_ = true;
      return bytes_.data();
    }
    return ::operator new(size);
  }
  void release(void* memory) noexcept {
    if (memory == bytes_.data()) {
      used_ = false;
    } else {
      ::operator delete(memory);
    }
  }

private:
  alignas(std::max_align_t) std::array<std::byte, 512> bytes_{};
  bool used_ = false;
};

template <typename T> class WriteAllocator {
public:
  using value_type = T;
  explicit WriteAllocator(WriteMemory& memory) noexcept : memory_{&memory} {}
  template <typename U> WriteAllocator(const WriteAllocator<U>& other) noexcept : memory_{other.memory_} {} // NOLINT
  T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t /*count*/) noexcept { memory_->release(memory); }
  template <typename U> bool operator==(const WriteAllocator<U>& other) const noexcept {
    return memory_ == other.memory_;
  }

private:
  template <typename U> friend class WriteAllocator;
  WriteMemory* memory_;
};

} // namespace

/// A listener at the end of a WebSocket: one write in flight, the rest in its queue.
class Connections::Impl::Socketed final : public Listener, public std::enable_shared_from_this<Socketed> {
public:
  Socketed(Impl& owner, Socket socket, std::string peer, stream::Codec codec)
      : owner_{owner}, socket_{CorkableSocket{std::move(socket)}}, peer_{std::move(peer)},
        queue_{{.limit = core::to_seconds(owner.s.config.queue_limit),
                .patience = core::to_seconds(owner.s.config.patience)}},
        bucket_{owner.s.config.control_rate, owner.s.config.control_burst, owner.s.clock.now()} {
    auto& tcp_socket = socket_.next_layer().next_layer();
    beast::error_code ignored; // a socket that refuses an option still works
    tcp_socket.set_option(tcp::no_delay{true}, ignored);
    tcp_socket.set_option(asio::socket_base::send_buffer_size{send_buffer(codec)}, ignored);
    socket_.set_option(websocket::stream_base::timeout{.handshake_timeout = owner.s.config.request_timeout,
                                                       .idle_timeout = owner.s.config.idle_timeout,
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
    owner_.sockets.insert(this);
  }
  ~Socketed() override { owner_.sockets.erase(this); }

  void start(http::request<http::string_body> request, JoinRequest join, bool origin_ok) {
    asio::co_spawn(owner_.io.get_executor(), live(std::move(request), std::move(join), origin_ok, shared_from_this()),
                   asio::detached);
  }

  void send(const stream::Message& message, core::TimePoint now, Pace pace) override {
    if (finishing_) {
      return;
    }
    socket_.next_layer().hold(pace == Pace::with_the_next);
    switch (queue_.push(message, now)) {
    case stream::ListenerQueue::Pushed::sent:
      write(message);
      return;
    case stream::ListenerQueue::Pushed::dropped:
      count_dropped();
      if (queue_.behind(now)) {
        ++owner_.s.counters.closed_as_slow;
        finish(CloseCode::try_again_later, "too slow: the listener keeps losing sound", nullptr);
      }
      return;
    case stream::ListenerQueue::Pushed::queued:
    case stream::ListenerQueue::Pushed::stale:
      return;
    }
  }

  void finish(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) override {
    if (finishing_) {
      return;
    }
    finishing_ = true;
    socket_.next_layer().hold(false);
    last_words_ = std::move(last_words);
    // A control frame carries 125 bytes: two of code, the rest reason.
    close_reason_ = websocket::close_reason{static_cast<websocket::close_code>(code), reason.substr(0, 120)};
    // Who does not read does not hear goodbye either; the socket is closed all the same.
    owner_.s.scheduler.after(owner_.s.config.stop_timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->abort();
      }
    });
    if (!writing_) {
      say_goodbye();
    }
  }

  /// Says goodbye, also to who waits for a station that is still being made.
  void drain() {
    if (accepted_) {
      finish(CloseCode::going_away, "the server is stopping", nullptr);
    }
  }
  void abort() {
    beast::error_code ignored;
    socket_.next_layer().next_layer().close(ignored);
  }

private:
  Task<void> live(http::request<http::string_body> request, JoinRequest join, bool origin_ok,
                  std::shared_ptr<Socketed> self) {
    auto& counters = owner_.s.counters;
    const auto [refused] = co_await socket_.async_accept(request, kTuple);
    if (!refused) {
      accepted_ = true;
      ++counters.sockets_opened;
      if (!origin_ok) {
        ++counters.closed_for_origin;
        finish(CloseCode::policy, "this origin is not allowed (server.allowed_origins)",
               std::make_shared<const std::string>(error_json(
                   {ErrorCode::invalid_argument, "this origin is not allowed (server.allowed_origins)", "origin"})));
      } else if (owner_.draining) {
        finish(CloseCode::going_away, "the server is stopping", nullptr);
      } else {
        owner_.s.stations.join(self, join);
      }
      co_await read_all();
      owner_.s.stations.leave(*this);
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
          ++owner_.s.counters.closed_as_idle;
        }
        co_return;
      }
      if (!finishing_ && take_token()) {
        ++owner_.s.counters.messages_received;
        const auto data = buffer.cdata();
        take({static_cast<const char*>(data.data()), data.size()});
      }
      buffer.consume(buffer.size());
    }
  }

  bool take_token() {
    if (bucket_.take(owner_.s.clock.now())) {
      return true;
    }
    if (!finishing_) {
      ++owner_.s.counters.closed_for_flood;
      const core::Error error{ErrorCode::limit_exceeded,
                              fmt::format("too many messages, expected at most {} a second (limits.control_rate)",
                                          owner_.s.config.control_rate),
                              ""};
      finish(CloseCode::policy, error.what, std::make_shared<const std::string>(error_json(error)));
    }
    return false;
  }

  void take(std::string_view text) {
    auto& stations = owner_.s.stations;
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
    ++owner_.s.counters.messages_refused;
    owner_.s.stations.tell(*this, error_json(error));
  }

  void write(stream::Message message) {
    writing_ = true;
    current_ = std::move(message);
    socket_.text(current_.text);
    socket_.async_write(
        asio::const_buffer{current_.bytes.data(), current_.bytes.size()},
        asio::bind_allocator(
            WriteAllocator<std::byte>{memory_},
            [self = shared_from_this()](beast::error_code error, std::size_t /*size*/) { self->written(error); }));
  }

  void written(beast::error_code error) {
    writing_ = false;
    if (error) {
      finishing_ = true; // the reader learns it too, and leaves
      current_ = {};
      return abort();
    }
    const auto now = owner_.s.clock.now();
    if (current_.chunk && is_live(*current_.chunk)) {
      unsent_due_.push_back(current_.chunk->due);
    }
    if (!socket_.next_layer().holds()) {
      count_sent(now);
    }
    current_ = {};
    if (finishing_) {
      return say_goodbye();
    }
    if (auto next = queue_.next(now)) {
      write(std::move(*next));
    }
  }

  void count_sent(core::TimePoint now) {
    auto& metrics = owner_.s.stations.metrics();
    for (const auto due : unsent_due_) {
      const double delay_ms = 1e3 * core::to_seconds(now - due).value;
      metrics.send_delay_ms.record_ms(delay_ms);
      // This thread is the only writer of the two; a plain add without a locked instruction is enough.
      bump(metrics.chunks_sent);
      if (delay_ms <= kOnTimeMs) {
        bump(metrics.chunks_on_time);
      }
    }
    unsent_due_.clear();
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
    owner_.s.stations.metrics().chunks_dropped.fetch_add(dropped - counted_dropped_, std::memory_order_relaxed);
    counted_dropped_ = dropped;
  }

  void say_goodbye() {
    if (const auto words = std::exchange(last_words_, nullptr)) {
      return write(stream::message_of(words));
    }
    if (!std::exchange(closing_, true)) {
      socket_.async_close(close_reason_, [self = shared_from_this()](beast::error_code /*gone either way*/) {});
    }
  }

  Impl& owner_;
  WebSocket socket_;
  std::string peer_;
  stream::ListenerQueue queue_;
  TokenBucket bucket_;
  WriteMemory memory_;
  stream::Message current_;                 // being written
  std::vector<core::TimePoint> unsent_due_; // of the chunks written, but held back by the socket
  std::shared_ptr<const std::string> last_words_;
  websocket::close_reason close_reason_;
  std::uint64_t counted_dropped_ = 0;
  bool accepted_ = false; // the handshake is done
  bool writing_ = false;
  bool finishing_ = false; // nothing but the last words is taken any more
  bool closing_ = false;   // the close frame is on its way
};

void Connections::Impl::upgrade(Socket socket, http::request<http::string_body> request, const std::string& peer,
                                JoinRequest join, bool origin_ok) {
  const auto listener = std::make_shared<Socketed>(*this, std::move(socket), peer, join.codec);
  listener->start(std::move(request), std::move(join), origin_ok);
}

namespace {

// --- HTTP ----------------------------------------------------------------------------------------------------------

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

} // namespace

/// One HTTP connection: requests in turn, each answered before the next is looked at.
class Connections::Impl::Http final : public std::enable_shared_from_this<Http> {
public:
  Http(Impl& owner, Socket socket, std::string peer)
      : owner_{owner}, stream_{std::move(socket)}, peer_{std::move(peer)} {
    owner_.https.insert(this);
  }
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  ~Http() { owner_.https.erase(this); }

  void start() { asio::co_spawn(owner_.io.get_executor(), live(shared_from_this()), asio::detached); }

  void drain() {
    if (!busy_) {
      abort();
    }
  }
  void abort() {
    aborted_ = true;
    stream_.close();
  }

private:
  using Parser = http::request_parser<http::string_body>;
  enum class Next { request, close, linger, gone };

  Task<void> live(std::shared_ptr<Http> /*self*/) {
    beast::flat_buffer buffer{kHeaderLimit + kBodyLimit};
    auto next = Next::request;
    auto patience = owner_.s.config.request_timeout;
    while (next == Next::request && !aborted_) {
      next = co_await serve(buffer, patience);
      patience = owner_.s.config.keep_alive_timeout;
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
    stream_.expires_after(owner_.s.config.request_timeout);
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
      ++owner_.s.counters.requests_timed_out;
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
              .keep_alive = message.keep_alive() && !owner_.draining,
              .head = message.method() == http::verb::head,
              .host = std::string{view(message[http::field::host])}};
    Request request{.method = std::string{view(message.method_string())},
                    .host = form.host,
                    .origin = std::string{view(message[http::field::origin])},
                    .content_type = std::string{view(message[http::field::content_type])},
                    .if_none_match = std::string{view(message[http::field::if_none_match])}};
    const bool origin_ok = origin_allowed(request.origin, request.host, owner_.s.config.allowed_origins);
    if (origin_ok) {
      form.origin = request.origin;
    }
    std::optional<Response> early;
    auto target = parse_target(view(message.target()));
    if (message.version() == 11 && message.count(http::field::host) != 1) {
      early = error_response(400, {ErrorCode::invalid_argument, "expected one Host (RFC 9112, 3.2)", "host"});
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
        owner_.upgrade(stream_.release_socket(), std::move(message), peer_, std::move(*join), origin_ok);
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
      response = owner_.s.files.serve(request);
    }
    const bool written = co_await write(std::move(response), form);
    co_return !written ? Next::close : form.keep_alive && !owner_.draining ? Next::request : Next::linger;
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
    const auto slot = std::make_shared<Slot>(owner_.io.get_executor());
    slot->gate.expires_after(kAnswerTimeout);
    owner_.s.api.handle(request, [slot](Response response) {
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
    ++owner_.s.counters.answers[static_cast<std::size_t>(response.status / 100)];
    stream_.expires_after(owner_.s.config.request_timeout);
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

  Impl& owner_;
  HttpStream stream_;
  std::string peer_;
  bool busy_ = true;
  bool aborted_ = false;
};

// --- the outside ---------------------------------------------------------------------------------------------------

Connections::Connections(boost::asio::io_context& io, const Services& services, std::function<void()> on_empty)
    : impl_{std::make_unique<Impl>(Impl{io, services, std::move(on_empty), {}, {}, {}})} {}

Connections::~Connections() = default;

void Connections::open(int descriptor, bool v6, const std::string& peer) {
  Socket socket{impl_->io.get_executor()};
  beast::error_code error;
  socket.assign(v6 ? tcp::v6() : tcp::v4(), descriptor, error);
  const auto& config = impl_->s.config;
  const auto found = impl_->by_address.find(peer);
  const bool too_many_here = config.max_connections_per_address > 0 && found != impl_->by_address.end() &&
                             found->second >= config.max_connections_per_address;
  if (error || impl_->draining || too_many_here || impl_->open >= config.max_connections) {
    ++impl_->s.counters.connections_refused;
    static constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";
    socket.non_blocking(true, error);
    socket.write_some(asio::buffer(kBusy), error);
    return;
  }
  socket.set_option(tcp::no_delay{true}, error);
  impl_->opened(peer);
  std::make_shared<Impl::Http>(*impl_, std::move(socket), peer)->start();
}

void Connections::drain() {
  impl_->draining = true;
  for (auto* http : impl_->https) {
    http->drain();
  }
  for (auto* socket : impl_->sockets) {
    socket->drain();
  }
}

void Connections::abort() {
  for (auto* http : impl_->https) {
    http->abort();
  }
  for (auto* socket : impl_->sockets) {
    socket->abort();
  }
}

bool Connections::empty() const noexcept { return impl_->open == 0; }

} // namespace auralis::server
