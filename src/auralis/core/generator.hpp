// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/parameters.hpp"
#include "auralis/core/performance.hpp"
#include "auralis/core/units.hpp"

namespace auralis::core {

/// Endless music on a sample clock: what a station plays and a renderer writes.
///
/// Thread: one owner at a time. Realtime: render, apply and the getters, once constructed.
class Generator {
public:
  Generator() = default;
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  virtual ~Generator() = default;

  [[nodiscard]] virtual Hertz sample_rate() const noexcept = 0;
  /// Frames rendered so far: the stream time of the next frame.
  [[nodiscard]] virtual Frames now() const noexcept = 0;
  /// What has been asked for (targets of glides, not their present value).
  [[nodiscard]] virtual const Parameters& parameters() const noexcept = 0;
  [[nodiscard]] virtual const Character& character() const noexcept = 0;
  [[nodiscard]] virtual Transport transport() const noexcept = 0;

  /// Renders the next out.frames() frames, any number of them, and returns the events that become audible in them,
  /// in time order, `at` being the stream frame at which each is heard. The span is valid until the next call.
  /// How the frames are cut into calls never changes a sample.
  virtual std::span<const PerformanceEvent> render(StereoBlock out) noexcept = 0;

  /// Takes a change at now(); it takes effect at control.grid.
  virtual void apply(const Control& control) noexcept = 0;
};

} // namespace auralis::core
