// SPDX-License-Identifier: Apache-2.0
// The whole way from seed to samples: eight bars at 60 BPM (32 s at 48 kHz) composed and rendered on one core.
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "auralis/compose/composer.hpp"
#include "auralis/synth/synthesizer.hpp"

namespace {

using namespace auralis;

constexpr std::size_t kPhraseFrames = 32 * 48'000;

void phrase(benchmark::State& state, const char* name, synth::Engine engine) {
  auto preset = *compose::find_preset(name);
  preset.parameters.tempo = core::Bpm{60.0};
  std::vector<float> left(kPhraseFrames);
  std::vector<float> right(kPhraseFrames);
  std::uint64_t seed = 1;
  double energy = 0.0;
  double voices = 0.0;
  // Loading is not composing: a station has its synthesiser long before. This one keeps the SoundFont in memory.
  const synth::Synthesizer keeper{{.engine = engine}};
  for (auto _ : state) {
    state.PauseTiming();
    auto synth = std::make_unique<synth::Synthesizer>(synth::Synthesizer::Config{.engine = engine});
    auto composer = std::make_unique<compose::Composer>(compose::Composer::Config{.seed = seed++, .preset = preset});
    state.ResumeTiming();
    for (std::size_t n = 0; n < kPhraseFrames; n += 64) {
      for (const auto& event : composer->advance(core::Frames{static_cast<std::int64_t>(n + 64)})) {
        synth->handle(event);
      }
      synth->render({std::span{left}.subspan(n, 64), std::span{right}.subspan(n, 64)});
      voices += synth->active_voices();
    }
    state.PauseTiming();
    energy = 0.0;
    for (const float x : left) {
      energy += static_cast<double>(x) * static_cast<double>(x);
    }
    if (energy / static_cast<double>(kPhraseFrames) < 1e-4) {
      throw std::runtime_error{"the phrase is not heard"};
    }
    composer.reset();
    synth.reset();
    state.ResumeTiming();
  }
  const auto phrases = static_cast<double>(state.iterations());
  state.counters["ms"] = benchmark::Counter(phrases * 1e-3, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["x_realtime"] = benchmark::Counter(phrases * 32.0, benchmark::Counter::kIsRate);
  state.counters["voices"] = voices * 64.0 / static_cast<double>(kPhraseFrames) / phrases;
}

void BM_Phrase_focus_8_bars(benchmark::State& state) { phrase(state, "focus", synth::Engine::automatic); }
BENCHMARK(BM_Phrase_focus_8_bars)->Unit(benchmark::kMillisecond)->MinTime(2.0);
void BM_Phrase_meditation_8_bars(benchmark::State& state) { phrase(state, "meditation", synth::Engine::automatic); }
BENCHMARK(BM_Phrase_meditation_8_bars)->Unit(benchmark::kMillisecond)->MinTime(2.0);
void BM_Phrase_sleep_8_bars(benchmark::State& state) { phrase(state, "sleep", synth::Engine::automatic); }
BENCHMARK(BM_Phrase_sleep_8_bars)->Unit(benchmark::kMillisecond)->MinTime(2.0);
void BM_Phrase_bright_8_bars(benchmark::State& state) { phrase(state, "bright", synth::Engine::automatic); }
BENCHMARK(BM_Phrase_bright_8_bars)->Unit(benchmark::kMillisecond)->MinTime(2.0);
void BM_Phrase_focus_8_bars_fluidsynth(benchmark::State& state) { phrase(state, "focus", synth::Engine::fluidsynth); }
BENCHMARK(BM_Phrase_focus_8_bars_fluidsynth)->Unit(benchmark::kMillisecond)->MinTime(2.0);

void BM_Composer_focus_8_bars(benchmark::State& state) {
  auto preset = *compose::find_preset("focus");
  preset.parameters.tempo = core::Bpm{60.0};
  std::uint64_t seed = 1;
  std::size_t events = 0;
  for (auto _ : state) {
    compose::Composer composer{{.seed = seed++, .preset = preset}};
    for (std::size_t n = 0; n < kPhraseFrames; n += 64) {
      events += composer.advance(core::Frames{static_cast<std::int64_t>(n + 64)}).size();
    }
  }
  state.counters["events"] = static_cast<double>(events) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_Composer_focus_8_bars)->Unit(benchmark::kMillisecond);

} // namespace
