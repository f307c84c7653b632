// SPDX-License-Identifier: Apache-2.0
// What composing costs, without a sample rendered.
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>

#include "auralis/compose/composer.hpp"

namespace {

using namespace auralis;

constexpr core::Hertz kRate{48'000.0};
constexpr core::Frames kBlock{7'680}; // 160 ms in whole quanta: what a station asks for at a time

void advance(benchmark::State& state, const compose::Preset& preset) {
  compose::Composer composer{{.sample_rate = kRate, .preset = preset}};
  std::size_t events = 0;
  for (auto _ : state) {
    const auto said = composer.advance(composer.now() + kBlock);
    events += said.size();
    benchmark::DoNotOptimize(said.data());
  }
  if (events == 0) {
    throw std::runtime_error{"nothing was composed"};
  }
  const double seconds = core::to_seconds(composer.now(), kRate).value;
  state.counters["x_realtime"] = benchmark::Counter(seconds, benchmark::Counter::kIsRate);
  state.counters["events_per_s"] = static_cast<double>(events) / seconds;
}

void BM_Composer_advance(benchmark::State& state) {
  const auto& preset = compose::presets()[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(std::string{preset.name.view()});
  advance(state, preset);
}
BENCHMARK(BM_Composer_advance)->DenseRange(0, 3);

/// Everything at its most: the quickest tempo, the densest texture, a chord every other beat.
void BM_Composer_advance_wildest(benchmark::State& state) {
  auto preset = *compose::find_preset("bright");
  preset.parameters.tempo = core::kMaxTempo;
  preset.parameters.intensity = 1.0F;
  preset.parameters.density = 1.0F;
  preset.character.groove = 1.0F;
  preset.character.rest = 0.0F;
  preset.character.chord_beats = 2.0F;
  advance(state, preset);
}
BENCHMARK(BM_Composer_advance_wildest);

/// The slowest quantum: a phrase is planned, every layer starts. Judged against the 1.33 ms a quantum lasts.
void BM_Composer_first_quantum(benchmark::State& state) {
  const auto preset = *compose::find_preset("bright");
  std::size_t events = 0;
  for (auto _ : state) {
    state.PauseTiming();
    compose::Composer composer{{.sample_rate = kRate, .preset = preset}};
    state.ResumeTiming();
    events = composer.advance(core::kQuantum).size();
  }
  state.counters["events"] = static_cast<double>(events);
}
BENCHMARK(BM_Composer_first_quantum)->Unit(benchmark::kMicrosecond);

} // namespace
