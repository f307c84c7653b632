// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>

#include "auralis/protocol/messages.hpp"
#include "held_memory.hpp"
#include "server/running_server.hpp"

namespace auralis::server::testing {
namespace {

std::uint32_t seq_of(const Frame& chunk) {
  std::uint32_t seq = 0;
  std::memcpy(&seq, chunk.payload.data() + 4, sizeof seq);
  return seq;
}

/// The value of one line of /metrics.
double metric(const RunningServer& server, std::string_view name) {
  const auto text = server.request("GET", "/metrics").body;
  const auto at = text.find("\n" + std::string{name} + " ");
  return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size() + 2));
}

/// Asks again and again until the metric is as wished, each question being a round trip; false after very many.
bool becomes(const RunningServer& server, std::string_view name, const std::function<bool(double)>& wished) {
  for (int i = 0; i < 200'000; ++i) {
    if (wished(metric(server, name))) {
      return true;
    }
  }
  return false;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(HalfOpen, WhoAnswersNoPingIsGone) {
  const RunningServer server{[](Config& config) { config.idle_timeout = std::chrono::milliseconds{200}; }};
  Socket listener{server.port()};
  bool pinged = false;
  for (;;) { // reads, but never answers: as a dead peer whose network still takes packets
    const auto frame = listener.frame();
    pinged = pinged || frame.opcode == kPing;
    if (frame.opcode < 0) {
      break;
    }
  }
  EXPECT_TRUE(pinged);
  EXPECT_TRUE(becomes(server, "auralis_listeners_closed_total{reason=\"idle\"}", [](double n) { return n >= 1; }));
  EXPECT_TRUE(becomes(server, "auralis_listeners", [](double n) { return n == 0; }));
}

TEST(HalfOpen, WhoAnswersStays) {
  // A second for each answer: this program may have to wait for its processor, too.
  const RunningServer server{[](Config& config) { config.idle_timeout = std::chrono::seconds{2}; }};
  Socket listener{server.port()};
  for (int pings = 0; pings < 3;) { // one and a half idle times
    const auto frame = listener.frame();
    ASSERT_GE(frame.opcode, 0);
    if (frame.opcode == kPing) {
      listener.send(kPong, frame.payload);
      ++pings;
    }
  }
  EXPECT_EQ(listener.chunk().opcode, kBinary);
}

TEST(SlowListener, LosesItsOldestSoundIsClosedAndHurtsNobody) {
  const RunningServer server{[](Config& config) {
    config.queue_limit = std::chrono::milliseconds{2'000}; // what a machine that is busy elsewhere may hold up
    config.patience = std::chrono::milliseconds{100};
    config.stop_timeout = std::chrono::minutes{1};
  }};
  Socket slow{server.port(), "?codec=pcm16", "", 4'096}; // and reads nothing
  Socket good{server.port()};
  auto seq = seq_of(good.chunk());
  bool closed = false;
  while (!closed) {
    for (int i = 0; i < 25; ++i) {
      const auto chunk = good.chunk();
      ASSERT_EQ(chunk.opcode, kBinary);
      ASSERT_EQ(seq_of(chunk), ++seq); // nothing missing, whatever becomes of the other
    }
    closed = metric(server, "auralis_listeners_closed_total{reason=\"slow\"}") >= 1;
  }
  EXPECT_GT(metric(server, "auralis_chunks_dropped_total"), 0);
  EXPECT_EQ(slow.closed_with(), 1013); // once it reads again
  slow.send_close(1013);
}

TEST(SlowListener, GetsWholeFramesOnceItReads) {
  const RunningServer server{[](Config& config) {
    config.queue_limit = std::chrono::milliseconds{100};
    config.patience = std::chrono::minutes{10};
  }};
  Socket slow{server.port(), "?codec=pcm16", "", 4'096};
  ASSERT_TRUE(becomes(server, "auralis_chunks_dropped_total", [](double n) { return n > 0; })); // the kernel is full
  for (int i = 0; i < 10; ++i) {
    slow.send(kPing, "still here"); // each pong must find its place between two frames
  }
  std::uint32_t seq = 0;
  bool answered = false;
  for (int chunks_after = 0; chunks_after < 20;) {
    const auto frame = slow.frame();
    if (frame.opcode == kPong) {
      EXPECT_EQ(frame.payload, "still here");
      answered = true;
    } else if (frame.opcode == kBinary) {
      EXPECT_EQ(frame.payload.size(), 32U + 960U * 4U);
      EXPECT_TRUE(seq == 0 || seq_of(frame) > seq);
      seq = seq_of(frame);
      chunks_after += answered ? 1 : 0;
    } else {
      ASSERT_EQ(frame.opcode, kText);
      EXPECT_TRUE(protocol::parse_server_message(frame.payload)) << frame.payload;
    }
  }
}

TEST(Churn, ThousandsComeAndGoAndLeaveNothingBehind) {
  const RunningServer server;
  const auto come_and_go = [&](int count) {
    for (int i = 0; i < count; ++i) {
      Socket listener{server.port(), i % 2 == 0 ? "" : "?codec=pcm16&events=0"};
      ASSERT_EQ(listener.handshake.status, 101);
      if (i % 3 == 0) {
        ASSERT_FALSE(listener.message("hello").empty());
        listener.send_close(1000);
      } else if (i % 3 == 1) {
        listener.client.reset();
      } // else it just goes
    }
  };
  const auto settled = [&] {
    return becomes(server, "auralis_connections_open", [](double n) { return n == 1; }) &&
           becomes(server, "auralis_listeners", [](double n) { return n == 0; });
  };
  come_and_go(300); // what is made once is made
  ASSERT_TRUE(settled());
  const auto descriptors = open_descriptors();
  const long memory = test::held_bytes();
  const auto begun = std::chrono::steady_clock::now();
  come_and_go(2'000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  RecordProperty("connects_per_second", std::to_string(2'000 / took.count()));
  ASSERT_TRUE(settled());
  EXPECT_LE(open_descriptors(), descriptors + 1); // the question itself may still be closing
  EXPECT_LT(test::held_bytes() - memory, 4L * 1024 * 1024);
}

TEST(Churn, PlainRequestsLeaveNothingBehindEither) {
  const RunningServer server;
  ASSERT_EQ(server.request("GET", "/healthz").status, 200);
  ASSERT_TRUE(becomes(server, "auralis_connections_open", [](double n) { return n == 1; }));
  const auto descriptors = open_descriptors();
  for (int i = 0; i < 1'000; ++i) {
    auto client = server.client();
    i % 2 == 0 ? client.send("GET /healthz HTTP/1.1\r\n") : client.reset();
  }
  ASSERT_TRUE(becomes(server, "auralis_connections_open", [](double n) { return n == 1; }));
  EXPECT_LE(open_descriptors(), descriptors + 1); // the question itself may still be closing
}

TEST(Stop, EveryListenerIsToldThatTheServerGoes) {
  // Longer than any test may take: it waits no longer than for the last goodbye.
  RunningServer server{[](Config& config) { config.stop_timeout = std::chrono::minutes{10}; }};
  std::vector<std::unique_ptr<Socket>> listeners;
  for (int i = 0; i < 20; ++i) {
    listeners.push_back(std::make_unique<Socket>(server.port(), i % 2 == 0 ? "" : "?station=private"));
    ASSERT_FALSE(listeners.back()->message("hello").empty());
  }
  auto idle = server.client();
  ASSERT_EQ(idle.request("GET", "/healthz").status, 200);
  std::thread stopping{[&] { server.stop(); }};
  for (auto& listener : listeners) {
    EXPECT_EQ(listener->closed_with(), 1001);
    listener.reset();
  }
  EXPECT_TRUE(idle.ended());
  stopping.join();
}

TEST(Stop, WhoWaitsForAStationThatIsBeingMadeIsToldToo) {
  std::promise<void> go;
  std::promise<void> asked;
  int made = 0;
  RunningServer server{{}, [&, wait = go.get_future().share()](const GeneratorSpec& spec) {
                         if (++made == 2) {
                           asked.set_value();
                           wait.wait();
                         }
                         return tones()(spec);
                       }};
  Socket listener{server.port(), "?station=private"};
  asked.get_future().wait();
  std::thread stopping{[&] { server.stop(); }};
  EXPECT_EQ(listener.closed_with(), 1001);
  listener.send_close(1001);
  go.set_value();
  stopping.join();
}

TEST(Stop, DoesNotWaitForWhoDoesNotListen) {
  RunningServer server{[](Config& config) { config.stop_timeout = std::chrono::milliseconds{100}; }};
  Socket silent{server.port(), "?codec=pcm16", "", 4'096};
  ASSERT_EQ(silent.handshake.status, 101);
  auto half = server.client();
  half.send("GET /heal");
  const auto begun = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{25}); // less than any other time limit
}

TEST(Private, TwentyPlayAtOnceAndEachHearsItsOwn) {
  const RunningServer server;
  std::vector<std::unique_ptr<Socket>> listeners;
  for (int i = 0; i < 20; ++i) {
    listeners.push_back(std::make_unique<Socket>(server.port(), "?station=private&seed=" + std::to_string(i)));
  }
  for (auto& listener : listeners) {
    ASSERT_FALSE(listener->message("hello").empty());
    auto seq = seq_of(listener->chunk());
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(seq_of(listener->chunk()), ++seq);
    }
  }
  EXPECT_EQ(metric(server, "auralis_private_stations"), 20);
}

} // namespace
} // namespace auralis::server::testing
