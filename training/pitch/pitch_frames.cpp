// SPDX-License-Identifier: Apache-2.0
// Sound in, what the network of pitch hears out, by the very code that the engine runs.
// stdin: mono float32 at 44.1 kHz. stdout: PitchFeatures as float32, 100 frames a second. With the argument `signal`
// instead what PitchTracker, as it hears files, says of each: Hz, negative where unvoiced, and the voicing.

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/pitch_features.hpp"
#include "auralis/analysis/pitch_tracker.hpp"

int main(int argc, char** argv) {
  using namespace auralis;
  const bool of_signal = argc > 1 && std::string_view{argv[1]} == "signal";
  analysis::FrontEnd front_end{{.sample_rate = analysis::kAnalysisRate, .channels = 1, .tonal = false}};
  analysis::PitchTracker tracker{{.lag = analysis::PitchTracker::kFileLag}};
  analysis::PeriodDifference difference{{}};
  analysis::PitchFeatures features;
  const auto write = [](const core::PitchPoint& point) noexcept {
    const auto f0 = static_cast<float>(point.voiced ? point.f0.value : -point.f0.value);
    const std::array<float, 2> row{f0, point.voicing};
    std::fwrite(row.data(), sizeof(float), row.size(), stdout);
  };
  const auto on_fine = [&](const dsp::Spectrum& spectrum) noexcept {
    if (of_signal) {
      if (const auto point = tracker.process(spectrum)) {
        write(*point);
      }
      return;
    }
    difference.process(spectrum.samples);
    const auto row = features.process(spectrum, difference);
    std::fwrite(row.data(), sizeof(float), row.size(), stdout);
  };
  const auto on_tonal = [](const dsp::Spectrum&) noexcept {};
  std::vector<float> samples(65'536);
  std::size_t count = 0;
  while ((count = std::fread(samples.data(), sizeof(float), samples.size(), stdin)) > 0) {
    const float* const channel = samples.data();
    front_end.push({.channels = {&channel, 1}, .frames = count}, on_fine, on_tonal);
  }
  front_end.finish(on_fine, on_tonal);
  while (const auto point = tracker.finish()) {
    write(*point);
  }
  return 0;
}
