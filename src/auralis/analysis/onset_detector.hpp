// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "auralis/analysis/log_bands.hpp"
#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// Finds where notes and strokes begin: peaks of what rises over all bands.
///
/// Method: S. Boeck, G. Widmer, "Maximum Filter Vibrato Suppression for Onset Detection", DAFx 2013 (SuperFlux), picked
/// as in Boeck, Krebs, Schedl, "Evaluating the Online Capabilities of Onset Detection Methods", ISMIR 2012.
/// docs/theory/onsets.md says what is ours and what it scores. An onset is said one frame after the frame that holds
/// it: with half a window of 23 ms at most 45 ms after its first sample. Thread: one owner. Realtime: construction
/// allocates, nothing else.
class OnsetDetector {
public:
  struct Config {
    double frames_per_second = 100.0;
    float threshold = 0.03F;    ///< above the mean of the last frames; the logarithm's units, so gain does not matter
    float over_mean = 1.8F;     ///< times the mean of the last frames
    double shortest_gap = 0.03; ///< seconds between two onsets
  };

  /// \throws std::invalid_argument if the threshold or the rate is not positive.
  explicit OnsetDetector(const Config& config);

  /// Takes the next frame; reports an onset that the one before held.
  [[nodiscard]] std::optional<core::Onset> process(const LogBands& bands) noexcept;
  void reset() noexcept;

  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  static constexpr int kMeanFrames = 10;

  struct Frame {
    float rise = 0.0F;
    std::array<float, 3> power{}; ///< of core::Band
    bool audible = false;
  };
  [[nodiscard]] const Frame& ago(int frames) const noexcept;

  Config config_;
  std::array<Frame, 16> frames_{};
  std::int64_t now_ = -1;
  double last_ = 0.0;    // onset, in frames
  float loudest_ = 0.0F; // rise of the last seconds
};

} // namespace auralis::analysis
