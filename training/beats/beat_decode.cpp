// SPDX-License-Identifier: Apache-2.0
// Activations in, beats out, by the bar pointer that the engine runs: what a network is judged by while it is trained.
// beat_decode live|file [setting=value]... Settings are those of BarPointerConfig that a network chooses.
// stdin: float32 pairs, P(beat) and P(downbeat), 100 a second. stdout: time and place in the bar, a beat a line.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "auralis/analysis/bar_pointer.hpp"

int main(int argc, char** argv) {
  using namespace auralis;
  if (argc < 2) {
    std::fprintf(stderr, "beat_decode live|file [setting=value]...\n");
    return 2;
  }
  const std::string mode = argv[1];
  analysis::BarPointerConfig config;
  double gain = 1.0;
  const std::map<std::string, double*> settings{{"tempo_stiffness", &config.tempo_stiffness},
                                                {"metre_change", &config.metre_change},
                                                {"beat_prior", &config.beat_prior},
                                                {"downbeat_weight", &config.downbeat_weight},
                                                {"tempo_preference", &config.tempo_preference},
                                                {"tempo_spread", &config.tempo_spread},
                                                {"gain", &gain}};
  config.on_beat_weight = 0.0;
  for (int n = 2; n < argc; ++n) {
    const std::string setting = argv[n];
    const auto at = setting.find('=');
    const auto found = at == std::string::npos ? settings.end() : settings.find(setting.substr(0, at));
    if (setting.starts_with("beat_frames=")) {
      config.beat_frames = std::atoi(setting.c_str() + at + 1);
    } else if (setting.starts_with("least_confidence=")) {
      config.least_confidence = static_cast<float>(std::atof(setting.c_str() + at + 1));
    } else if (found == settings.end()) {
      std::fprintf(stderr, "no such setting: %s\n", setting.c_str());
      return 2;
    } else {
      *found->second = std::atof(setting.c_str() + at + 1);
    }
  }
  analysis::BarPointerFilter filter{config};
  analysis::BarPointerDecoder decoder{config};
  std::vector<analysis::PlacedBeat> beats;
  std::array<float, 2> pair{};
  while (std::fread(pair.data(), sizeof(float), pair.size(), stdin) == pair.size()) {
    const float beat = std::clamp(static_cast<float>(gain) * pair[0], 1e-4F, 0.98F);
    const analysis::BeatActivation activation{
        .beat = beat, .downbeat = std::clamp(pair[1] / std::max(pair[0], 1e-4F), 0.02F, 0.98F), .on_beat = 0.5F};
    if (mode == "file") {
      decoder.process(activation, beats);
    } else if (const auto placed = filter.process(activation)) {
      beats.push_back(*placed);
    }
  }
  if (mode == "file") {
    decoder.finish(beats);
  }
  for (const auto& beat : beats) {
    std::printf("%.3f\t%d\t%.3f\n", beat.frame / config.frames_per_second, beat.position,
                static_cast<double>(beat.confidence));
  }
  return 0;
}
