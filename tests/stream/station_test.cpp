// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/station.hpp"

#include <gtest/gtest.h>

#include "auralis/media/pcm.hpp"
#include "auralis/stream/chunk.hpp"
#include "stream/fakes.hpp"

namespace auralis::stream {
namespace {

using core::Frames;
using core::Seconds;

Station::Config without_burst() { return {.id = "test", .name = "Test", .history = Seconds{0.0}}; }

std::vector<std::byte> payloads(const std::vector<ChunkPtr>& chunks) {
  std::vector<std::byte> all;
  for (const ChunkPtr& chunk : chunks) {
    all.insert(all.end(), chunk->bytes.begin() + static_cast<std::ptrdiff_t>(kHeaderBytes), chunk->bytes.end());
  }
  return all;
}

/// What the same generator gives without a station, as PCM16.
std::vector<std::byte> rendered_offline(core::Generator& generator, std::size_t frames) {
  std::vector<float> left(frames);
  std::vector<float> right(frames);
  std::vector<float> interleaved(2 * frames);
  generator.render({left, right});
  media::interleave(left, right, interleaved);
  std::vector<std::byte> bytes(4 * frames);
  media::write_pcm16(interleaved, bytes);
  return bytes;
}

TEST(Station, GeneratesNothingWhileNobodyListens) {
  Bench bench;
  bench.play(100);
  EXPECT_EQ(bench.station.snapshot().at, Frames{0});
  EXPECT_FALSE(bench.station.snapshot().playing);
  EXPECT_TRUE(bench.sink.chunks(Codec::pcm16).empty());
}

TEST(Station, SendsOneBlockEveryTwentyMilliseconds) {
  Bench bench{without_burst()};
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  const auto at_start = bench.sink.chunks(Codec::pcm16).size();
  bench.play(50);
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size() - at_start, 50U);
  EXPECT_EQ(bench.metrics.underruns.load(), 0U);
}

TEST(Station, SendsExactlyWhatTheGeneratorRendersOffline) {
  Bench bench;
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(200);
  const auto chunks = bench.sink.chunks(Codec::pcm16);
  ToneGenerator offline;
  EXPECT_EQ(payloads(chunks), rendered_offline(offline, chunks.size() * 960));
}

TEST(Station, NumbersAndPlacesChunksWithoutGaps) {
  Bench bench;
  bench.station.set_listeners(Codec::opus, 1);
  bench.settle();
  bench.play(100);
  const auto chunks = bench.sink.chunks(Codec::opus);
  ASSERT_GT(chunks.size(), 100U);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i]->seq, i);
    EXPECT_EQ(chunks[i]->at.value, static_cast<std::int64_t>(960 * i));
  }
}

TEST(Station, GivesTheFirstListenerABurstAsLongAsTheHistory) {
  Bench bench;
  bench.station.set_listeners(Codec::opus, 1);
  bench.settle();
  EXPECT_EQ(bench.sink.chunks(Codec::opus).size(), 21U); // 400 ms and the block that is due now
}

} // namespace
} // namespace auralis::stream
