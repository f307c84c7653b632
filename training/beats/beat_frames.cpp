// SPDX-License-Identifier: Apache-2.0
// Sound in, what the networks of rhythm hear out, by the very code that the engine runs.
// stdin: mono float32 at 44.1 kHz. stdout: the 80 levels of LogBands as float32, 100 frames a second; with the argument
// `rise`, its 80 rises after them.

#include <cstdio>
#include <string_view>
#include <vector>

#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/log_bands.hpp"

int main(int argc, char** argv) {
  using namespace auralis;
  const bool with_rise = argc > 1 && std::string_view{argv[1]} == "rise";
  analysis::FrontEnd front_end{{.sample_rate = analysis::kAnalysisRate, .channels = 1, .tonal = false}};
  analysis::LogBands bands{analysis::kFineStft};
  const auto on_fine = [&](const dsp::Spectrum& spectrum) noexcept {
    bands.process(spectrum);
    std::fwrite(bands.level().data(), sizeof(float), bands.level().size(), stdout);
    if (with_rise) {
      std::fwrite(bands.rise().data(), sizeof(float), bands.rise().size(), stdout);
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
