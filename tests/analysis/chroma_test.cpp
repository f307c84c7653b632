// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/chroma.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "analysis/tones.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

std::vector<HarmonyFrame> harmony_of(std::span<const float> sound, double cents = 0.0, std::size_t block = 1'000) {
  Chroma chroma;
  std::vector<HarmonyFrame> frames;
  test::tonal_frames(
      sound, [&](const dsp::Spectrum& spectrum) { frames.push_back(chroma.process(spectrum, cents)); }, block);
  return frames;
}

/// The frame in the middle.
HarmonyFrame middle(const std::vector<HarmonyFrame>& frames) { return frames[frames.size() / 2]; }

/// What part of the treble lies on these pitch classes.
float share(const HarmonyFrame& frame, std::initializer_list<int> pitch_classes) {
  float sum = 0.0F;
  for (const int p : pitch_classes) {
    sum += frame.treble[static_cast<std::size_t>(p % 12)];
  }
  return sum;
}

TEST(Chroma, OfSilenceIsZero) {
  for (const auto& frame : harmony_of(std::vector<float>(22'050))) {
    EXPECT_EQ(frame.level, 0.0F);
    EXPECT_EQ(std::accumulate(frame.treble.begin(), frame.treble.end(), 0.0F), 0.0F);
    const auto seen = chroma_frame(frame);
    EXPECT_EQ(*std::max_element(seen.chroma.begin(), seen.chroma.end()), 0.0F);
    EXPECT_EQ(*std::max_element(seen.tonal_centroid.begin(), seen.tonal_centroid.end()), 0.0F);
  }
}

TEST(Chroma, HoldsTheNotesOfATriadAndNotTheirHarmonics) {
  for (int root = 0; root < 12; ++root) {
    const auto frame = middle(harmony_of(test::chord({48 + root, 60 + root, 64 + root, 67 + root}, 2.0)));
    EXPECT_GT(share(frame, {root, root + 4, root + 7}), 0.9F) << root;
    EXPECT_EQ(std::max_element(frame.bass.begin(), frame.bass.end()) - frame.bass.begin(), root);
  }
}

TEST(Chroma, TellsTheLowestNotesApart) {
  for (int note = 33; note < 45; ++note) {
    const auto frame = middle(harmony_of(test::chord({note}, 2.0)));
    EXPECT_GT(frame.bass[static_cast<std::size_t>(note % 12)], 0.85F) << note;
  }
}

TEST(Chroma, FollowsTheTuning) {
  for (const double cents : {-40.0, -15.0, 15.0, 40.0}) {
    const auto frame = middle(harmony_of(test::chord({48, 60, 64, 67}, 2.0, cents), cents));
    EXPECT_GT(share(frame, {0, 4, 7}), 0.95F) << cents;
  }
}

TEST(Chroma, DependsOnNeitherLevelNorPolarityNorBlocks) {
  const auto sound = test::chord({45, 57, 60, 64}, 2.0);
  auto quiet = sound;
  for (float& sample : quiet) {
    sample *= -0.05F;
  }
  const auto loud_frames = harmony_of(sound);
  const auto quiet_frames = harmony_of(quiet);
  const auto other_blocks = harmony_of(sound, 0.0, 33);
  ASSERT_EQ(loud_frames.size(), quiet_frames.size());
  ASSERT_EQ(loud_frames.size(), other_blocks.size());
  for (std::size_t i = 0; i < loud_frames.size(); ++i) {
    for (std::size_t p = 0; p < 12; ++p) {
      EXPECT_NEAR(loud_frames[i].treble[p], quiet_frames[i].treble[p], 1e-3F);
      EXPECT_EQ(loud_frames[i].treble[p], other_blocks[i].treble[p]);
    }
  }
}

TEST(Chroma, ResetEqualsNew) {
  const auto sound = test::chord({45, 57, 60, 64}, 1.0);
  Chroma used;
  test::tonal_frames(test::noise(1.0, test::kTonalRate, 1), [&](const auto& s) { used.process(s, 0.0); });
  used.reset();
  const auto expected = harmony_of(sound);
  std::size_t i = 0;
  test::tonal_frames(sound, [&](const auto& s) {
    const auto frame = used.process(s, 0.0);
    EXPECT_EQ(frame.bass, expected[i].bass);
    EXPECT_EQ(frame.treble, expected[i].treble);
    ++i;
  });
}

TEST(Chroma, NeitherAllocatesNorLocks) {
  const auto sound = test::chord({45, 57, 60, 64}, 1.0);
  Chroma chroma;
  const auto before = rt::violations();
  test::tonal_frames(sound, [&](const auto& spectrum) {
    const rt::RealtimeSection section;
    chroma.process(spectrum, 0.0);
  });
  EXPECT_EQ(rt::violations(), before);
}

TEST(Chroma, RefusesARateThatLacksTheUpperNotes) {
  EXPECT_THROW((Chroma{{.sample_rate = core::Hertz{8'000.0}}}), std::invalid_argument);
  EXPECT_THROW((Chroma{{.harmonic_decay = 1.0F}}), std::invalid_argument);
  EXPECT_THROW((Chroma{{.sweeps = 0}}), std::invalid_argument);
}

// Harte 2006: a fifth moves a twelfth of a turn on the circle of fifths; transposing turns, it never stretches.
TEST(TonalCentroid, OfOneNoteLiesOnTheThreeCircles) {
  for (std::size_t p = 0; p < 12; ++p) {
    std::array<float, 12> one{};
    one[p] = 0.3F;
    const auto c = tonal_centroid(one);
    EXPECT_NEAR(std::hypot(c[0], c[1]), 1.0F, 1e-5F);
    EXPECT_NEAR(std::hypot(c[2], c[3]), 1.0F, 1e-5F);
    EXPECT_NEAR(std::hypot(c[4], c[5]), 0.5F, 1e-5F);
    EXPECT_NEAR(std::atan2(c[0], c[1]),
                std::remainder(7.0 * static_cast<double>(p) * 2.0 * std::numbers::pi / 12.0, 2.0 * std::numbers::pi),
                p == 6 ? 7.0 : 1e-4); // -pi and pi are one angle
  }
}

TEST(TonalCentroid, OfAllNotesAlikeIsTheOrigin) {
  std::array<float, 12> all{};
  all.fill(1.0F);
  for (const float c : tonal_centroid(all)) {
    EXPECT_NEAR(c, 0.0F, 1e-6F);
  }
}

TEST(TonalCentroid, LiesCloserForRelatedChordsThanForDistantOnes) {
  const auto triad = [](int root) {
    std::array<float, 12> notes{};
    for (const int step : {0, 4, 7}) {
      notes[static_cast<std::size_t>((root + step) % 12)] = 1.0F;
    }
    return tonal_centroid(notes);
  };
  const auto distance = [](const auto& a, const auto& b) {
    float sum = 0.0F;
    for (std::size_t d = 0; d < a.size(); ++d) {
      sum += (a[d] - b[d]) * (a[d] - b[d]);
    }
    return sum;
  };
  EXPECT_LT(distance(triad(0), triad(7)), distance(triad(0), triad(6)));
}

} // namespace
} // namespace auralis::analysis
