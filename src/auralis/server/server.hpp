// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auralis/server/analyses.hpp"
#include "auralis/server/config.hpp"
#include "auralis/server/stations.hpp"

namespace auralis::server {

/// HTTP, WebSocket and the stations behind them: what protocol/README.md and protocol/openapi.json describe.
///
/// One network thread (the caller of run()) owns every socket; a worker thread makes stations and writes files; the
/// engine's threads generate and encode. A chunk crosses from there once for each station and is then shared.
class Server {
public:
  /// Listens from here on, and answers once run() is called.
  /// \throws std::runtime_error if the address cannot be bound, or a folder or database of the configuration cannot be
  /// used.
  Server(Config config, GeneratorFactory factory, const Analyser& analyser = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port listened on; the real one where the configuration said 0.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:8080"
  [[nodiscard]] std::string url() const;

  /// Serves until stop(). Once only.
  /// \throws std::runtime_error if the main station cannot be made.
  void run();

  /// Says goodbye to every listener (1001) and makes run() return within Config::stop_timeout and a little.
  /// Thread: any; not from a signal handler, but from a thread that waits for signals.
  void stop() noexcept;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace auralis::server
