// SPDX-License-Identifier: Apache-2.0
// Sound in, what the networks of rhythm hear out, by the very code that the engine runs.
// stdin: mono float32 at 44.1 kHz. stdout: the 80 levels of LogBands as float32, 100 frames a second. With the argument
// `signal` instead what BeatActivationFunction says of each: P(beat), P(downbeat) and P(on a beat).

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "auralis/analysis/beat_activation.hpp"
#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/log_bands.hpp"

int main(int argc, char** argv) {
  using namespace auralis;
  const bool of_signal = argc > 1 && std::string_view{argv[1]} == "signal";
  analysis::FrontEnd front_end{{.sample_rate = analysis::kAnalysisRate, .channels = 1, .tonal = false}};
  analysis::LogBands bands{analysis::kFineStft};
  analysis::BeatActivationFunction signal{bands.size()};
  const auto on_fine = [&](const dsp::Spectrum& spectrum) noexcept {
    bands.process(spectrum);
    if (!of_signal) {
      std::fwrite(bands.level().data(), sizeof(float), bands.level().size(), stdout);
    } else if (const auto said = signal.process(bands)) {
      const std::array<float, 3> row{said->beat, said->downbeat, said->on_beat};
      std::fwrite(row.data(), sizeof(float), row.size(), stdout);
    }
  };
  const auto on_tonal = [](const dsp::Spectrum&) noexcept {};
  std::vector<float> samples(65'536);
  std::size_t count = 0;
  while ((count = std::fread(samples.data(), sizeof(float), samples.size(), stdin)) > 0) {
    const float* const channel = samples.data();
    front_end.push({.channels = {&channel, 1}, .frames = count}, on_fine, on_tonal);
  }
  front_end.finish(on_fine, on_tonal);
  return 0;
}
