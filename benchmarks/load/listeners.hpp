// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tally.hpp"

namespace auralis::load {

struct Plan {
  std::string host = "127.0.0.1"; ///< an IPv4 address
  int port = 0;
  std::string station = "main";
  std::string codec = "opus"; ///< opus or pcm16: JSON chunks carry no binary header
  bool events = true;
  bool own_station = false; ///< every listener asks for a private station
  int listeners = 1;
  int ramp_per_second = 500; ///< how many join each second
  double seconds = 10.0;     ///< measured, after the last one has joined and settled
  double settle_seconds = 2.0;
  int churn_per_second = 0; ///< short visits besides: connect, hear something, leave; every other one without a goodbye
  double lead_ms = 60.0;    ///< how far the server generates ahead; stream::Station::Config::lead
  double tolerance_ms = 100.0; ///< a third of the page's smallest buffer
};

/// Many listeners in one thread, on epoll.
///
/// Thread: one owner; run() returns when the time is up.
class Listeners {
public:
  /// \throws std::system_error if epoll cannot be set up.
  explicit Listeners(Plan plan);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;
  ~Listeners();

  /// Connects everybody, lets the stream settle, measures, leaves. \throws std::runtime_error if nobody could connect.
  void run();

  [[nodiscard]] const Tally& tally() const noexcept { return *tally_; }
  [[nodiscard]] RunFacts facts() const;

private:
  struct Connection;

  void open(bool visit);
  void close(Connection& connection, bool goodbye);
  void service(int timeout_ms);
  void on_readable(Connection& connection);
  [[nodiscard]] bool finish_handshake(Connection& connection);
  void on_chunk(Connection& connection, const ChunkHeader& header, std::int64_t arrival_us);
  void fail(Connection& connection);
  void reap();

  Plan plan_;
  int epoll_ = -1;
  bool measuring_ = false;
  std::uint64_t opened_ = 0;
  double measured_seconds_ = 0.0;
  std::int64_t shared_schedule_us_ = INT64_MAX; // arrival less position of the earliest chunk of the shared station
  std::vector<std::unique_ptr<Connection>> connections_;
  std::unique_ptr<Tally> tally_; // large: kept off the stack
};

} // namespace auralis::load
