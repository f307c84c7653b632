// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/biquad.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// Brings programme to a loudness, slowly: a hand on the fader, not a compressor.
///
/// Method: the K-weighted power of the input (ITU-R BS.1770-5), averaged over a window that starts at `first` and grows
/// to `window` with what has been heard, gated as in the standard (absolute gate, and 10 LU under the running mean),
/// sets the gain; its speed and range are bounded. In silence nothing moves. Ours; docs/theory/synthesis.md. Thread:
/// one owner. Realtime: yes.
class Leveller {
public:
  static constexpr std::size_t kBlock = 64;

  struct Config {
    core::Hertz sample_rate{48'000.0};
    double target_lufs = -18.0;       ///< [-40, -6]
    core::Decibels range{18.0};       ///< either way, [0, 40]
    core::Seconds first{0.8};         ///< weight given to the input being right already, (0, 60]
    core::Seconds window{12.0};       ///< [first, 120]
    double decibels_per_second = 3.0; ///< the gain's fastest move, (0, 100]
    double gate_lufs = -60.0;         ///< of the input, under which nothing moves
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit Leveller(const Config& config);

  /// In place, no latency. \pre block.frames() is a multiple of kBlock
  void process(core::StereoBlock block) noexcept AURALIS_REALTIME;
  /// Takes the K-weighted mean square of a block, both channels added, and gives the gain to reach at its end: for who
  /// weights and applies himself. process() is this, the weighting and a straight line.
  [[nodiscard]] float advance(double power) noexcept AURALIS_REALTIME;
  void reset() noexcept;

  [[nodiscard]] core::Decibels gain() const noexcept { return core::Decibels{gain_db_}; }

private:
  Config config_;
  std::array<StereoBiquad, 2> weighting_;
  double block_seconds_;
  double momentary_share_; // one-pole share of a block for a 400 ms window
  double gate_power_;
  double momentary_ = 0.0; // K-weighted power, sum of both channels
  double mean_ = 0.0;      // gated, over the window
  double heard_ = 0.0;     // seconds that went into mean_, the first included
  double soft_ = 0.0;      // seconds the input has been under the relative gate
  double gain_db_ = 0.0;
  float gain_ = 1.0F;
};

} // namespace auralis::dsp
