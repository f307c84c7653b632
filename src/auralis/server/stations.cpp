// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/stations.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <random>

#include "auralis/server/event_messages.hpp"
#include "auralis/session/wire.hpp"

namespace auralis::server {
namespace {

using core::ErrorCode;
using stream::Codec;

constexpr std::uint64_t kHighestSeed = (std::uint64_t{1} << 53U) - 1; // what a browser's number carries
/// A slider that moves tells everybody at most this often.
constexpr std::chrono::milliseconds kAnnouncePeriod{100};
/// A control is taken within a block or two; this long means that the generator hangs.
constexpr std::chrono::milliseconds kControlTimeout{2'000};
constexpr std::size_t kMostHeld = 256;

std::uint64_t draw_bits() {
  std::random_device device; // the kernel's: ids of private stations must not be guessed
  return (std::uint64_t{device()} << 32U) | device();
}

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// How many chunks a listener is sent at a time: a crowd costs less for 20 ms of delay a chunk more, up to 60 ms. The
/// page's smallest buffer holds 300 ms. JSON chunks are long enough.
constexpr std::size_t group_size(std::size_t listeners, Codec codec) noexcept {
  constexpr std::size_t kListenersPerStep = 500;
  constexpr std::size_t kMostChunks = 4;
  return codec == Codec::json ? 1 : std::min(1 + listeners / kListenersPerStep, kMostChunks);
}

core::Error no_station(std::string_view id) {
  return {ErrorCode::not_found, fmt::format("there is no station '{}'", id), "station"};
}

std::int64_t wire(const StationEntry& entry, Codec codec, core::Frames at) {
  return stream::to_wire(at, codec, entry.station->sample_rate()).value;
}

core::Seconds seconds(std::chrono::milliseconds ms) { return core::to_seconds(ms); }

} // namespace

void StationEntry::put(Item item) noexcept {
  bool first = false;
  {
    const std::scoped_lock lock{mutex_};
    first = mailbox_.empty();
    mailbox_.push_back(std::move(item));
  }
  if (first) {
    scheduler_.post([self = shared_from_this()] {
      std::vector<Item> items;
      {
        const std::scoped_lock lock{self->mutex_};
        items.swap(self->mailbox_);
      }
      self->deliver_(*self, items);
    });
  }
}

Stations::Stations(const Config& config, GeneratorFactory factory, const PresetStore& presets, Scheduler& scheduler,
                   core::Clock& clock, Log& log)
    : config_{config}, factory_{std::move(factory)}, presets_{presets}, scheduler_{scheduler}, clock_{clock}, log_{log},
      engine_{{.render_threads = config.render_threads, .send_threads = config.send_threads}, clock} {}

Stations::~Stations() {
  for (const auto& [id, entry] : stations_) {
    engine_.remove(entry->station);
  }
}

void Stations::start(const Done<void>& done) {
  const auto seed = config_.seed.value_or(draw_bits() & kHighestSeed);
  make({.id = "main", .name = config_.name, .preset = config_.preset, .seed = seed, .sample_rate = config_.sample_rate},
       [this, done](core::Result<EntryPtr> made) {
         ready_ = made.has_value();
         for (auto& [weak, request] : std::exchange(waiting_for_main_, {})) {
           if (const auto listener = weak.lock(); listener && listener->seat.counted) {
             --listeners_;
             listener->seat.counted = false;
             join(listener, request);
           }
         }
         done(made.map([](const EntryPtr&) {}));
       });
}

std::size_t Stations::private_count() const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(stations_, [](const auto& one) { return one.second->is_private; }));
}

Stations::EntryPtr Stations::entry_of(std::string_view id) const {
  const auto found = stations_.find(id);
  return found == stations_.end() || found->second->closing ? nullptr : found->second;
}

std::optional<core::Error> Stations::full() const {
  if (stations_.size() + being_made_ < config_.max_stations) {
    return std::nullopt;
  }
  return core::Error{ErrorCode::limit_exceeded,
                     fmt::format("there are {} stations already (limits.stations)", config_.max_stations), ""};
}

// --- making and ending ---------------------------------------------------------------------------------------------

void Stations::make(Plan plan, std::function<void(core::Result<EntryPtr>)> done) {
  const auto preset = presets_.find(plan.preset);
  if (!preset) {
    done(core::fail(ErrorCode::not_found, fmt::format("there is no preset '{}'", plan.preset), "/preset"));
    return;
  }
  ++being_made_;
  const GeneratorSpec spec{.sample_rate = core::Hertz{static_cast<double>(plan.sample_rate)},
                           .seed = plan.seed,
                           .parameters = session::to_parameters(preset->parameters),
                           .character = session::to_character(preset->character)};
  auto entry = std::make_shared<StationEntry>(
      scheduler_, [this](StationEntry& from, std::vector<StationEntry::Item>& items) { deliver(from, items); });
  entry->id = plan.id;
  entry->name = plan.name;
  entry->preset = plan.preset;
  entry->seed = plan.seed;
  entry->is_private = plan.is_private;
  entry->recording = {
      .sample_rate = spec.sample_rate, .seed = spec.seed, .parameters = spec.parameters, .character = spec.character};
  scheduler_.work([this, entry, spec, done = std::move(done)] {
    core::Result<EntryPtr> made = core::fail(ErrorCode::internal, "the station was not made");
    try {
      made = factory_(spec).map([&](std::unique_ptr<core::Generator> generator) {
        stream::Station::Config config{.id = entry->id,
                                       .name = entry->name,
                                       .lead = seconds(config_.lead),
                                       .ring = seconds(config_.ring),
                                       .history = seconds(config_.history)};
        config.catch_up = std::min(config.catch_up, core::Seconds{config.ring.value - config.lead.value});
        config.opus.bitrate = config_.opus_bitrate;
        config.opus.complexity = config_.opus_complexity;
        entry->station = engine_.add(std::move(config), std::move(generator), *entry);
        return entry;
      });
    } catch (const std::exception& thrown) { // an edge: what a constructor threw becomes a refusal
      made = core::fail(ErrorCode::unavailable, thrown.what());
    }
    scheduler_.post([this, made, done] {
      --being_made_;
      if (!made) {
        log_.error("station_failed", {{"error", made.error().what}, {"where", made.error().where}});
      } else if (closed_) {
        drop(*made);
        done(core::fail(ErrorCode::unavailable, "the server is stopping"));
        return;
      } else {
        stations_.emplace((*made)->id, *made);
        log_.info("station_made", {{"station", (*made)->id},
                                   {"preset", (*made)->preset},
                                   {"seed", (*made)->seed},
                                   {"sample_rate", (*made)->station->sample_rate().value},
                                   {"private", (*made)->is_private}});
      }
      done(made);
    });
  });
}

void Stations::drop(const EntryPtr& entry) {
  entry->closing = true;
  stations_.erase(entry->id);
  for (auto& [tag, pending] : entry->pending) {
    if (pending.done) {
      pending.done(tl::unexpected{no_station(entry->id)});
    }
  }
  entry->pending.clear();
  // remove() waits until no thread is in the station or its sink; the entry must live as long.
  scheduler_.work([this, entry] { engine_.remove(entry->station); });
  log_.info("station_ended", {{"station", entry->id}});
}

void Stations::create(const protocol::StationRequest& request, const Done<protocol::StationDocument>& done) {
  if (const auto error = full()) {
    return done(tl::unexpected{*error});
  }
  Plan plan{.id = request.id.value_or(fmt::format("s-{:08x}", draw_bits() & 0xFFFFFFFFU)),
            .name = request.name.value_or(request.id.value_or("Station")),
            .preset = request.preset.value_or(config_.preset),
            .seed = request.seed ? static_cast<std::uint64_t>(*request.seed) : draw_bits() & kHighestSeed,
            .sample_rate = request.sample_rate.value_or(config_.sample_rate)};
  if (stations_.contains(plan.id) || plan.id == "main" || plan.id == "private" || plan.id.starts_with("p-")) {
    return done(core::fail(ErrorCode::unavailable,
                           stations_.contains(plan.id) ? fmt::format("there is a station '{}' already", plan.id)
                                                       : fmt::format("the id '{}' is reserved", plan.id),
                           "/id"));
  }
  make(std::move(plan), [this, done](core::Result<EntryPtr> made) {
    done(made.map([this](const EntryPtr& entry) { return document(*entry); }));
  });
}

void Stations::change(std::string_view id, const protocol::StationRequest& request,
                      const Done<protocol::StationDocument>& done) {
  const auto entry = entry_of(id);
  if (!entry) {
    return done(tl::unexpected{no_station(id)});
  }
  const std::array<std::pair<bool, std::string_view>, 3> fixed{{{request.id.has_value(), "id"},
                                                                {request.seed.has_value(), "seed"},
                                                                {request.sample_rate.has_value(), "sample_rate"}}};
  for (const auto& [given, field] : fixed) {
    if (given) {
      return done(core::fail(ErrorCode::invalid_argument,
                             fmt::format("{} is fixed when a station is made; expected name or preset", field),
                             fmt::format("/{}", field)));
    }
  }
  const auto rename = [this, entry, name = request.name, done] {
    if (name) {
      entry->name = *name;
    }
    done(document(*entry));
  };
  if (!request.preset) {
    return rename();
  }
  StationEntry::Pending pending;
  pending.done = [rename, done](const core::Result<protocol::AckMessage>& ack) {
    ack ? rename() : done(tl::unexpected{ack.error()});
  };
  const protocol::ControlMessage message{.preset = request.preset};
  if (const auto posted = post(*entry, message, std::move(pending)); !posted) {
    done(tl::unexpected{posted.error()});
  }
}

void Stations::remove(std::string_view id, const Done<void>& done) {
  const auto entry = entry_of(id);
  if (!entry) {
    return done(tl::unexpected{no_station(id)});
  }
  if (entry->id == "main") {
    return done(core::fail(ErrorCode::unavailable, "the station 'main' stays as long as the server", "id"));
  }
  for (auto& hub : entry->hubs) {
    for (auto* listener : hub) {
      listener->finish(CloseCode::not_there, "the station has been removed", nullptr);
    }
  }
  drop(entry);
  done({});
}

// --- coming and going ----------------------------------------------------------------------------------------------

void Stations::refuse(Listener& listener, CloseCode code, const core::Error& error) {
  if (listener.seat.counted) {
    listener.seat.counted = false;
    --listeners_;
  }
  listener.finish(code, error.what, shared(error_json(error)));
}

void Stations::join(const std::shared_ptr<Listener>& listener, const JoinRequest& request) {
  if (closed_) {
    return listener->finish(CloseCode::going_away, "the server is stopping", nullptr);
  }
  if (listeners_ >= config_.max_listeners) {
    return refuse(*listener, CloseCode::try_again_later,
                  {ErrorCode::limit_exceeded, "the server is full (limits.listeners)", ""});
  }
  ++listeners_;
  listener->seat.counted = true;
  if (request.station == "private") {
    return join_private(listener, request);
  }
  if (request.station == "main" && !ready_) {
    waiting_for_main_.emplace_back(listener, request);
    return;
  }
  if (const auto entry = entry_of(request.station)) {
    return seat(entry, listener, request);
  }
  refuse(*listener, CloseCode::not_there, no_station(request.station));
}

void Stations::join_private(const std::shared_ptr<Listener>& listener, const JoinRequest& request) {
  if (request.resume) {
    if (const auto entry = entry_of(*request.resume); entry && entry->is_private) {
      // Its old socket may not have noticed yet that it is dead.
      for (auto& hub : entry->hubs) {
        for (auto* old : hub) {
          old->finish(CloseCode::done, "resumed by another connection", nullptr);
        }
      }
      return seat(entry, listener, request);
    }
  }
  if (const auto error = full()) {
    return refuse(*listener, CloseCode::try_again_later, *error);
  }
  make({.id = fmt::format("p-{:016x}{:08x}", draw_bits(), draw_bits() & 0xFFFFFFFFU),
        .name = "Private",
        .preset = request.preset.value_or(config_.preset),
        .seed = request.seed.value_or(draw_bits() & kHighestSeed),
        .sample_rate = config_.sample_rate,
        .is_private = true},
       [this, weak = std::weak_ptr{listener}, request](core::Result<EntryPtr> made) {
         const auto still_there = weak.lock();
         const bool wanted = still_there && still_there->seat.counted;
         if (!made) {
           if (wanted) {
             const auto code =
                 made.error().code == ErrorCode::not_found ? CloseCode::policy : CloseCode::try_again_later;
             refuse(*still_there, code, made.error());
           }
         } else if (wanted) {
           seat(*made, still_there, request);
         } else {
           release(*made);
         }
       });
}

void Stations::seat(const EntryPtr& entry, const std::shared_ptr<Listener>& listener, const JoinRequest& request) {
  auto& seat = listener->seat;
  seat.station = entry;
  seat.codec = request.codec;
  seat.events = request.events;
  seat.ear = request.ear;
  entry->ears += seat.ear ? 1U : 0U;
  ++entry->visits;
  entry->hubs[stream::index(seat.codec)].join(*listener);
  listeners_changed(*entry, seat.codec);
  // In the hub first, then the past: what is sent in between comes twice, and the queue drops the second copy.
  const auto burst = entry->station->recent(seat.codec);
  if (!burst.empty()) {
    const auto now = clock_.now();
    seat.burst_end = burst.back()->seq;
    greet(*entry, *listener, burst.front()->at.value, now);
    for (const auto& chunk : burst) {
      listener->take(stream::message_of(chunk), now);
    }
    listener->flush(now);
  }
  log_.debug("listener_joined", {{"station", entry->id}, {"codec", stream::to_string(seat.codec)}});
}

void Stations::leave(Listener& listener) {
  auto& seat = listener.seat;
  if (seat.counted) {
    seat.counted = false;
    --listeners_;
  }
  if (const auto entry = std::exchange(seat.station, nullptr)) {
    entry->hubs[stream::index(seat.codec)].leave(listener);
    entry->ears -= seat.ear ? 1U : 0U;
    listeners_changed(*entry, seat.codec);
    log_.debug("listener_left", {{"station", entry->id}});
    release(entry);
  }
  seat.held.clear();
}

void Stations::release(const EntryPtr& entry) {
  if (!entry->is_private || entry->seats() > 0 || entry->closing) {
    return;
  }
  const auto end_if_nobody_came = [this, entry, visits = entry->visits] {
    if (entry->visits == visits && entry->seats() == 0 && !entry->closing) {
      drop(entry);
    }
  };
  closed_ ? end_if_nobody_came() : scheduler_.after(config_.resume_grace, end_if_nobody_came);
}

void Stations::listeners_changed(StationEntry& entry, Codec codec) {
  const auto count = static_cast<int>(entry.hubs[stream::index(codec)].size());
  if (entry.closing) {
    return;
  }
  entry.station->set_listeners(codec, count);
  if (count == 1) {
    engine_.wake(entry.station);
  }
}

void Stations::greet(StationEntry& entry, Listener& listener, std::int64_t at, core::TimePoint now) {
  auto& seat = listener.seat;
  const auto snapshot = entry.station->snapshot();
  const protocol::HelloMessage hello{.protocol = 1,
                                     .station = entry.id,
                                     .name = entry.name,
                                     .private_ = entry.is_private,
                                     .codec = static_cast<protocol::Codec>(seat.codec),
                                     .sample_rate = stream::wire_rate(seat.codec, snapshot.sample_rate),
                                     .channels = stream::kChannels,
                                     .chunk_ms = stream::chunk_period(seat.codec).count(),
                                     .at = at,
                                     .seed = static_cast<std::int64_t>(entry.seed),
                                     .transport = static_cast<protocol::TransportState>(snapshot.transport),
                                     .preset = entry.preset,
                                     .parameters = session::to_message(snapshot.parameters)};
  entry.hubs[stream::index(seat.codec)].greeted(listener);
  listener.take(stream::message_of(shared(protocol::to_json(hello))), now);
  if (const auto& chord = entry.chord[stream::index(seat.codec)]; chord && seat.events) {
    listener.take(stream::message_of(chord), now);
  }
  for (const auto& message : std::exchange(seat.held, {})) {
    listener.take(message, now);
  }
}

// --- what the station says -----------------------------------------------------------------------------------------

void Stations::deliver(StationEntry& entry, std::vector<StationEntry::Item>& items) {
  if (entry.closing) {
    return;
  }
  for (const auto& item : items) {
    const auto now = clock_.now();
    if (const auto* chunk = std::get_if<stream::ChunkPtr>(&item)) {
      const auto codec = stream::index((*chunk)->codec);
      entry.last_at[codec] = (*chunk)->at.value + (*chunk)->frames;
      auto& hub = entry.hubs[codec];
      hub.say(stream::message_of(*chunk), Hub::Kind::sound);
      for (auto* listener : hub) {
        if (!listener->seat.greeted) {
          greet(entry, *listener, (*chunk)->at.value, now);
        }
      }
      hub.take_turns(group_size(listeners_, (*chunk)->codec), now);
    } else if (const auto* events = std::get_if<StationEntry::EventList>(&item)) {
      const auto station_rate = static_cast<std::int64_t>(entry.station->sample_rate().value);
      std::optional<std::pair<std::int64_t, EventMessages>> made; // codecs of one rate share the text
      for (const auto codec : stream::kCodecs) {
        const std::int64_t wire_rate = stream::wire_rate(codec, entry.station->sample_rate());
        if (!made || made->first != wire_rate) {
          made.emplace(wire_rate, event_messages(**events, station_rate, wire_rate));
        }
        const auto& [rate, messages] = *made;
        if (messages.chord) {
          entry.chord[stream::index(codec)] = messages.chord;
        }
        for (const auto& text : messages.all) {
          entry.hubs[stream::index(codec)].say(stream::message_of(text), Hub::Kind::event);
        }
        tell_all(entry, codec, now);
      }
    } else {
      applied(entry, std::get<StationEntry::Applied>(item));
    }
  }
}

void Stations::tell_all(StationEntry& entry, Codec codec, core::TimePoint now) {
  if (const auto group = group_size(listeners_, codec); group == 1) {
    entry.hubs[stream::index(codec)].take_turns(group, now);
  } // else it goes with sound, and comes at least a lead before it sounds all the same
}

void Stations::tell(Listener& listener, std::string text) {
  auto message = stream::message_of(shared(std::move(text)));
  if (const auto& seat = listener.seat; seat.greeted) {
    const auto now = clock_.now();
    if (seat.station) {
      seat.station->hubs[stream::index(seat.codec)].catch_up(listener, now);
    }
    listener.take(message, now);
    listener.flush(now);
  } else if (listener.seat.held.size() < kMostHeld) {
    listener.seat.held.push_back(std::move(message));
  }
}

std::int64_t Stations::position(const Listener& listener) const {
  const auto& seat = listener.seat;
  return seat.station ? seat.station->last_at[stream::index(seat.codec)] : 0;
}

// --- controls ------------------------------------------------------------------------------------------------------

core::Result<void> Stations::post(StationEntry& entry, const protocol::ControlMessage& message,
                                  StationEntry::Pending pending) {
  const auto control = session::to_control(message, [this](std::string_view id) { return presets_.find(id); });
  if (!control) {
    return tl::unexpected{control.error()};
  }
  const auto tag = entry.next_tag++;
  if (!entry.station->post(*control, tag)) {
    return core::fail(ErrorCode::limit_exceeded, "too many changes are waiting already; try again");
  }
  pending.control = *control;
  pending.id = message.id;
  pending.preset = message.preset;
  entry.pending.emplace(tag, std::move(pending));
  if (entry.listeners() == 0) {
    engine_.wake(entry.station);
  }
  return {};
}

void Stations::control(const std::shared_ptr<Listener>& listener, const protocol::ControlMessage& message) {
  const auto entry = listener->seat.station;
  if (!entry) {
    return tell(*listener, error_json({ErrorCode::unavailable, "the station is not ready yet", ""}, message.id));
  }
  StationEntry::Pending pending;
  pending.from = listener;
  if (const auto posted = post(*entry, message, std::move(pending)); !posted) {
    tell(*listener, error_json(posted.error(), message.id));
  }
}

void Stations::control(std::string_view id, const protocol::ControlMessage& message,
                       const Done<protocol::AckMessage>& done) {
  const auto entry = entry_of(id);
  if (!entry) {
    return done(tl::unexpected{no_station(id)});
  }
  StationEntry::Pending pending;
  pending.done = done;
  const auto tag = entry->next_tag;
  if (const auto posted = post(*entry, message, std::move(pending)); !posted) {
    return done(tl::unexpected{posted.error()});
  }
  scheduler_.after(kControlTimeout, [entry, tag] {
    if (auto late = entry->pending.extract(tag)) {
      late.mapped().done(core::fail(ErrorCode::unavailable, "the station did not take the change in time"));
    }
  });
}

void Stations::applied(StationEntry& entry, const StationEntry::Applied& change) {
  if (auto found = entry.pending.extract(change.tag)) {
    auto& pending = found.mapped();
    record(entry, {change.at, pending.control});
    if (pending.preset) {
      entry.preset = *pending.preset;
    }
    protocol::AckMessage ack{.id = pending.id, .at = change.at.value};
    if (pending.done) {
      pending.done(ack);
    } else if (const auto listener = pending.from.lock(); listener && listener->seat.station.get() == &entry) {
      ack.at = wire(entry, listener->seat.codec, change.at);
      tell(*listener, protocol::to_json(ack));
    }
  }
  entry.unannounced = change;
  if (entry.announcing) {
    return;
  }
  const auto since = clock_.now() - entry.announced_at;
  if (since >= kAnnouncePeriod) {
    return announce(entry);
  }
  entry.announcing = true;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(kAnnouncePeriod - since);
  scheduler_.after(rest, [this, self = entry.shared_from_this()] {
    self->announcing = false;
    announce(*self);
  });
}

void Stations::record(StationEntry& entry, const core::LoggedControl& change) {
  if (entry.recording.controls.size() < StationEntry::kMaxRecorded) {
    entry.recording.controls.push_back(change);
  } else {
    entry.overrecorded = true;
  }
}

core::Result<std::string> Stations::recording(std::string_view id) const {
  const auto entry = entry_of(id);
  if (!entry) {
    return tl::unexpected{no_station(id)};
  }
  if (entry->overrecorded) {
    return core::fail(ErrorCode::unavailable,
                      fmt::format("the station was changed more than {} times, too often to keep its recording",
                                  StationEntry::kMaxRecorded),
                      "path");
  }
  return session::to_json_lines(entry->recording);
}

void Stations::announce(StationEntry& entry) {
  const auto change = std::exchange(entry.unannounced, std::nullopt);
  if (!change || entry.closing) {
    return;
  }
  entry.announced_at = clock_.now();
  for (const auto codec : stream::kCodecs) {
    auto& hub = entry.hubs[stream::index(codec)];
    if (hub.empty()) {
      continue;
    }
    const protocol::StateMessage state{.at = wire(entry, codec, change->at),
                                       .transport = static_cast<protocol::TransportState>(change->transport),
                                       .preset = entry.preset,
                                       .parameters = session::to_message(change->parameters),
                                       .listeners = static_cast<std::int64_t>(entry.listeners())};
    hub.say(stream::message_of(shared(protocol::to_json(state))), Hub::Kind::state);
    tell_all(entry, codec, entry.announced_at);
  }
}

// --- documents -----------------------------------------------------------------------------------------------------

protocol::StationDocument Stations::document(const StationEntry& entry) const {
  const auto snapshot = entry.station->snapshot();
  return {.id = entry.id,
          .name = entry.name,
          .preset = entry.preset,
          .seed = static_cast<std::int64_t>(entry.seed),
          .sample_rate = static_cast<std::int64_t>(snapshot.sample_rate.value),
          .private_ = entry.is_private,
          .listeners = static_cast<std::int64_t>(entry.listeners()),
          .at = snapshot.at.value,
          .playing = snapshot.playing,
          .transport = static_cast<protocol::TransportState>(snapshot.transport),
          .parameters = session::to_message(snapshot.parameters)};
}

protocol::StationList Stations::list() const {
  protocol::StationList all;
  for (const auto& [id, entry] : stations_) {
    if (!entry->is_private) {
      all.push_back(document(*entry));
    }
  }
  return all;
}

std::optional<protocol::StationDocument> Stations::find(std::string_view id) const {
  const auto entry = entry_of(id);
  return entry ? std::optional{document(*entry)} : std::nullopt;
}

} // namespace auralis::server
