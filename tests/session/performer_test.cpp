// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/performer.hpp"

#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <variant>
#include <vector>

#include "auralis/rt/realtime_section.hpp"

namespace auralis::session {
namespace {

struct Audio {
  std::vector<float> left;
  std::vector<float> right;

  friend bool operator==(const Audio&, const Audio&) = default;
};

Performer::Config config_for(std::string_view preset, std::uint64_t seed) {
  return {.seed = seed, .preset = *compose::find_preset(preset)};
}

/// Plays `frames` frames in calls of `block`, applying `controls` at their times.
Audio play(Performer& performer, std::size_t frames, std::size_t block,
           std::span<const core::LoggedControl> controls = {}, std::vector<core::PerformanceEvent>* heard = nullptr) {
  Audio audio{std::vector<float>(frames), std::vector<float>(frames)};
  std::size_t done = 0;
  std::size_t next = 0;
  while (done < frames) {
    while (next < controls.size() && controls[next].at <= performer.now()) {
      performer.apply(controls[next++].control);
    }
    std::size_t count = std::min(block, frames - done);
    if (next < controls.size()) {
      count = std::min(count, static_cast<std::size_t>((controls[next].at - performer.now()).value));
    }
    const auto events =
        performer.render({std::span{audio.left}.subspan(done, count), std::span{audio.right}.subspan(done, count)});
    if (heard != nullptr) {
      heard->insert(heard->end(), events.begin(), events.end());
    }
    done += count;
  }
  return audio;
}

double rms(std::span<const float> samples) {
  double sum = 0.0;
  for (const float s : samples) {
    sum += static_cast<double>(s) * static_cast<double>(s);
  }
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

constexpr std::size_t kSecond = 48'000;

TEST(Performer, SoundsWithinTheFirstSeconds) {
  Performer performer{config_for("focus", 7)};
  const auto audio = play(performer, 4 * kSecond, 960);
  EXPECT_GT(rms(std::span{audio.left}.last(2 * kSecond)), 0.005);
  EXPECT_GT(rms(std::span{audio.right}.last(2 * kSecond)), 0.005);
}

TEST(Performer, GivesTheSameSamplesForTheSameSeedPresetAndControls) {
  const std::vector<core::LoggedControl> controls{
      {core::Frames{50'000}, {.grid = core::Grid::now, .tonic = core::PitchName{3}, .intensity = 0.9F}},
      {core::Frames{100'001}, {.tempo = core::Bpm{90.0}}}};
  Performer first{config_for("focus", 7)};
  Performer second{config_for("focus", 7)};
  EXPECT_EQ(play(first, 6 * kSecond, 960, controls), play(second, 6 * kSecond, 960, controls));
}

TEST(Performer, DoesNotDependOnHowTheFramesAreCut) {
  const std::vector<core::LoggedControl> controls{
      {core::Frames{48'123}, {.grid = core::Grid::now, .brightness = 1.0F}}};
  Performer whole{config_for("bright", 3)};
  const auto expected = play(whole, 3 * kSecond, 960, controls);
  for (const std::size_t block : {1U, 63U, 64U, 441U, 4096U}) {
    Performer cut{config_for("bright", 3)};
    EXPECT_EQ(play(cut, 3 * kSecond, block, controls), expected) << "block of " << block;
  }
}

TEST(Performer, PlaysSomethingElseForAnotherSeed) {
  Performer first{config_for("focus", 7)};
  Performer second{config_for("focus", 8)};
  EXPECT_NE(play(first, 4 * kSecond, 960), play(second, 4 * kSecond, 960));
}

TEST(Performer, ReportsEventsWithinTheFramesInWhichTheyAreHeard) {
  Performer performer{config_for("focus", 7)};
  std::vector<float> left(960);
  std::vector<float> right(960);
  int notes = 0;
  for (int block = 0; block < 500; ++block) {
    const auto start = performer.now();
    for (const auto& event : performer.render({left, right})) {
      EXPECT_GE(event.at, start);
      EXPECT_LT(event.at, performer.now());
      notes += std::holds_alternative<core::NoteOn>(event.what) ? 1 : 0;
    }
  }
  EXPECT_GT(notes, 5);
}

TEST(Performer, NeitherAllocatesNorLocksWhilePlaying) {
  Performer performer{config_for("bright", 5)};
  std::vector<float> left(960);
  std::vector<float> right(960);
  const auto before = rt::violations();
  for (int block = 0; block < 500; ++block) {
    const rt::RealtimeSection section;
    performer.apply({.grid = core::Grid::now, .intensity = static_cast<float>(block % 10) / 10.0F});
    performer.render({left, right});
  }
  EXPECT_EQ(rt::violations(), before);
}

} // namespace
} // namespace auralis::session
