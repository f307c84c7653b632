// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// Beats without a model of tempo or metre: the maxima of the activation. For music that no bar pointer follows, and to
/// see what the activation alone is worth.
///
/// Method: F. Foscarin, J. Schlüter, G. Widmer, "Beat This! Accurate Beat Tracking Without DBN Postprocessing", ISMIR
/// 2024: the highest within 70 ms either side, above a threshold. Ours: a beat begins a bar where that is likelier than
/// a threshold, which is their snapping of downbeats to beats where the one is told under the condition of the other.
/// Thread: one owner. Realtime: yes.
class BeatPeaks {
public:
  static constexpr int kReach = 7;          ///< frames either side in which a beat is the highest
  static constexpr int kMostPositions = 32; ///< beats a bar is counted up to

  struct Config {
    int metre_lag = 0;                ///< as BarPointerConfig's
    float threshold = 0.3F;           ///< in [0, 1], of a beat
    float downbeat_threshold = 0.25F; ///< in [0, 1], of a bar beginning, if a beat is there
  };
  /// \pre 0 <= metre_lag < 48
  explicit BeatPeaks(const Config& config);

  /// Takes the next frame's activation; what comes back lies lag() frames ago. Its position counts from the last
  /// downbeat, 0 where none was, and its bar is as long as the last one was, at least as long as it is by now.
  [[nodiscard]] std::optional<PlacedBeat> process(const BeatActivation& activation) noexcept;
  void reset() noexcept;
  /// Frames by which a beat is said late.
  [[nodiscard]] int lag() const noexcept { return lag_; }

private:
  static constexpr std::size_t kKept = 64; // a power of two

  [[nodiscard]] float beat_at(std::int64_t frame) const noexcept {
    return frame < 0 ? 0.0F : said_[static_cast<std::size_t>(frame) % kKept].beat;
  }
  [[nodiscard]] bool is_peak(std::int64_t frame) const noexcept;

  Config config_;
  int lag_;
  std::array<BeatActivation, kKept> said_{};
  std::int64_t now_ = -1;
  std::int64_t last_ = -1; // beat
  int position_ = 0;
  int beats_per_bar_ = 0; // of the last whole bar
};

/// What is known of a file's bars once all its downbeats are: each bar's length is its own, and the beats before the
/// first downbeat count towards it. The last bar is taken to be as long as the one before it.
void count_bars(std::span<core::Beat> beats) noexcept;

} // namespace auralis::analysis
