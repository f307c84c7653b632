// SPDX-License-Identifier: Apache-2.0
// The same music through real encoders and back: where it lies, and how long it is.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <iostream>
#include <optional>
#include <string>

#include "auralis/media/audio_reader.hpp"
#include "media/sound_files.hpp"
#include "scratch_folder.hpp"

namespace auralis::media {
namespace {

using test::ScratchFolder;
using testing::Planes;

constexpr double kMillisecond = 0.001;

struct Encoder {
  std::string ending; ///< of the file
  std::string how;    ///< for messages
  /// With IN and OUT where the names of the files belong.
  std::vector<std::string> command;
};

std::vector<Encoder> encoders() {
  const std::string ffmpeg = AURALIS_FFMPEG;
  const std::vector<std::string> from_wav{ffmpeg, "-v", "error", "-y", "-i", "IN"};
  const auto through_ffmpeg = [&](std::string ending, std::vector<std::string> options) {
    Encoder encoder{ending, "ffmpeg", from_wav};
    for (auto& option : options) {
      encoder.how += " " + option;
      encoder.command.push_back(std::move(option));
    }
    encoder.command.emplace_back("OUT");
    return encoder;
  };
  return {
      {"mp3", "lame -b 128", {AURALIS_LAME, "--quiet", "-b", "128", "IN", "OUT"}},
      {"mp3", "lame -V 4", {AURALIS_LAME, "--quiet", "-V", "4", "IN", "OUT"}},
      through_ffmpeg("mp3", {"-b:a", "192k"}),
      {"ogg", "oggenc", {AURALIS_OGGENC, "-Q", "IN", "-o", "OUT"}},
      through_ffmpeg("ogg", {"-c:a", "libvorbis"}),
      {"opus", "opusenc", {AURALIS_OPUSENC, "--quiet", "IN", "OUT"}},
      through_ffmpeg("opus", {"-b:a", "96k"}),
      through_ffmpeg("webm", {"-c:a", "libopus"}),
      through_ffmpeg("m4a", {"-c:a", "aac"}),
      through_ffmpeg("m4a", {"-c:a", "aac", "-movflags", "+faststart"}),
      through_ffmpeg("mov", {"-c:a", "aac"}),
      through_ffmpeg("m4a", {"-c:a", "alac"}),
      through_ffmpeg("flac", {}),
      through_ffmpeg("mkv", {"-c:a", "flac"}),
      // A film: the sound is the second stream, and the picture is not looked at.
      through_ffmpeg("mp4", {"-f", "lavfi", "-i", "testsrc=size=64x48:rate=5", "-map", "1:v", "-map", "0:a", "-c:v",
                             "mpeg4", "-c:a", "aac", "-shortest"}),
  };
}

Planes read_all(const std::filesystem::path& path, double rate) {
  auto reader = AudioReader::open(path);
  EXPECT_TRUE(reader) << (reader ? "" : reader.error().what);
  Planes heard;
  if (!reader) {
    return heard;
  }
  EXPECT_EQ(reader->format().sample_rate.value, rate) << path;
  while (true) {
    const auto block = reader->read();
    EXPECT_TRUE(block);
    if (!block || block->frames == 0) {
      break;
    }
    testing::append(heard, *block);
  }
  EXPECT_FALSE(reader->truncated()) << path << ": " << reader->damage().cut;
  EXPECT_EQ(reader->damage(), AudioDamage{}) << path;
  EXPECT_EQ(reader->length(), reader->position()) << path;
  return heard;
}

void expect_aligned(std::size_t frames, double rate, const std::vector<Encoder>& through) {
  const ScratchFolder folder;
  const Planes sung = testing::beats(2, frames, rate);
  const auto wav = folder / "music.wav";
  testing::write_wav(wav, sung, static_cast<int>(rate));
  int number = 0;
  for (const Encoder& encoder : through) {
    SCOPED_TRACE(encoder.how + " to " + encoder.ending);
    const bool opus = encoder.ending == "opus" || encoder.ending == "webm";
    if (opus && rate != 48'000.0) {
      continue; // Opus sounds at 48 kHz whatever went in: that pair has a test of its own
    }
    const auto file = folder / (std::to_string(number++) + "." + encoder.ending);
    auto command = encoder.command;
    for (auto& word : command) {
      word = word == "IN" ? wav.string() : (word == "OUT" ? file.string() : word);
    }
    ASSERT_TRUE(testing::run(command));
    const Planes heard = read_all(file, rate);
    std::filesystem::remove(file);
    ASSERT_EQ(heard.size(), 2U);
    const double length_ms = (static_cast<double>(heard[0].size()) - static_cast<double>(frames)) / rate * 1e3;
    std::cout << "  " << encoder.how << " to " << encoder.ending << ": lag";
    for (const std::size_t at : {std::size_t{4'096}, frames / 2, frames - 4'096}) {
      const double late = testing::lag(sung[0], heard[0], at) / rate;
      EXPECT_LT(std::abs(late), kMillisecond) << "around frame " << at; // false for NaN too
      std::cout << " " << late * 1e3;
    }
    std::cout << " ms at the start, middle and end; length " << length_ms << " ms too long\n";
    EXPECT_LT(std::abs(length_ms), 1.0);
  }
}

TEST(Gapless, PlacesTheSameMusicWithinAMillisecondWhateverEncodedIt44kHz) {
  expect_aligned(310'001, 44'100.0, encoders());
}

TEST(Gapless, PlacesTheSameMusicWithinAMillisecondWhateverEncodedIt48kHz) {
  expect_aligned(337'001, 48'000.0, encoders());
}

TEST(Gapless, StaysAlignedToTheEndOfALongFile) {
  std::vector<Encoder> lossy;
  for (const Encoder& encoder : encoders()) {
    if (encoder.how == "lame -V 4" || encoder.how == "oggenc" || encoder.how == "opusenc" ||
        encoder.how == "ffmpeg -c:a aac") {
      lossy.push_back(encoder);
    }
  }
  ASSERT_GE(lossy.size(), 4U);
  expect_aligned(48'000 * 240 + 777, 48'000.0, lossy);
}

TEST(Gapless, PlacesOpusRightThoughItSoundsAt48kHzWhateverWentIn) {
  const ScratchFolder folder;
  const auto wav = (folder / "music.wav").string();
  testing::write_wav(wav, testing::beats(2, 310'001, 44'100.0), 44'100);
  ASSERT_TRUE(testing::run({AURALIS_FFMPEG, "-v", "error", "-i", wav, "-ar", "48000", (folder / "48.wav").string()}));
  ASSERT_TRUE(testing::run({AURALIS_OPUSENC, "--quiet", wav, (folder / "music.opus").string()}));
  const Planes sung = read_all(folder / "48.wav", 48'000.0);
  const Planes heard = read_all(folder / "music.opus", 48'000.0);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_NEAR(static_cast<double>(heard[0].size()), static_cast<double>(sung[0].size()), 48.0);
  for (const std::size_t at : {std::size_t{4'096}, sung[0].size() / 2, sung[0].size() - 4'096}) {
    EXPECT_LT(std::abs(testing::lag(sung[0], heard[0], at) / 48'000.0), kMillisecond);
  }
}

/// A box of an MP4 file: its length, its name, what is in it.
std::string box(const std::string& name, const std::string& content) {
  std::string length;
  for (int shift = 24; shift >= 0; shift -= 8) {
    length += static_cast<char>((content.size() + 8) >> static_cast<unsigned>(shift) & 0xFFU);
  }
  return length + name + content;
}

TEST(Gapless, BelievesITunesWhereThereIsNoEditList) {
  constexpr std::size_t kFrames = 100'000;
  const ScratchFolder folder;
  const Planes sung = testing::beats(2, kFrames, 44'100.0);
  const auto wav = (folder / "music.wav").string();
  const auto m4a = folder / "music.m4a";
  testing::write_wav(wav, sung, 44'100);
  ASSERT_TRUE(testing::run({AURALIS_FFMPEG, "-v", "error", "-i", wav, "-c:a", "aac", "-use_editlist", "0", "-fflags",
                            "+bitexact", m4a.string()}));
  // The comment goes to the end of the movie box, which is the last of the file. This encoder's delay is 1,024 frames.
  auto bytes = testing::bytes_of(m4a);
  const std::string zero(4, '\0');
  const std::string comment = " 00000000 00000400 00000000 00000000000186A0";
  const std::string item = box("----", box("mean", zero + "com.apple.iTunes") + box("name", zero + "iTunSMPB") +
                                           box("data", std::string{"\0\0\0\1", 4} + zero + comment));
  const std::string handler = box("hdlr", zero + zero + "mdirappl" + std::string(9, '\0'));
  const std::string added = box("udta", box("meta", zero + handler + box("ilst", item)));
  const std::string moov = "moov";
  const auto name = std::search(bytes.begin(), bytes.end(), moov.begin(), moov.end(),
                                [](std::byte a, char b) { return std::to_integer<char>(a) == b; });
  ASSERT_NE(name, bytes.end());
  const auto start = static_cast<std::size_t>(name - bytes.begin()) - 4;
  const std::size_t longer = bytes.size() - start + added.size();
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[start + i] = static_cast<std::byte>(longer >> (24 - 8 * i) & 0xFFU);
  }
  for (const char c : added) {
    bytes.push_back(static_cast<std::byte>(c));
  }
  testing::write_bytes(m4a, bytes);
  const Planes heard = read_all(m4a, 44'100.0);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].size(), kFrames);
  EXPECT_LT(std::abs(testing::lag(sung[0], heard[0], 4'096) / 44'100.0), kMillisecond);
  EXPECT_LT(std::abs(testing::lag(sung[0], heard[0], kFrames - 4'096) / 44'100.0), kMillisecond);
}

} // namespace
} // namespace auralis::media
