// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"

struct soxr;

namespace auralis::dsp {

/// Streaming stereo sample rate conversion by libsoxr, high quality (20 bit).
///
/// Thread: one owner. Realtime: no (soxr's queues may grow in the first calls).
class StereoResampler {
public:
  struct Config {
    core::Hertz from{48'000.0}; ///< [8000, 192000]
    core::Hertz to{44'100.0};   ///< [8000, 192000]
  };

  /// \throws std::invalid_argument if a rate is out of its range.
  explicit StereoResampler(const Config& config);

  /// The most frames process or flush can write for this many taken, whatever came before.
  [[nodiscard]] std::size_t most_output(std::size_t frames) const noexcept;

  /// Takes all of `in`, writes what is ready to the start of `out`, returns how many frames that was. Over a whole
  /// stream, flush included, frames out are frames in times to / from, rounded.
  /// \pre out.frames() >= most_output(in.frames())
  std::size_t process(core::StereoBlock in, core::StereoBlock out);

  /// Ends the stream: writes what is still inside. Call until it returns 0; only reset() may follow.
  std::size_t flush(core::StereoBlock out);

  /// Back to the state right after construction.
  void reset();

private:
  struct Close {
    void operator()(soxr* state) const noexcept;
  };

  Config config_;
  std::unique_ptr<soxr, Close> state_;
};

} // namespace auralis::dsp
