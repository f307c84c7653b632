// SPDX-License-Identifier: Apache-2.0
// Sound in, harmony out: what the scripts here estimate chord models and key profiles from.
// stdin: mono float32 at 44.1 kHz. stdout: 26 float32 a frame: time, level, bass[12], treble[12].

#include <cstdio>
#include <vector>

#include "auralis/analysis/chroma.hpp"
#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/tuning.hpp"

int main() {
  using namespace auralis;
  analysis::FrontEnd front_end{{.sample_rate = analysis::kAnalysisRate, .channels = 1}};
  analysis::TuningEstimator tuning;
  analysis::Chroma chroma;
  const auto on_fine = [](const dsp::Spectrum&) noexcept {};
  const auto on_tonal = [&](const dsp::Spectrum& spectrum) noexcept {
    tuning.process(spectrum);
    const auto frame = chroma.process(spectrum, tuning.tuning().cents);
    const float head[2] = {static_cast<float>(frame.at.value), frame.level};
    std::fwrite(head, sizeof(float), 2, stdout);
    std::fwrite(frame.bass.data(), sizeof(float), frame.bass.size(), stdout);
    std::fwrite(frame.treble.data(), sizeof(float), frame.treble.size(), stdout);
  };
  std::vector<float> samples(65'536);
  std::size_t count = 0;
  while ((count = std::fread(samples.data(), sizeof(float), samples.size(), stdin)) > 0) {
    const float* const channel = samples.data();
    front_end.push({.channels = {&channel, 1}, .frames = count}, on_fine, on_tonal);
  }
  front_end.finish(on_fine, on_tonal);
  return 0;
}
