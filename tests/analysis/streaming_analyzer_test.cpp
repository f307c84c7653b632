// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/streaming_analyzer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"

namespace auralis::analysis {
namespace {

using Channels = std::vector<std::vector<float>>;
using core::AnalysisEvent;

/// Two chords with a pulse of noise on each half second, and a little difference between the channels.
Channels music(double seconds, double rate) {
  core::Random random{1};
  Channels sound(2, std::vector<float>(static_cast<std::size_t>(seconds * rate)));
  for (std::size_t n = 0; n < sound[0].size(); ++n) {
    const double t = static_cast<double>(n) / rate;
    const double third = std::fmod(t, 4.0) < 2.0 ? 329.63 : 349.23;
    double x = 0.0;
    for (const double f : {261.63, third, 392.0}) {
      x += 0.1 * std::sin(2.0 * std::numbers::pi * f * t);
    }
    const double since_pulse = std::fmod(t, 0.5);
    x += 0.4 * std::exp(-60.0 * since_pulse) * random.normal();
    sound[0][n] = static_cast<float>(x);
    sound[1][n] = static_cast<float>(0.8 * x);
  }
  return sound;
}

template <typename Push> void in_blocks(const Channels& sound, std::size_t block, Push push) {
  for (std::size_t n = 0; n < sound.front().size(); n += block) {
    std::vector<const float*> pointers;
    for (const auto& channel : sound) {
      pointers.push_back(channel.data() + n);
    }
    push(core::AudioBlock{pointers, std::min(block, sound.front().size() - n)});
  }
}

std::vector<AnalysisEvent> events_of(StreamingAnalyzer& analyzer, const Channels& sound, std::size_t block) {
  std::vector<AnalysisEvent> events;
  const auto keep = [&](const AnalysisEvent& event) { events.push_back(event); };
  in_blocks(sound, block, [&](const core::AudioBlock& piece) { analyzer.push(piece, keep); });
  analyzer.finish(keep);
  return events;
}

/// A number that tells two values of one kind apart.
struct Gist {
  template <std::size_t N> static double of(const std::array<float, N>& values) {
    double sum = 0.0;
    for (std::size_t i = 0; i < N; ++i) {
      sum += static_cast<double>(values[i]) * (static_cast<double>(i) + 1.0);
    }
    return sum;
  }
  double operator()(const core::FeatureFrame& f) const {
    return static_cast<double>(f.rms) + static_cast<double>(f.centroid) + static_cast<double>(f.flux) + of(f.mfcc) +
           of(f.mfcc_delta) + of(f.contrast);
  }
  double operator()(const core::ChromaFrame& f) const { return of(f.chroma) + of(f.tonal_centroid); }
  double operator()(const core::PitchPoint& p) const { return p.f0.value + static_cast<double>(p.voicing); }
  double operator()(const core::LoudnessPoint& p) const {
    return static_cast<double>(p.momentary_lufs) + 3.0 * static_cast<double>(p.short_term_lufs);
  }
  double operator()(const core::Onset& o) const { return o.at.value + static_cast<double>(o.strength); }
  double operator()(const core::Beat& b) const { return b.at.value + b.tempo.value + b.position; }
  double operator()(const core::LiveTempo& t) const {
    return t.best.tempo.value + static_cast<double>(t.best.confidence) + 3.0 * static_cast<double>(t.twice.confidence);
  }
  double operator()(const core::ChordSegment& c) const {
    return c.from.value + 3.0 * c.to.value + static_cast<double>(c.confidence);
  }
  double operator()(const core::LiveKey& k) const {
    return static_cast<double>(k.local.best.confidence) + 3.0 * static_cast<double>(k.whole.best.confidence);
  }
  double operator()(const core::Section& s) const {
    return s.from.value + 3.0 * s.to.value + s.label + static_cast<double>(s.confidence);
  }
};

void expect_equal(const std::vector<AnalysisEvent>& a, const std::vector<AnalysisEvent>& b, const std::string& where) {
  ASSERT_EQ(a.size(), b.size()) << where;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].what.index(), b[i].what.index()) << where << " " << i;
    ASSERT_EQ(a[i].at, b[i].at) << where << " " << i;
    ASSERT_EQ(a[i].known_at, b[i].known_at) << where << " " << i;
    ASSERT_EQ(std::visit(Gist{}, a[i].what), std::visit(Gist{}, b[i].what)) << where << " " << i;
  }
}

template <typename What> std::size_t count(const std::vector<AnalysisEvent>& events) {
  return static_cast<std::size_t>(std::ranges::count_if(
      events, [](const AnalysisEvent& event) { return std::holds_alternative<What>(event.what); }));
}

TEST(StreamingAnalyzer, SaysEveryPartInOrderOfWhenItIsKnown) {
  StreamingAnalyzer analyzer{{}};
  const auto events = events_of(analyzer, music(3.0, 44'100.0), 1'000);
  EXPECT_EQ(count<core::FeatureFrame>(events), 300U);
  EXPECT_EQ(count<core::PitchPoint>(events), 300U);
  EXPECT_EQ(count<core::ChromaFrame>(events), 65U); // 3 s times 21.5, rounded up
  EXPECT_EQ(count<core::LoudnessPoint>(events), 30U);
  double known = 0.0;
  for (const auto& event : events) {
    EXPECT_GE(event.known_at.value, known - 1e-9);
    known = event.known_at.value;
    EXPECT_LE(event.known_at.value, 3.0);
  }
}

TEST(StreamingAnalyzer, SaysAnOnsetWithinFiftyMilliseconds) {
  for (const double rate : {8'000.0, 44'100.0, 48'000.0, 192'000.0}) {
    StreamingAnalyzer analyzer{{.sample_rate = core::Hertz{rate}}};
    const auto events = events_of(analyzer, music(6.0, rate), 256);
    EXPECT_GE(count<core::Onset>(events), 10U) << rate;
    EXPECT_GE(count<core::Beat>(events), 3U) << rate;
    for (const auto& event : events) {
      if (const auto* onset = std::get_if<core::Onset>(&event.what)) {
        EXPECT_LT(event.known_at.value - onset->at.value, 0.050) << rate << " " << onset->at.value;
      }
    }
  }
}

TEST(StreamingAnalyzer, SaysOnlyWhatIsAskedFor) {
  StreamingAnalyzer analyzer{{.parts = {.features = false,
                                        .onsets = false,
                                        .beats = false,
                                        .pitch = false,
                                        .chroma = false,
                                        .keys = false,
                                        .chords = false,
                                        .sections = false}}};
  const auto events = events_of(analyzer, music(2.0, 44'100.0), 1'000);
  EXPECT_EQ(events.size(), 20U);
  EXPECT_EQ(count<core::LoudnessPoint>(events), 20U);
}

TEST(StreamingAnalyzer, NeverDependsOnTheBlockSizeAndResetEqualsNew) {
  for (const double rate : {44'100.0, 48'000.0}) {
    const auto sound = music(4.1, rate);
    StreamingAnalyzer analyzer{{.sample_rate = core::Hertz{rate}}};
    const auto whole = events_of(analyzer, sound, sound[0].size());
    EXPECT_GT(whole.size(), 800U);
    for (const std::size_t block : {1U, 64U, 441U, 2'048U, 9'973U}) {
      analyzer.reset();
      expect_equal(events_of(analyzer, sound, block), whole, std::to_string(block));
    }
    StreamingAnalyzer fresh{{.sample_rate = core::Hertz{rate}}};
    expect_equal(events_of(fresh, sound, 777), whole, "fresh");
  }
}

TEST(StreamingAnalyzer, HearsNothingWhileStoppedAndAnewOnceStarted) {
  StreamingAnalyzer analyzer{{}};
  const auto sound = music(1.0, 44'100.0);
  EXPECT_TRUE(analyzer.is_running());
  const auto first = events_of(analyzer, sound, 512);
  analyzer.stop();
  EXPECT_FALSE(analyzer.is_running());
  EXPECT_TRUE(events_of(analyzer, sound, 512).empty());
  analyzer.start();
  EXPECT_TRUE(analyzer.is_running());
  expect_equal(events_of(analyzer, sound, 512), first, "after stop");
  analyzer.start();
  expect_equal(events_of(analyzer, sound, 512), first, "after start alone");
}

TEST(StreamingAnalyzer, HandsEveryEventToAnotherThreadInOrder) {
  const auto sound = music(3.0, 44'100.0);
  StreamingAnalyzer by_callback{{}};
  const auto expected = events_of(by_callback, sound, 480);
  StreamingAnalyzer analyzer{{.queue = 64}};
  std::atomic<bool> ended{false};
  std::vector<AnalysisEvent> pulled;
  std::jthread reader{[&] {
    AnalysisEvent event;
    for (;;) {
      const bool last = ended.load(std::memory_order_acquire);
      while (analyzer.pull(event)) {
        pulled.push_back(event);
      }
      if (last) {
        return;
      }
      std::this_thread::yield();
    }
  }};
  const auto wait_for_room = [&] {
    while (analyzer.waiting() > 16) {
      std::this_thread::yield();
    }
  };
  in_blocks(sound, 480, [&](const core::AudioBlock& piece) {
    wait_for_room();
    analyzer.push(piece);
  });
  wait_for_room();
  analyzer.finish();
  ended.store(true, std::memory_order_release);
  reader.join();
  EXPECT_EQ(analyzer.lost(), 0U);
  expect_equal(pulled, expected, "pulled");
}

TEST(StreamingAnalyzer, CountsWhatAFullQueueLoses) {
  StreamingAnalyzer analyzer{{.queue = 16}};
  const auto sound = music(2.0, 44'100.0);
  in_blocks(sound, 1'000, [&](const core::AudioBlock& piece) { analyzer.push(piece); });
  std::size_t pulled = 0;
  AnalysisEvent event;
  while (analyzer.pull(event)) {
    ++pulled;
  }
  EXPECT_EQ(pulled, 16U);
  StreamingAnalyzer all{{}};
  std::size_t said = 0;
  in_blocks(sound, 1'000, [&](const core::AudioBlock& piece) { all.push(piece, [&](const auto&) { ++said; }); });
  EXPECT_EQ(pulled + analyzer.lost(), said);
}

TEST(StreamingAnalyzer, NeverAllocatesOnceBuilt) {
  StreamingAnalyzer analyzer{{.sample_rate = core::Hertz{48'000.0}}};
  const auto sound = music(2.0, 48'000.0);
  const std::array<const float*, 2> channels{sound[0].data(), sound[1].data()};
  const auto before = rt::violations();
  {
    const rt::RealtimeSection section;
    analyzer.push({channels, sound[0].size()});
    analyzer.finish();
    AnalysisEvent event;
    EXPECT_TRUE(analyzer.pull(event));
    analyzer.reset();
  }
  EXPECT_EQ(rt::violations(), before);
}

TEST(StreamingAnalyzer, RefusesBadSettings) {
  EXPECT_THROW((StreamingAnalyzer{{.sample_rate = core::Hertz{1.0}}}), std::invalid_argument);
  EXPECT_THROW((StreamingAnalyzer{{.channels = 9}}), std::invalid_argument);
  EXPECT_THROW((StreamingAnalyzer{{.queue = 0}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
