// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/audio_file_writer.hpp"

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <numbers>
#include <sndfile.h>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "auralis/media/pcm.hpp"
#include "scratch_folder.hpp"

namespace auralis::media {
namespace {

using core::ErrorCode;
using core::Frames;
using core::Hertz;
using testing::HasSubstr;

std::filesystem::path scratch(const std::string& name) {
  static const test::ScratchFolder kFolder;
  return kFolder / name;
}

struct Sound {
  std::vector<float> left;
  std::vector<float> right;
};

Sound tones(std::size_t frames, double rate) {
  Sound sound{std::vector<float>(frames), std::vector<float>(frames)};
  for (std::size_t i = 0; i < frames; ++i) {
    const double turn = 2.0 * std::numbers::pi * static_cast<double>(i) / rate;
    sound.left[i] = static_cast<float>(0.5 * std::sin(440.0 * turn));
    sound.right[i] = static_cast<float>(0.25 * std::sin(660.0 * turn));
  }
  return sound;
}

void write(const std::filesystem::path& path, const Sound& sound, double rate) {
  auto writer = AudioFileWriter::open(path, Hertz{rate});
  ASSERT_TRUE(writer) << writer.error().what;
  ASSERT_TRUE(writer->write(sound.left, sound.right));
  EXPECT_EQ(writer->written(), Frames{static_cast<std::int64_t>(sound.left.size())});
  ASSERT_TRUE(writer->close());
}

struct CloseFile {
  void operator()(SNDFILE* file) const { sf_close(file); }
};

struct ReadBack {
  SF_INFO info{};
  std::vector<short> shorts;
  std::vector<float> floats;
};
ReadBack read(const std::filesystem::path& path) {
  ReadBack back;
  const std::unique_ptr<SNDFILE, CloseFile> file{sf_open(path.c_str(), SFM_READ, &back.info)};
  EXPECT_TRUE(file);
  if (file) {
    back.floats.resize(static_cast<std::size_t>(back.info.frames * back.info.channels));
    back.shorts.resize(back.floats.size());
    sf_readf_short(file.get(), back.shorts.data(), back.info.frames);
    sf_seek(file.get(), 0, SEEK_SET);
    sf_readf_float(file.get(), back.floats.data(), back.info.frames);
  }
  return back;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(AudioFileWriter, KeepsEverySampleOfWavAndFlac) {
  const Sound sound = tones(50'000, 44'100.0); // more than a dozen chunks and a rest
  for (const char* const name : {"out.wav", "out.flac", "OUT.FLAC"}) {
    const auto path = scratch(name);
    write(path, sound, 44'100.0);
    const ReadBack back = read(path);
    ASSERT_EQ(back.info.frames, 50'000);
    EXPECT_EQ(back.info.channels, 2);
    EXPECT_EQ(back.info.samplerate, 44'100);
    for (std::size_t i = 0; i < sound.left.size(); ++i) {
      ASSERT_EQ(back.shorts[2 * i], to_pcm16(sound.left[i]));
      ASSERT_EQ(back.shorts[2 * i + 1], to_pcm16(sound.right[i]));
    }
  }
}

TEST(AudioFileWriter, WritesTheSameFileForTheSameSound) {
  const Sound sound = tones(20'000, 48'000.0);
  write(scratch("a.flac"), sound, 48'000.0);
  write(scratch("b.flac"), sound, 48'000.0);
  EXPECT_EQ(bytes_of(scratch("a.flac")), bytes_of(scratch("b.flac")));
}

TEST(AudioFileWriter, DoesNotCareHowTheFramesAreCut) {
  const Sound sound = tones(20'000, 48'000.0);
  write(scratch("whole.flac"), sound, 48'000.0);
  auto writer = AudioFileWriter::open(scratch("cut.flac"), Hertz{48'000.0});
  ASSERT_TRUE(writer);
  for (std::size_t from = 0; from < sound.left.size(); from += 960) {
    const std::size_t count = std::min<std::size_t>(960, sound.left.size() - from);
    ASSERT_TRUE(writer->write(std::span{sound.left}.subspan(from, count), std::span{sound.right}.subspan(from, count)));
  }
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(bytes_of(scratch("whole.flac")), bytes_of(scratch("cut.flac")));
}

TEST(AudioFileWriter, KeepsTheLevelInVorbisAndOpus) {
  const Sound sound = tones(96'000, 48'000.0);
  for (const char* const name : {"out.ogg", "out.opus"}) {
    const auto path = scratch(name);
    write(path, sound, 48'000.0);
    const ReadBack back = read(path);
    ASSERT_NEAR(static_cast<double>(back.info.frames), 96'000.0, 960.0) << name;
    double energy = 0.0;
    for (std::size_t i = 0; i < back.floats.size(); i += 2) {
      energy += static_cast<double>(back.floats[i]) * static_cast<double>(back.floats[i]);
    }
    const double rms = std::sqrt(energy / static_cast<double>(back.info.frames));
    EXPECT_NEAR(20.0 * std::log10(rms / (0.5 / std::numbers::sqrt2)), 0.0, 0.5) << name;
  }
}

TEST(AudioFileWriter, RefusesWhatItCannotWriteAndSaysWhy) {
  const auto no_ending = AudioFileWriter::open("music", Hertz{48'000.0});
  ASSERT_FALSE(no_ending);
  EXPECT_EQ(no_ending.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(no_ending.error().what, HasSubstr(".flac"));

  const auto mp3 = AudioFileWriter::open("music.mp3", Hertz{48'000.0});
  ASSERT_FALSE(mp3);
  EXPECT_EQ(mp3.error().code, ErrorCode::invalid_argument);

  const auto nowhere = AudioFileWriter::open("/nonexistent/folder/music.wav", Hertz{48'000.0});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::io);
  EXPECT_EQ(nowhere.error().where, "/nonexistent/folder/music.wav");

  const auto opus = AudioFileWriter::open(scratch("out.opus"), Hertz{44'100.0});
  ASSERT_FALSE(opus);
  EXPECT_EQ(opus.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(opus.error().what, HasSubstr("48000"));
}

/// Lets no file of this process grow past `bytes`; a write beyond fails as it does on a full disk.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) : signal_{std::signal(SIGXFSZ, SIG_IGN)} {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    static_cast<void>(std::signal(SIGXFSZ, signal_));
  }

private:
  rlimit before_{};
  void (*signal_)(int);
};

TEST(AudioFileWriter, ReportsAFileThatCannotGrow) {
  const auto path = scratch("full.wav");
  const Sound sound = tones(96'000, 48'000.0); // 384 kB
  core::Result<void> written;
  {
    const FileSizeLimit limit{100'000};
    auto writer = AudioFileWriter::open(path, Hertz{48'000.0});
    ASSERT_TRUE(writer);
    written = writer->write(sound.left, sound.right);
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::io);
  EXPECT_EQ(written.error().where, path.string());
}

} // namespace
} // namespace auralis::media
