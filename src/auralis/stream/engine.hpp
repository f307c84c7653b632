// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "auralis/core/clock.hpp"
#include "auralis/core/generator.hpp"
#include "auralis/stream/metrics.hpp"
#include "auralis/stream/station.hpp"

namespace auralis::stream {

/// Runs stations: a few render threads and a few sender threads, each taking whichever station needs it most. A
/// station is in at most one thread of each kind at a time, so one that is slow holds one thread and no other station
/// (docs/adr has why). Threads start and end with the engine.
///
/// Thread: any, for every method. Realtime: no.
class Engine {
public:
  struct Config {
    int render_threads = 2; ///< [1, 64]
    int send_threads = 2;   ///< [1, 64]
  };

  /// \throws std::invalid_argument if a count is out of range. `clock` must outlive the engine.
  Engine(const Config& config, core::Clock& clock);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// Makes a station and starts to drive it. `sink` must live until the station has been removed.
  /// \throws std::invalid_argument as Station's constructor does.
  std::shared_ptr<Station> add(Station::Config config, std::unique_ptr<core::Generator> generator, StationSink& sink);
  /// When it returns, no thread is in the station or its sink any more. Not from inside a sink. Unknown stations are
  /// ignored.
  void remove(const std::shared_ptr<Station>& station);

  /// Looks at the station at once rather than at its next turn: after its first listener came, or a control was
  /// posted while it rests.
  void wake(const std::shared_ptr<Station>& station);

  [[nodiscard]] Metrics& metrics() noexcept { return metrics_; }

private:
  struct Slot {
    std::shared_ptr<Station> station;
    core::TimePoint send_at;
    bool rendering = false;
    bool sending = false;
    bool removed = false;
  };

  void render_loop();
  void send_loop();
  [[nodiscard]] Slot* most_starved();
  [[nodiscard]] Slot* earliest_due();

  core::Clock& clock_;
  Metrics metrics_;
  std::mutex mutex_;
  std::condition_variable render_work_;
  std::condition_variable send_work_;
  std::condition_variable released_;
  std::vector<std::unique_ptr<Slot>> slots_;         // under mutex_
  core::TimePoint watched_ = core::TimePoint::max(); // under mutex_: the deadline a sender thread sleeps towards
  bool stopping_ = false;                            // under mutex_
  std::vector<std::thread> threads_;
};

} // namespace auralis::stream
