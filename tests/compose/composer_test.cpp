// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/composer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace auralis::compose {
namespace {

using core::Frames;

std::vector<core::PerformanceEvent> play(Composer& composer, double seconds, std::int64_t block = 64) {
  std::vector<core::PerformanceEvent> all;
  const Frames end{composer.now().value + static_cast<std::int64_t>(seconds * 750.0) * 64};
  while (composer.now() < end) {
    const auto events = composer.advance(std::min(end, composer.now() + Frames{block}));
    all.insert(all.end(), events.begin(), events.end());
  }
  return all;
}

std::string describe(const core::PerformanceEvent& event) {
  std::string text = std::to_string(event.at.value) + ' ' + std::to_string(event.what.index());
  if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
    text += ' ' + std::to_string(static_cast<int>(on->layer)) + ' ' + std::to_string(on->midi) + ' ' +
            std::to_string(on->velocity);
  }
  return text;
}

TEST(Composer, LetsEveryLayerSound) {
  auto preset = *find_preset("focus");
  Composer composer{{.preset = preset}};
  std::array<int, core::kLayerCount> counts{};
  for (const auto& event : play(composer, 60.0)) {
    if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
      ++counts[core::index(on->layer)];
    }
  }
  for (const auto layer : core::kLayers) {
    EXPECT_GT(counts[core::index(layer)], 5) << core::to_string(layer);
  }
}

TEST(Composer, IsTheSameHoweverTimeIsCut) {
  Composer one{{.seed = 7, .preset = *find_preset("bright")}};
  Composer other{{.seed = 7, .preset = *find_preset("bright")}};
  const auto a = play(one, 60.0, 64);
  const auto b = play(other, 60.0, 48'000);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(describe(a[i]), describe(b[i]));
  }
}

TEST(Composer, EndsEveryNoteBeforeItsPitchSoundsAgain) {
  for (const auto& preset : presets()) {
    Composer composer{{.seed = 3, .preset = preset}};
    std::map<std::pair<int, int>, int> open;
    for (const auto& event : play(composer, 300.0, 4800)) {
      if (const auto* on = std::get_if<core::NoteOn>(&event.what)) {
        EXPECT_EQ(++open[std::pair(static_cast<int>(on->layer), static_cast<int>(on->midi))], 1);
      } else if (const auto* off = std::get_if<core::NoteOff>(&event.what)) {
        EXPECT_EQ(--open[std::pair(static_cast<int>(off->layer), static_cast<int>(off->midi))], 0);
      }
    }
  }
}

} // namespace
} // namespace auralis::compose
