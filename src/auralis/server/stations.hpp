// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "auralis/core/generator.hpp"
#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"
#include "auralis/server/config.hpp"
#include "auralis/server/hub.hpp"
#include "auralis/server/listener.hpp"
#include "auralis/server/preset_store.hpp"
#include "auralis/server/scheduler.hpp"
#include "auralis/session/recording.hpp"
#include "auralis/stream/engine.hpp"

namespace auralis::server {

/// What a generator is made from.
struct GeneratorSpec {
  core::Hertz sample_rate{48'000.0};
  std::uint64_t seed = 1;
  core::Parameters parameters;
  core::Character character;
};
/// Makes what a station plays. Called on the server's worker thread; may take its time.
using GeneratorFactory = std::function<core::Result<std::unique_ptr<core::Generator>>(const GeneratorSpec&)>;

/// What a listener asked for in the address.
struct JoinRequest {
  std::string station = "main"; ///< "private" for one of its own
  stream::Codec codec = stream::Codec::opus;
  bool events = true;
  std::optional<std::string> preset;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> resume;
  bool ear = false; ///< the server's own, which is none of those counted as the station's listeners
};

/// A station with those who hear it, and the crossing from its sender thread to the network thread.
class StationEntry final : public stream::StationSink, public std::enable_shared_from_this<StationEntry> {
public:
  struct Applied {
    std::uint64_t tag;
    core::Frames at;
    core::Parameters parameters;
    core::Transport transport;
  };
  using EventList = std::shared_ptr<const std::vector<core::PerformanceEvent>>;
  using Item = std::variant<stream::ChunkPtr, EventList, Applied>;
  /// Called on the network thread with what has come, in order.
  using Deliver = std::function<void(StationEntry&, std::vector<Item>&)>;

  StationEntry(Scheduler& scheduler, Deliver deliver) : scheduler_{scheduler}, deliver_{std::move(deliver)} {}

  void on_chunk(const stream::ChunkPtr& chunk) noexcept override { put(chunk); }
  void on_events(EventList events) noexcept override { put(std::move(events)); }
  void on_control_applied(std::uint64_t tag, core::Frames at, const core::Parameters& parameters,
                          core::Transport transport) noexcept override {
    put(Applied{tag, at, parameters, transport});
  }

  [[nodiscard]] std::size_t seats() const noexcept { return hubs[0].size() + hubs[1].size() + hubs[2].size(); }
  [[nodiscard]] std::size_t listeners() const noexcept { return seats() - ears; }

  // The network thread's from here on.
  std::string id;
  std::string name;
  std::string preset;
  std::uint64_t seed = 0;
  bool is_private = false;
  std::shared_ptr<stream::Station> station;
  std::array<Hub, stream::kCodecCount> hubs;
  std::size_t ears = 0; ///< of the seats, the server's own
  /// The chord that sounds, for those who come between two changes; by codec.
  std::array<std::shared_ptr<const std::string>, stream::kCodecCount> chord;
  std::array<std::int64_t, stream::kCodecCount> last_at{}; ///< of the chunk sent last, by codec

  /// Where it started and what was changed since, at most kMaxRecorded times: enough to play it again.
  session::Recording recording;
  bool overrecorded = false;                          ///< more was changed than is kept
  static constexpr std::size_t kMaxRecorded = 10'000; // 2 MB

  struct Pending {
    core::Control control;
    std::weak_ptr<Listener> from;
    std::optional<std::int64_t> id;
    std::optional<std::string> preset;
    std::function<void(core::Result<protocol::AckMessage>)> done; ///< for those without a socket
  };
  std::unordered_map<std::uint64_t, Pending> pending;
  std::uint64_t next_tag = 1;
  std::uint64_t visits = 0;           ///< counts who came, so that a grace time knows if it is still meant
  std::optional<Applied> unannounced; ///< the newest change that listeners have not been told of
  core::TimePoint announced_at;
  bool announcing = false; ///< an announcement is scheduled
  bool closing = false;

private:
  void put(Item item) noexcept;

  Scheduler& scheduler_;
  Deliver deliver_;
  std::mutex mutex_;
  std::vector<Item> mailbox_; // under mutex_; one task is on its way whenever it is not empty
};

/// All stations and all who hear them.
///
/// Thread: network, for every method. What may take time (making a generator, ending a station) goes to the worker.
/// Realtime: no.
class Stations {
public:
  template <typename T> using Done = std::function<void(core::Result<T>)>;

  /// All must outlive it.
  Stations(const Config& config, GeneratorFactory factory, const PresetStore& presets, Scheduler& scheduler,
           core::Clock& clock, Log& log);
  ~Stations();
  Stations(const Stations&) = delete;
  Stations& operator=(const Stations&) = delete;

  /// Makes the station `main`. Who joins before it is there, waits for it.
  void start(const Done<void>& done);
  [[nodiscard]] bool ready() const noexcept { return ready_; }
  /// Takes no more listeners and makes no more stations.
  void close() noexcept { closed_ = true; }

  void join(const std::shared_ptr<Listener>& listener, const JoinRequest& request);
  void leave(Listener& listener);
  void control(const std::shared_ptr<Listener>& listener, const protocol::ControlMessage& message);
  /// Text for this listener alone: after hello, whatever comes before.
  void tell(Listener& listener, std::string text);
  /// The stream frame last sent, in the listener's frames.
  [[nodiscard]] std::int64_t position(const Listener& listener) const;

  /// Shared stations only: a private one's id is the key to it.
  [[nodiscard]] protocol::StationList list() const;
  [[nodiscard]] std::optional<protocol::StationDocument> find(std::string_view id) const;
  void create(const protocol::StationRequest& request, const Done<protocol::StationDocument>& done);
  /// Name and preset can be changed; Errors: not_found, invalid_argument.
  void change(std::string_view id, const protocol::StationRequest& request,
              const Done<protocol::StationDocument>& done);
  void remove(std::string_view id, const Done<void>& done);
  void control(std::string_view id, const protocol::ControlMessage& message, const Done<protocol::AckMessage>& done);
  /// The session so far as JSON lines (session::Recording), of private stations too. Errors: not_found; unavailable
  /// after more than StationEntry::kMaxRecorded changes.
  [[nodiscard]] core::Result<std::string> recording(std::string_view id) const;

  [[nodiscard]] std::size_t listeners() const noexcept { return listeners_; }
  [[nodiscard]] std::size_t count() const noexcept { return stations_.size(); }
  [[nodiscard]] std::size_t private_count() const noexcept;
  [[nodiscard]] stream::Metrics& metrics() noexcept { return engine_.metrics(); }

private:
  using EntryPtr = std::shared_ptr<StationEntry>;
  struct Plan {
    std::string id;
    std::string name;
    std::string preset;
    std::uint64_t seed = 0;
    std::int64_t sample_rate = 48'000;
    bool is_private = false;
  };

  void make(Plan plan, std::function<void(core::Result<EntryPtr>)> done);
  void drop(const EntryPtr& entry);
  void seat(const EntryPtr& entry, const std::shared_ptr<Listener>& listener, const JoinRequest& request);
  void join_private(const std::shared_ptr<Listener>& listener, const JoinRequest& request);
  void refuse(Listener& listener, CloseCode code, const core::Error& error);
  void release(const EntryPtr& entry);
  void listeners_changed(StationEntry& entry, stream::Codec codec);
  void greet(StationEntry& entry, Listener& listener, std::int64_t at, core::TimePoint now);
  /// Sends what the hub was told, unless a crowd gets it with the next sound.
  void tell_all(StationEntry& entry, stream::Codec codec, core::TimePoint now);
  void deliver(StationEntry& entry, std::vector<StationEntry::Item>& items);
  void applied(StationEntry& entry, const StationEntry::Applied& change);
  static void record(StationEntry& entry, const core::LoggedControl& change);
  void announce(StationEntry& entry);
  [[nodiscard]] core::Result<void> post(StationEntry& entry, const protocol::ControlMessage& message,
                                        StationEntry::Pending pending);
  [[nodiscard]] protocol::StationDocument document(const StationEntry& entry) const;
  [[nodiscard]] EntryPtr entry_of(std::string_view id) const;
  [[nodiscard]] std::optional<core::Error> full() const;

  const Config& config_;
  GeneratorFactory factory_;
  const PresetStore& presets_;
  Scheduler& scheduler_;
  core::Clock& clock_;
  Log& log_;
  std::map<std::string, EntryPtr, std::less<>> stations_;
  std::size_t being_made_ = 0;
  std::size_t listeners_ = 0;
  bool ready_ = false;
  bool closed_ = false;
  std::vector<std::pair<std::weak_ptr<Listener>, JoinRequest>> waiting_for_main_;
  stream::Engine engine_;
};

} // namespace auralis::server
