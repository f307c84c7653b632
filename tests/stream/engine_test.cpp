// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/engine.hpp"

#include <atomic>
#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "stream/fakes.hpp"

namespace auralis::stream {
namespace {

using core::Seconds;

/// Counts chunks and lets a test wait for them.
class WaitingSink final : public StationSink {
public:
  void on_chunk(const ChunkPtr& /*chunk*/) noexcept override {
    const std::lock_guard lock{mutex_};
    ++chunks_;
    changed_.notify_all();
  }
  void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> /*events*/) noexcept override {}
  void on_control_applied(std::uint64_t tag, core::Frames /*at*/, const core::Parameters& /*parameters*/,
                          core::Transport /*transport*/) noexcept override {
    const std::lock_guard lock{mutex_};
    tag_ = tag;
    changed_.notify_all();
  }

  /// False if it takes longer than any machine needs.
  [[nodiscard]] bool wait_for_chunks(int count, std::chrono::milliseconds patience = kPatience) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return chunks_ >= count; });
  }
  [[nodiscard]] bool wait_for_tag(std::uint64_t tag) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, kPatience, [&] { return tag_ == tag; });
  }
  [[nodiscard]] int chunks() const {
    const std::lock_guard lock{mutex_};
    return chunks_;
  }

private:
  static constexpr std::chrono::seconds kPatience{60};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int chunks_ = 0;        // under mutex_
  std::uint64_t tag_ = 0; // under mutex_
};

/// Stays in render() until let go.
class StuckGenerator final : public core::Generator {
public:
  explicit StuckGenerator(std::atomic<bool>& stuck, std::atomic<bool>& entered) : stuck_{stuck}, entered_{entered} {}
  [[nodiscard]] core::Hertz sample_rate() const noexcept override { return core::Hertz{48'000.0}; }
  [[nodiscard]] core::Frames now() const noexcept override { return core::Frames{0}; }
  [[nodiscard]] const core::Parameters& parameters() const noexcept override { return parameters_; }
  [[nodiscard]] const core::Character& character() const noexcept override { return character_; }
  [[nodiscard]] core::Transport transport() const noexcept override { return core::Transport::play; }
  std::span<const core::PerformanceEvent> render(core::StereoBlock /*out*/) noexcept override {
    entered_.store(true);
    while (stuck_.load()) {
      std::this_thread::yield();
    }
    return {};
  }
  void apply(const core::Control& /*control*/) noexcept override {}

private:
  std::atomic<bool>& stuck_;
  std::atomic<bool>& entered_;
  core::Parameters parameters_;
  core::Character character_;
};

Station::Config without_burst(std::string id) { return {.id = std::move(id), .history = Seconds{0.0}}; }

TEST(Engine, PlaysAStationAtThePaceOfItsClock) {
  core::ManualClock clock;
  Engine engine{{}, clock};
  WaitingSink sink;
  const auto station = engine.add(without_burst("a"), std::make_unique<ToneGenerator>(), sink);
  station->set_listeners(Codec::opus, 1);
  engine.wake(station);
  while (!sink.wait_for_chunks(1, std::chrono::milliseconds{1})) {
    clock.advance(std::chrono::milliseconds{2}); // the sender looks every 2 ms whether the first sound is there
  }
  for (int sent = 2; sent <= 100; ++sent) {
    while (station->wants_render()) {
      std::this_thread::yield();
    }
    clock.advance(kBlockPeriod);
    ASSERT_TRUE(sink.wait_for_chunks(sent));
    ASSERT_LE(sink.chunks(), sent + 1) << "the start may have spent part of a period";
  }
  EXPECT_EQ(engine.metrics().underruns.load(), 0U);
  engine.remove(station);
}

TEST(Engine, PlaysManyStationsAtOnce) {
  core::SystemClock clock;
  Engine engine{{}, clock};
  std::vector<std::unique_ptr<WaitingSink>> sinks;
  std::vector<std::shared_ptr<Station>> stations;
  for (int i = 0; i < 8; ++i) {
    sinks.push_back(std::make_unique<WaitingSink>());
    stations.push_back(
        engine.add({.id = "station-" + std::to_string(i)}, std::make_unique<RampGenerator>(), *sinks.back()));
    stations.back()->set_listeners(Codec::pcm16, 1);
    engine.wake(stations.back());
  }
  for (const auto& sink : sinks) {
    EXPECT_TRUE(sink->wait_for_chunks(25));
  }
  for (const auto& station : stations) {
    engine.remove(station);
  }
}

TEST(Engine, AStuckGeneratorStallsNoOtherStation) {
  std::atomic<bool> stuck{true};
  std::atomic<bool> entered{false};
  core::SystemClock clock;
  Engine engine{{}, clock};
  WaitingSink silent;
  WaitingSink heard;
  const auto bad = engine.add({.id = "bad"}, std::make_unique<StuckGenerator>(stuck, entered), silent);
  bad->set_listeners(Codec::pcm16, 1);
  engine.wake(bad);
  while (!entered.load()) {
    std::this_thread::yield();
  }
  const auto good = engine.add({.id = "good"}, std::make_unique<RampGenerator>(), heard);
  good->set_listeners(Codec::pcm16, 1);
  engine.wake(good);
  EXPECT_TRUE(heard.wait_for_chunks(30));
  EXPECT_EQ(silent.chunks(), 0);
  stuck.store(false);
  engine.remove(bad);
  engine.remove(good);
}

TEST(Engine, AStuckSinkStallsNoOtherStation) {
  class StuckSink final : public StationSink {
  public:
    void on_chunk(const ChunkPtr& /*chunk*/) noexcept override {
      entered.store(true);
      while (stuck.load()) {
        std::this_thread::yield();
      }
    }
    void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> /*events*/) noexcept override {}
    void on_control_applied(std::uint64_t /*tag*/, core::Frames /*at*/, const core::Parameters& /*parameters*/,
                            core::Transport /*transport*/) noexcept override {}
    std::atomic<bool> stuck{true};
    std::atomic<bool> entered{false};
  };
  core::SystemClock clock;
  Engine engine{{}, clock};
  WaitingSink heard;
  StuckSink blocked;
  const auto good = engine.add({.id = "good"}, std::make_unique<RampGenerator>(), heard);
  good->set_listeners(Codec::pcm16, 1);
  engine.wake(good);
  const auto bad = engine.add({.id = "bad"}, std::make_unique<RampGenerator>(), blocked);
  bad->set_listeners(Codec::pcm16, 1);
  engine.wake(bad);
  while (!blocked.entered.load()) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(heard.wait_for_chunks(heard.chunks() + 30));
  blocked.stuck.store(false);
  engine.remove(bad);
  engine.remove(good);
}

TEST(Engine, TakesControlsForAStationThatRests) {
  core::SystemClock clock;
  Engine engine{{}, clock};
  WaitingSink sink;
  const auto station = engine.add({.id = "a"}, std::make_unique<RampGenerator>(), sink);
  ASSERT_TRUE(station->post({.intensity = 0.1F}, 17));
  engine.wake(station);
  EXPECT_TRUE(sink.wait_for_tag(17));
  EXPECT_FLOAT_EQ(station->snapshot().parameters.intensity, 0.1F);
  engine.remove(station);
}

TEST(Engine, HasLeftAStationWhenRemoveReturns) {
  core::SystemClock clock;
  Engine engine{{}, clock};
  for (int round = 0; round < 20; ++round) {
    WaitingSink sink; // gone at the end of the round: a late call would be caught by the sanitizers
    const auto station = engine.add({.id = "a"}, std::make_unique<RampGenerator>(), sink);
    station->set_listeners(Codec::pcm16, 1);
    engine.wake(station);
    ASSERT_TRUE(sink.wait_for_chunks(1));
    engine.remove(station);
    engine.remove(station); // nothing is there to remove
    EXPECT_EQ(station.use_count(), 1);
  }
}

TEST(Engine, LetsSeveralThreadsRemoveTheSameStation) {
  core::SystemClock clock;
  Engine engine{{}, clock};
  for (int round = 0; round < 10; ++round) {
    WaitingSink sink;
    const auto station = engine.add({.id = "a"}, std::make_unique<RampGenerator>(), sink);
    station->set_listeners(Codec::pcm16, 1);
    engine.wake(station);
    ASSERT_TRUE(sink.wait_for_chunks(1));
    std::thread other{[&] { engine.remove(station); }};
    engine.remove(station);
    other.join();
    EXPECT_EQ(station.use_count(), 1);
  }
}

TEST(Engine, TakesListenersControlsAndQuestionsFromAnyThreadWhileItPlays) {
  core::SystemClock clock;
  Engine engine{{}, clock};
  WaitingSink sink;
  const auto station = engine.add({.id = "a"}, std::make_unique<ToneGenerator>(), sink);
  std::vector<std::thread> threads;
  std::atomic<int> posted{0};
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        for (const Codec codec : kCodecs) {
          station->set_listeners(codec, (i + t) % 3);
          static_cast<void>(station->recent(codec));
        }
        posted += station->post({.intensity = 0.5F}, 1) ? 1 : 0;
        static_cast<void>(station->snapshot());
        static_cast<void>(engine.metrics().render_ms.summary());
        engine.wake(station);
        std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  station->set_listeners(Codec::opus, 1);
  engine.wake(station);
  EXPECT_TRUE(sink.wait_for_chunks(sink.chunks() + 5));
  EXPECT_GT(posted.load(), 0);
  engine.remove(station);
}

TEST(Engine, RefusesToRunOnNoThreads) {
  core::ManualClock clock;
  EXPECT_THROW((Engine{{.render_threads = 0}, clock}), std::invalid_argument);
  EXPECT_THROW((Engine{{.send_threads = 100}, clock}), std::invalid_argument);
}

} // namespace
} // namespace auralis::stream
