// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/structure_segmenter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"

namespace auralis::analysis {
namespace {

using core::Seconds;
using core::Section;

/// What a part sounds like, cell by cell: a level, a timbre and four chords in turn, with chance on top.
struct Sound {
  float level = -20.0F;
  float brightness = 0.0F;
  std::array<int, 4> roots{0, 9, 5, 7};
};
constexpr Sound kVerse{};
constexpr Sound kChorus{.level = -14.0F, .brightness = 12.0F, .roots = {5, 7, 4, 9}};
constexpr Sound kBridge{.level = -26.0F, .brightness = -10.0F, .roots = {2, 10, 3, 8}};

class Piece {
public:
  Piece& play(const Sound& sound, int count, float gain_db = 0.0F) {
    for (int n = 0; n < count; ++n) {
      SectionCell cell;
      cell.values[0] = sound.level + gain_db + static_cast<float>(random_.normal());
      for (std::size_t k = 0; k < SectionCell::kTimbre; ++k) {
        cell.values[1 + k] = static_cast<float>(random_.normal());
      }
      cell.values[1] += sound.brightness;
      const auto root = static_cast<std::size_t>(sound.roots[static_cast<std::size_t>(n / 8) % 4]);
      for (const std::size_t note : {root, root + 4, root + 7}) {
        cell.values[1 + SectionCell::kTimbre + note % 12] = 0.3F;
      }
      cells.push_back(cell);
    }
    return *this;
  }
  Piece& rest(int count) {
    SectionCell nothing;
    nothing.values[0] = SectionCell::kNothing;
    cells.insert(cells.end(), static_cast<std::size_t>(count), nothing);
    return *this;
  }
  [[nodiscard]] Seconds length() const { return Seconds{0.25 * static_cast<double>(cells.size())}; }

  std::vector<SectionCell> cells;

private:
  core::Random random_{3};
};

StructureSegmenter heard(const Piece& piece) {
  StructureSegmenter segmenter;
  for (const auto& cell : piece.cells) {
    segmenter.process(cell);
  }
  return segmenter;
}

std::vector<Section> form(const Piece& piece, std::span<const core::Beat> beats = {}) {
  return heard(piece).sections(piece.length(), beats);
}

std::vector<Section> live_form(SectionTracker& tracker, const Piece& piece, std::span<const core::Beat> beats = {}) {
  std::vector<Section> found;
  std::size_t beat = 0;
  for (std::size_t n = 0; n < piece.cells.size(); ++n) {
    const double now = 0.25 * static_cast<double>(n + 1);
    while (beat < beats.size() && beats[beat].at.value < now) {
      tracker.process(beats[beat++]);
    }
    if (const auto section = tracker.process(piece.cells[n])) {
      EXPECT_LE(now - section->to.value, SectionTracker::kLag.value);
      found.push_back(*section);
    }
  }
  while (const auto section = tracker.finish(piece.length())) {
    found.push_back(*section);
  }
  return found;
}

std::string letters(const std::vector<Section>& sections) {
  std::string text;
  std::ranges::for_each(sections, [&](const Section& section) { text += section.label; });
  return text;
}

void expect_whole(const std::vector<Section>& sections, Seconds length) {
  ASSERT_FALSE(sections.empty());
  EXPECT_EQ(sections.front().from, Seconds{0.0});
  EXPECT_EQ(sections.back().to, length);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    EXPECT_GE(sections[i].confidence, 0.0F);
    EXPECT_LE(sections[i].confidence, 1.0F);
    EXPECT_LT(sections[i].from, sections[i].to);
    if (i > 0) {
      EXPECT_EQ(sections[i].from, sections[i - 1].to);
    }
  }
}

TEST(StructureSegmenter, HearsNoFormInSilenceAndInNothing) {
  EXPECT_TRUE(form(Piece{}).empty());
  EXPECT_TRUE(form(Piece{}.rest(400)).empty());
  SectionTracker tracker;
  EXPECT_TRUE(live_form(tracker, Piece{}.rest(400)).empty());
}

TEST(StructureSegmenter, HearsOnePartInOneCellAndInWhatStaysAsItIs) {
  for (const int cells : {1, 15, 40, 800}) {
    const auto piece = Piece{}.play(kVerse, cells);
    const auto sections = form(piece);
    EXPECT_EQ(letters(sections), "A") << cells;
    expect_whole(sections, piece.length());
    SectionTracker tracker;
    const auto live = live_form(tracker, piece);
    EXPECT_EQ(letters(live), "A") << cells;
    expect_whole(live, piece.length());
  }
}

TEST(StructureSegmenter, FindsPartsToTheCellAndKnowsThemAgain) {
  const auto piece = Piece{}
                         .play(kVerse, 128)
                         .play(kChorus, 96)
                         .play(kVerse, 128)
                         .play(kChorus, 96)
                         .play(kBridge, 64)
                         .play(kVerse, 128);
  const std::vector<double> borders{32.0, 56.0, 88.0, 112.0, 128.0};
  SectionTracker tracker;
  for (const auto& sections : {form(piece), live_form(tracker, piece)}) {
    expect_whole(sections, piece.length());
    ASSERT_EQ(letters(sections), "ABABCA");
    for (std::size_t i = 0; i < borders.size(); ++i) {
      EXPECT_NEAR(sections[i].to.value, borders[i], 0.26);
      EXPECT_GT(sections[i].confidence, 0.5F);
    }
  }
}

TEST(StructureSegmenter, NoveltyIsThatOfTheCheckerboardOverTheSelfSimilarity) {
  const auto piece = Piece{}.play(kVerse, 80).play(kChorus, 80);
  const auto novelty = heard(piece).novelty();
  SectionSpread spread;
  for (const auto& cell : piece.cells) {
    spread.process(cell);
  }
  // The matrix of products, formed. The distance of one value's unit vector says what the value weighs.
  SectionValues weight{};
  for (std::size_t k = 0; k < weight.size(); ++k) {
    SectionValues unit{};
    unit[k] = 0.01; // small: the level's distance is bounded
    weight[k] = spread.distance(unit) / (0.01 * 0.01);
  }
  constexpr int kHalf = 48;
  std::vector<double> kernel(2 * kHalf);
  double side = 0.0;
  for (int i = 0; i < kHalf; ++i) {
    const double t = (i + 0.5) * 0.25 / 6.0;
    kernel[static_cast<std::size_t>(kHalf + i)] = std::exp(-0.5 * t * t);
    kernel[static_cast<std::size_t>(kHalf - 1 - i)] = -std::exp(-0.5 * t * t);
    side += std::exp(-0.5 * t * t);
  }
  for (const std::size_t border : {60U, 80U, 97U}) {
    double sum = 0.0;
    for (std::size_t i = 0; i < kernel.size(); ++i) {
      for (std::size_t j = 0; j < kernel.size(); ++j) {
        const auto& a = piece.cells[border - kHalf + i].values;
        const auto& b = piece.cells[border - kHalf + j].values;
        double likeness = 0.0;
        for (std::size_t k = 0; k < weight.size(); ++k) {
          likeness += weight[k] * static_cast<double>(a[k]) * static_cast<double>(b[k]);
        }
        sum += kernel[i] * kernel[j] * likeness;
      }
    }
    EXPECT_NEAR(novelty[border], sum / (side * side), 1e-6) << border;
  }
}

TEST(StructureSegmenter, DoesNotKnowTheGain) {
  const auto loud = form(Piece{}.play(kVerse, 100).play(kBridge, 100).play(kVerse, 100));
  const auto quiet = form(Piece{}.play(kVerse, 100, -40.0F).play(kBridge, 100, -40.0F).play(kVerse, 100, -40.0F));
  ASSERT_EQ(letters(loud), "ABA");
  ASSERT_EQ(letters(quiet), "ABA");
  for (std::size_t i = 0; i < loud.size(); ++i) {
    EXPECT_EQ(loud[i].to, quiet[i].to);
  }
}

TEST(StructureSegmenter, TakesALongRestForAPart) {
  const auto piece = Piece{}.rest(60).play(kVerse, 120).rest(60).play(kVerse, 120);
  const auto sections = form(piece);
  EXPECT_EQ(letters(sections), "ABAB");
  expect_whole(sections, piece.length());
}

TEST(StructureSegmenter, MovesBordersToTheDownbeatsNearThem) {
  const auto piece = Piece{}.play(kVerse, 120).play(kChorus, 120); // the border at 30 s
  std::vector<core::Beat> beats;
  for (int n = 0; n < 120; ++n) {
    beats.push_back({.at = Seconds{0.12 + 0.5 * n},
                     .position = (n + 1) % 4 + 1, // a downbeat at 29.62, a plain beat at 30.12
                     .beats_per_bar = 4,
                     .downbeat_confidence = 0.9F});
  }
  ASSERT_EQ(beats[59].position, 1);
  SectionTracker tracker;
  for (const auto& sections : {form(piece, beats), live_form(tracker, piece, beats)}) {
    ASSERT_EQ(letters(sections), "AB");
    EXPECT_EQ(sections[0].to, beats[59].at);
  }
  std::ranges::for_each(beats, [](core::Beat& beat) { beat.position = 0; });
  EXPECT_EQ(form(piece, beats)[0].to, beats[60].at); // no downbeats known: to the nearest beat
  EXPECT_NEAR(form(piece)[0].to.value, 30.0, 0.26);
}

TEST(StructureSegmenter, HasNoMoreLettersThanThereAreAndNoMorePartsThanItPromises) {
  Piece piece;
  core::Random random{9};
  for (int n = 0; n < 300; ++n) {
    Sound sound{.level = static_cast<float>(random.uniform(-40.0, -6.0)),
                .brightness = static_cast<float>(random.uniform(-30.0, 30.0))};
    std::ranges::for_each(sound.roots, [&](int& root) { root = random.integer(0, 11); });
    piece.play(sound, 48);
  }
  const auto sections = form(piece);
  expect_whole(sections, piece.length());
  EXPECT_GT(sections.size(), 100U);
  EXPECT_LE(sections.size(), StructureSegmenter::kMostSections);
  SectionTracker tracker;
  const auto live = live_form(tracker, piece);
  expect_whole(live, piece.length());
  for (const auto& all : {sections, live}) {
    EXPECT_TRUE(std::ranges::all_of(all, [](const Section& one) { return one.label >= 'A' && one.label <= 'Z'; }));
  }
}

TEST(StructureSegmenter, AfterAResetIsAsNew) {
  const auto piece = Piece{}.play(kVerse, 128).play(kChorus, 96).play(kVerse, 100);
  SectionTracker used;
  static_cast<void>(live_form(used, Piece{}.play(kBridge, 200).rest(50).play(kChorus, 90)));
  used.reset();
  SectionTracker fresh;
  const auto a = live_form(used, piece);
  const auto b = live_form(fresh, piece);
  ASSERT_EQ(letters(a), letters(b));
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].from, b[i].from);
    EXPECT_EQ(a[i].to, b[i].to);
    EXPECT_EQ(a[i].confidence, b[i].confidence);
  }
}

TEST(SectionCells, GatherTheFramesOfTheirQuarterSecond) {
  SectionCells cells;
  std::array<float, kMelBands> mel{};
  std::vector<SectionCell> closed;
  for (int n = 0; n < 100; ++n) { // one second of fine frames, silent at first
    mel.fill(n < 25 ? 0.0F : (n < 50 ? 1e-3F : 1e-6F));
    cells.process(Seconds{0.01 * n}, mel);
  }
  for (int n = 0; n < 20; ++n) {
    HarmonyFrame harmony{.at = Seconds{0.05 * n}};
    harmony.bass[0] = 1.0F;
    harmony.treble[static_cast<std::size_t>(n / 5)] = 1.0F;
    if (const auto cell = cells.process(harmony)) {
      closed.push_back(*cell);
    }
  }
  while (const auto cell = cells.finish(Seconds{1.0})) {
    closed.push_back(*cell);
  }
  ASSERT_EQ(closed.size(), 4U);
  EXPECT_EQ(closed[0].level(), SectionCell::kNothing);
  EXPECT_NEAR(closed[1].level() - closed[2].level(), 30.0F, 0.01F);
  for (std::size_t k = 0; k < SectionCell::kTimbre; ++k) {
    EXPECT_NEAR(closed[1].values[1 + k], 0.0F, 1e-3F); // all bands alike
    EXPECT_EQ(closed[0].values[1 + SectionCell::kTimbre + k], 0.0F);
  }
  EXPECT_NEAR(closed[2].values[1 + SectionCell::kTimbre], 0.5F, 1e-6F);
  EXPECT_NEAR(closed[2].values[1 + SectionCell::kTimbre + 2], 0.5F, 1e-6F);
}

} // namespace
} // namespace auralis::analysis
