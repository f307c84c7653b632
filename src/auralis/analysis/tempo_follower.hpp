// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// The tempo as a live listener would say it: one that stays, where the tempo of single beats jumps by octaves.
///
/// The causal filter's probability of every tempo is averaged over the last seconds. The tempo that is said changes to
/// another only where that has been half as likely again for three seconds, or where the filter sees neither it nor its
/// half nor its double any more; docs/theory/beats.md says how that was chosen. Looked at four times a second while
/// beats are said. Thread: one owner. Realtime: construction allocates, nothing else.
class TempoFollower {
public:
  explicit TempoFollower(const BarPointerSpace& space);

  /// After each frame that the filter has taken; says the tempo where it changed or became surer or less sure.
  /// \pre the filter has the space that this was made for
  [[nodiscard]] std::optional<core::LiveTempo> process(const BarPointerFilter& filter, bool beat_said) noexcept;
  /// What process() does four times a second. \pre [tempo] the probability of each
  [[nodiscard]] std::optional<core::LiveTempo> look(std::span<const float> tempo_posterior) noexcept;
  void reset() noexcept;

private:
  /// The likeliest of the tempi from `first` to `last`, those beside it taken together.
  [[nodiscard]] std::size_t likeliest(std::size_t first, std::size_t last) const noexcept;
  [[nodiscard]] std::size_t index_of(double interval) const noexcept;
  /// How likely the tempi within `reach` of an interval are, together. 0 where the filter does not look.
  [[nodiscard]] double mass_near(std::span<const float> of, double interval, double reach) const noexcept;
  void hear(std::span<const float> posterior) noexcept;
  [[nodiscard]] core::LiveTempo estimate() const noexcept;

  int shortest_; // interval, in frames; the others follow one by one
  double frames_per_second_;
  std::int64_t look_every_;      // frames
  std::vector<float> posterior_; // [tempo] what the filter says
  std::vector<float> average_;   // [tempo] of the last seconds
  std::int64_t frame_ = 0;       // since the start
  std::int64_t last_beat_ = -1;  // frame of
  double looks_ = 0.0;           // that the average holds
  double interval_ = 0.0;        // frames from beat to beat, as said; 0: nothing yet
  double other_better_ = 0.0;    // seconds for which another has been likelier
  double gone_ = 0.0;            // seconds for which the filter has seen something else
  core::LiveTempo said_;
};

} // namespace auralis::analysis
