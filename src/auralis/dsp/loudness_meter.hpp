// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"

namespace auralis::dsp {

/// Loudness and true peak of what has been fed so far. ITU-R BS.1770, EBU R 128, measured by libebur128.
///
/// Thread: one owner. Realtime: no.
class LoudnessMeter {
public:
  /// \throws std::invalid_argument if the rate lies outside [8000, 192000] Hz.
  explicit LoudnessMeter(core::Hertz sample_rate);
  ~LoudnessMeter();

  /// Any number of frames.
  void add(core::StereoBlock block);

  /// Gated, over everything; -infinity if nothing passed the gate.
  [[nodiscard]] double integrated_lufs() const;
  /// Over the last three seconds; -infinity for silence.
  [[nodiscard]] double short_term_lufs() const;
  /// Loudness range in LU (EBU Tech 3342).
  [[nodiscard]] double range_lu() const;
  /// Highest of both channels; -infinity for silence.
  [[nodiscard]] core::Decibels true_peak() const;

private:
  struct Meter; // libebur128's state

  std::unique_ptr<Meter> meter_;
  std::vector<float> interleaved_;
};

} // namespace auralis::dsp
