// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/listener_queue.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace auralis::stream {
namespace {

using core::Seconds;
using Pushed = ListenerQueue::Pushed;
using std::chrono::milliseconds;

const core::TimePoint kStart{std::chrono::hours{1}};

ChunkPtr chunk(std::uint32_t seq) {
  return std::make_shared<const Chunk>(
      Chunk{.codec = Codec::pcm16, .seq = seq, .duration = Seconds{0.02}, .bytes = std::vector<std::byte>(100)});
}
Message text(const std::string& content) { return message_of(std::make_shared<const std::string>(content)); }
std::string content(const Message& message) {
  return {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
}

TEST(ListenerQueue, HasNothingToWriteAtFirst) {
  ListenerQueue queue{{}};
  EXPECT_EQ(queue.next(kStart), std::nullopt);
  EXPECT_EQ(queue.waiting(), Seconds{0.0});
  EXPECT_FALSE(queue.behind(kStart));
}

TEST(ListenerQueue, HandsOutOneMessageAtATimeInOrder) {
  ListenerQueue queue{{}};
  EXPECT_EQ(queue.push(message_of(chunk(0)), kStart), Pushed::sent);
  EXPECT_EQ(queue.push(text("notes"), kStart), Pushed::queued);
  EXPECT_EQ(queue.push(message_of(chunk(1)), kStart), Pushed::queued);
  EXPECT_EQ(content(*queue.next(kStart)), "notes");
  EXPECT_EQ(queue.next(kStart)->chunk->seq, 1U);
  EXPECT_EQ(queue.next(kStart), std::nullopt);
  EXPECT_EQ(queue.push(message_of(chunk(2)), kStart), Pushed::sent) << "idle again";
}

TEST(ListenerQueue, SharesTheBytesAmongListeners) {
  const ChunkPtr shared = chunk(0);
  const Message a = message_of(shared);
  const Message b = message_of(shared);
  EXPECT_EQ(a.bytes.data(), b.bytes.data());
  EXPECT_EQ(a.bytes.data(), shared->bytes.data());
}

TEST(ListenerQueue, DropsTheOldestSoundBeyondItsLimitAndKeepsTheText) {
  ListenerQueue queue{{.limit = Seconds{0.1}}}; // five chunks
  EXPECT_EQ(queue.push(message_of(chunk(0)), kStart), Pushed::sent);
  EXPECT_EQ(queue.push(text("chord"), kStart), Pushed::queued);
  for (std::uint32_t seq = 1; seq <= 5; ++seq) {
    EXPECT_EQ(queue.push(message_of(chunk(seq)), kStart), Pushed::queued);
  }
  EXPECT_EQ(queue.push(message_of(chunk(6)), kStart), Pushed::dropped);
  EXPECT_EQ(queue.push(message_of(chunk(7)), kStart), Pushed::dropped);
  EXPECT_NEAR(queue.waiting().value, 0.1, 1e-9);
  EXPECT_EQ(queue.counters().dropped, 2U);
  EXPECT_EQ(content(*queue.next(kStart)), "chord");
  for (std::uint32_t seq = 3; seq <= 7; ++seq) {
    EXPECT_EQ(queue.next(kStart)->chunk->seq, seq);
  }
  EXPECT_EQ(queue.waiting(), Seconds{0.0});
}

TEST(ListenerQueue, BoundsTextByBytes) {
  ListenerQueue queue{{.text_limit = 10}};
  EXPECT_EQ(queue.push(text("first"), kStart), Pushed::sent);
  EXPECT_EQ(queue.push(text("aaaaa"), kStart), Pushed::queued);
  EXPECT_EQ(queue.push(text("bbbbb"), kStart), Pushed::queued);
  EXPECT_EQ(queue.push(text("ccccc"), kStart), Pushed::dropped);
  EXPECT_EQ(queue.counters().dropped_text, 1U);
  EXPECT_EQ(content(*queue.next(kStart)), "bbbbb");
}

TEST(ListenerQueue, IgnoresAChunkItHasSeen) {
  // A listener who joins takes the recent chunks, while the same ones are on their way to him.
  ListenerQueue queue{{}};
  EXPECT_EQ(queue.push(message_of(chunk(8)), kStart), Pushed::sent);
  EXPECT_EQ(queue.push(message_of(chunk(9)), kStart), Pushed::queued);
  EXPECT_EQ(queue.push(message_of(chunk(8)), kStart), Pushed::stale);
  EXPECT_EQ(queue.push(message_of(chunk(9)), kStart), Pushed::stale);
  EXPECT_EQ(queue.push(message_of(chunk(10)), kStart), Pushed::queued);
}

TEST(ListenerQueue, GoesOnWhenSequenceNumbersWrap) {
  ListenerQueue queue{{}};
  EXPECT_EQ(queue.push(message_of(chunk(0xFFFF'FFFF)), kStart), Pushed::sent);
  EXPECT_EQ(queue.push(message_of(chunk(0)), kStart), Pushed::queued);
  EXPECT_EQ(queue.push(message_of(chunk(0xFFFF'FFFF)), kStart), Pushed::stale);
}

TEST(ListenerQueue, IsBehindWhenItLosesChunksForLongerThanThePatience) {
  ListenerQueue queue{{.limit = Seconds{0.1}, .patience = Seconds{1.0}}};
  core::TimePoint now = kStart;
  std::uint32_t seq = 0;
  while (queue.push(message_of(chunk(seq)), now) != Pushed::dropped) {
    ++seq;
    now += kBlockPeriod;
  }
  EXPECT_FALSE(queue.behind(now));
  for (int i = 0; i < 50; ++i) {
    now += kBlockPeriod;
    std::ignore = queue.push(message_of(chunk(++seq)), now);
    EXPECT_FALSE(queue.behind(now));
  }
  EXPECT_TRUE(queue.behind(now + milliseconds{1}));
}

TEST(ListenerQueue, IsForgivenWhenItCatchesUp) {
  ListenerQueue queue{{.limit = Seconds{0.1}, .patience = Seconds{1.0}}};
  core::TimePoint now = kStart;
  for (std::uint32_t seq = 0; seq < 20; ++seq) {
    std::ignore = queue.push(message_of(chunk(seq)), now);
  }
  now += milliseconds{900};
  while (queue.next(now)) {
  }
  EXPECT_FALSE(queue.behind(now + std::chrono::hours{1}));
}

TEST(ListenerQueue, ASlowListenerCostsAnotherNothing) {
  // A minute: one socket takes nothing, one takes everything at once, one takes half of what comes.
  ListenerQueue dead{{}};
  ListenerQueue quick{{}};
  ListenerQueue half{{}};
  std::vector<std::uint32_t> heard;
  core::TimePoint now = kStart;
  for (std::uint32_t seq = 0; seq < 3000; ++seq, now += kBlockPeriod) {
    const ChunkPtr shared = chunk(seq);
    std::ignore = dead.push(message_of(shared), now);
    std::ignore = half.push(message_of(shared), now);
    if (seq % 2 == 0) {
      std::ignore = half.next(now);
    }
    ASSERT_EQ(quick.push(message_of(shared), now), Pushed::sent);
    heard.push_back(seq);
    ASSERT_EQ(quick.next(now), std::nullopt);
  }
  EXPECT_EQ(quick.counters().sent, 3000U);
  EXPECT_EQ(quick.counters().dropped, 0U);
  EXPECT_TRUE(dead.behind(now));
  EXPECT_LE(dead.waiting(), Seconds{1.5});
  EXPECT_TRUE(half.behind(now)) << "half the pace is too slow, too";
  EXPECT_FALSE(quick.behind(now));
}

TEST(ListenerQueue, RefusesBadSettings) {
  EXPECT_THROW(ListenerQueue{{.limit = Seconds{0.0}}}, std::invalid_argument);
  EXPECT_THROW(ListenerQueue{{.patience = Seconds{-1.0}}}, std::invalid_argument);
  EXPECT_THROW(ListenerQueue{{.text_limit = 0}}, std::invalid_argument);
}

} // namespace
} // namespace auralis::stream
