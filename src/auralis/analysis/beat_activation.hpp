// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/analysis/log_bands.hpp"

namespace auralis::analysis {

/// Says of each frame how likely a beat is in it, by signal processing: what rose in which band, and how bass, colour
/// and brightness after it differ from what came before.
///
/// Two logistic regressions over hand-made features, 44 numbers in all (beat_weights.hpp, estimated by
/// training/beats/estimate.py). docs/theory/beats.md has the features. A network that fills BeatActivation takes this
/// class's place.
/// Thread: one owner. Realtime: construction allocates, nothing else.
class BeatActivationFunction {
public:
  static constexpr int kLag = 3;       ///< frames by which `beat` comes after what it speaks of
  static constexpr int kMetreLag = 25; ///< and `downbeat` and `on_beat` after that

  explicit BeatActivationFunction(int bands);

  /// Takes the next frame; what comes back speaks of the frame kLag ago, the first kLag times of nothing.
  [[nodiscard]] std::optional<BeatActivation> process(const LogBands& bands) noexcept;
  void reset() noexcept;

private:
  static constexpr std::size_t kHistory = 256; // frames kept, a power of two
  static constexpr std::size_t kMetreFeatures = 9;

  struct Frame {
    std::array<float, LogBands::kGroups> level{};
    std::array<float, LogBands::kGroups> rise{}; ///< relative to the last seconds, logarithmic
    float all_rise = 0.0F;
    float weight = 0.0F; ///< how much of an onset it is
    bool audible = false;
  };
  /// The sum of what lies in a moving range of frames.
  struct RunningSum {
    int from = 0; ///< relative to the frame that is spoken of
    int to = 0;   ///< behind the last
    std::vector<double> sum;
    int count = 0;
  };

  [[nodiscard]] const Frame& frame(std::int64_t n) const noexcept {
    return frames_[static_cast<std::size_t>(n) % kHistory];
  }
  [[nodiscard]] const float* levels(std::int64_t n) const noexcept;
  [[nodiscard]] float beat_logit(std::int64_t n) const noexcept;
  void slide(RunningSum& range, std::int64_t n) noexcept;
  void metre_features(std::int64_t n) noexcept;

  std::size_t bands_;
  std::vector<Frame> frames_;
  std::vector<float> levels_; // [kHistory][bands]
  std::int64_t now_ = -1;
  double mean_rise_ = 0.0;
  double rise_unseen_ = 1.0;
  RunningSum after_, before_, near_, around_;
  // Weighted mean and mean square of the features at onsets.
  double weight_mean_ = 0.0;
  std::array<double, kMetreFeatures> mean_{};
  std::array<double, kMetreFeatures> spread_{};
  double metre_unseen_ = 1.0;
  std::array<float, kMetreFeatures> features_{};
};

/// What BeatActivationFunction is decoded with; a network brings its own.
[[nodiscard]] BarPointerConfig beat_decoding(double frames_per_second);

} // namespace auralis::analysis
