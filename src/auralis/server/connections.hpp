// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "auralis/core/clock.hpp"
#include "auralis/server/analyses.hpp"
#include "auralis/server/api.hpp"
#include "auralis/server/config.hpp"
#include "auralis/server/counters.hpp"
#include "auralis/server/static_files.hpp"
#include "auralis/server/stations.hpp"

namespace boost::asio {
class io_context; // NOLINT(readability-identifier-naming): Boost's name
}

namespace auralis::server {

class Connections;
class LiveHearing;

/// What the connections use.
struct Services {
  const Config& config;
  Stations& stations;
  Analyses& analyses;
  LiveHearing& hearing;
  Api& api;
  StaticFiles& files;
  Scheduler& scheduler;
  Counters& counters;
  core::Clock& clock;
  Log& log;
};

/// One socket, HTTP or what has become a WebSocket. Thread: network.
class Connection {
public:
  explicit Connection(Connections& owner);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection();

  /// An idle HTTP connection is closed, a busy one after its answer; a listener is told that the server goes (1001).
  virtual void drain() = 0;
  /// Closes at once.
  virtual void abort() = 0;

protected:
  Connections& owner_;
  const Services& s_;
};

/// Every socket of the server, from accept to close. Thread: network.
class Connections {
public:
  /// `on_empty` is called whenever the last socket has gone. All must outlive it.
  Connections(boost::asio::io_context& io, const Services& services, std::function<void()> on_empty)
      : io_{io}, s_{services}, on_empty_{std::move(on_empty)} {}
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections() = default;

  /// Takes over an accepted TCP socket; `peer` is its address without the port.
  void open(int descriptor, bool v6, const std::string& peer);
  /// One that was opened has ended.
  void closed(const std::string& peer);
  /// Lets every connection end, and takes no more.
  void drain();
  void abort();

  [[nodiscard]] bool draining() const noexcept { return draining_; }
  [[nodiscard]] bool empty() const noexcept { return open_ == 0; }
  [[nodiscard]] boost::asio::io_context& io() const noexcept { return io_; }
  [[nodiscard]] const Services& services() const noexcept { return s_; }

private:
  friend class Connection;

  boost::asio::io_context& io_;
  Services s_;
  std::function<void()> on_empty_;
  std::unordered_set<Connection*> all_;
  std::map<std::string, std::size_t> by_address_;
  std::size_t open_ = 0;
  bool draining_ = false;
};

} // namespace auralis::server
