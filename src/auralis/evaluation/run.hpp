// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/evaluation/dataset.hpp"
#include "auralis/evaluation/scores.hpp"

namespace auralis::evaluation {

/// Says what it hears in a clip. Called from several threads at once, for different clips.
using Estimate = std::function<core::Result<Annotations>(const Clip& clip)>;

/// Reads what another program said of each clip: FOLDER/DATASET/beats/STEM.beats and so on, the layout of a dataset.
/// Errors: not_found where there is nothing at all of a clip.
[[nodiscard]] Estimate estimates_in(std::filesystem::path folder);

/// What was judged, and how it went.
struct Run {
  std::string mode; ///< "online", "offline", or the name of the folder that the estimates came from
  Judging judging;
  std::vector<Judged> judged;        ///< in the order of the clips, whatever the number of jobs
  std::vector<core::Error> failures; ///< clips that could not be estimated: they are in no mean
};

struct Order {
  std::string mode;
  std::span<const Clip> clips;
  Judging judging;
  int jobs = 1; ///< threads; at least 1
  Estimate estimate;
  std::function<void(double share)> on_progress; ///< one thread at a time; may be empty; must not throw
};

/// Estimates and scores every clip; one that fails never stops the rest.
[[nodiscard]] Run judge(const Order& order);

/// Groups in rows, metrics that were judged in columns, in percent, and under it what failed.
[[nodiscard]] std::string to_table(const Run& run);

/// {"runs": [{mode, skip_seconds, groups: [{name, clips, scores: {metric: {mean, clips}}}], clips: […], failed: […]}]}
[[nodiscard]] std::string to_json(std::span<const Run> runs);

} // namespace auralis::evaluation
