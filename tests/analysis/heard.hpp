// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analysis/tones.hpp"
#include "auralis/analysis/chroma.hpp"
#include "auralis/analysis/key_estimator.hpp"
#include "auralis/analysis/pitch_tracker.hpp"
#include "auralis/analysis/tuning.hpp"

/// What estimators say of a sound from its beginning to its end.
namespace auralis::analysis::test {

struct HeardKeys {
  std::optional<core::KeyEstimate> whole;
  std::vector<core::KeySegment> parts;
};

inline HeardKeys keys_of(KeyEstimator& estimator, std::span<const float> sound, std::size_t block = 1'000) {
  HeardKeys heard;
  TuningEstimator tuning;
  Chroma chroma;
  const auto keep = [&](const KeyEstimator::News& news) {
    if (news.ended) {
      heard.parts.push_back(*news.ended);
    }
  };
  tonal_frames(
      sound,
      [&](const dsp::Spectrum& spectrum) {
        tuning.process(spectrum);
        keep(estimator.process(chroma.process(spectrum, tuning.tuning().cents)));
      },
      block);
  const core::Seconds length{static_cast<double>(sound.size()) / kTonalRate};
  for (KeyEstimator::News news; estimator.finish(length, news);) {
    keep(news);
  }
  heard.whole = estimator.estimate();
  return heard;
}

inline std::vector<core::PitchPoint> pitch_of(PitchTracker& tracker, std::span<const float> sound,
                                              std::size_t block = 1'000) {
  std::vector<core::PitchPoint> points;
  fine_frames(
      sound,
      [&](const dsp::Spectrum& spectrum) {
        if (const auto point = tracker.process(spectrum)) {
          points.push_back(*point);
        }
      },
      block);
  while (const auto point = tracker.finish()) {
    points.push_back(*point);
  }
  return points;
}

} // namespace auralis::analysis::test
