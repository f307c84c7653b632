// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// Mono sample rate conversion for analysis: a polyphase windowed sinc (Kaiser), good for 80 dB.
///
/// Output sample m is the sound at the time m / to, exactly: there is no delay to make up for, only half a filter of
/// looking ahead (under a millisecond at the default width). libsoxr holds back tens of milliseconds, and its queues
/// grow while it runs; this does neither. Rates whose ratio needs more than 512 phases are interpolated between them.
/// Thread: one owner. Realtime: all but construction.
class SincResampler {
public:
  struct Config {
    core::Hertz from{48'000.0}; ///< whole hertz, [1000, 192000]
    core::Hertz to{44'100.0};   ///< whole hertz, [1000, 192000]
    int width = 64;             ///< samples of the lower rate that the filter spans; the more, the steeper. [8, 256]
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit SincResampler(const Config& config);

  /// The most samples that process() can write for this many taken, or finish() for none.
  [[nodiscard]] std::size_t most_output(std::size_t count) const noexcept;

  /// Takes all of `in`, writes what that completes to the start of `out` and returns how many samples that was.
  /// \pre out.size() >= most_output(in.size())
  std::size_t process(std::span<const float> in, std::span<float> out) noexcept AURALIS_REALTIME;

  /// Ends the stream with silence: writes the rest, so that there are ceil(taken * to / from) samples in all. Only
  /// reset() may follow. \pre out.size() >= most_output(0)
  std::size_t finish(std::span<float> out) noexcept AURALIS_REALTIME;

  /// How many samples process() must still be given until it has written `total` of them since the start.
  [[nodiscard]] std::int64_t needed_for(std::int64_t total) const noexcept;

  /// Written since the start.
  [[nodiscard]] std::int64_t written() const noexcept { return written_; }

  /// How far past its own time the filter looks before a sample comes out.
  [[nodiscard]] core::Seconds latency() const noexcept;

  /// Back to the state right after construction.
  void reset() noexcept AURALIS_REALTIME;

private:
  struct Kernel;

  std::size_t produce(std::int64_t until, std::span<float> out) noexcept;
  void append(std::span<const float> in) noexcept;

  Config config_;
  std::int64_t up_ = 1; // to / from = up / down in lowest terms
  std::int64_t down_ = 1;
  std::size_t taps_ = 0; // a multiple of 16
  std::size_t phases_ = 1;
  bool interpolates_ = false; // the ratio has more phases than the table
  std::vector<float> table_;  // [phases + 1][taps]
  std::vector<float> buffer_; // samples from first_ on; `filled_` of them
  std::size_t filled_ = 0;
  std::int64_t first_ = 0; // index in the stream of buffer_[0]; negative in the silence before the start
  std::int64_t taken_ = 0;
  std::int64_t written_ = 0;
  float (*dot_)(const float* x, const float* h, std::size_t count) noexcept;
  void (*dots_)(const float* x, std::size_t step, const float* h, std::size_t count, float* out) noexcept;
};

} // namespace auralis::dsp
