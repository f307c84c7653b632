// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/dataset.hpp"

#include <gtest/gtest.h>

#include "scratch_folder.hpp"

namespace auralis::evaluation {
namespace {

namespace fs = std::filesystem;

class Dataset : public testing::Test {
protected:
  test::ScratchFolder folder_;
  const fs::path& root_ = folder_.path();

  void write(const std::string& path, const std::string& text) const { folder_.write(path, text); }
};

TEST_F(Dataset, ReadsWhatStandsBesideTheSound) {
  write("audio/b.flac", "");
  write("audio/a.wav", "");
  write("beats/a.beats", "0.5\t4\n1.0\t1\n1.5\t2\n");
  write("tempo/a.bpm", "1.2e+02\n");
  write("key/a.key", "A# minor\n");
  write("genre/a.txt", "rock\n");
  write("chords/a.lab", "0.0 1.5 C:maj\n1.5 2.0 N\n");
  write("onsets/a.onsets", "# by hand\n0.5\n0.5\n0.75\n");
  write("f0/a.f0", "0.0 0\n0.01 220.5\n0.02 -110\n");
  const auto clips = read_dataset(root_);
  ASSERT_TRUE(clips) << clips.error().what;
  ASSERT_EQ(clips->size(), 2U);
  const auto& clip = clips->front();
  EXPECT_EQ(clip.stem, "a");
  EXPECT_EQ(clip.genre, "rock");
  EXPECT_EQ(clip.dataset, root_.filename());
  EXPECT_EQ(clip.truth.beats, (std::vector{0.5, 1.0, 1.5}));
  EXPECT_EQ(clip.truth.downbeats, std::vector{1.0});
  EXPECT_EQ(clip.truth.tempo, core::Bpm{120.0});
  EXPECT_EQ(clip.truth.key.value()->tonic.pitch_class(), 10);
  EXPECT_EQ(clip.truth.chords->size(), 2U);
  EXPECT_EQ(clip.truth.onsets->size(), 3U);
  EXPECT_EQ(clip.truth.pitch->hertz, (std::vector{0.0, 220.5, -110.0}));
  EXPECT_FALSE(clips->back().truth.beats);
}

TEST_F(Dataset, IsAlsoAFolderOfDatasets) {
  write("two/audio/x.flac", "");
  write("one/audio/y.flac", "");
  write("other/readme.txt", "");
  const auto clips = read_dataset(root_);
  ASSERT_TRUE(clips);
  ASSERT_EQ(clips->size(), 2U);
  EXPECT_EQ(clips->front().dataset, "one");
}

TEST_F(Dataset, DoesNotJudgeDownbeatsWhereTheBarIsUnknown) {
  write("audio/a.wav", "");
  write("beats/a.beats", "0.5\t1\n1.0\t0\n");
  EXPECT_FALSE(read_dataset(root_)->front().truth.downbeats);
  write("beats/a.beats", "0.5\n1.0\n");
  EXPECT_FALSE(read_dataset(root_)->front().truth.downbeats);
}

TEST_F(Dataset, NamesTheLineThatCannotBeRead) {
  write("audio/a.wav", "");
  for (const auto* text : {"0.5\t1\nsoon\t2\n", "1.0\t1\n0.5\t2\n", "0.5 1\n1.0 x\n"}) {
    write("beats/a.beats", text);
    const auto clips = read_dataset(root_);
    ASSERT_FALSE(clips) << text;
    EXPECT_EQ(clips.error().code, core::ErrorCode::invalid_argument);
    EXPECT_TRUE(clips.error().where.ends_with("a.beats:2")) << clips.error().where;
  }
}

TEST_F(Dataset, WithoutSoundIsRefused) {
  write("beats/a.beats", "");
  EXPECT_EQ(read_dataset(root_).error().code, core::ErrorCode::not_found);
  EXPECT_EQ(read_dataset(root_ / "nowhere").error().code, core::ErrorCode::not_found);
}

TEST(HalfOf, IsByTheParityOfTheCrc32OfZlib) {
  // zlib.crc32: "123456789" 0xCBF43926, "a" 0xE8B7BE43, "" 0.
  EXPECT_EQ(half_of("123456789"), Half::tune);
  EXPECT_EQ(half_of("a"), Half::report);
  EXPECT_EQ(half_of(""), Half::tune);
}

} // namespace
} // namespace auralis::evaluation
