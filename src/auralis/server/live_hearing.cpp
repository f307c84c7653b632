// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/live_hearing.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "auralis/stream/chunk.hpp"

namespace auralis::server {
namespace {

using core::ErrorCode;

/// The music and the network go first, and so do recordings that somebody waits for no less.
constexpr int kNiceness = 10;
/// A station's ear that is further behind than this begins anew.
constexpr core::Seconds kFarBehind{4.0};
/// What of the past a newcomer is told: about a minute.
constexpr std::size_t kRemembered = 1'500;

template <typename T> constexpr std::size_t kind_of() {
  return []<typename... Kinds>(const std::variant<Kinds...>*) {
    std::size_t index = 0;
    static_cast<void>(((std::is_same_v<T, Kinds> ? true : (++index, false)) || ...));
    return index;
  }(static_cast<const protocol::HeardEvent*>(nullptr));
}

/// What holds until the next of its kind, maybe for longer than is remembered.
constexpr std::array kHolding{kind_of<protocol::HeardTempo>(), kind_of<protocol::HeardKey>(),
                              kind_of<protocol::HeardChord>()};

} // namespace

// --- an ear -------------------------------------------------------------------------------------------------------

void Ear::push(std::shared_ptr<const void> owner, std::span<const std::byte> pcm16) {
  const std::scoped_lock lock{mutex_};
  if (!closed_ && !finishing_) {
    sounds_.push_back({std::move(owner), pcm16});
    waiting_bytes_ += pcm16.size();
    schedule();
  }
}

core::Seconds Ear::waiting() const {
  const std::scoped_lock lock{mutex_};
  return core::Seconds{static_cast<double>(waiting_bytes_) / (2.0 * config_.channels * config_.sample_rate.value)};
}

void Ear::finish() {
  const std::scoped_lock lock{mutex_};
  if (!closed_ && !std::exchange(finishing_, true)) {
    schedule();
  }
}

void Ear::close() {
  const std::scoped_lock lock{mutex_};
  closed_ = true;
  sounds_.clear();
}

void Ear::schedule() {
  if (!std::exchange(scheduled_, true)) {
    workers_.run([self = shared_from_this()] { self->hear(); });
  }
}

void Ear::hear() {
  std::deque<Sound> sounds;
  bool over = false;
  {
    const std::scoped_lock lock{mutex_};
    if (closed_) {
      return;
    }
    sounds.swap(sounds_);
    over = finishing_;
  }
  if (!ear_) {
    ear_.emplace(config_); // its tables take their time: here, not where the sound comes from
  }
  std::vector<Told> heard;
  const auto say = [&heard](const protocol::HeardEvent& event) {
    heard.push_back({std::make_shared<const std::string>(protocol::to_json(event)), event.index()});
  };
  std::size_t bytes = 0;
  for (const auto& sound : sounds) {
    ear_->hear(sound.pcm16, say);
    bytes += sound.pcm16.size();
  }
  if (over) {
    ear_->finish(say);
  }
  {
    const std::scoped_lock lock{mutex_};
    waiting_bytes_ -= bytes;
    scheduled_ = false;
    if (!over && (!sounds_.empty() || finishing_)) {
      schedule(); // others have their turn in between
    }
  }
  if (!heard.empty() || over) {
    scheduler_.post([self = shared_from_this(), heard = std::move(heard), over]() mutable {
      {
        const std::scoped_lock lock{self->mutex_};
        if (self->closed_) {
          return;
        }
      }
      self->tell_(std::move(heard), over);
    });
  }
}

// --- stations -----------------------------------------------------------------------------------------------------

/// Sits among a station's listeners.
class LiveHearing::StationEar final : public Listener, public std::enable_shared_from_this<StationEar> {
public:
  StationEar(LiveHearing& owner, std::string station) : owner_{owner}, station_{std::move(station)} {}
  ~StationEar() override { hush(); }
  StationEar(const StationEar&) = delete;
  StationEar& operator=(const StationEar&) = delete;

  void take(const stream::Message& message, core::TimePoint /*now*/) override {
    if (!message.chunk || message.chunk->codec != stream::Codec::pcm16) {
      return;
    }
    const auto& chunk = *message.chunk;
    // What a newcomer is given of the past may come twice.
    if (ear_ && chunk.at.value < next_at_) {
      return;
    }
    if (!ear_ || chunk.at.value != next_at_ || ear_->waiting() > kFarBehind) {
      begin(chunk);
    }
    next_at_ = chunk.at.value + chunk.frames;
    ear_->push(message.chunk, std::span{chunk.bytes}.subspan(stream::kHeaderBytes));
  }
  void flush(core::TimePoint /*now*/) override {}
  void finish(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) override {
    const auto self = shared_from_this();
    forget();
    for (auto* watch : std::exchange(watches_, {})) {
      watch->ended(code, reason, last_words);
    }
    // Not at once: who ends a listener is in the middle of his lists.
    owner_.scheduler_.post([self] { self->owner_.stations_.leave(*self); });
  }

  void add(LiveWatch& watch) {
    watches_.push_back(&watch);
    if (listening_) {
      watch.told(listening_);
    }
    for (const auto& text : holding_) {
      if (text) {
        watch.told(text);
      }
    }
    for (const auto& heard : past_) {
      watch.told(heard.text);
    }
  }
  void remove(LiveWatch& watch) { std::erase(watches_, &watch); }
  [[nodiscard]] std::size_t watchers() const noexcept { return watches_.size(); }

  /// \pre somebody else owns it, too
  void leave() {
    forget();
    owner_.stations_.leave(*this);
  }

private:
  void forget() {
    hush();
    if (const auto found = owner_.heard_.find(station_); found != owner_.heard_.end() && found->second.get() == this) {
      owner_.heard_.erase(found);
    }
  }

  void begin(const stream::Chunk& chunk) {
    hush();
    ear_ = std::make_shared<Ear>(
        session::LiveEar::Config{.sample_rate = core::Hertz{static_cast<double>(chunk.sample_rate)},
                                 .channels = stream::kChannels,
                                 .networks = owner_.networks_},
        owner_.workers_, owner_.scheduler_, [this](std::vector<Told> heard, bool /*never over*/) { tell(heard); });
    past_.clear();
    holding_ = {};
    listening_ = std::make_shared<const std::string>(
        protocol::to_json(protocol::ListeningMessage{.source = protocol::LiveSource::station,
                                                     .station = station_,
                                                     .sample_rate = static_cast<std::int64_t>(chunk.sample_rate),
                                                     .at = chunk.at.value,
                                                     .networks = owner_.networks_.of_streams()}));
    for (auto* watch : watches_) {
      watch->told(listening_);
    }
  }

  void hush() {
    if (ear_) {
      ear_->close(); // from here on it does not call tell()
      ear_ = nullptr;
    }
  }

  void tell(std::vector<Told>& heard) {
    for (auto& one : heard) {
      for (auto* watch : watches_) {
        watch->told(one.text);
      }
      past_.push_back(std::move(one));
    }
    while (past_.size() > kRemembered) {
      const auto holding = std::ranges::find(kHolding, past_.front().kind);
      if (holding != kHolding.end()) {
        holding_[static_cast<std::size_t>(holding - kHolding.begin())] = past_.front().text;
      }
      past_.pop_front();
    }
  }

  LiveHearing& owner_;
  std::string station_;
  std::vector<LiveWatch*> watches_;
  std::shared_ptr<Ear> ear_;
  std::int64_t next_at_ = 0;
  std::shared_ptr<const std::string> listening_;
  std::deque<Told> past_;
  std::array<std::shared_ptr<const std::string>, kHolding.size()> holding_; // said last before past_ begins
};

LiveHearing::LiveHearing(const Config& config, analysis::Networks networks, Stations& stations, Scheduler& scheduler,
                         Log& log)
    : config_{config}, networks_{std::move(networks)}, stations_{stations}, scheduler_{scheduler}, log_{log},
      workers_{1, kNiceness} {}

LiveHearing::~LiveHearing() = default;

void LiveHearing::watch(const std::string& station, LiveWatch& watch) {
  auto& ear = heard_[station];
  const bool fresh = !ear;
  if (fresh) {
    ear = std::make_shared<StationEar>(*this, station);
  }
  const auto kept = ear; // a station that is not there takes its ear out of heard_
  kept->add(watch);
  if (fresh) {
    log_.debug("hearing_begun", {{"station", station}});
    stations_.join(kept, {.station = station, .codec = stream::Codec::pcm16, .events = false, .ear = true});
  }
}

void LiveHearing::unwatch(const std::string& station, LiveWatch& watch) {
  const auto found = heard_.find(station);
  if (found == heard_.end()) {
    return;
  }
  const auto ear = found->second;
  ear->remove(watch);
  if (ear->watchers() == 0) {
    ear->leave();
    log_.debug("hearing_ended", {{"station", station}});
  }
}

std::size_t LiveHearing::watchers() const noexcept {
  std::size_t sum = 0;
  for (const auto& [station, ear] : heard_) {
    sum += ear->watchers();
  }
  return sum;
}

core::Result<std::shared_ptr<Ear>> LiveHearing::microphone(core::Hertz sample_rate, Ear::Tell tell) {
  if (microphones_ >= config_.max_microphones) {
    return core::fail(
        ErrorCode::limit_exceeded,
        fmt::format("{} microphones are being heard already (limits.microphones)", config_.max_microphones));
  }
  ++microphones_;
  return std::make_shared<Ear>(
      session::LiveEar::Config{.sample_rate = sample_rate, .channels = 1, .networks = networks_}, workers_, scheduler_,
      std::move(tell));
}

void LiveHearing::give_back(Ear& ear) {
  ear.close();
  --microphones_;
}

} // namespace auralis::server
