// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// A room: feedback delay network of 8 lines behind two allpass diffusers a channel.
///
/// Method: J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991:
/// each line's gain follows from its length, so that all modes decay alike. Diffusers after M. Schroeder, 1962. Ours:
/// the damping is a two-tap FIR instead of a one-pole, so that a block of every line is one vectorised pass; its loss
/// at 1 kHz is given back in the gain, which makes the decay there exact by construction. docs/theory/synthesis.md. The
/// output is scaled so that noise keeps its energy. Thread: one owner. Realtime: construction allocates, nothing else
/// does.
class Reverb {
public:
  static constexpr std::size_t kBlock = 64;

  struct Config {
    core::Hertz sample_rate{48'000.0};
    core::Seconds decay{3.0};      ///< RT60 at 1 kHz, [0.1, 20]
    float damping = 0.22F;         ///< [0, 0.5]; how much faster the highs die
    core::Seconds pre_delay{0.02}; ///< [0, 0.2]
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit Reverb(const Config& config);

  /// Writes the wet sound alone. `in` and `out` may be the same.
  /// \pre frames() of both equal, a multiple of kBlock
  void process(core::StereoBlock in, core::StereoBlock out) noexcept AURALIS_REALTIME;
  void reset() noexcept AURALIS_REALTIME;

private:
  static constexpr std::size_t kLines = 8;
  static constexpr std::size_t kDiffusers = 2; // a channel

  /// A ring whose first two blocks are repeated after its end, so that any block of it is contiguous.
  struct Line {
    std::vector<float> ring;
    std::size_t size = 0;  // a multiple of kBlock
    std::size_t at = 0;    // where the next block goes; a multiple of kBlock
    std::size_t delay = 0; // in frames, >= kBlock

    void prepare(std::size_t frames);
    [[nodiscard]] const float* tap(std::size_t extra) const noexcept;
    /// Where the next block goes: write it there, then call pushed().
    [[nodiscard]] float* next() noexcept { return ring.data() + at; }
    void pushed() noexcept;
    void push(const float* block) noexcept;
    /// Asks for what the next block touches: all lines are larger together than the first cache.
    void prefetch() const noexcept;
  };

  /// What the network needs for one block.
  struct Network {
    const float* const* taps; // [line] one frame before the delay
    float* const* writes;     // [line]
    const float* near;        // [line]
    const float* far;         // [line]
    const float* left_in;
    const float* right_in;
    float output_gain;
    float* left_out;
    float* right_out;
  };
  struct Kernel;

  void block(const float* left_in, const float* right_in, float* left_out, float* right_out) noexcept;

  std::array<Line, 2> pre_delay_;
  std::array<std::array<Line, kDiffusers>, 2> diffusers_; // [channel][stage]
  std::array<Line, kLines> lines_;
  std::array<float, kLines> near_{}; // FIR tap at the delay
  std::array<float, kLines> far_{};  // FIR tap one frame later
  float output_gain_ = 1.0F;
  void (*network_)(const Network& net) noexcept;
  void (*diffuse_)(float* x, const float* delayed, float* write) noexcept;
};

} // namespace auralis::dsp
