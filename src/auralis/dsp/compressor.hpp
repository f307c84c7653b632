// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// Glue: a slow stereo-linked RMS compressor with a soft knee.
///
/// Static curve after D. Giannoulis, M. Massberg and J. Reiss, "Digital Dynamic Range Compressor Design", JAES 60(6),
/// 2012, eq. 4. The level is taken once a block and the gain drawn as a straight line over it.
/// Thread: one owner. Realtime: yes.
class Compressor {
public:
  static constexpr std::size_t kBlock = 64;

  struct Config {
    core::Hertz sample_rate{48'000.0};
    core::Decibels threshold{-20.0}; ///< RMS, dBFS, [-80, 0]
    double ratio = 2.0;              ///< [1, 100]
    core::Decibels knee{8.0};        ///< full width, [0, 40]
    core::Seconds attack{0.03};      ///< time constant, [0.001, 1]
    core::Seconds release{0.3};      ///< time constant, [0.001, 10]
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit Compressor(const Config& config);

  /// In place, no latency. \pre block.frames() is a multiple of kBlock
  void process(core::StereoBlock block) noexcept AURALIS_REALTIME;
  /// Takes the mean square a block has (of one channel, or of both halved) and gives the gain to reach at its end: for
  /// who applies it himself. process() is this and a straight line.
  [[nodiscard]] float advance(float power) noexcept AURALIS_REALTIME;
  void reset() noexcept;

  /// The gain the static curve gives a steady level.
  [[nodiscard]] core::Decibels gain_at(core::Decibels level) const noexcept;

private:
  Config config_;
  float attack_;
  float release_;
  float knee_begins_;  // mean square
  float power_ = 0.0F; // smoothed mean square
  float gain_ = 1.0F;
};

} // namespace auralis::dsp
