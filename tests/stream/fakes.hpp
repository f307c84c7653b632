// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "auralis/core/generator.hpp"
#include "auralis/core/random.hpp"
#include "auralis/stream/station.hpp"

namespace auralis::stream {

/// A tone on the left and another on the right whose level follows `intensity` from the next quantum on, and a note
/// every tenth of a second. Every sample is a function of its frame and of the controls before it.
class ToneGenerator final : public core::Generator {
public:
  static constexpr double kLeftHz = 440.0;
  static constexpr double kRightHz = 660.0;

  explicit ToneGenerator(core::Hertz rate = core::Hertz{48'000.0}) : rate_{rate} { events_.reserve(64); }

  [[nodiscard]] core::Hertz sample_rate() const noexcept override { return rate_; }
  [[nodiscard]] core::Frames now() const noexcept override { return now_; }
  [[nodiscard]] const core::Parameters& parameters() const noexcept override { return parameters_; }
  [[nodiscard]] const core::Character& character() const noexcept override { return character_; }
  [[nodiscard]] core::Transport transport() const noexcept override { return transport_; }

  std::span<const core::PerformanceEvent> render(core::StereoBlock out) noexcept override {
    events_.clear();
    const auto period = static_cast<std::int64_t>(rate_.value / 10.0);
    for (std::size_t i = 0; i < out.frames(); ++i) {
      const std::int64_t n = now_.value + static_cast<std::int64_t>(i);
      if (n % core::kQuantum.value == 0) {
        level_ = parameters_.intensity;
      }
      if (n % period == 0 && events_.size() < events_.capacity()) {
        events_.push_back({core::Frames{n}, core::NoteOn{.midi = 69, .duration = core::Frames{period / 2}}});
      }
      const double turn = 2.0 * std::numbers::pi * static_cast<double>(n) / rate_.value;
      out.left[i] = level_ * static_cast<float>(std::sin(kLeftHz * turn));
      out.right[i] = 0.5F * level_ * static_cast<float>(std::sin(kRightHz * turn));
    }
    now_ += core::Frames{static_cast<std::int64_t>(out.frames())};
    return events_;
  }

  void apply(const core::Control& control) noexcept override {
    core::apply(control, parameters_);
    if (control.transport) {
      transport_ = *control.transport;
    }
  }

private:
  core::Hertz rate_;
  core::Frames now_;
  core::Parameters parameters_;
  core::Character character_;
  core::Transport transport_ = core::Transport::play;
  float level_ = 0.5F;
  std::vector<core::PerformanceEvent> events_;
};

/// Next to no work a frame: a ramp that tells every frame of a second apart.
class RampGenerator final : public core::Generator {
public:
  [[nodiscard]] core::Hertz sample_rate() const noexcept override { return core::Hertz{48'000.0}; }
  [[nodiscard]] core::Frames now() const noexcept override { return now_; }
  [[nodiscard]] const core::Parameters& parameters() const noexcept override { return parameters_; }
  [[nodiscard]] const core::Character& character() const noexcept override { return character_; }
  [[nodiscard]] core::Transport transport() const noexcept override { return core::Transport::play; }

  std::span<const core::PerformanceEvent> render(core::StereoBlock out) noexcept override {
    for (std::size_t i = 0; i < out.frames(); ++i) {
      const std::int64_t n = now_.value + static_cast<std::int64_t>(i);
      out.left[i] = static_cast<float>(n % 48'000) / 48'000.0F;
      out.right[i] = -out.left[i];
    }
    now_ += core::Frames{static_cast<std::int64_t>(out.frames())};
    return {};
  }
  void apply(const core::Control& control) noexcept override { core::apply(control, parameters_); }

private:
  core::Frames now_;
  core::Parameters parameters_;
  core::Character character_;
};

/// Keeps all it is told.
class RecordingSink final : public StationSink {
public:
  struct AppliedControl {
    std::uint64_t tag;
    core::Frames at;
    core::Parameters parameters;
    core::Transport transport;
  };

  void on_chunk(const ChunkPtr& chunk) noexcept override {
    const std::lock_guard lock{mutex_};
    chunks_.push_back(chunk);
  }
  void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> events) noexcept override {
    const std::lock_guard lock{mutex_};
    for (const auto& event : *events) {
      events_.push_back(event);
      chunks_before_event_.push_back(chunks_.size());
    }
  }
  void on_control_applied(std::uint64_t tag, core::Frames at, const core::Parameters& parameters,
                          core::Transport transport) noexcept override {
    const std::lock_guard lock{mutex_};
    applied_.push_back({tag, at, parameters, transport});
  }

  [[nodiscard]] std::vector<ChunkPtr> chunks(Codec codec) const {
    const std::lock_guard lock{mutex_};
    std::vector<ChunkPtr> found;
    for (const ChunkPtr& chunk : chunks_) {
      if (chunk->codec == codec) {
        found.push_back(chunk);
      }
    }
    return found;
  }
  [[nodiscard]] std::vector<core::PerformanceEvent> events() const {
    const std::lock_guard lock{mutex_};
    return events_;
  }
  /// How many chunks of any codec had come before each event.
  [[nodiscard]] std::vector<std::size_t> chunks_before_event() const {
    const std::lock_guard lock{mutex_};
    return chunks_before_event_;
  }
  [[nodiscard]] std::vector<AppliedControl> applied() const {
    const std::lock_guard lock{mutex_};
    return applied_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<ChunkPtr> chunks_;                 // under mutex_
  std::vector<core::PerformanceEvent> events_;   // under mutex_
  std::vector<std::size_t> chunks_before_event_; // under mutex_
  std::vector<AppliedControl> applied_;          // under mutex_
};

/// Counts chunks and keeps only the last, so that hours fit into memory.
class CountingSink final : public StationSink {
public:
  void on_chunk(const ChunkPtr& chunk) noexcept override {
    ++chunks_;
    last_ = chunk;
  }
  void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> /*events*/) noexcept override {}
  void on_control_applied(std::uint64_t /*tag*/, core::Frames /*at*/, const core::Parameters& /*parameters*/,
                          core::Transport /*transport*/) noexcept override {}

  [[nodiscard]] std::int64_t chunks() const { return chunks_; }
  [[nodiscard]] const ChunkPtr& last() const { return last_; }

private:
  std::int64_t chunks_ = 0;
  ChunkPtr last_;
};

/// Lets the renderer and the sender of a station work until neither has anything to do now.
inline void settle(Station& station, const core::Clock& clock) {
  for (;;) {
    const core::TimePoint next = station.send_step();
    const bool rendered = station.wants_render();
    while (station.wants_render()) {
      station.render_step();
    }
    if (!rendered && !station.wants_send() && next > clock.now()) {
      return;
    }
  }
}

/// A station on a clock that stands still until told to move, driven by hand.
struct Bench {
  explicit Bench(Station::Config config = {.id = "test", .name = "Test"}, core::Hertz rate = core::Hertz{48'000.0})
      : station{std::move(config), std::make_unique<ToneGenerator>(rate), sink, clock, metrics} {}

  void settle() { stream::settle(station, clock); }
  /// Plays on for `periods` of 20 ms.
  void play(int periods) {
    for (int i = 0; i < periods; ++i) {
      clock.advance(kBlockPeriod);
      settle();
    }
  }

  core::ManualClock clock;
  Metrics metrics;
  RecordingSink sink;
  Station station;
};

} // namespace auralis::stream
