// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/evaluation/beats.hpp"
#include "auralis/evaluation/dataset.hpp"

namespace auralis::evaluation {

enum class Metric : std::uint8_t {
  beat_f,
  downbeat_f,
  cmlc,
  cmlt,
  amlc,
  amlt,
  accuracy1,
  accuracy2,
  key,
  majmin,
  sevenths,
  raw_pitch,
  raw_chroma,
  voicing_recall,
  voicing_false_alarm,
  onset_f_25,
  onset_f_50,
};
inline constexpr std::size_t kMetricCount = 17;

/// "beat_f" … "onset_f_50": the name in JSON.
[[nodiscard]] std::string_view to_string(Metric metric) noexcept;
/// "Beat F" …: the name over a column.
[[nodiscard]] std::string_view title(Metric metric) noexcept;

/// One number a metric, in [0, 1], or none where truth or estimate has no such part.
struct Scores {
  std::array<std::optional<double>, kMetricCount> of{};

  [[nodiscard]] std::optional<double>& operator[](Metric metric) noexcept {
    return of[static_cast<std::size_t>(metric)];
  }
  [[nodiscard]] const std::optional<double>& operator[](Metric metric) const noexcept {
    return of[static_cast<std::size_t>(metric)];
  }
};

struct Judging {
  core::Seconds skip = kUnjudgedStart; ///< beats and downbeats before it are not judged, on either side
};

[[nodiscard]] Scores score(const Annotations& truth, const Annotations& estimate, const Judging& judging = {});

/// The scores of one clip, and where it belongs.
struct Judged {
  std::string dataset;
  std::string genre;
  std::string stem;
  Half half = Half::tune;
  Scores scores;
};

/// Means over clips, each clip counting once.
struct Group {
  std::string name; ///< "all", "gtzan", "gtzan/blues"
  std::size_t clips = 0;
  Scores mean;
  std::array<std::size_t, kMetricCount> judged{}; ///< clips behind each mean
};

/// Every dataset in the order met, each followed by its genres in the order of their names; then "all".
[[nodiscard]] std::vector<Group> groups(std::span<const Judged> clips);

} // namespace auralis::evaluation
