// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/stft.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// How the level moves: silences, fades, and how much it changes.
///
/// Works on the level of each hop in the middle of a fine frame, so that edges fall on 10 ms. Dynamic complexity is the
/// mean deviation of the level, in dB over 200 ms, from its mean (S. Streich, "Music complexity: a multi-faceted
/// description of audio content", 2007), without his weighting of frequencies. A fade is a level that climbs (or
/// falls) along a line, from 25 dB or more under the mean level of what sounds to within 1 dB of it, in a time between
/// half a second and a minute; what is silent, or so near the top, does not count to its length.
/// Thread: one owner. Realtime: all but construction.
class Dynamics {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0};
    int hop_size = 441;
    core::Decibels silence{-60.0};       ///< RMS of a hop, full scale; what lies below is silent
    core::Seconds shortest_silence{0.5}; ///< shorter ones are rests
  };
  struct Fades {
    core::Seconds in;  ///< 0 when there is none
    core::Seconds out; ///< 0 when there is none
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit Dynamics(const Config& config);

  /// Takes the next fine frame; says a silence where one has just ended.
  /// \pre spectrum.samples.size() >= hop_size
  std::optional<core::Span> process(const dsp::Spectrum& spectrum) noexcept AURALIS_REALTIME;

  /// Ends the recording, `length` long; says the silence that it ends with. Only reset() may follow.
  std::optional<core::Span> finish(core::Seconds length) noexcept AURALIS_REALTIME;

  [[nodiscard]] core::Decibels complexity() const noexcept;
  /// \pre finish() was called
  [[nodiscard]] Fades fades() const noexcept;

  void reset() noexcept AURALIS_REALTIME;

private:
  static constexpr int kHopsInTenth = 10;
  static constexpr std::size_t kRemembered = 600; // tenths of a second: a minute from either end
  static constexpr std::size_t kSteps = 1'200;    // of 0.1 dB, from -100 dB

  void close_tenth() noexcept;
  /// Tenths of a second that the level takes from `at(0)` to the programme's; at(i) is in dB.
  template <typename At> [[nodiscard]] core::Seconds climb(std::size_t count, At at) const noexcept;

  Config config_;
  float silent_; // mean square
  // The silence that lasts, if one does.
  std::optional<core::Seconds> silent_since_;

  int hops_ = 0;
  double tenth_ = 0.0;      // sum of mean squares
  double earlier_ = 0.0;    // the tenth before, until a fifth is full
  std::int64_t tenths_ = 0; // closed ones since the first sound
  bool sounded_ = false;
  std::array<float, kRemembered> first_{}; // dB
  std::array<float, kRemembered> last_{};  // dB, tenth n at n modulo kRemembered
  std::int64_t last_sound_ = 0;            // tenths up to the last that sounded
  double energy_ = 0.0;                    // of the tenths that sound
  std::int64_t sounding_ = 0;
  std::vector<std::int64_t> levels_; // [kSteps] how many fifths of a second had that level
};

} // namespace auralis::analysis
