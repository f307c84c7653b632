// SPDX-License-Identifier: Apache-2.0
// Samples of any kind, not-a-numbers and infinities among them: what is said of them is finite and in order.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "auralis/analysis/analyzer.hpp"

namespace {

using namespace auralis;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}
bool is_share(float x) { return x >= 0.0F && x <= 1.0F; }

void check(const core::Analysis& found) {
  require(std::ranges::is_sorted(found.beats, {}, &core::Beat::at));
  for (const auto& beat : found.beats) {
    require(std::isfinite(beat.at.value) && beat.tempo.value > 0.0 && is_share(beat.confidence));
  }
  for (const auto& onset : found.onsets) {
    require(std::isfinite(onset.at.value) && is_share(onset.strength) && is_share(onset.confidence));
  }
  for (const auto& point : found.pitch) {
    require(std::isfinite(point.f0.value) && is_share(point.voicing));
  }
  for (const auto& chord : found.chords) {
    require(chord.from <= chord.to && is_share(chord.confidence));
  }
  require(std::isfinite(found.tuning.value) && std::isfinite(found.features.centroid.mean) &&
          std::isfinite(found.features.rms.deviation));
  require(is_share(found.danceability.value) && is_share(found.energy.value) && is_share(found.valence_proxy.value));
  require(!std::isnan(found.loudness.integrated_lufs) && !std::isnan(found.loudness.true_peak.value));
}

} // namespace

/// Two bytes choose rate and channels; the rest are samples, little-endian floats, repeated for half a second.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) {
    return 0;
  }
  constexpr std::array kRates{8'000.0, 22'050.0, 44'100.0, 48'000.0, 192'000.0};
  const double rate = kRates[data[0] % kRates.size()];
  const std::size_t channels = 1 + data[1] % 3;
  std::vector<float> given((size - 2) / sizeof(float));
  std::memcpy(given.data(), data + 2, given.size() * sizeof(float));
  std::vector<float> samples(static_cast<std::size_t>(rate / 2.0));
  for (std::size_t n = 0; n < samples.size(); ++n) {
    samples[n] = given[n % given.size()];
  }
  analysis::Analyzer analyzer{{.sample_rate = core::Hertz{rate}, .channels = static_cast<int>(channels)}};
  const std::vector<const float*> same(channels, samples.data());
  analyzer.push({same, samples.size()});
  check(analyzer.finish());
  return 0;
}
