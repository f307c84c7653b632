// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "auralis/compose/composer.hpp"
#include "auralis/compose/presets.hpp"
#include "auralis/core/generator.hpp"
#include "auralis/core/result.hpp"
#include "auralis/synth/synthesizer.hpp"

namespace auralis::session {

/// Composer and synthesiser on one sample clock: the music a station plays and a renderer writes.
///
/// (seed, preset, controls with their times) decide every sample; how the frames are cut into calls does not.
/// Thread: one owner at a time. Realtime: all but construction.
class Performer final : public core::Generator {
public:
  struct Config {
    core::Hertz sample_rate{48'000.0}; ///< 44100 or 48000
    std::uint64_t seed = 1;
    compose::Preset preset;
    std::string soundfont; ///< path; empty takes the best installed
  };

  /// \throws std::invalid_argument on settings out of range; std::runtime_error if no SoundFont can be loaded.
  explicit Performer(const Config& config);

  [[nodiscard]] core::Hertz sample_rate() const noexcept override { return sample_rate_; }
  [[nodiscard]] core::Frames now() const noexcept override { return now_; }
  [[nodiscard]] const core::Parameters& parameters() const noexcept override { return composer_.parameters(); }
  [[nodiscard]] const core::Character& character() const noexcept override { return composer_.character(); }
  [[nodiscard]] core::Transport transport() const noexcept override { return composer_.transport(); }

  /// At most kMaxHeardPerCall events come back from one call; later ones wait for the next.
  std::span<const core::PerformanceEvent> render(core::StereoBlock out) noexcept override;

  /// Takes effect from the first quantum not yet begun.
  void apply(const core::Control& control) noexcept override { composer_.apply(control); }

  static constexpr std::size_t kMaxHeardPerCall = 1024;

private:
  static constexpr auto kQuantumFrames = static_cast<std::size_t>(core::kQuantum.value);
  static constexpr std::size_t kMaxPending = 8192;

  void render_quantum() noexcept;
  void collect_heard(core::Frames until) noexcept;

  core::Hertz sample_rate_;
  compose::Composer composer_;
  synth::Synthesizer synth_;
  core::Frames now_{};

  // The quantum being handed out: [0, kQuantumFrames) of it are rendered, the first quantum_used_ already taken.
  std::array<float, kQuantumFrames> quantum_left_{};
  std::array<float, kQuantumFrames> quantum_right_{};
  std::size_t quantum_used_ = kQuantumFrames;

  // Events rendered but, because of the synthesiser's latency, not heard yet: a circular buffer in time order.
  std::vector<core::PerformanceEvent> pending_;
  std::size_t pending_first_ = 0;
  std::size_t pending_count_ = 0;
  std::vector<core::PerformanceEvent> heard_;
};

/// The same with an Error for what the constructor throws: invalid_argument, or unavailable without a SoundFont.
[[nodiscard]] core::Result<std::unique_ptr<Performer>> make_performer(const Performer::Config& config);

} // namespace auralis::session
