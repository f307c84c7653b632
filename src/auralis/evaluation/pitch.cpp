// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/pitch.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace auralis::evaluation {
namespace {

constexpr double kTolerance = 50.0; // cents
constexpr double kOctave = 1200.0;
constexpr double kBase = 10.0; // Hz, of 0 cents

struct Frames {
  std::vector<double> cents; // 0: no pitch
  std::vector<char> voiced;
};

void begin_at_zero(PitchTrack& track) {
  if (track.seconds.front() > 0.0) {
    track.seconds.insert(track.seconds.begin(), 0.0);
    track.hertz.insert(track.hertz.begin(), track.hertz.front());
  }
}

Frames to_frames(const PitchTrack& track) {
  Frames frames;
  for (const double hertz : track.hertz) {
    frames.cents.push_back(hertz == 0.0 ? 0.0 : kOctave * std::log2(std::abs(hertz) / kBase));
    frames.voiced.push_back(hertz > 0.0 ? 1 : 0);
  }
  return frames;
}

bool same_times(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) <= 1e-8 + 1e-5 * std::abs(y); });
}

double rounded(double seconds) { return std::nearbyint(seconds * 1e10) / 1e10; }

Frames resampled(std::vector<double> times, Frames frames, const std::vector<double>& at) {
  if (same_times(times, at)) {
    return frames;
  }
  std::ranges::transform(times, times.begin(), rounded);
  if (rounded(at.back()) > times.back()) {
    times.push_back(rounded(at.back()));
    frames.cents.push_back(0.0);
    frames.voiced.push_back(0);
  }
  // Pitch is held through silence, so that interpolation does not slide towards 0.
  std::vector<double> held = frames.cents;
  for (std::size_t i = 1; i < held.size(); ++i) {
    held[i] = frames.cents[i] == 0.0 ? held[i - 1] : held[i];
  }
  Frames result;
  std::size_t i = 0;
  for (const double exact : at) {
    const double time = rounded(exact);
    while (i + 1 < times.size() && times[i + 1] <= time) {
      ++i;
    }
    double cents = held[i];
    if (i + 1 < times.size()) {
      const double share = (time - times[i]) / (times[i + 1] - times[i]);
      cents += share * (held[i + 1] - held[i]);
    }
    result.cents.push_back(frames.cents[i] == 0.0 ? 0.0 : cents);
    result.voiced.push_back(frames.voiced[i]);
  }
  return result;
}

double share(std::size_t part, std::size_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

} // namespace

PitchScore score_pitch(PitchTrack reference, PitchTrack estimate) {
  assert(reference.seconds.size() == reference.hertz.size() && estimate.seconds.size() == estimate.hertz.size());
  if (reference.seconds.empty() || estimate.seconds.empty()) {
    return {};
  }
  begin_at_zero(reference);
  begin_at_zero(estimate);
  const Frames wanted = to_frames(reference);
  const Frames got = resampled(estimate.seconds, to_frames(estimate), reference.seconds);

  std::size_t voiced = 0;
  std::size_t found = 0;
  std::size_t false_alarms = 0;
  std::size_t right_pitch = 0;
  std::size_t right_chroma = 0;
  const std::size_t size = wanted.cents.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (wanted.voiced[i] == 0) {
      false_alarms += got.voiced[i] != 0 ? 1U : 0U;
      continue;
    }
    ++voiced;
    found += got.voiced[i] != 0 ? 1U : 0U;
    if (wanted.cents[i] == 0.0 || got.cents[i] == 0.0) {
      continue;
    }
    const double error = std::abs(wanted.cents[i] - got.cents[i]);
    right_pitch += error < kTolerance ? 1U : 0U;
    right_chroma += std::abs(error - kOctave * std::floor(error / kOctave + 0.5)) < kTolerance ? 1U : 0U;
  }
  return {.raw_pitch_accuracy = voiced > 0 ? share(right_pitch, voiced) : 0.0,
          .raw_chroma_accuracy = voiced > 0 ? share(right_chroma, voiced) : 0.0,
          .voicing_recall = voiced > 0 ? share(found, voiced) : 1.0,
          .voicing_false_alarm = voiced < size ? share(false_alarms, size - voiced) : 0.0};
}

} // namespace auralis::evaluation
