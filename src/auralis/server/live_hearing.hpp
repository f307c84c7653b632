// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"
#include "auralis/server/analyses.hpp"
#include "auralis/server/config.hpp"
#include "auralis/server/listener.hpp"
#include "auralis/server/scheduler.hpp"
#include "auralis/server/stations.hpp"
#include "auralis/session/live_ear.hpp"

namespace auralis::server {

/// Something heard, as the text that says so.
struct Told {
  std::shared_ptr<const std::string> text; ///< a HeardEvent
  std::size_t kind = 0;                    ///< its index in the variant
};

/// One sound that is heard live: pushed by the network thread, heard by a worker, told on the network thread again.
///
/// Thread: network, for every method. What waits is bounded by whoever pushes: waiting() tells.
class Ear final : public std::enable_shared_from_this<Ear> {
public:
  /// Never called after close(). `over`: finish() was called and all has been said.
  using Tell = std::function<void(std::vector<Told> heard, bool over)>;

  /// All must outlive it.
  Ear(const session::LiveEar::Config& config, Workers& workers, Scheduler& scheduler, Tell tell)
      : config_{config}, workers_{workers}, scheduler_{scheduler}, tell_{std::move(tell)} {}

  /// Whole frames of interleaved 16-bit samples, kept alive by `owner`.
  void push(std::shared_ptr<const void> owner, std::span<const std::byte> pcm16);
  /// Sound that has been pushed and not been heard yet.
  [[nodiscard]] core::Seconds waiting() const;
  /// No more sound comes.
  void finish();
  /// Nothing more is to be said.
  void close();

private:
  struct Sound {
    std::shared_ptr<const void> owner;
    std::span<const std::byte> pcm16;
  };

  void schedule(); // under mutex_
  void hear();     // worker

  session::LiveEar::Config config_;
  Workers& workers_;
  Scheduler& scheduler_;
  Tell tell_; // network

  mutable std::mutex mutex_;
  std::deque<Sound> sounds_;      // under mutex_
  std::size_t waiting_bytes_ = 0; // under mutex_: not heard yet, those being heard among them
  bool scheduled_ = false;        // under mutex_: the worker has it, or will
  bool finishing_ = false;        // under mutex_
  bool closed_ = false;           // under mutex_

  std::optional<session::LiveEar> ear_; // worker
};

/// One who is told what is heard of a station. Thread: network.
class LiveWatch {
public:
  LiveWatch() = default;
  LiveWatch(const LiveWatch&) = delete;
  LiveWatch& operator=(const LiveWatch&) = delete;
  virtual ~LiveWatch() = default;

  /// A LiveMessage. Never calls back.
  virtual void told(const std::shared_ptr<const std::string>& text) = 0;
  /// The station is heard no more. Never calls back.
  virtual void ended(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) = 0;
};

/// What the server hears as it sounds: stations, while somebody watches, once for all who do, and microphones.
///
/// A station is heard the way its listeners hear it: an ear sits among them and is given the same chunks. It can
/// neither delay the station nor another listener; where it falls behind, it begins anew with what sounds then.
/// The work is done by one thread of low priority. Thread: network.
class LiveHearing {
public:
  /// All must outlive it.
  LiveHearing(const Config& config, analysis::Networks networks, Stations& stations, Scheduler& scheduler, Log& log);
  ~LiveHearing();
  LiveHearing(const LiveHearing&) = delete;
  LiveHearing& operator=(const LiveHearing&) = delete;

  /// First what was heard of late, then what is heard. `watch` is told of an end at most once, maybe at once.
  void watch(const std::string& station, LiveWatch& watch);
  void unwatch(const std::string& station, LiveWatch& watch);

  /// An ear of one channel; counted until it is given back. Errors: limit_exceeded.
  [[nodiscard]] core::Result<std::shared_ptr<Ear>> microphone(core::Hertz sample_rate, Ear::Tell tell);
  void give_back(Ear& ear);

  /// Through which all of it is heard.
  [[nodiscard]] const analysis::Networks& networks() const noexcept { return networks_; }
  [[nodiscard]] std::size_t microphones() const noexcept { return microphones_; }
  [[nodiscard]] std::size_t stations_heard() const noexcept { return heard_.size(); }
  /// Those who are told, of all stations together.
  [[nodiscard]] std::size_t watchers() const noexcept;

  /// Waits for what is being heard; nothing more is said.
  void join() { workers_.join(); }

private:
  class StationEar;

  const Config& config_;
  analysis::Networks networks_;
  Stations& stations_;
  Scheduler& scheduler_;
  Log& log_;
  std::map<std::string, std::shared_ptr<StationEar>, std::less<>> heard_;
  std::size_t microphones_ = 0;
  Workers workers_;
};

} // namespace auralis::server
