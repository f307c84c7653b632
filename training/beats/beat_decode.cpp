// SPDX-License-Identifier: Apache-2.0
// What a network said in, beats out, by the bar pointer that the engine runs, or by its peaks: what it is judged by
// while it is trained. beat_decode live|file|peaks [setting=value]... Settings are those that models/manifest.json may
// have. stdin: float32, five a frame, 100 frames a second: the network's two outputs, then what `beat_frames signal`
// writes. stdout: time, place in the bar and raw confidence, a beat a line.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/analysis/beat_evidence.hpp"
#include "auralis/analysis/beat_peaks.hpp"

int main(int argc, char** argv) {
  using namespace auralis;
  constexpr double kFramesPerSecond = 100.0;
  const std::string mode = argc > 1 ? argv[1] : "";
  std::map<std::string, double> settings;
  bool understood = mode == "live" || mode == "file" || mode == "peaks";
  for (int n = 2; n < argc; ++n) {
    const std::string setting = argv[n];
    const auto at = setting.find('=');
    understood = understood && at != std::string::npos;
    settings[setting.substr(0, at)] = understood ? std::atof(setting.c_str() + at + 1) : 0.0;
  }
  const auto decoding = analysis::beat_decoding(kFramesPerSecond, settings);
  if (!understood || !decoding) {
    std::fprintf(stderr, "beat_decode live|file|peaks [setting=value]...%s%s\n", decoding ? "" : ": ",
                 decoding ? "" : decoding.error().what.c_str());
    return 2;
  }
  analysis::BarPointerFilter filter{decoding->pointer};
  analysis::BarPointerDecoder decoder{decoding->pointer};
  analysis::BeatPeaks peaks{{.metre_lag = decoding->pointer.metre_lag,
                             .threshold = static_cast<float>(decoding->peak_threshold),
                             .downbeat_threshold = static_cast<float>(decoding->downbeat_threshold)}};
  analysis::BeatEvidence evidence{*decoding};
  std::vector<analysis::PlacedBeat> beats;
  std::array<float, 5> row{};
  while (std::fread(row.data(), sizeof(float), row.size(), stdin) == row.size()) {
    const analysis::BeatActivation signal{.beat = row[2], .downbeat = row[3], .on_beat = row[4]};
    const auto activation =
        evidence.process(std::span{row}.first(2), signal.beat > 0.0F, decoding->signal_share > 0.0 ? &signal : nullptr);
    if (mode == "file") {
      decoder.process(activation, beats);
    } else if (const auto placed = mode == "live" ? filter.process(activation) : peaks.process(activation)) {
      beats.push_back(*placed);
    }
  }
  if (mode == "file") {
    decoder.finish(beats);
  }
  for (const auto& beat : beats) {
    std::printf("%.3f\t%d\t%.3f\n", (beat.frame - decoding->delay) / kFramesPerSecond, beat.position,
                static_cast<double>(beat.confidence));
  }
  return 0;
}
