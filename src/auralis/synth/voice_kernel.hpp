// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "auralis/synth/voices.hpp"

namespace auralis::synth {

inline constexpr std::size_t kLanes = 8;

/// Eight voices side by side, a lane each: what the inner loop needs of them.
struct alignas(64) VoiceLanes {
  std::array<std::uint64_t, kLanes> position{};  ///< in the pool, 32.32 fixed point frames
  std::array<std::uint64_t, kLanes> increment{}; ///< 32.32 fixed point
  // Low-pass, transposed direct form II; b2 = b0.
  std::array<float, kLanes> b0{};
  std::array<float, kLanes> b1{};
  std::array<float, kLanes> a1{};
  std::array<float, kLanes> a2{};
  std::array<float, kLanes> s1{};
  std::array<float, kLanes> s2{};
};

/// What eight voices give in one quantum, before gain and pan: [lane][frame], in units of 1 / kKernelScale.
struct alignas(64) LaneOutput {
  std::array<std::array<float, kBlock>, kLanes> samples;
};
/// Full scale (a sample of 32768) in a LaneOutput: interpolation stays in integers.
inline constexpr float kKernelScale = 32'768.0F * 16'384.0F;

/// A gain over a quantum: start + step * (n + 1) at frame n.
struct GainLine {
  float start = 0.0F; ///< at the end of the quantum before
  float step = 0.0F;  ///< a frame

  [[nodiscard]] bool silent() const noexcept { return start == 0.0F && step == 0.0F; }
};

/// How a layer's bus enters the mix.
struct BusGain {
  GainLine line;
  float own = 1.0F;   ///< share a side keeps; 1 and 0 leave the width as it is, 0.5 and 0.5 make it mono
  float other = 0.0F; ///< share it takes from the other side
  float dry = 1.0F;
  float send = 0.0F;
};

/// One quantum of the dry mix and of what is sent to the room.
struct MixBuses {
  alignas(64) std::array<float, kBlock> left;
  alignas(64) std::array<float, kBlock> right;
  alignas(64) std::array<float, kBlock> room_left;
  alignas(64) std::array<float, kBlock> room_right;
  bool sounding = false; ///< false: the samples are not set
};

/// The inner loops, in the widest form this processor runs. Interpolation is by 8-tap windowed sinc, 512 phases.
struct VoiceKernel {
  /// Renders frames [from, from + count) of a quantum of the first `voices` lanes; reads
  /// pool[position - 3 .. position + 4] of every lane. What it gives of the other lanes is of no use.
  void (*interpolate)(VoiceLanes& lanes, const std::int16_t* pool, std::size_t voices, std::size_t from,
                      std::size_t count, LaneOutput& out) noexcept;
  /// Adds a voice to its layer's bus over a quantum; the first one there sets it.
  void (*mix)(const float* samples, const GainLine& left, const GainLine& right, LayerBuses::Bus& bus) noexcept;
  /// Adds a layer's bus to the dry mix and to what goes to the room, over a quantum; the first one there sets them.
  void (*place)(const LayerBuses::Bus& bus, const BusGain& gain, MixBuses& to) noexcept;
  /// out[n] = (gain + step * (n + 1)) * out[n] for both sides.
  void (*scale)(float* left, float* right, float gain, float step) noexcept;
  const char* name; ///< "avx2" or "generic"
};

[[nodiscard]] const VoiceKernel& best_kernel() noexcept;
/// The one every processor runs; for comparison.
[[nodiscard]] const VoiceKernel& generic_kernel() noexcept;

} // namespace auralis::synth
