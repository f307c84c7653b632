// SPDX-License-Identifier: Apache-2.0
// What the room and the master chain cost a stereo frame, on pink-like noise at programme level.
#include <array>
#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "auralis/core/random.hpp"
#include "auralis/dsp/biquad.hpp"
#include "auralis/dsp/compressor.hpp"
#include "auralis/dsp/leveller.hpp"
#include "auralis/dsp/limiter.hpp"
#include "auralis/dsp/reverb.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace {

using namespace auralis;

constexpr core::Hertz kRate{48'000.0};
constexpr std::size_t kFrames = 48'000 / 64 * 64;

struct Sound {
  std::vector<float> left = std::vector<float>(kFrames);
  std::vector<float> right = std::vector<float>(kFrames);

  explicit Sound(double level) {
    core::Random random{7};
    double l = 0.0;
    double r = 0.0;
    for (std::size_t n = 0; n < kFrames; ++n) {
      l += (random.normal() - l) * 0.1;
      r += (random.normal() - r) * 0.1;
      left[n] = static_cast<float>(level * l);
      right[n] = static_cast<float>(level * r);
    }
  }
};

/// Runs `process` over a second of sound, quantum by quantum, each time on a fresh copy.
template <typename Process> void run(benchmark::State& state, double level, Process process) {
  const rt::RealtimeSection section;
  const Sound sound{level};
  std::array<float, 64> left{};
  std::array<float, 64> right{};
  std::int64_t frames = 0;
  for (auto _ : state) {
    for (std::size_t n = 0; n < kFrames; n += 64) {
      std::copy_n(sound.left.begin() + static_cast<std::ptrdiff_t>(n), 64, left.begin());
      std::copy_n(sound.right.begin() + static_cast<std::ptrdiff_t>(n), 64, right.begin());
      process(core::StereoBlock{left, right});
      benchmark::DoNotOptimize(left.data());
      benchmark::ClobberMemory();
    }
    frames += static_cast<std::int64_t>(kFrames);
  }
  state.counters["ns_per_frame"] =
      benchmark::Counter(static_cast<double>(frames) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["x_realtime"] =
      benchmark::Counter(static_cast<double>(frames) / kRate.value, benchmark::Counter::kIsRate);
}

void BM_Reverb_process(benchmark::State& state) {
  dsp::Reverb reverb{{}};
  run(state, 0.4, [&](core::StereoBlock block) { reverb.process(block, block); });
}
BENCHMARK(BM_Reverb_process);

void BM_TruePeakLimiter_process(benchmark::State& state) {
  // The argument in dB: -12 stays under the ceiling as music does, +6 is worked on in every block.
  dsp::TruePeakLimiter limiter{{}};
  const double level = std::pow(10.0, static_cast<double>(state.range(0)) / 20.0);
  run(state, level, [&](core::StereoBlock block) { limiter.process(block); });
}
BENCHMARK(BM_TruePeakLimiter_process)->Arg(-12)->Arg(6);

void BM_Compressor_process(benchmark::State& state) {
  dsp::Compressor compressor{{}};
  run(state, 0.4, [&](core::StereoBlock block) { compressor.process(block); });
}
BENCHMARK(BM_Compressor_process);

void BM_Leveller_process(benchmark::State& state) {
  dsp::Leveller leveller{{}};
  run(state, 0.4, [&](core::StereoBlock block) { leveller.process(block); });
}
BENCHMARK(BM_Leveller_process);

void BM_StereoBiquad_process(benchmark::State& state) {
  dsp::StereoBiquad filter{dsp::high_pass(core::Hertz{30.0}, 0.7071, kRate)};
  run(state, 0.4, [&](core::StereoBlock block) { filter.process(block); });
}
BENCHMARK(BM_StereoBiquad_process);

} // namespace
