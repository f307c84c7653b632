// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/opus_encoder.hpp"

#include <array>
#include <benchmark/benchmark.h>
#include <span>
#include <vector>

#include "media/music.hpp"

namespace auralis::media {
namespace {

/// One 20 ms packet of music at a complexity.
void BM_OpusEncoder_encode(benchmark::State& state) {
  constexpr std::size_t kSamples = OpusEncoder::kFrames * OpusEncoder::kChannels;
  const std::vector<float> music = plucked_chords(OpusEncoder::kFrames * 250, 48'000.0);
  OpusEncoder encoder{{.complexity = static_cast<int>(state.range(0))}};
  std::array<std::byte, OpusEncoder::kMaxPacket> packet{};
  std::size_t at = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::size_t taken = encoder.encode(std::span{music}.subspan(at, kSamples), packet);
    if (taken == 0) {
      state.SkipWithError("no packet");
      break;
    }
    bytes += taken;
    at = (at + kSamples) % music.size();
  }
  const auto packets = static_cast<double>(state.iterations());
  state.counters["x_realtime"] = benchmark::Counter(0.020 * packets, benchmark::Counter::kIsRate);
  state.counters["kbit_s"] = static_cast<double>(bytes) * 8.0 / (0.020 * packets) / 1000.0;
}
BENCHMARK(BM_OpusEncoder_encode)->DenseRange(0, 10)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace auralis::media
