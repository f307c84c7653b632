// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/biquad.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// The filters of a master chain in one pass: high-pass, brightness tilt, and K-weighting of what they give.
///
/// Four biquads in a row are four waits for one another. Here they run at once, side by side in the lanes of one vector
/// with both channels, each stage on what the stage before gave four frames ago: a systolic pipeline after H. T. Kung,
/// "Why systolic architectures?", 1982. The price is four frames of latency.
/// Thread: one owner. Realtime: yes.
class MasterFilter {
public:
  struct Config {
    core::Hertz sample_rate{48'000.0};
    core::Hertz high_pass{30.0};         ///< second order, maximally flat; [5, 200]
    core::Hertz tilt_frequency{1'800.0}; ///< where the shelf stands; [200, 8000]
  };
  /// Means over a block, both channels added.
  struct Power {
    float plain = 0.0F;    ///< of the output
    float weighted = 0.0F; ///< of the output, K-weighted
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit MasterFilter(const Config& config);

  /// How far the top is raised or lowered, from the next block on.
  void set_tilt(core::Decibels gain) noexcept AURALIS_REALTIME;
  /// In place, latency() late. \pre block.frames() is a multiple of 8
  Power process(core::StereoBlock block) noexcept AURALIS_REALTIME;
  void reset() noexcept AURALIS_REALTIME;

  [[nodiscard]] static constexpr core::Frames latency() noexcept {
    return core::Frames{static_cast<std::int64_t>(kSkew)};
  }

private:
  static constexpr std::size_t kStages = 4;
  static constexpr std::size_t kSkew = 4; // frames from stage to stage: as long as a result needs to be there
  static constexpr std::size_t kLanes = 2 * kStages; // stage 0 left, stage 0 right, stage 1 left …

  /// Coefficients and memory of all stages. Direct form I: its loop waits for one multiply-add a sample, not two.
  struct alignas(32) Lanes {
    std::array<float, kLanes> b0{};
    std::array<float, kLanes> b1{};
    std::array<float, kLanes> b2{};
    std::array<float, kLanes> a1{};
    std::array<float, kLanes> a2{};
    std::array<float, kLanes> x1{};
    std::array<float, kLanes> x2{};
    std::array<std::array<float, kLanes>, kSkew> y{}; // the last ones given, the oldest first
  };
  struct Kernel; // the pass itself, in one build a processor

  void set_stage(std::size_t stage, const BiquadCoefficients& coefficients) noexcept;

  Config config_;
  Lanes lanes_;
  Power (*pass_)(Lanes& lanes, float* left, float* right, std::size_t frames) noexcept;
};

} // namespace auralis::dsp
