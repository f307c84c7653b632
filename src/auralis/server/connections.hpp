// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auralis/core/clock.hpp"
#include "auralis/server/api.hpp"
#include "auralis/server/config.hpp"
#include "auralis/server/counters.hpp"
#include "auralis/server/static_files.hpp"
#include "auralis/server/stations.hpp"

namespace boost::asio {
class io_context;
}

namespace auralis::server {

/// Every socket of the server, from accept to close: HTTP, and what becomes a WebSocket.
/// Thread: network.
class Connections {
public:
  struct Services {
    const Config& config;
    Stations& stations;
    Api& api;
    StaticFiles& files;
    Scheduler& scheduler;
    Counters& counters;
    core::Clock& clock;
    Log& log;
  };

  /// `on_empty` is called whenever the last socket has gone. All must outlive it.
  Connections(boost::asio::io_context& io, const Services& services, std::function<void()> on_empty);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// Takes over an accepted TCP socket; `peer` is its address without the port.
  void open(int descriptor, bool v6, const std::string& peer);
  /// Idle HTTP connections are closed, busy ones after their answer; listeners are told that the server goes (1001).
  void drain();
  /// Closes whatever is open, at once.
  void abort();
  [[nodiscard]] bool empty() const noexcept;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace auralis::server
