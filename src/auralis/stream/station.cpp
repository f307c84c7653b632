// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/station.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "auralis/rt/realtime_section.hpp"
#include "auralis/stream/chunk_encoder.hpp"

namespace auralis::stream {
namespace {

using core::Frames;
using core::Hertz;
using core::Seconds;
using core::TimePoint;
using std::chrono::nanoseconds;

constexpr auto kRelaxed = std::memory_order_relaxed;

/// How soon the sender looks again when the sound it wants is not there yet: short against the 20 ms it may be late.
constexpr std::chrono::milliseconds kRetry{2};
/// Blocks a step may send before other stations get their turn; bounds a step to about a millisecond of encoding.
constexpr int kBlocksPerStep = 8;
/// Far more than two seconds of the densest music hold; beyond, events are counted as lost.
constexpr std::size_t kMaxEvents = 4096;
/// Controls taken and not yet reported; the renderer takes no more until the sender has caught up.
constexpr std::size_t kMaxApplied = 128;

std::int64_t whole_blocks(Seconds span) noexcept {
  return std::llround(std::ceil(span.value / core::to_seconds(kBlockPeriod).value - 1e-9));
}

Hertz checked_rate(const core::Generator* generator) {
  if (generator == nullptr) {
    throw std::invalid_argument{"station: needs a generator"};
  }
  const Hertz rate = generator->sample_rate();
  if (rate != Hertz{44'100.0} && rate != Hertz{48'000.0}) {
    throw std::invalid_argument{fmt::format("station: sample rate is {} Hz, must be 44100 or 48000", rate.value)};
  }
  return rate;
}

Station::Config checked(Station::Config config) {
  const auto require = [&](bool holds, std::string_view what, Seconds is, double from, double to) {
    if (!holds || !(is.value >= from) || !(is.value <= to)) {
      throw std::invalid_argument{
          fmt::format("station {}: {} is {} s, must be {} to {} s", config.id, what, is.value, from, to)};
    }
  };
  require(true, "ring", config.ring, 0.1, 10.0);
  require(true, "lead", config.lead, 0.02, config.ring.value);
  require(true, "history", config.history, 0.0, config.ring.value - config.lead.value - 0.02);
  require(true, "catch_up", config.catch_up, 0.0, config.ring.value - config.lead.value);
  static_cast<void>(media::OpusEncoder{config.opus}); // refuses bad settings now rather than at the first listener
  return config;
}

double to_ms(nanoseconds span) noexcept { return static_cast<double>(span.count()) * 1e-6; }

} // namespace

Station::Station(Config config, std::unique_ptr<core::Generator> generator, StationSink& sink, const core::Clock& clock,
                 Metrics& metrics)
    : config_{checked(std::move(config))}, sample_rate_{checked_rate(generator.get())},
      block_{block_frames(sample_rate_)}, lead_{whole_blocks(config_.lead) * static_cast<std::int64_t>(block_)},
      ring_frames_{whole_blocks(config_.ring) * static_cast<std::int64_t>(block_)},
      history_blocks_{static_cast<std::size_t>(whole_blocks(config_.history))},
      catch_up_blocks_{whole_blocks(config_.catch_up)}, sink_{sink}, clock_{clock}, metrics_{metrics},
      events_{kMaxEvents}, stamps_{static_cast<std::size_t>(whole_blocks(config_.ring)) + 1},
      ring_{static_cast<std::size_t>(ring_frames_)}, applied_{kMaxApplied}, controls_{kMaxControls},
      generator_{std::move(generator)}, left_(block_), right_(block_), rendered_block_(block_), taken_block_(block_),
      parameters_{generator_->parameters()}, transport_{generator_->transport()} {}

Station::~Station() = default;

bool Station::post(const core::Control& control, std::uint64_t tag) {
  const std::lock_guard lock{post_mutex_};
  return controls_.push({control, tag, clock_.now()});
}

void Station::set_listeners(Codec codec, int count) noexcept {
  assert(count >= 0);
  listeners_[index(codec)].store(count, kRelaxed); // a number alone; nothing is published by it
}

int Station::listeners() const noexcept {
  int total = 0;
  for (const auto& count : listeners_) {
    total += count.load(kRelaxed);
  }
  return total;
}

std::vector<ChunkPtr> Station::recent(Codec codec) const {
  const std::lock_guard lock{state_mutex_};
  const auto& chunks = recent_[index(codec)];
  return {chunks.begin(), chunks.end()};
}

Station::Snapshot Station::snapshot() const {
  Snapshot snapshot{
      .id = config_.id, .name = config_.name, .sample_rate = sample_rate_, .at = Frames{rendered_.load(kRelaxed)}};
  for (const Codec codec : kCodecs) {
    snapshot.listeners[index(codec)] = listeners_[index(codec)].load(kRelaxed);
  }
  const std::lock_guard lock{state_mutex_};
  snapshot.playing = playing_;
  snapshot.transport = transport_;
  snapshot.parameters = parameters_;
  return snapshot;
}

// ---- render thread

bool Station::wants_render() const noexcept {
  const bool may_take = controls_.size() > 0 && applied_.size() < kMaxApplied;
  // wanted_ pairs with want_up_to(); a stale value only means that the sender's next wake-up finds it.
  const bool behind = rendered_.load(kRelaxed) < wanted_.load(std::memory_order_acquire);
  return may_take || (behind && ring_.size() + block_ <= static_cast<std::size_t>(ring_frames_));
}

void Station::render_step() noexcept {
  const rt::RealtimeSection section;
  Posted posted{};
  while (applied_.size() < kMaxApplied && controls_.pop(posted)) {
    metrics_.control_ms.record_ms(to_ms(clock_.now() - posted.at));
    const Frames at = generator_->now();
    generator_->apply(posted.control);
    applied_.push({posted.tag, at, generator_->parameters(), generator_->transport()});
  }
  const std::int64_t rendered = rendered_.load(kRelaxed);    // ours
  if (rendered >= wanted_.load(std::memory_order_acquire) || // pairs with want_up_to()
      ring_.size() + block_ > static_cast<std::size_t>(ring_frames_)) {
    return;
  }
  const TimePoint begun = clock_.now();
  const auto events = generator_->render({left_, right_});
  metrics_.render_ms.record_ms(to_ms(clock_.now() - begun));

  // The frames go last: who has read a frame finds its events and its stamp.
  const std::size_t kept = events_.write(events);
  if (kept < events.size()) {
    metrics_.lost_events.fetch_add(events.size() - kept, kRelaxed);
  }
  stamps_.push(clock_.unix_us());
  for (std::size_t i = 0; i < block_; ++i) {
    rendered_block_[i] = {left_[i], right_[i]};
  }
  ring_.write(rendered_block_);
  rendered_.store(rendered + static_cast<std::int64_t>(block_), kRelaxed); // for snapshots; ring_ publishes the sound
}

// ---- sender thread

void Station::want_up_to(std::int64_t frame) noexcept {
  if (frame > wanted_.load(kRelaxed)) {              // ours
    wanted_.store(frame, std::memory_order_release); // pairs with the loads in wants_render() and render_step()
  }
}

void Station::report_applied() {
  Applied applied{};
  while (applied_.pop(applied)) {
    {
      const std::lock_guard lock{state_mutex_};
      parameters_ = applied.parameters;
      transport_ = applied.transport;
    }
    sink_.on_control_applied(applied.tag, applied.at, applied.parameters, applied.transport);
  }
}

void Station::rest() {
  // What is in the ring stays: the next run goes on with it, so that not a sample is missing in between.
  state_ = State::resting;
  past_.clear();
  for (auto& encoder : encoders_) {
    encoder.reset();
  }
  const std::lock_guard lock{state_mutex_};
  playing_ = false;
  for (auto& chunks : recent_) {
    chunks.clear();
  }
}

core::TimePoint Station::send_step() {
  report_applied();
  const TimePoint now = clock_.now();
  if (listeners() == 0) {
    if (state_ != State::resting) {
      rest();
    }
    return now + kBlockPeriod;
  }

  const auto block = static_cast<std::int64_t>(block_);
  if (state_ == State::resting) {
    state_ = State::priming;
    const std::lock_guard lock{state_mutex_};
    playing_ = true;
  }
  if (state_ == State::priming) {
    // The whole first burst and the lead behind it, before the clock starts: no run begins with an underrun.
    const std::int64_t first = static_cast<std::int64_t>(history_blocks_ + 1) * block + lead_;
    want_up_to(taken_ + first);
    if (static_cast<std::int64_t>(ring_.size()) < first) {
      return now + kRetry;
    }
    state_ = State::playing;
    primed_at_ = now;
    anchor_ = now - history_blocks_ * kBlockPeriod;
    run_blocks_ = 0;
    starving_ = false;
  }

  std::int64_t due_blocks = (now - anchor_) / kBlockPeriod + 1 - run_blocks_;
  const std::int64_t most = 1 + std::max(catch_up_blocks_, static_cast<std::int64_t>(history_blocks_));
  if (due_blocks > most) {
    // Listeners have long run dry; a burst beyond what they can hold would only be thrown away there.
    const std::int64_t skipped = due_blocks - most;
    anchor_ += skipped * kBlockPeriod;
    due_blocks = most;
    metrics_.skipped_blocks.fetch_add(static_cast<std::uint64_t>(skipped), kRelaxed);
  }
  want_up_to(taken_ + std::max<std::int64_t>(due_blocks, 0) * block + lead_);
  for (int sent = 0; sent < kBlocksPerStep && due_blocks > 0; ++sent, --due_blocks) {
    if (ring_.size() < block_) {
      if (!starving_) {
        starving_ = true;
        metrics_.underruns.fetch_add(1, kRelaxed);
      }
      return now + kRetry;
    }
    starving_ = false;
    send_block(std::max(primed_at_, anchor_ + run_blocks_ * kBlockPeriod));
    ++run_blocks_;
  }
  return anchor_ + run_blocks_ * kBlockPeriod;
}

void Station::deliver_events(Frames until) {
  std::vector<core::PerformanceEvent> due;
  while (holding_ || events_.pop(held_)) {
    holding_ = held_.at >= until;
    if (holding_) {
      break;
    }
    due.push_back(held_);
  }
  if (!due.empty()) {
    sink_.on_events(std::make_shared<const std::vector<core::PerformanceEvent>>(std::move(due)));
  }
}

void Station::start_and_stop_encoders() {
  for (const Codec codec : kCodecs) {
    auto& encoder = encoders_[index(codec)];
    const bool used = listeners_[index(codec)].load(kRelaxed) > 0;
    if (used && !encoder) {
      encoder = make_encoder(codec, sample_rate_, config_.opus);
      const TimePoint now = clock_.now();
      for (const PastBlock& block : past_) { // the first listener of a codec gets a burst, too
        encode(codec, block, now);
      }
    } else if (!used && encoder) {
      encoder.reset();
      const std::lock_guard lock{state_mutex_};
      recent_[index(codec)].clear();
    }
  }
}

void Station::encode(Codec codec, const PastBlock& block, TimePoint due) {
  fresh_.clear();
  const TimePoint begun = clock_.now();
  encoders_[index(codec)]->encode({block.interleaved, block.at, block.generated_us, due}, next_seq_[index(codec)],
                                  fresh_);
  if (!fresh_.empty()) {
    metrics_.encode_ms.record_ms(to_ms(clock_.now() - begun));
    publish(codec);
  }
}

void Station::publish(Codec codec) {
  {
    const std::lock_guard lock{state_mutex_};
    auto& recent = recent_[index(codec)];
    recent.insert(recent.end(), fresh_.begin(), fresh_.end());
    const auto most = static_cast<std::size_t>(history_blocks_ * kBlockPeriod / chunk_period(codec));
    while (recent.size() > most) {
      recent.pop_front();
    }
  }
  for (const ChunkPtr& chunk : fresh_) {
    metrics_.publish_ms.record_ms(to_ms(clock_.now() - chunk->due));
    sink_.on_chunk(chunk);
  }
}

void Station::send_block(TimePoint due) {
  metrics_.buffer_ms.record_ms(1e3 * core::to_seconds(buffered(), sample_rate_).value);
  ring_.read(taken_block_);
  PastBlock block{.at = Frames{taken_}, .generated_us = 0};
  stamps_.pop(block.generated_us);
  block.interleaved.reserve(block_ * kChannels);
  for (const Frame& frame : taken_block_) {
    block.interleaved.push_back(frame.left);
    block.interleaved.push_back(frame.right);
  }
  taken_ += static_cast<std::int64_t>(block_);

  deliver_events(Frames{taken_});
  start_and_stop_encoders();
  for (const Codec codec : kCodecs) {
    if (encoders_[index(codec)]) {
      encode(codec, block, due);
    }
  }
  metrics_.blocks.fetch_add(1, kRelaxed);
  past_.push_back(std::move(block));
  while (past_.size() > history_blocks_) {
    past_.pop_front();
  }
}

} // namespace auralis::stream
