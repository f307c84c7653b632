// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/run.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <fmt/format.h>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

namespace auralis::evaluation {
namespace {

using nlohmann::ordered_json;

core::Result<Annotations> estimate_of(const Order& order, const Clip& clip) {
  try {
    return order.estimate(clip);
  } catch (const std::exception& error) {
    return core::fail(core::ErrorCode::internal, error.what(), clip.audio.string());
  }
}

ordered_json to_object(const Scores& scores) {
  ordered_json object = ordered_json::object();
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (const auto& score = scores.of[i]; score) {
      object[std::string{to_string(static_cast<Metric>(i))}] = *score;
    }
  }
  return object;
}

ordered_json to_object(const Group& group) {
  ordered_json scores = ordered_json::object();
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (const auto& mean = group.mean.of[i]; mean) {
      scores[std::string{to_string(static_cast<Metric>(i))}] = {{"mean", *mean}, {"clips", group.judged[i]}};
    }
  }
  return {{"name", group.name}, {"clips", group.clips}, {"scores", std::move(scores)}};
}

ordered_json to_object(const Run& run) {
  ordered_json object{{"mode", run.mode}, {"skip_seconds", run.judging.skip.value}};
  object["groups"] = ordered_json::array();
  for (const auto& group : groups(run.judged)) {
    object["groups"].push_back(to_object(group));
  }
  object["clips"] = ordered_json::array();
  for (const auto& clip : run.judged) {
    object["clips"].push_back({{"dataset", clip.dataset},
                               {"stem", clip.stem},
                               {"genre", clip.genre},
                               {"half", clip.half == Half::tune ? "tune" : "report"},
                               {"scores", to_object(clip.scores)}});
  }
  object["failed"] = ordered_json::array();
  for (const auto& error : run.failures) {
    object["failed"].push_back({{"where", error.where}, {"what", error.what}});
  }
  return object;
}

} // namespace

Estimate estimates_in(std::filesystem::path folder) {
  return [folder = std::move(folder)](const Clip& clip) -> core::Result<Annotations> {
    auto said = read_annotations(folder / clip.dataset, clip.stem);
    if (said && !said->beats && !said->tempo && !said->key && !said->chords && !said->onsets && !said->pitch) {
      return core::fail(core::ErrorCode::not_found, "there is no estimate of this clip",
                        (folder / clip.dataset / clip.stem).string());
    }
    return said;
  };
}

Run judge(const Order& order) {
  std::vector<core::Result<Scores>> results(order.clips.size());
  std::atomic<std::size_t> next{0}; // only hands out indices: relaxed; joining the threads orders the results
  std::mutex progress;
  std::size_t finished = 0; // under progress
  const auto work = [&] {
    while (true) {
      const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= order.clips.size()) {
        return;
      }
      const auto& clip = order.clips[i];
      results[i] =
          estimate_of(order, clip).map([&](const Annotations& said) { return score(clip.truth, said, order.judging); });
      const std::lock_guard lock{progress};
      ++finished;
      if (order.on_progress) {
        order.on_progress(static_cast<double>(finished) / static_cast<double>(order.clips.size()));
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < order.jobs; ++i) {
      others.emplace_back(work);
    }
    work();
  }
  Run run{.mode = order.mode, .judging = order.judging};
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& clip = order.clips[i];
    auto& result = results[i];
    if (result) {
      run.judged.push_back({.dataset = clip.dataset,
                            .genre = clip.genre,
                            .stem = clip.stem,
                            .half = clip.half,
                            .scores = *std::move(result)});
    } else {
      run.failures.push_back(std::move(result).error());
    }
  }
  return run;
}

std::string to_table(const Run& run) {
  const auto rows = groups(run.judged);
  const auto& all = rows.back();
  std::size_t widest = 0;
  for (const auto& row : rows) {
    widest = std::max(widest, row.name.size());
  }
  std::string text = fmt::format("{}\n{:<{}}  clips", run.mode, "", widest);
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (all.mean.of[i]) {
      fmt::format_to(std::back_inserter(text), "  {:>7}", title(static_cast<Metric>(i)));
    }
  }
  text += '\n';
  for (const auto& row : rows) {
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:>5}", row.name, widest, row.clips);
    for (std::size_t i = 0; i < kMetricCount; ++i) {
      if (all.mean.of[i]) {
        const auto& mean = row.mean.of[i];
        text += mean ? fmt::format("  {:>7.1f}", *mean * 100.0) : fmt::format("  {:>7}", "-");
      }
    }
    text += '\n';
  }
  for (const auto& error : run.failures) {
    fmt::format_to(std::back_inserter(text), "failed: {}: {}\n", error.where, error.what);
  }
  return text;
}

std::string to_json(std::span<const Run> runs) {
  ordered_json whole{{"runs", ordered_json::array()}};
  for (const auto& run : runs) {
    whole["runs"].push_back(to_object(run));
  }
  // A file name need not be UTF-8: what is not is replaced, not thrown at.
  return whole.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

} // namespace auralis::evaluation
