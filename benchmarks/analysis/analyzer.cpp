// SPDX-License-Identifier: Apache-2.0
// What listening costs: how many times faster than real time each stage and each bundle runs on one core.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <numbers>
#include <vector>

#include <benchmark/benchmark.h>

#include "auralis/analysis/analyzer.hpp"
#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/spectral_features.hpp"
#include "auralis/analysis/streaming_analyzer.hpp"
#include "auralis/core/random.hpp"
#include "auralis/dsp/programme_loudness.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace {

using namespace auralis;

constexpr double kSeconds = 20.0;

/// Chords, a bass line and drums with hiss: dense spectra, moving levels, some difference between the channels.
struct Music {
  explicit Music(double rate) : left(static_cast<std::size_t>(kSeconds * rate)), right(left.size()) {
    core::Random random{3};
    constexpr std::array<double, 4> kRoots{130.81, 174.61, 196.00, 110.00};
    for (std::size_t n = 0; n < left.size(); ++n) {
      const double t = static_cast<double>(n) / rate;
      const double root = kRoots[static_cast<std::size_t>(t / 2.0) % 4];
      double x = 0.0;
      for (int harmonic = 1; harmonic <= 6; ++harmonic) {
        for (const double ratio : {1.0, 1.26, 1.5, 0.25}) {
          x += 0.04 / harmonic * std::sin(2.0 * std::numbers::pi * root * ratio * 2.0 * harmonic * t);
        }
      }
      x *= std::exp(-0.5 * std::fmod(t, 2.0));
      x += 0.3 * std::exp(-40.0 * std::fmod(t, 0.25)) * random.normal() + 0.002 * random.normal();
      left[n] = static_cast<float>(x);
      right[n] = static_cast<float>(0.9 * x + 0.002 * random.normal());
    }
  }
  std::vector<float> left;
  std::vector<float> right;
};

const Music& music(double rate) {
  static const Music at_44{44'100.0};
  static const Music at_48{48'000.0};
  return rate == 48'000.0 ? at_48 : at_44;
}

void report(benchmark::State& state) {
  state.counters["x_realtime"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kSeconds, benchmark::Counter::kIsRate);
}

/// Feeds `process` with stereo blocks of 4096 frames.
template <typename Process> void in_blocks(double rate, Process process) {
  const auto& sound = music(rate);
  for (std::size_t n = 0; n < sound.left.size(); n += 4'096) {
    const std::array<const float*, 2> channels{sound.left.data() + n, sound.right.data() + n};
    process(core::AudioBlock{channels, std::min<std::size_t>(4'096, sound.left.size() - n)});
  }
}

void BM_Stft_fine(benchmark::State& state) {
  dsp::Stft stft{analysis::kFineStft};
  float seen = 0.0F;
  (void)music(44'100.0); // made before the clock runs
  for (auto _ : state) {
    stft.push(music(44'100.0).left, [&](const dsp::Spectrum& s) { seen += s.magnitude[40]; });
  }
  benchmark::DoNotOptimize(seen);
  report(state);
}
BENCHMARK(BM_Stft_fine)->Unit(benchmark::kMillisecond);

void BM_FrontEnd_push(benchmark::State& state) {
  const auto rate = static_cast<double>(state.range(0));
  analysis::FrontEnd front_end{{.sample_rate = core::Hertz{rate}}};
  float seen = 0.0F;
  const auto see = [&](const dsp::Spectrum& s) { seen += s.magnitude[40]; };
  (void)music(rate); // made before the clock runs
  for (auto _ : state) {
    in_blocks(rate, [&](const core::AudioBlock& block) { front_end.push(block, see, see); });
  }
  benchmark::DoNotOptimize(seen);
  report(state);
}
BENCHMARK(BM_FrontEnd_push)->Arg(44'100)->Arg(48'000)->Unit(benchmark::kMillisecond);

/// From samples to every low-level feature and its statistics.
void BM_SpectralFeatures_with_stft(benchmark::State& state) {
  dsp::Stft stft{analysis::kFineStft};
  analysis::SpectralFeatures features{{}};
  analysis::FeatureStatistics statistics;
  (void)music(44'100.0); // made before the clock runs
  for (auto _ : state) {
    stft.push(music(44'100.0).left, [&](const dsp::Spectrum& s) { statistics.process(features.process(s)); });
  }
  // Answers first: a stage that finds nothing costs nothing.
  if (statistics.summary().centroid.mean < 500.0F || statistics.summary().centroid.mean > 20'000.0F) {
    state.SkipWithError("the features are wrong");
  }
  report(state);
}
BENCHMARK(BM_SpectralFeatures_with_stft)->Unit(benchmark::kMillisecond);

void BM_ProgrammeLoudness_push(benchmark::State& state) {
  dsp::ProgrammeLoudness loudness{{}};
  (void)music(44'100.0); // made before the clock runs
  for (auto _ : state) {
    in_blocks(44'100.0, [&](const core::AudioBlock& block) {
      loudness.push(block, [](const core::LoudnessPoint& point) { benchmark::DoNotOptimize(point); });
    });
  }
  if (!(loudness.report().integrated_lufs > -40.0)) {
    state.SkipWithError("the loudness is wrong");
  }
  report(state);
}
BENCHMARK(BM_ProgrammeLoudness_push)->Unit(benchmark::kMillisecond);

/// The whole of a recording. The argument: 0 everything, 1 what the summary needs (tempo, key, loudness, danceability,
/// energy, valence proxy), 2 levels.
void BM_Analyzer(benchmark::State& state) {
  analysis::Wanted wanted{};
  if (state.range(0) >= 1) {
    wanted.pitch = false;
    wanted.sections = false;
    wanted.chords = false;
    wanted.timbre = false;
  }
  if (state.range(0) >= 2) {
    wanted.rhythm = false;
    wanted.tonal = false;
    wanted.features = false;
  }
  (void)music(44'100.0); // made before the clock runs
  for (auto _ : state) {
    analysis::Analyzer analyzer{{.wanted = wanted}};
    in_blocks(44'100.0, [&](const core::AudioBlock& block) { analyzer.push(block); });
    const auto found = analyzer.finish();
    if (wanted.rhythm && found.beats.size() < 20) {
      state.SkipWithError("no beats were found");
    }
  }
  report(state);
}
BENCHMARK(BM_Analyzer)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

/// One part of the whole alone: 0 rhythm, 1 tonal, 2 pitch, 3 features, each with the front end.
void BM_Analyzer_part(benchmark::State& state) {
  const analysis::Wanted wanted{.rhythm = state.range(0) == 0,
                                .tonal = state.range(0) == 1,
                                .chords = state.range(0) == 1,
                                .pitch = state.range(0) == 2,
                                .features = state.range(0) == 3,
                                .loudness = false,
                                .sections = false};
  (void)music(44'100.0); // made before the clock runs
  for (auto _ : state) {
    analysis::Analyzer analyzer{{.wanted = wanted}};
    in_blocks(44'100.0, [&](const core::AudioBlock& block) { analyzer.push(block); });
    benchmark::DoNotOptimize(analyzer.finish().length);
  }
  report(state);
}
BENCHMARK(BM_Analyzer_part)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

/// Live, in blocks of 2048 frames.
void BM_StreamingAnalyzer_push(benchmark::State& state) {
  analysis::StreamingAnalyzer analyzer{{}};
  const auto& sound = music(44'100.0);
  std::size_t n = 0;
  std::size_t events = 0;
  const rt::RealtimeSection section;
  (void)music(44'100.0); // made before the clock runs
  for (auto _ : state) {
    const std::array<const float*, 2> channels{sound.left.data() + n, sound.right.data() + n};
    analyzer.push({channels, 2'048}, [&](const core::AnalysisEvent&) { ++events; });
    n = n + 4'096 <= sound.left.size() ? n + 2'048 : 0;
  }
  benchmark::DoNotOptimize(events);
  state.counters["x_realtime"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 2'048.0 / 44'100.0, benchmark::Counter::kIsRate);
}
BENCHMARK(BM_StreamingAnalyzer_push)->Unit(benchmark::kMicrosecond);

/// The same, window by window: the slowest one decides whether live sound gets lost. Processor time of this thread, by
/// signal processing alone (0) and with the networks of models/ (1).
void BM_StreamingAnalyzer_window(benchmark::State& state) {
  const auto now_us = [] {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) * 1e-3;
  };
  analysis::StreamingAnalyzer::Config config;
  if (state.range(0) == 1) {
    nn::ModelStore::Config store;
    store.folder = AURALIS_MODELS;
    config.networks = analysis::load_networks(store);
    if (config.networks.live_beats.model == nullptr) {
      state.SkipWithError(("no network: " + config.networks.live_beats.why_not).c_str());
      return;
    }
  }
  analysis::StreamingAnalyzer analyzer{config};
  const auto& sound = music(44'100.0);
  std::vector<double> taken;
  taken.reserve(static_cast<std::size_t>(state.max_iterations));
  std::size_t n = 0;
  std::size_t events = 0;
  const rt::RealtimeSection section;
  for (auto _ : state) {
    const std::array<const float*, 2> channels{sound.left.data() + n, sound.right.data() + n};
    const double start = now_us();
    analyzer.push({channels, 2'048}, [&](const core::AnalysisEvent&) { ++events; });
    taken.push_back(now_us() - start);
    n = n + 4'096 <= sound.left.size() ? n + 2'048 : 0;
  }
  if (events == 0) {
    state.SkipWithError("nothing was heard");
  }
  std::ranges::sort(taken);
  const auto at = [&](double share) {
    return taken[std::min(taken.size() - 1, static_cast<std::size_t>(share * static_cast<double>(taken.size())))];
  };
  state.counters["p50_us"] = at(0.5);
  state.counters["p99_us"] = at(0.99);
  state.counters["p999_us"] = at(0.999);
  state.counters["max_us"] = taken.back();
  state.counters["windows"] = static_cast<double>(taken.size());
}
BENCHMARK(BM_StreamingAnalyzer_window)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->Iterations(20'000);

} // namespace
