// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/station.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>

#include "auralis/media/pcm.hpp"
#include "auralis/rt/realtime_section.hpp"
#include "auralis/stream/chunk.hpp"
#include "stream/fakes.hpp"

namespace auralis::stream {
namespace {

using core::Control;
using core::Frames;
using core::Hertz;
using core::Seconds;
using std::chrono::milliseconds;

Station::Config without_burst() { return {.id = "test", .name = "Test", .history = Seconds{0.0}}; }

std::vector<std::byte> payloads(const std::vector<ChunkPtr>& chunks) {
  std::vector<std::byte> all;
  for (const ChunkPtr& chunk : chunks) {
    all.insert(all.end(), chunk->bytes.begin() + static_cast<std::ptrdiff_t>(kHeaderBytes), chunk->bytes.end());
  }
  return all;
}

/// What the same generator gives without a station, as PCM16, under the controls of a log.
std::vector<std::byte> rendered_offline(core::Generator& generator, std::int64_t frames,
                                        const std::vector<core::LoggedControl>& log = {}) {
  std::vector<float> left(static_cast<std::size_t>(frames));
  std::vector<float> right(left.size());
  std::int64_t now = 0;
  const auto render_to = [&](std::int64_t until) {
    const auto from = static_cast<std::size_t>(now);
    const auto count = static_cast<std::size_t>(until - now);
    generator.render({std::span{left}.subspan(from, count), std::span{right}.subspan(from, count)});
    now = until;
  };
  for (const core::LoggedControl& logged : log) {
    render_to(logged.at.value);
    generator.apply(logged.control);
  }
  render_to(frames);
  std::vector<float> interleaved(2 * left.size());
  media::interleave(left, right, interleaved);
  std::vector<std::byte> bytes(2 * interleaved.size());
  media::write_pcm16(interleaved, bytes);
  return bytes;
}

std::int64_t frames_of(const std::vector<ChunkPtr>& chunks) {
  std::int64_t frames = 0;
  for (const ChunkPtr& chunk : chunks) {
    frames += chunk->frames;
  }
  return frames;
}

void expect_contiguous(const std::vector<ChunkPtr>& chunks) {
  ASSERT_FALSE(chunks.empty());
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    ASSERT_EQ(chunks[i]->seq, chunks[i - 1]->seq + 1);
    ASSERT_EQ(chunks[i]->at.value, chunks[i - 1]->at.value + chunks[i - 1]->frames);
  }
}

// ---- pace

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
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size(), 1U);
  bench.play(50);
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size(), 51U);
  EXPECT_EQ(bench.metrics.underruns.load(), 0U);
  EXPECT_EQ(bench.metrics.blocks.load(), 51U);
}

TEST(Station, DoesNotDriftHoweverUnevenlyItIsCalled) {
  // A minute of wake-ups 1 to 37 ms apart.
  core::ManualClock clock;
  Metrics metrics;
  CountingSink sink;
  Station station{without_burst(), std::make_unique<RampGenerator>(), sink, clock, metrics};
  station.set_listeners(Codec::pcm16, 1);
  settle(station, clock);
  const core::TimePoint started = clock.now();
  core::Random random{11};
  while (clock.now() - started < std::chrono::minutes{1}) {
    clock.advance(std::chrono::microseconds{random.integer(1'000, 37'000)});
    settle(station, clock);
  }
  EXPECT_EQ(sink.chunks(), 1 + (clock.now() - started) / kBlockPeriod);
  EXPECT_EQ(sink.last()->at.value, (sink.chunks() - 1) * 960);
  EXPECT_EQ(metrics.skipped_blocks.load(), 0U);
}

TEST(Station, AsksToBeCalledWhenTheNextBlockIsDue) {
  Bench bench{without_burst()};
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.clock.advance(milliseconds{33}); // 13 ms late
  EXPECT_EQ(bench.station.send_step() - bench.clock.now(), milliseconds{7});
}

TEST(Station, GeneratesOnlyTheLeadAheadOfTheSender) {
  Bench bench; // 60 ms
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  for (int i = 0; i < 50; ++i) {
    bench.play(1);
    const auto sent = frames_of(bench.sink.chunks(Codec::pcm16));
    ASSERT_EQ(bench.station.snapshot().at.value - sent, 3 * 960);
    ASSERT_EQ(bench.station.buffered(), Frames{3 * 960});
  }
}

// ---- what is sent

TEST(Station, SendsExactlyWhatTheGeneratorRendersOffline) {
  Bench bench;
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(200);
  const auto chunks = bench.sink.chunks(Codec::pcm16);
  ToneGenerator offline;
  EXPECT_EQ(payloads(chunks), rendered_offline(offline, frames_of(chunks)));
}

TEST(Station, SendsWhatItsControlLogRendersOffline) {
  Bench bench;
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  core::Random random{5};
  std::vector<Control> posted;
  for (int i = 0; i < 40; ++i) {
    bench.clock.advance(milliseconds{random.integer(1, 90)});
    posted.push_back({.intensity = static_cast<float>(random.uniform())});
    ASSERT_TRUE(bench.station.post(posted.back(), static_cast<std::uint64_t>(i)));
    bench.settle();
  }
  bench.play(10);
  std::vector<core::LoggedControl> log;
  for (const auto& applied : bench.sink.applied()) {
    log.push_back({applied.at, posted[applied.tag]});
  }
  ASSERT_EQ(log.size(), posted.size());
  const auto chunks = bench.sink.chunks(Codec::pcm16);
  ToneGenerator offline;
  EXPECT_EQ(payloads(chunks), rendered_offline(offline, frames_of(chunks), log));
}

TEST(Station, NumbersAndPlacesChunksWithoutGaps) {
  for (const Codec codec : kCodecs) {
    Bench bench;
    bench.station.set_listeners(codec, 1);
    bench.settle();
    bench.play(100);
    const auto chunks = bench.sink.chunks(codec);
    expect_contiguous(chunks);
    EXPECT_EQ(chunks.front()->seq, 0U);
    EXPECT_EQ(chunks.front()->at, Frames{0});
  }
}

TEST(Station, EncodesOnlyTheCodecsInUse) {
  Bench bench;
  bench.station.set_listeners(Codec::opus, 2);
  bench.settle();
  bench.play(20);
  EXPECT_FALSE(bench.sink.chunks(Codec::opus).empty());
  EXPECT_TRUE(bench.sink.chunks(Codec::pcm16).empty());
  EXPECT_TRUE(bench.sink.chunks(Codec::json).empty());

  bench.station.set_listeners(Codec::opus, 0);
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.play(1);
  const auto opus = bench.sink.chunks(Codec::opus).size();
  bench.play(20);
  EXPECT_EQ(bench.sink.chunks(Codec::opus).size(), opus);
  EXPECT_GT(bench.sink.chunks(Codec::pcm16).size(), 20U);
}

TEST(Station, EncodesOnceHoweverManyListen) {
  Bench bench;
  bench.station.set_listeners(Codec::opus, 1000);
  bench.settle();
  bench.play(50);
  EXPECT_EQ(bench.metrics.encode_ms.count(), bench.sink.chunks(Codec::opus).size());
}

TEST(Station, StampsWhenTheSoundWasGenerated) {
  Bench bench{without_burst()};
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(20);
  const auto chunks = bench.sink.chunks(Codec::pcm16);
  const std::uint64_t age_us = bench.clock.unix_us() - chunks.back()->generated_us;
  EXPECT_EQ(age_us, 60'000U); // the lead
}

TEST(Station, TellsEventsBeforeTheChunkInWhichTheySound) {
  Bench bench{without_burst()};
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(100);
  const auto events = bench.sink.events();
  const auto before = bench.sink.chunks_before_event();
  ASSERT_GE(events.size(), 20U);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].at.value, static_cast<std::int64_t>(i) * 4800) << "each once, in order";
    ASSERT_EQ(static_cast<std::int64_t>(before[i]), events[i].at.value / 960) << "just before its chunk";
  }
}

// ---- bursts

TEST(Station, GivesTheFirstListenerABurstAsLongAsTheHistory) {
  Bench bench;
  bench.station.set_listeners(Codec::opus, 1);
  bench.settle();
  EXPECT_EQ(bench.sink.chunks(Codec::opus).size(), 21U); // 400 ms and the block that is due now
  EXPECT_EQ(bench.metrics.underruns.load(), 0U);
}

TEST(Station, KeepsTheLatestChunksForWhoJoins) {
  for (const Codec codec : kCodecs) {
    Bench bench;
    bench.station.set_listeners(codec, 1);
    bench.settle();
    bench.play(73);
    const auto recent = bench.station.recent(codec);
    const auto all = bench.sink.chunks(codec);
    double sound = 0.0;
    for (const ChunkPtr& chunk : recent) {
      sound += chunk->duration.value;
    }
    EXPECT_NEAR(sound, 0.4, 1e-9);
    EXPECT_EQ(recent.back(), all.back()) << "shared, not encoded again";
    expect_contiguous(recent);
  }
}

TEST(Station, GivesTheFirstListenerOfAnotherCodecABurst) {
  Bench bench;
  bench.station.set_listeners(Codec::opus, 1);
  bench.settle();
  bench.play(50);
  bench.station.set_listeners(Codec::pcm16, 1);
  EXPECT_TRUE(bench.station.recent(Codec::pcm16).empty());
  bench.play(1);
  const auto burst = bench.sink.chunks(Codec::pcm16);
  ASSERT_EQ(burst.size(), 21U);
  expect_contiguous(burst);
  EXPECT_EQ(burst.back()->at, bench.sink.chunks(Codec::opus).back()->at);
}

// ---- controls

TEST(Station, ReportsAControlWithItsTagAndWhatIsPlayedNow) {
  Bench bench;
  bench.station.set_listeners(Codec::opus, 1);
  bench.settle();
  bench.play(10);
  ASSERT_TRUE(bench.station.post({.intensity = 0.9F, .transport = core::Transport::pause}, 42));
  bench.settle();
  const auto applied = bench.sink.applied();
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].tag, 42U);
  EXPECT_EQ(applied[0].at, bench.station.snapshot().at);
  EXPECT_FLOAT_EQ(applied[0].parameters.intensity, 0.9F);
  EXPECT_EQ(applied[0].transport, core::Transport::pause);
  EXPECT_FLOAT_EQ(bench.station.snapshot().parameters.intensity, 0.9F);
  EXPECT_EQ(bench.station.snapshot().transport, core::Transport::pause);
}

TEST(Station, IsHeardToObeyWithinTheLeadAndOneBlock) {
  Bench bench{without_burst()};
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(50);
  ASSERT_TRUE(bench.station.post({.grid = core::Grid::now, .intensity = 0.0F}, 1));
  const auto before = bench.sink.chunks(Codec::pcm16).size();
  bench.play(10);
  const auto chunks = bench.sink.chunks(Codec::pcm16);
  const auto first_silent = std::ranges::find_if(chunks, [](const ChunkPtr& chunk) {
    return std::all_of(chunk->bytes.begin() + static_cast<std::ptrdiff_t>(kHeaderBytes), chunk->bytes.end(),
                       [](std::byte b) { return b == std::byte{0}; });
  });
  ASSERT_NE(first_silent, chunks.end());
  const auto periods = first_silent - chunks.begin() - static_cast<std::ptrdiff_t>(before) + 1;
  EXPECT_LE(periods * kBlockPeriod, milliseconds{80});
}

TEST(Station, TakesControlsWhileNobodyListens) {
  Bench bench;
  ASSERT_TRUE(bench.station.post({.intensity = 0.25F}, 7));
  bench.settle();
  EXPECT_EQ(bench.sink.applied().size(), 1U);
  EXPECT_FLOAT_EQ(bench.station.snapshot().parameters.intensity, 0.25F);
  EXPECT_EQ(bench.station.snapshot().at, Frames{0}) << "the clock of the music stands still";
}

TEST(Station, RefusesControlsWhenTooManyWaitAndLosesNoneOfTheOthers) {
  Bench bench;
  std::size_t taken = 0;
  while (bench.station.post({.intensity = 0.5F}, taken)) {
    ++taken;
  }
  EXPECT_EQ(taken, Station::kMaxControls);
  bench.settle();
  ASSERT_EQ(bench.sink.applied().size(), taken);
  for (std::size_t i = 0; i < taken; ++i) {
    EXPECT_EQ(bench.sink.applied()[i].tag, i);
  }
  EXPECT_TRUE(bench.station.post({}, 0));
}

// ---- resting

TEST(Station, GoesOnSampleForSampleAfterNobodyListened) {
  Bench bench;
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(30);
  bench.station.set_listeners(Codec::pcm16, 0);
  bench.play(1);
  const Frames stopped = bench.station.snapshot().at;
  EXPECT_FALSE(bench.station.snapshot().playing);
  EXPECT_TRUE(bench.station.recent(Codec::pcm16).empty());
  bench.play(5000);
  EXPECT_EQ(bench.station.snapshot().at, stopped);

  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(30);
  EXPECT_TRUE(bench.station.snapshot().playing);
  const auto chunks = bench.sink.chunks(Codec::pcm16);
  expect_contiguous(chunks);
  EXPECT_EQ(bench.metrics.underruns.load(), 0U);
  EXPECT_EQ(bench.metrics.skipped_blocks.load(), 0U);
  ToneGenerator offline;
  EXPECT_EQ(payloads(chunks), rendered_offline(offline, frames_of(chunks)));
}

// ---- stalls

TEST(Station, CountsOneUnderrunAStallOfTheRendererAndThenMakesUpForIt) {
  Bench bench;
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(50);
  const auto before = bench.sink.chunks(Codec::pcm16).size();
  for (int i = 0; i < 100; ++i) { // 200 ms in which only the sender runs
    bench.clock.advance(milliseconds{2});
    static_cast<void>(bench.station.send_step());
  }
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size() - before, 3U) << "the lead is all there is";
  EXPECT_EQ(bench.metrics.underruns.load(), 1U);

  bench.settle();
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size() - before, 10U) << "back on schedule";
  bench.play(50);
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size() - before, 60U);
  EXPECT_EQ(bench.metrics.underruns.load(), 1U);
  expect_contiguous(bench.sink.chunks(Codec::pcm16));
}

TEST(Station, NeverSendsABurstLongerThanItMayCatchUp) {
  Bench bench; // catches up a second at most
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.play(50);
  const auto before = bench.sink.chunks(Codec::pcm16).size();
  bench.clock.advance(std::chrono::seconds{10}); // the machine slept
  bench.settle();
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size() - before, 51U);
  EXPECT_EQ(bench.metrics.skipped_blocks.load(), 500U - 51U);
  bench.play(50);
  EXPECT_EQ(bench.sink.chunks(Codec::pcm16).size() - before, 101U) << "at its pace again";
  expect_contiguous(bench.sink.chunks(Codec::pcm16));
  ToneGenerator offline;
  const auto chunks = bench.sink.chunks(Codec::pcm16);
  EXPECT_EQ(payloads(chunks), rendered_offline(offline, frames_of(chunks)));
}

TEST(Station, NeverGeneratesBeyondItsRing) {
  Bench bench{{.id = "test", .ring = Seconds{0.5}, .history = Seconds{0.2}, .catch_up = Seconds{0.4}}};
  bench.station.set_listeners(Codec::pcm16, 1);
  bench.settle();
  bench.clock.advance(std::chrono::seconds{10});
  for (int i = 0; i < 20; ++i) {
    static_cast<void>(bench.station.send_step());
    while (bench.station.wants_render()) {
      bench.station.render_step();
      ASSERT_LE(bench.station.buffered(), Frames{24'000});
    }
  }
}

TEST(Station, GivesOtherStationsTheirTurnDuringABurst) {
  Bench bench;
  bench.station.set_listeners(Codec::pcm16, 1);
  static_cast<void>(bench.station.send_step());
  while (bench.station.wants_render()) {
    bench.station.render_step();
  }
  const core::TimePoint next = bench.station.send_step();
  EXPECT_LT(bench.sink.chunks(Codec::pcm16).size(), 21U);
  EXPECT_LE(next, bench.clock.now()) << "and wants to go on at once";
}

// ---- the audio thread

TEST(Station, RendersWithoutAllocatingOrLocking) {
  Bench bench;
  for (const Codec codec : kCodecs) {
    bench.station.set_listeners(codec, 1);
  }
  const auto before = rt::violations();
  bench.settle();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(bench.station.post({.intensity = 0.5F}, 0));
    bench.play(1);
  }
  EXPECT_EQ(rt::violations(), before);
}

// ---- refusals

TEST(Station, RefusesBadSettings) {
  core::ManualClock clock;
  Metrics metrics;
  RecordingSink sink;
  const auto make = [&](Station::Config config, Hertz rate = Hertz{48'000.0}) {
    Station station{std::move(config), std::make_unique<ToneGenerator>(rate), sink, clock, metrics};
  };
  EXPECT_NO_THROW(make({}));
  EXPECT_THROW(make({}, Hertz{22'050.0}), std::invalid_argument);
  EXPECT_THROW(make({.lead = Seconds{0.0}}), std::invalid_argument);
  EXPECT_THROW(make({.lead = Seconds{3.0}}), std::invalid_argument);
  EXPECT_THROW(make({.ring = Seconds{0.01}}), std::invalid_argument);
  EXPECT_THROW(make({.ring = Seconds{60.0}}), std::invalid_argument);
  EXPECT_THROW(make({.history = Seconds{2.0}}), std::invalid_argument);
  EXPECT_THROW(make({.catch_up = Seconds{-1.0}}), std::invalid_argument);
  EXPECT_THROW(make({.catch_up = Seconds{std::nan("")}}), std::invalid_argument);
  EXPECT_THROW(make({.opus = {.bitrate = 1}}), std::invalid_argument);
  EXPECT_THROW((Station{{}, nullptr, sink, clock, metrics}), std::invalid_argument);
}

} // namespace
} // namespace auralis::stream
