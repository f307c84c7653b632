// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/scores.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "auralis/evaluation/events.hpp"
#include "auralis/evaluation/key.hpp"
#include "auralis/evaluation/tempo.hpp"

namespace auralis::evaluation {
namespace {

// Name and column title of every Metric, in its order.
constexpr std::array<std::pair<std::string_view, std::string_view>, kMetricCount> kNames{{
    {"beat_f", "Beat F"},
    {"downbeat_f", "Downb F"},
    {"cmlc", "CMLc"},
    {"cmlt", "CMLt"},
    {"amlc", "AMLc"},
    {"amlt", "AMLt"},
    {"accuracy1", "Acc1"},
    {"accuracy2", "Acc2"},
    {"key", "Key"},
    {"majmin", "MajMin"},
    {"sevenths", "7ths"},
    {"raw_pitch", "RPA"},
    {"raw_chroma", "RCA"},
    {"voicing_recall", "V rec"},
    {"voicing_false_alarm", "V f.al."},
    {"onset_f_25", "On F25"},
    {"onset_f_50", "On F50"},
}};

/// Adds one clip after another to a group's means.
class Gatherer {
public:
  explicit Gatherer(std::string name) { group_.name = std::move(name); }

  void add(const Scores& scores) {
    ++group_.clips;
    for (std::size_t i = 0; i < kMetricCount; ++i) {
      if (const auto& score = scores.of[i]; score) {
        sum_[i] += *score;
        ++group_.judged[i];
      }
    }
  }

  [[nodiscard]] Group finish() && {
    for (std::size_t i = 0; i < kMetricCount; ++i) {
      if (group_.judged[i] > 0) {
        group_.mean.of[i] = sum_[i] / static_cast<double>(group_.judged[i]);
      }
    }
    return std::move(group_);
  }

private:
  Group group_;
  std::array<double, kMetricCount> sum_{};
};

template <typename Belongs> Group gather(std::string name, std::span<const Judged> clips, Belongs&& belongs) {
  Gatherer gatherer{std::move(name)};
  for (const auto& clip : clips) {
    if (belongs(clip)) {
      gatherer.add(clip.scores);
    }
  }
  return std::move(gatherer).finish();
}

} // namespace

std::string_view to_string(Metric metric) noexcept { return kNames[static_cast<std::size_t>(metric)].first; }
std::string_view title(Metric metric) noexcept { return kNames[static_cast<std::size_t>(metric)].second; }

Scores score(const Annotations& truth, const Annotations& estimate, const Judging& judging) {
  Scores scores;
  if (truth.beats && estimate.beats) {
    const auto reference = without_start(*truth.beats, judging.skip);
    const auto beats = without_start(*estimate.beats, judging.skip);
    if (!reference.empty()) {
      const auto level = continuity(reference, beats);
      scores[Metric::beat_f] = score_events(reference, beats, kBeatWindow).f_measure;
      scores[Metric::cmlc] = level.cmlc;
      scores[Metric::cmlt] = level.cmlt;
      scores[Metric::amlc] = level.amlc;
      scores[Metric::amlt] = level.amlt;
    }
  }
  if (truth.downbeats && estimate.downbeats) {
    const auto reference = without_start(*truth.downbeats, judging.skip);
    if (!reference.empty()) {
      scores[Metric::downbeat_f] =
          score_events(reference, without_start(*estimate.downbeats, judging.skip), kBeatWindow).f_measure;
    }
  }
  if (truth.tempo && truth.tempo->value > 0.0 && estimate.tempo) {
    const auto tempo = score_tempo(*truth.tempo, *estimate.tempo);
    scores[Metric::accuracy1] = tempo.accuracy1 ? 1.0 : 0.0;
    scores[Metric::accuracy2] = tempo.accuracy2 ? 1.0 : 0.0;
  }
  if (truth.key && estimate.key) {
    scores[Metric::key] = mirex_key_score(*truth.key, *estimate.key);
  }
  if (truth.chords && estimate.chords) {
    const auto chords = score_chords(*truth.chords, *estimate.chords);
    scores[Metric::majmin] = chords.majmin;
    scores[Metric::sevenths] = chords.sevenths;
  }
  if (truth.pitch && estimate.pitch && !truth.pitch->seconds.empty()) {
    const auto pitch = score_pitch(*truth.pitch, *estimate.pitch);
    scores[Metric::raw_pitch] = pitch.raw_pitch_accuracy;
    scores[Metric::raw_chroma] = pitch.raw_chroma_accuracy;
    scores[Metric::voicing_recall] = pitch.voicing_recall;
    scores[Metric::voicing_false_alarm] = pitch.voicing_false_alarm;
  }
  if (truth.onsets && estimate.onsets && !truth.onsets->empty()) {
    scores[Metric::onset_f_25] = score_events(*truth.onsets, *estimate.onsets, kNarrowOnsetWindow).f_measure;
    scores[Metric::onset_f_50] = score_events(*truth.onsets, *estimate.onsets, kWideOnsetWindow).f_measure;
  }
  return scores;
}

std::vector<Group> groups(std::span<const Judged> clips) {
  std::vector<std::string> datasets;
  for (const auto& clip : clips) {
    if (std::ranges::find(datasets, clip.dataset) == datasets.end()) {
      datasets.push_back(clip.dataset);
    }
  }
  std::vector<Group> result;
  for (const auto& dataset : datasets) {
    result.push_back(gather(dataset, clips, [&](const Judged& clip) { return clip.dataset == dataset; }));
    std::set<std::string> genres;
    for (const auto& clip : clips) {
      if (clip.dataset == dataset && !clip.genre.empty()) {
        genres.insert(clip.genre);
      }
    }
    for (const auto& genre : genres) {
      result.push_back(gather(fmt::format("{}/{}", dataset, genre), clips,
                              [&](const Judged& clip) { return clip.dataset == dataset && clip.genre == genre; }));
    }
  }
  result.push_back(gather("all", clips, [](const Judged&) { return true; }));
  return result;
}

} // namespace auralis::evaluation
