// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/filter_bank.hpp"
#include "auralis/dsp/stft.hpp"

namespace auralis::analysis {

/// The bands in which rhythm is heard: triangles twelve to the octave, from 27.5 Hz to 16 kHz, logarithmic, and how
/// much each of them rose.
///
/// Method: the filter bank and the maximum filter of S. Boeck, G. Widmer, "Maximum Filter Vibrato Suppression for Onset
/// Detection", DAFx 2013 (SuperFlux). Ours: what goes into the logarithm is relative to the loudness of the last
/// seconds, so that gain changes nothing. Made once a frame, shared by onsets and beats.
/// Thread: one owner. Realtime: construction allocates, nothing else.
class LogBands {
public:
  static constexpr int kGroups = 8; ///< neighbouring bands taken together

  /// \throws std::invalid_argument if the spectra hold too few bins for the bands.
  explicit LogBands(const dsp::Stft::Config& config);

  void process(const dsp::Spectrum& spectrum) noexcept;
  void reset() noexcept;

  [[nodiscard]] std::span<const float> level() const noexcept { return level_; } ///< [bands] log(1 + C x / loudness)
  [[nodiscard]] std::span<const float> rise() const noexcept { return rise_; }   ///< [bands] >= 0, over two frames
  [[nodiscard]] const std::array<float, kGroups>& group_level() const noexcept { return group_level_; } ///< means
  [[nodiscard]] const std::array<float, kGroups>& group_rise() const noexcept { return group_rise_; }   ///< means
  [[nodiscard]] int size() const noexcept { return static_cast<int>(level_.size()); }
  /// Of the frame, below 200 Hz, up to 2 kHz and above: the order of core::Band.
  [[nodiscard]] const std::array<float, 3>& power() const noexcept { return power_; }
  /// True where the frame stands out of silence: no more than 60 dB below the loudest of the last seconds.
  [[nodiscard]] bool is_audible() const noexcept { return audible_; }
  /// True for such a frame and for the rests after it, up to two seconds long: what is usual is a mean over these.
  [[nodiscard]] bool is_within_music() const noexcept { return silent_frames_ < kRest; }
  /// Edges of the groups in bands: group g holds [edges[g], edges[g + 1]).
  [[nodiscard]] static const std::array<int, kGroups + 1>& edges() noexcept;

private:
  static constexpr int kRest = 200; // frames

  struct Filter {
    float bins = 0.0F;
    std::uint32_t range = 0; ///< index into power
  };

  dsp::FilterBank bank_;
  std::vector<Filter> filters_; // what else there is to know of each band
  std::vector<float> level_, before_, two_before_, rise_;
  std::array<float, kGroups> group_level_{};
  std::array<float, kGroups> group_rise_{};
  std::array<float, 3> power_{};
  std::int64_t frames_ = 0;
  double loudness_ = 0.0; // running mean of the frames' magnitude
  double unseen_ = 1.0;   // share of the mean that its start still weighs
  double loudest_ = 0.0;  // fading
  bool audible_ = false;
  int silent_frames_ = kRest;
};

} // namespace auralis::analysis
