// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auralis/core/clock.hpp"
#include "auralis/core/generator.hpp"
#include "auralis/media/opus_encoder.hpp"
#include "auralis/rt/spsc_ring.hpp"
#include "auralis/stream/chunk.hpp"
#include "auralis/stream/metrics.hpp"

namespace auralis::stream {

class ChunkEncoder;

/// What a station tells the outside. Called on the station's sender thread, one call at a time; must not block, and
/// must not call back into the station but for recent() and snapshot().
class StationSink {
public:
  StationSink() = default;
  StationSink(const StationSink&) = delete;
  StationSink& operator=(const StationSink&) = delete;
  virtual ~StationSink() = default;

  /// In order of seq for each codec. recent() already holds it.
  virtual void on_chunk(const ChunkPtr& chunk) noexcept = 0;
  /// Events in time order, before any chunk in which they sound; `at` counts in frames of the station's own rate
  /// (to_wire() turns it into a listener's).
  virtual void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> events) noexcept = 0;
  /// The generator has taken the control posted with this tag, at stream frame `at` of the station's own rate.
  virtual void on_control_applied(std::uint64_t tag, core::Frames at, const core::Parameters& parameters,
                                  core::Transport transport) noexcept = 0;
};

/// One generator with a clock, which any number of listeners hear; encoded once for each codec in use.
///
/// Two threads carry it, one at a time each: the render thread runs the generator into a ring, the sender takes one
/// 20 ms block per 20 ms out of it. The sender alone keeps time; it tells the renderer up to which frame it wants
/// sound (a short lead, so that a control is heard soon), and the renderer never runs beyond that or the ring.
/// docs/theory/streaming.md has the figures. Engine drives stations with threads; tests call the steps themselves.
///
/// With no listener, nothing is generated and the generator's clock stands still. With the next one it goes on where
/// it was, sample for sample, and sends a first burst as long as the history.
class Station {
public:
  struct Config {
    std::string id;
    std::string name;
    core::Seconds lead{0.060};   ///< how far generation runs ahead of the sender, [0.02, ring]
    core::Seconds ring{2.0};     ///< what the ring between them can hold, [0.1, 10]
    core::Seconds history{0.4};  ///< what a new listener gets at once, [0, ring - lead - 0.02]
    core::Seconds catch_up{1.0}; ///< longest stall that is made up for by sending faster, [0, ring - lead]
    media::OpusEncoder::Config opus{};
  };

  struct Snapshot {
    std::string id;
    std::string name;
    core::Hertz sample_rate;
    core::Frames at; ///< generated next
    bool playing = false;
    core::Transport transport = core::Transport::play;
    core::Parameters parameters;
    std::array<int, kCodecCount> listeners{}; ///< by codec
  };

  /// \throws std::invalid_argument if a setting is out of range, the generator missing, or its rate neither 44100 nor
  /// 48000 Hz. `sink`, `clock` and `metrics` must outlive the station.
  Station(Config config, std::unique_ptr<core::Generator> generator, StationSink& sink, const core::Clock& clock,
          Metrics& metrics);
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;
  ~Station();

  /// Hands the generator a change; `tag` comes back in on_control_applied. False, and nothing happens, when
  /// kMaxControls are waiting already. Works while nobody listens, too.
  /// Thread: any; posters wait for one another, never for the audio.
  [[nodiscard]] bool post(const core::Control& control, std::uint64_t tag);
  static constexpr std::size_t kMaxControls = 64;

  /// How many listeners hear this codec now. Thread: any. Realtime: yes.
  void set_listeners(Codec codec, int count) noexcept;
  /// In all codecs together.
  [[nodiscard]] int listeners() const noexcept;

  /// The latest chunks of a codec in order, at most `history` long: the burst for a listener who joins. Empty while
  /// nobody has heard that codec yet; the first one then gets its burst through on_chunk.
  /// A chunk may also be on its way through on_chunk; ListenerQueue ignores the second copy. Thread: any.
  [[nodiscard]] std::vector<ChunkPtr> recent(Codec codec) const;

  /// Thread: any.
  [[nodiscard]] Snapshot snapshot() const;

  [[nodiscard]] const std::string& id() const noexcept { return config_.id; }
  [[nodiscard]] core::Hertz sample_rate() const noexcept { return sample_rate_; }
  [[nodiscard]] const Config& config() const noexcept { return config_; }

  /// True if render_step has something to do. Thread: any. Realtime: yes.
  [[nodiscard]] bool wants_render() const noexcept;
  /// Generated and not yet taken by the sender. Thread: any. Realtime: yes.
  [[nodiscard]] core::Frames buffered() const noexcept { return core::Frames{static_cast<std::int64_t>(ring_.size())}; }
  /// Takes the controls that wait and renders at most one 20 ms block.
  /// Thread: one render thread at a time. Realtime: yes.
  void render_step() noexcept;
  /// True if render_step took controls that send_step has not reported yet. Thread: any.
  [[nodiscard]] bool wants_send() const noexcept { return applied_.size() > 0; }
  /// Reports controls, sends what is due (a few blocks at most, so that other stations get their turn) and says when
  /// it wants to be called again; a time that has passed means at once.
  /// Thread: one sender thread at a time. Realtime: no; it encodes and allocates chunks, never waits.
  [[nodiscard]] core::TimePoint send_step();

private:
  struct Frame {
    float left;
    float right;
  };
  struct Posted {
    core::Control control;
    std::uint64_t tag;
    core::TimePoint at;
  };
  struct Applied {
    std::uint64_t tag;
    core::Frames at;
    core::Parameters parameters;
    core::Transport transport;
  };
  struct PastBlock {
    std::vector<float> interleaved;
    core::Frames at;
    std::uint64_t generated_us;
  };
  enum class State : std::uint8_t { resting, priming, playing };

  void rest();
  void report_applied();
  void want_up_to(std::int64_t frame) noexcept;
  void deliver_events(core::Frames until);
  void start_and_stop_encoders();
  void send_block(core::TimePoint due);
  void encode(Codec codec, const PastBlock& block, core::TimePoint due);
  void publish(Codec codec);

  Config config_;
  core::Hertz sample_rate_;
  std::size_t block_;        // frames
  std::int64_t lead_;        // frames, whole blocks
  std::int64_t ring_frames_; // frames, whole blocks
  std::size_t history_blocks_;
  std::int64_t catch_up_blocks_;
  StationSink& sink_;
  const core::Clock& clock_;
  Metrics& metrics_;

  // Crossing from render to send, in this order: events and stamps before the frames they belong to.
  rt::SpscRing<core::PerformanceEvent> events_;
  rt::SpscRing<std::uint64_t> stamps_; // when each 20 ms block was generated, in Unix microseconds
  rt::SpscRing<Frame> ring_;
  rt::SpscRing<Applied> applied_;
  // Crossing from any thread to render.
  mutable std::mutex post_mutex_; // makes many posters one writer
  rt::SpscRing<Posted> controls_;

  static_assert(std::atomic<std::int64_t>::is_always_lock_free);
  std::atomic<std::int64_t> wanted_{0};   // stored by the sender: render up to here
  std::atomic<std::int64_t> rendered_{0}; // stored by the renderer
  std::array<std::atomic<int>, kCodecCount> listeners_{};

  // Renderer only.
  std::unique_ptr<core::Generator> generator_;
  std::vector<float> left_;
  std::vector<float> right_;
  std::vector<Frame> rendered_block_;

  // Sender only.
  State state_ = State::resting;
  core::TimePoint primed_at_;   // when this run began to send
  core::TimePoint anchor_;      // when block 0 of this run was due
  std::int64_t run_blocks_ = 0; // sent since the anchor
  std::int64_t taken_ = 0;      // frames taken from the ring since the station began
  bool starving_ = false;
  core::PerformanceEvent held_{}; // read from the queue, not yet due
  bool holding_ = false;
  std::array<std::unique_ptr<ChunkEncoder>, kCodecCount> encoders_;
  std::array<std::uint32_t, kCodecCount> next_seq_{};
  std::deque<PastBlock> past_; // raw sound of the history, to start an encoder with
  std::vector<Frame> taken_block_;
  std::vector<ChunkPtr> fresh_;

  mutable std::mutex state_mutex_;                       // sender and any thread, briefly
  std::array<std::deque<ChunkPtr>, kCodecCount> recent_; // under state_mutex_
  core::Parameters parameters_;                          // under state_mutex_
  core::Transport transport_;                            // under state_mutex_
  bool playing_ = false;                                 // under state_mutex_
};

} // namespace auralis::stream
