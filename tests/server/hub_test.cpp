// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <gtest/gtest.h>

#include "auralis/server/hub.hpp"

namespace auralis::server {
namespace {

using Kind = Hub::Kind;

/// Writes down what it is sent: chunks by number, text as it is, and "|" for each flush.
class Scribe final : public Listener {
public:
  void take(const stream::Message& message, core::TimePoint /*now*/) override {
    heard += message.chunk ? std::to_string(message.chunk->seq)
                           : std::string{reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
    chunks += message.chunk ? 1 : 0;
  }
  void flush(core::TimePoint /*now*/) override { heard += '|'; }
  void finish(CloseCode /*code*/, std::string_view /*reason*/,
              std::shared_ptr<const std::string> /*last_words*/) override {}

  std::string heard;
  int chunks = 0;
};

class Crowd {
public:
  Scribe& join(bool events = true) {
    auto& scribe = *scribes.emplace_back(std::make_unique<Scribe>());
    scribe.seat.events = events;
    hub.join(scribe);
    hub.greeted(scribe);
    return scribe;
  }
  void sound(std::size_t group) {
    auto chunk = std::make_shared<stream::Chunk>();
    chunk->seq = seq++;
    hub.say(stream::message_of(stream::ChunkPtr{chunk}), Kind::sound);
    hub.take_turns(group, {});
  }
  void text(const char* words, Kind kind) {
    hub.say(stream::message_of(std::make_shared<const std::string>(words)), kind);
  }

  Hub hub;
  std::vector<std::unique_ptr<Scribe>> scribes;
  std::uint32_t seq = 0;
};

TEST(Hub, AloneAListenerGetsEachChunkAtOnce) {
  Crowd crowd;
  const auto& one = crowd.join();
  crowd.sound(1);
  crowd.text("n", Kind::event);
  crowd.hub.take_turns(1, {});
  crowd.sound(1);
  EXPECT_EQ(one.heard, "0|n|1|");
}

TEST(Hub, InAGroupEachChunkIsTheTurnOfAnotherPartAndEverythingComesInOrder) {
  Crowd crowd;
  std::array<Scribe*, 4> all{};
  std::ranges::generate(all, [&] { return &crowd.join(); });
  for (std::size_t chunk = 0; chunk < 8; ++chunk) {
    if (chunk == 5) {
      crowd.text("n", Kind::event);
    }
    std::array<std::string, 4> were{};
    std::ranges::transform(all, were.begin(), [](const auto* one) { return one->heard; });
    crowd.sound(4);
    std::size_t turns = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      turns += all[i]->heard == were[i] ? 0U : 1U;
    }
    EXPECT_EQ(turns, 1U) << chunk;
  }
  for (const auto* one : all) {
    std::string bare = one->heard;
    std::erase(bare, '|');
    EXPECT_EQ(bare, std::string{"01234n567"}.substr(0, bare.size()));
    EXPECT_GE(one->chunks, 5);
  }
}

TEST(Hub, NobodyWaitsLongerThanTheGroupHoweverOftenItChanges) {
  Crowd crowd;
  for (int i = 0; i < 7; ++i) {
    crowd.join();
  }
  for (const std::size_t group : {4U, 4U, 3U, 4U, 3U, 4U, 2U, 1U, 4U, 4U, 4U, 3U, 3U, 4U, 3U, 4U, 3U}) {
    crowd.sound(group);
    for (const auto& one : crowd.scribes) {
      EXPECT_LT(crowd.seq - static_cast<std::uint32_t>(one->chunks), group);
    }
  }
}

TEST(Hub, WhoComesHearsWhatIsSaidFromThenOn) {
  Crowd crowd;
  crowd.join();
  crowd.sound(4);
  auto& late = crowd.join();
  for (int i = 0; i < 4; ++i) {
    crowd.sound(4);
  }
  EXPECT_TRUE(late.heard.starts_with("1")) << late.heard;
  crowd.hub.leave(late);
  const auto heard = late.heard;
  crowd.sound(1);
  EXPECT_EQ(late.heard, heard);
}

TEST(Hub, EventsGoToThoseWhoAskedAndStatesToThoseWhoKnewOtherwise) {
  Crowd crowd;
  auto& plain = crowd.join(false);
  Scribe waiting; // for its hello
  crowd.hub.join(waiting);
  crowd.text("e", Kind::event);
  crowd.text("s", Kind::state);
  crowd.sound(1);
  EXPECT_EQ(plain.heard, "s0|");
  EXPECT_EQ(waiting.heard, "");
  crowd.hub.greeted(waiting);
  crowd.sound(1);
  EXPECT_EQ(waiting.heard, "e01|");
}

TEST(Hub, CatchingUpTakesNothingTwice) {
  Crowd crowd;
  auto& one = crowd.join();
  crowd.join();
  crowd.text("e", Kind::event);
  crowd.hub.catch_up(one, {});
  for (int i = 0; i < 4; ++i) {
    crowd.sound(4);
  }
  EXPECT_EQ(one.heard.substr(0, 2), "e0");
}

} // namespace
} // namespace auralis::server
