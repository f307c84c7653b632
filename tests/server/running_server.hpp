// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <thread>

#include "auralis/server/server.hpp"
#include "server/client.hpp"
#include "server/fakes.hpp"

namespace auralis::server::testing {

/// A real server with cheap music on a free port of the loopback, in its own thread.
class RunningServer {
public:
  explicit RunningServer(const std::function<void(Config&)>& change = {}, GeneratorFactory factory = tones(),
                         Analyser analyser = {})
      : server_{config(change), std::move(factory), std::move(analyser)}, thread_{[this] { server_.run(); }} {
    // A listener of the main station is greeted once it is there. With the short time limits of some tests a busy
    // machine may turn one away before.
    for (int tries = 0; tries < 100; ++tries) {
      if (Socket socket{port()}; !socket.message("hello").empty()) {
        return;
      }
    }
    ADD_FAILURE() << "the server did not get ready";
  }
  ~RunningServer() { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] Client client() const { return Client{port()}; }
  Answer request(std::string_view method, std::string_view target, std::string_view body = {},
                 std::string_view headers = {}, std::string_view type = "application/json") const {
    return client().request(method, target, body, headers, type);
  }
  void stop() {
    if (thread_.joinable()) {
      server_.stop();
      thread_.join();
    }
  }

  static Config config(const std::function<void(Config&)>& change) {
    Config config{.port = 0};
    config.log.level = LogLevel::off;
    config.opus_complexity = 0;
    config.seed = 7;
    config.soundfont = "tones";
    // Who is slow is no fault of the server's on a machine that is busy elsewhere. A test of a limit sets it.
    config.request_timeout = config.keep_alive_timeout = config.idle_timeout = config.patience =
        std::chrono::minutes{10};
    if (change) {
      change(config);
    }
    return config;
  }

private:
  Server server_;
  std::thread thread_;
};

} // namespace auralis::server::testing
