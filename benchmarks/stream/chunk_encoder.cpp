// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/chunk_encoder.hpp"

#include <benchmark/benchmark.h>
#include <span>
#include <string>
#include <vector>

#include "media/music.hpp"

namespace auralis::stream {
namespace {

/// One 20 ms block of a station to chunks of a codec.
void BM_ChunkEncoder_encode(benchmark::State& state, Codec codec, double rate) {
  const std::size_t samples = block_frames(core::Hertz{rate}) * kChannels;
  const std::vector<float> music = plucked_chords(samples / kChannels * 250, rate);
  const auto encoder = make_encoder(codec, core::Hertz{rate}, {});
  std::vector<ChunkPtr> chunks;
  std::uint32_t seq = 0;
  std::size_t at = 0;
  std::int64_t block = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    chunks.clear();
    encoder->encode({.interleaved = std::span{music}.subspan(at, samples),
                     .at = core::Frames{block * static_cast<std::int64_t>(samples / kChannels)}},
                    seq, chunks);
    for (const ChunkPtr& chunk : chunks) {
      bytes += chunk->bytes.size();
    }
    at = (at + samples) % music.size();
    ++block;
  }
  const auto blocks = static_cast<double>(state.iterations());
  if (blocks > 100.0 && static_cast<double>(seq) < blocks / 5.0 - 3.0) {
    state.SkipWithError("chunks are missing");
  }
  state.counters["x_realtime"] = benchmark::Counter(0.020 * blocks, benchmark::Counter::kIsRate);
  state.counters["kbit_s"] = static_cast<double>(bytes) * 8.0 / (0.020 * blocks) / 1000.0;
}
BENCHMARK_CAPTURE(BM_ChunkEncoder_encode, opus_48k, Codec::opus, 48'000.0)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_ChunkEncoder_encode, opus_44k1, Codec::opus, 44'100.0)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_ChunkEncoder_encode, pcm16_48k, Codec::pcm16, 48'000.0)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_ChunkEncoder_encode, json_48k, Codec::json, 48'000.0)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace auralis::stream
