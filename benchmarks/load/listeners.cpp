// SPDX-License-Identifier: Apache-2.0
#include "listeners.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame_reader.hpp"

namespace auralis::load {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Opcode = FrameReader::Opcode;

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
constexpr std::chrono::seconds kVisitPatience{5};
constexpr std::array kPresets{"focus", "meditation", "sleep", "bright"};

std::int64_t unix_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

struct Listeners::Connection {
  int socket = -1;
  bool visit = false; // leaves after its first chunk
  bool upgraded = false;
  bool heard = false;
  bool polite = true; // says goodbye
  std::size_t request_sent = 0;
  std::string request;
  std::string response; // until the handshake is done
  FrameReader reader;
  SteadyClock::time_point opened_at;
  SteadyClock::time_point settled_at; // chunks before are not judged
  std::uint32_t next_seq = 0;
  std::int64_t schedule_us = INT64_MAX;
};

Listeners::Listeners(Plan plan)
    : plan_{std::move(plan)}, epoll_{epoll_create1(EPOLL_CLOEXEC)}, tally_{std::make_unique<Tally>()} {
  if (epoll_ < 0) {
    throw std::system_error{errno, std::generic_category(), "epoll_create1"};
  }
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

Listeners::~Listeners() {
  for (const auto& connection : connections_) {
    if (connection->socket >= 0) {
      ::close(connection->socket);
    }
  }
  ::close(epoll_);
}

RunFacts Listeners::facts() const {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& value) {
    return static_cast<double>(value.tv_sec) + static_cast<double>(value.tv_usec) * 1e-6;
  };
  return {.seconds = measured_seconds_,
          .cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
          .on_time_age_ms = plan_.lead_ms + plan_.tolerance_ms,
          .tolerance_ms = plan_.tolerance_ms};
}

void Listeners::run() {
  // Join at an even pace, a hundredth of a second's worth at a time.
  const auto start = SteadyClock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(SteadyClock::now() - start).count(); };
  for (int joined = 0; joined < plan_.listeners;) {
    const int due = std::min(plan_.listeners, 1 + static_cast<int>(elapsed() * plan_.ramp_per_second));
    for (; joined < due; ++joined) {
      open(false);
    }
    service(5);
  }
  const auto settled = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                                std::chrono::duration<double>(plan_.settle_seconds));
  while (SteadyClock::now() < settled) {
    service(5);
  }
  if (tally_->connected == 0) {
    throw std::runtime_error{"nobody could connect"};
  }

  measuring_ = true;
  const auto measured_from = SteadyClock::now();
  const auto measured_for = [&] { return std::chrono::duration<double>(SteadyClock::now() - measured_from).count(); };
  std::uint64_t visits = 0;
  while (measured_for() < plan_.seconds) {
    const auto due = static_cast<std::uint64_t>(measured_for() * plan_.churn_per_second);
    for (; visits < due; ++visits) {
      open(true);
    }
    service(2);
  }
  measured_seconds_ = measured_for();
  measuring_ = false;

  // Visits under way may still end; what does not within the patience has failed (service sees to that).
  const auto visiting = [](const auto& connection) { return connection->visit; };
  while (std::ranges::any_of(connections_, visiting)) {
    service(10);
  }
  for (const auto& connection : connections_) {
    close(*connection, true);
  }
  reap();
}

void Listeners::open(bool visit) {
  auto connection = std::make_unique<Connection>();
  connection->visit = visit;
  connection->polite = opened_ % 2 == 0;
  connection->opened_at = SteadyClock::now();
  connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection->socket < 0) {
    ++(visit ? tally_->churn_failed : tally_->refused);
    return;
  }
  auto target = fmt::format("/ws/stream?station={}&codec={}&events={}", plan_.own_station ? "private" : plan_.station,
                            plan_.codec, plan_.events ? 1 : 0);
  if (plan_.own_station) {
    target += fmt::format("&preset={}&seed={}", kPresets.at(opened_ % kPresets.size()), 1000 + opened_);
  }
  connection->request = handshake_request(plan_.host, plan_.port, target);
  ++opened_;

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(plan_.port));
  inet_pton(AF_INET, plan_.host.c_str(), &address.sin_addr);
  const int no_delay = 1;
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
  sockaddr generic{};
  static_assert(sizeof(generic) == sizeof(address));
  std::memcpy(&generic, &address, sizeof(address));
  if (connect(connection->socket, &generic, sizeof(address)) != 0 && errno != EINPROGRESS) {
    ++(visit ? tally_->churn_failed : tally_->refused);
    ::close(connection->socket);
    return;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.ptr = connection.get();
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->socket, &event);
  connections_.push_back(std::move(connection));
}

void Listeners::close(Connection& connection, bool goodbye) {
  if (connection.socket < 0) {
    return;
  }
  if (goodbye) {
    constexpr std::array<std::byte, 2> done{std::byte{0x03}, std::byte{0xE8}}; // 1000
    const auto frame = control_frame(Opcode::close, done);
    [[maybe_unused]] const auto sent = send(connection.socket, frame.data(), frame.size(), MSG_NOSIGNAL);
  } else {
    const linger reset{.l_onoff = 1, .l_linger = 0}; // RST instead of FIN: the peer is simply gone
    setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  }
  ::close(connection.socket);
  connection.socket = -1;
}

void Listeners::fail(Connection& connection) {
  if (connection.visit) {
    ++tally_->churn_failed;
  } else if (connection.upgraded) {
    ++tally_->disconnected;
  } else {
    ++tally_->refused;
  }
  close(connection, false);
}

void Listeners::reap() {
  std::erase_if(connections_, [](const auto& connection) { return connection->socket < 0; });
}

void Listeners::service(int timeout_ms) {
  std::array<epoll_event, 512> events{};
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  bool closed = false;
  for (int i = 0; i < count; ++i) {
    auto& connection = *static_cast<Connection*>(events.at(static_cast<std::size_t>(i)).data.ptr);
    const auto flags = events.at(static_cast<std::size_t>(i)).events;
    if ((flags & EPOLLOUT) != 0 && connection.request_sent < connection.request.size()) {
      const auto sent = send(connection.socket, connection.request.data() + connection.request_sent,
                             connection.request.size() - connection.request_sent, MSG_NOSIGNAL);
      if (sent > 0) {
        connection.request_sent += static_cast<std::size_t>(sent);
      }
      if (connection.request_sent == connection.request.size()) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
      }
    }
    if ((flags & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      on_readable(connection);
    }
    closed = closed || connection.socket < 0;
  }
  if (plan_.churn_per_second > 0) {
    const auto now = SteadyClock::now();
    for (const auto& connection : connections_) {
      if (connection->visit && connection->socket >= 0 && now - connection->opened_at > kVisitPatience) {
        fail(*connection);
        closed = true;
      }
    }
  }
  if (closed) {
    reap();
  }
}

bool Listeners::finish_handshake(Connection& connection) {
  if (!connection.response.starts_with("HTTP/1.1 101")) {
    return false;
  }
  connection.upgraded = true;
  connection.settled_at = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                                   std::chrono::duration<double>(plan_.settle_seconds));
  if (!connection.visit) {
    ++tally_->connected;
  }
  return true;
}

void Listeners::on_readable(Connection& connection) {
  static thread_local std::vector<std::byte> buffer(kReadBytes);
  const auto got = recv(connection.socket, buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return;
  }
  if (got <= 0) {
    fail(connection);
    return;
  }
  const auto arrival_us = unix_us();
  auto bytes = std::span<const std::byte>{buffer}.first(static_cast<std::size_t>(got));
  if (measuring_) {
    tally_->bytes += bytes.size();
  }

  std::vector<std::byte> rest;
  if (!connection.upgraded) {
    for (const auto byte : bytes) {
      connection.response.push_back(static_cast<char>(byte));
    }
    const auto end = connection.response.find("\r\n\r\n");
    if (end == std::string::npos) {
      return;
    }
    if (!finish_handshake(connection)) {
      fail(connection);
      return;
    }
    for (const auto letter : std::string_view{connection.response}.substr(end + 4)) {
      rest.push_back(static_cast<std::byte>(letter));
    }
    connection.response.clear();
    bytes = rest;
  }

  bool gone = false;
  const bool sound = connection.reader.feed(bytes, [&](Opcode opcode, std::span<const std::byte> payload) {
    if (opcode == Opcode::binary && !gone) {
      on_chunk(connection, read_header(payload), arrival_us);
    } else if (opcode == Opcode::ping) {
      const auto pong = control_frame(Opcode::pong, payload);
      [[maybe_unused]] const auto sent = send(connection.socket, pong.data(), pong.size(), MSG_NOSIGNAL);
    } else if (opcode == Opcode::close) {
      gone = true;
    }
  });
  if (!sound) {
    ++tally_->broken;
  }
  if (connection.visit && connection.heard) {
    ++tally_->churned;
    close(connection, connection.polite);
  } else if (!sound || gone) {
    fail(connection);
  }
}

void Listeners::on_chunk(Connection& connection, const ChunkHeader& header, std::int64_t arrival_us) {
  if (!header.valid) {
    ++tally_->broken;
    return;
  }
  if (!connection.heard) {
    tally_->first_chunk.add(
        std::chrono::duration<double, std::milli>(SteadyClock::now() - connection.opened_at).count());
  } else if (header.seq != connection.next_seq) {
    tally_->missing += header.seq > connection.next_seq ? header.seq - connection.next_seq : 1;
  }
  connection.heard = true;
  connection.next_seq = header.seq + 1;
  if (connection.visit) {
    return;
  }

  const auto position_us = static_cast<std::int64_t>(header.at * 1'000'000 / header.sample_rate);
  auto& schedule_us = plan_.own_station ? connection.schedule_us : shared_schedule_us_;
  const bool burst = connection.settled_at > SteadyClock::now();
  if (!burst) {
    schedule_us = std::min(schedule_us, arrival_us - position_us);
  }
  if (burst || !measuring_) {
    return;
  }
  const double age_ms = static_cast<double>(arrival_us - static_cast<std::int64_t>(header.generated_us)) * 1e-3;
  const double lateness_ms = static_cast<double>(arrival_us - position_us - schedule_us) * 1e-3;
  const bool old = age_ms > plan_.lead_ms + plan_.tolerance_ms;
  const bool late = lateness_ms > plan_.tolerance_ms;
  ++tally_->chunks;
  tally_->too_old += old ? 1U : 0U;
  tally_->too_late += late ? 1U : 0U;
  tally_->on_time += old || late ? 0U : 1U;
  tally_->age.add(age_ms);
  tally_->lateness.add(lateness_ms);
}

} // namespace auralis::load
