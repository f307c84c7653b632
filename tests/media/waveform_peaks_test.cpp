// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/waveform_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>

#include "media/sound_files.hpp"

namespace auralis::media {
namespace {

using testing::Planes;

/// Hands over frames [from, from + count) of the planes.
void add(WaveformPeaks& peaks, const Planes& sound, std::size_t from, std::size_t count) {
  std::vector<const float*> channels;
  for (const auto& plane : sound) {
    channels.push_back(plane.data() + from);
  }
  peaks.add({channels, count});
}

std::vector<std::byte> document_of(const Planes& sound, WaveformPeaks::Config config, std::size_t piece = 4'096) {
  config.channels = static_cast<int>(sound.size());
  WaveformPeaks peaks{config};
  for (std::size_t from = 0; from < sound[0].size(); from += piece) {
    add(peaks, sound, from, std::min(piece, sound[0].size() - from));
  }
  return peaks.document();
}

TEST(WaveformPeaks, DrawsSilenceAsALine) {
  const auto document = document_of({std::vector<float>(10'000)}, {});
  const auto view = WaveformPeaksView::parse(document);
  ASSERT_TRUE(view) << view.error().what;
  for (std::size_t level = 0; level < view->levels().size(); ++level) {
    for (std::size_t i = 0; i < view->levels()[level].points; ++i) {
      EXPECT_EQ(view->at(level, i, 0), PeakPoint{});
    }
  }
}

TEST(WaveformPeaks, ShowsOneSampleAtEveryLevelAndNowhereElse) {
  Planes sound{std::vector<float>(100'000)};
  sound[0][50'000] = -0.5F;
  const auto document = document_of(sound, {.bits = WaveformPeaks::Bits::sixteen});
  const auto view = WaveformPeaksView::parse(document);
  ASSERT_TRUE(view);
  for (std::size_t level = 0; level < view->levels().size(); ++level) {
    for (std::size_t i = 0; i < view->levels()[level].points; ++i) {
      const auto point = view->at(level, i, 0);
      const bool there = i == 50'000 / view->levels()[level].frames_a_point;
      EXPECT_EQ(point.min, there ? -16'384 : 0);
      EXPECT_EQ(point.max, 0);
    }
  }
}

TEST(WaveformPeaks, HoldsTheLeastTheGreatestAndTheRootMeanSquareOfEachStretch) {
  const Planes sound = testing::beats(3, 100'003, 44'100.0); // a rest at every level
  for (const auto bits : {WaveformPeaks::Bits::eight, WaveformPeaks::Bits::sixteen}) {
    const double scale = bits == WaveformPeaks::Bits::eight ? 127.0 : 32'767.0;
    const auto document = document_of(sound, {.bits = bits});
    const auto view = WaveformPeaksView::parse(document);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->channels(), 3);
    EXPECT_EQ(view->frames(), core::Frames{100'003});
    EXPECT_EQ(view->sample_rate().value, 44'100.0);
    ASSERT_EQ(view->levels().size(), 6U); // 256 … 262,144: the first that holds all in one point is the last
    for (std::size_t level = 0; level < view->levels().size(); ++level) {
      const std::size_t stretch = view->levels()[level].frames_a_point;
      ASSERT_EQ(view->levels()[level].points, (100'003 + stretch - 1) / stretch);
      for (std::size_t i = 0; i < view->levels()[level].points; ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
          const auto part = std::span{sound[c]}.subspan(i * stretch, std::min(stretch, 100'003 - i * stretch));
          const auto [least, greatest] = std::ranges::minmax(part);
          double energy = 0.0;
          for (const float x : part) {
            energy += static_cast<double>(x) * static_cast<double>(x);
          }
          const auto point = view->at(level, i, c);
          ASSERT_EQ(point.min, std::max(std::floor(static_cast<double>(least) * scale), -scale));
          ASSERT_EQ(point.max, std::min(std::ceil(static_cast<double>(greatest) * scale), scale));
          ASSERT_NEAR(point.rms, std::sqrt(energy / static_cast<double>(part.size())) * scale, 0.5001);
        }
      }
    }
  }
}

TEST(WaveformPeaks, DoesNotCareHowTheFramesAreCut) {
  const Planes sound = testing::beats(2, 70'001, 44'100.0);
  const auto whole = document_of(sound, {}, sound[0].size());
  for (const std::size_t piece : {1U, 7U, 255U, 256U, 257U, 5'000U}) {
    EXPECT_EQ(document_of(sound, {}, piece), whole) << piece;
  }
}

TEST(WaveformPeaks, IsAsNewAfterAReset) {
  const Planes sound = testing::beats(1, 9'999, 44'100.0);
  WaveformPeaks peaks{{}};
  const auto empty = peaks.document();
  add(peaks, testing::beats(1, 5'000, 44'100.0, 2), 0, 5'000);
  peaks.reset();
  EXPECT_EQ(peaks.document(), empty);
  add(peaks, sound, 0, 9'999);
  EXPECT_EQ(peaks.document(), document_of(sound, {}, 9'999));
  EXPECT_EQ(peaks.document(), document_of(sound, {}, 9'999)) << "a document may be asked for at any time";
}

TEST(WaveformPeaks, DescribesNothingToo) {
  const auto document = WaveformPeaks{{}}.document();
  const auto view = WaveformPeaksView::parse(document);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->frames(), core::Frames{0});
  ASSERT_EQ(view->levels().size(), 1U);
  EXPECT_EQ(view->levels()[0].points, 0U);
}

TEST(WaveformPeaks, IsTheBytesThatTheHeaderDescribes) {
  const auto document = document_of({{0.5F, -1.0F, 0.25F}}, {.sample_rate = core::Hertz{8'000.0}, .finest = 2});
  const std::vector<int> wanted{
      'A', 'P', 'K', 'S', 1, 0, 8, 1, 0, 0, 0, 0, 0, 0x40, 0xBF, 0x40, //
      3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,                  //
      2, 0, 0, 0, 2, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0,                 //
      8, 0, 0, 0, 1, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0,                 //
      // -1 and 0.5 with rms 0.79, 0.25 alone, two to fill; all three with rms 0.66, one to fill
      0x81, 64, 100, 31, 32, 32, 0, 0, 0x81, 64, 84, 0};
  ASSERT_EQ(document.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(std::to_integer<int>(document[i]), wanted[i]) << "offset " << i;
  }
}

TEST(WaveformPeaks, ClipsWhatIsBeyondFullScale) {
  const auto document = document_of({{3.0F, -3.0F}}, {});
  const auto view = WaveformPeaksView::parse(document);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->at(0, 0, 0), (PeakPoint{-127, 127, 127}));
}

TEST(WaveformPeaks, OutlinesAnHourInFiveMegabytesAndTenHoursInNoMore) {
  const Planes minute = testing::beats(2, 44'100 * 60, 44'100.0);
  WaveformPeaks peaks{{.channels = 2}};
  for (int i = 0; i < 60; ++i) {
    add(peaks, minute, 0, minute[0].size());
  }
  const auto hour = peaks.document();
  EXPECT_LT(hour.size(), 5'000'000U);
  const auto view = WaveformPeaksView::parse(hour);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->frames(), core::Frames{std::int64_t{44'100} * 3'600});
  EXPECT_EQ(view->levels()[0].frames_a_point, 256U);

  // Ten hours at a tenth of the points: the finest level goes, the others stay.
  WaveformPeaks small{{.channels = 2, .most_points = 104'857}};
  for (int i = 0; i < 60; ++i) {
    add(small, minute, 0, minute[0].size());
  }
  const auto coarse = small.document();
  EXPECT_LT(coarse.size(), 840'000U);
  const auto coarse_view = WaveformPeaksView::parse(coarse);
  ASSERT_TRUE(coarse_view);
  EXPECT_EQ(coarse_view->levels()[0].frames_a_point, 4'096U);
  for (std::size_t i = 0; i < coarse_view->levels()[0].points; i += 97) {
    EXPECT_EQ(coarse_view->at(0, i, 1), view->at(2, i, 1));
  }
}

TEST(WaveformPeaks, RefusesSettingsThatMakeNoSense) {
  EXPECT_THROW((WaveformPeaks{{.channels = 0}}), std::invalid_argument);
  EXPECT_THROW((WaveformPeaks{{.channels = 9}}), std::invalid_argument);
  EXPECT_THROW((WaveformPeaks{{.finest = 0}}), std::invalid_argument);
  EXPECT_THROW((WaveformPeaks{{.ratio = 1}}), std::invalid_argument);
  EXPECT_THROW((WaveformPeaks{{.levels = 0}}), std::invalid_argument);
  EXPECT_THROW((WaveformPeaks{{.ratio = 1'000'000}}), std::invalid_argument);
  EXPECT_THROW((WaveformPeaks{{.most_points = 0}}), std::invalid_argument);
}

TEST(WaveformPeaks, RefusesADocumentThatIsCutOrForeign) {
  const auto document = document_of(testing::beats(2, 10'000, 44'100.0), {});
  ASSERT_TRUE(WaveformPeaksView::parse(document));
  for (std::size_t size = 0; size + 4 < document.size(); size += 11) {
    EXPECT_FALSE(WaveformPeaksView::parse(std::span{document}.first(size))) << size;
  }
  auto newer = document;
  newer[4] = std::byte{2};
  const auto refused = WaveformPeaksView::parse(newer);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, ::testing::HasSubstr("version 2"));
}

} // namespace
} // namespace auralis::media
