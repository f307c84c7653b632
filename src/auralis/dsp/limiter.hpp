// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// Keeps the true peak (what a converter would put between the samples) under a ceiling, looking ahead.
///
/// Method: the peak of each block is taken on a fourfold oversampled signal (ITU-R BS.1770-5, annex 2, with 16 taps a
/// phase), the gain is a polyline over block borders that never exceeds what any block it touches allows. Ours: a block
/// whose sample peak times the interpolator's L1 norm stays under the ceiling is not oversampled at all, which is
/// nearly always.
/// Thread: one owner. Realtime: yes.
class TruePeakLimiter {
public:
  static constexpr std::size_t kBlock = 64;

  struct Config {
    core::Hertz sample_rate{48'000.0};
    core::Decibels ceiling{-1.0}; ///< dBTP, [-24, 0]
    core::Seconds release{0.15};  ///< time constant, [0.01, 5]
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit TruePeakLimiter(const Config& config);

  /// In place, delayed by latency(). \pre block.frames() is a multiple of kBlock
  void process(core::StereoBlock block) noexcept AURALIS_REALTIME;
  void reset() noexcept AURALIS_REALTIME;

  [[nodiscard]] static constexpr core::Frames latency() noexcept {
    return core::Frames{static_cast<std::int64_t>(kDelayBlocks * kBlock)};
  }
  /// The gain at the end of the last block, (0, 1].
  [[nodiscard]] float gain() const noexcept { return gain_; }

private:
  static constexpr std::size_t kDelayBlocks = 4;
  static constexpr std::size_t kHistory = (kDelayBlocks + 1) * kBlock;
  static constexpr std::size_t kBuffer = kHistory + 15 * kBlock;

  struct Kernel;

  void block(float* left, float* right) noexcept;

  float ceiling_;
  float release_; // share of the way back to 1 in a block
  std::array<std::array<float, kBuffer>, 2> buffer_{};
  std::size_t start_ = 0; // of the last five blocks in buffer_, in order
  std::array<float, kDelayBlocks + 1> sample_peak_{};
  std::array<float, kDelayBlocks> allowed_; // gain the blocks leaving next may have, the oldest first
  float gain_ = 1.0F;
  float (*peak_)(const float* left, const float* right) noexcept;
  float (*between_)(const float* x) noexcept;
};

} // namespace auralis::dsp
