// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/resource.h>
#include <unordered_set>

#include "auralis/server/connections.hpp"
#include "auralis/server/live_hearing.hpp"

namespace auralis::server {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// Accepting goes on after this long when the process has run out of descriptors.
constexpr std::chrono::milliseconds kAcceptPause{100};

/// Every listener holds a descriptor: take as many as the system gives.
void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

class AsioScheduler final : public Scheduler {
public:
  AsioScheduler(asio::io_context& io, asio::thread_pool& pool) : io_{io}, pool_{pool} {}

  void post(Task task) override { asio::post(io_, std::move(task)); }
  void work(Task task) override { asio::post(pool_, std::move(task)); }
  void after(std::chrono::milliseconds delay, Task task) override {
    const auto timer = std::make_shared<asio::steady_timer>(io_, delay);
    timers_.insert(timer);
    timer->async_wait([this, timer, task = std::move(task)](const boost::system::error_code& error) {
      timers_.erase(timer);
      if (!error) {
        task();
      }
    });
  }
  /// What was to happen later never will.
  void forget() {
    for (const auto& timer : timers_) {
      timer->cancel();
    }
  }

private:
  asio::io_context& io_;
  asio::thread_pool& pool_;
  std::unordered_set<std::shared_ptr<asio::steady_timer>> timers_;
};

} // namespace

struct Server::Impl {
  Impl(Config given, GeneratorFactory factory, const Analyser& analyser)
      : config{std::move(given)}, log{config.log}, io{1}, work{io.get_executor()}, pool{1}, scheduler{io, pool},
        presets{config.data_dir, config.max_presets}, files{config.web_root},
        stations{config, std::move(factory), presets, scheduler, clock, log},
        analyses{config, analyser, scheduler, clock, log}, hearing{config, analyser.networks, stations, scheduler, log},
        api{config, stations, presets, analyses, hearing, scheduler, clock, counters},
        connections{io,
                    {config, stations, analyses, hearing, api, files, scheduler, counters, clock, log},
                    [this] { ended_if_empty(); }},
        acceptor{io}, accept_pause{io}, stop_timer{io} {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(config.address, error);
    if (error) {
      throw std::runtime_error(fmt::format("'{}' is no IP address (server.address)", config.address));
    }
    const tcp::endpoint endpoint{address, config.port};
    try {
      acceptor.open(endpoint.protocol());
      acceptor.set_option(tcp::acceptor::reuse_address{true});
      acceptor.bind(endpoint);
      acceptor.listen(4096); // a crowd that comes at once; the kernel's somaxconn caps it
    } catch (const boost::system::system_error& thrown) {
      throw std::runtime_error(fmt::format("cannot listen on {}:{}: {} (server.address, server.port)", config.address,
                                           config.port, thrown.code().message()));
    }
    port = acceptor.local_endpoint().port();
  }

  void accept_next() {
    acceptor.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (!error) {
        boost::system::error_code gone;
        const auto remote = socket.remote_endpoint(gone);
        if (!gone) {
          connections.open(socket.release(), remote.address().is_v6(), remote.address().to_string());
        }
      } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
        log.error("accept_failed", {{"error", error.message()}});
        accept_pause.expires_after(kAcceptPause);
        accept_pause.async_wait([this](const boost::system::error_code& stopped) {
          if (!stopped) {
            accept_next();
          }
        });
        return;
      }
      if (!stopping) {
        accept_next();
      }
    });
  }

  void begin_stop() {
    if (std::exchange(stopping, true)) {
      return;
    }
    log.info("stopping", {{"listeners", stations.listeners()}});
    boost::system::error_code ignored;
    acceptor.close(ignored);
    accept_pause.cancel();
    stations.close();
    analyses.close();
    connections.drain();
    stop_timer.expires_after(config.stop_timeout);
    stop_timer.async_wait([this](const boost::system::error_code& /*sooner or later*/) {
      connections.abort();
      scheduler.forget();
      work.reset(); // run() returns once everybody has seen his socket closed
    });
    ended_if_empty();
  }

  void ended_if_empty() {
    if (stopping && connections.empty()) {
      stop_timer.cancel();
    }
  }

  Config config;
  Log log;
  core::SystemClock clock;
  Counters counters;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  asio::thread_pool pool; // outlives the stations: what it still holds may own one
  AsioScheduler scheduler;
  PresetStore presets;
  StaticFiles files;
  Stations stations;
  Analyses analyses;
  LiveHearing hearing;
  Api api;
  Connections connections;
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause; // after a failure: most are for want of descriptors
  asio::steady_timer stop_timer;
  std::uint16_t port = 0;
  bool stopping = false;
  std::string failure;
};

Server::Server(Config config, GeneratorFactory factory, const Analyser& analyser)
    : impl_{std::make_unique<Impl>(std::move(config), std::move(factory), analyser)} {}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept { return impl_->port; }

std::string Server::url() const {
  const bool v6 = impl_->config.address.find(':') != std::string::npos;
  return v6 ? fmt::format("http://[{}]:{}", impl_->config.address, port())
            : fmt::format("http://{}:{}", impl_->config.address, port());
}

void Server::run() {
  auto& it = *impl_;
  raise_descriptor_limit();
  it.log.info("listening", {{"url", url()}});
  it.accept_next();
  it.scheduler.post([&it] {
    it.stations.start([&it](const core::Result<void>& made) {
      if (made) {
        it.log.info("ready", {{"port", it.port}});
      } else if (!it.stopping) {
        it.failure = made.error().what;
        it.begin_stop();
      }
    });
  });
  it.io.run();
  it.pool.join();
  it.analyses.join();
  it.hearing.join();
  it.log.info("stopped");
  if (!it.failure.empty()) {
    throw std::runtime_error("the main station cannot be made: " + it.failure);
  }
}

void Server::stop() noexcept {
  asio::post(impl_->io, [this] { impl_->begin_stop(); });
}

} // namespace auralis::server
