// SPDX-License-Identifier: Apache-2.0
// What a stereo frame costs with so many piano notes held, in either engine.
#include <array>
#include <cmath>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "auralis/rt/realtime_section.hpp"
#include "auralis/synth/synthesizer.hpp"

namespace {

using namespace auralis;

void render(benchmark::State& state, synth::Engine engine) {
  synth::Synthesizer synth{{.max_voices = 256, .engine = engine}};
  const rt::RealtimeSection section;
  const auto notes = static_cast<int>(state.range(0));
  const auto strike = [&] {
    for (int note = 0; note < notes; ++note) {
      // A grand piano note is two voices in FluidR3, left and right.
      synth.handle({.at = {},
                    .what = core::NoteOn{.layer = core::Layer::piano,
                                         .midi = static_cast<std::uint8_t>(36 + note),
                                         .velocity = 70,
                                         .name = {},
                                         .duration = {}}});
    }
  };
  std::array<float, 64> left{};
  std::array<float, 64> right{};
  std::int64_t frames = 0;
  double voices = 0.0;
  float peak = 0.0F;
  for (auto _ : state) {
    strike();
    for (int quantum = 0; quantum < 750; ++quantum) {
      synth.render({left, right});
      voices += synth.active_voices();
      peak = std::max(peak, std::abs(left[0]));
    }
    frames += 48'000;
  }
  if (notes > 0 && peak < 1e-3F) {
    throw std::runtime_error{"the notes are not heard"};
  }
  state.counters["ns_per_frame"] =
      benchmark::Counter(static_cast<double>(frames) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["x_realtime"] =
      benchmark::Counter(static_cast<double>(frames) / 48'000.0, benchmark::Counter::kIsRate);
  state.counters["voices"] = voices * 64.0 / static_cast<double>(frames);
}

void BM_Synthesizer_render(benchmark::State& state) { render(state, synth::Engine::sampled); }
BENCHMARK(BM_Synthesizer_render)->Arg(0)->Arg(4)->Arg(8)->Arg(16)->Arg(32);

void BM_FluidSynth_render(benchmark::State& state) { render(state, synth::Engine::fluidsynth); }
BENCHMARK(BM_FluidSynth_render)->Arg(0)->Arg(4)->Arg(8)->Arg(16)->Arg(32);

} // namespace
