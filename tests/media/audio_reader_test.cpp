// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/audio_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <tuple>

#include "auralis/core/random.hpp"
#include "auralis/media/pcm.hpp"
#include "held_memory.hpp"
#include "media/sound_files.hpp"
#include "scratch_folder.hpp"

namespace auralis::media {
namespace {

using core::ErrorCode;
using core::Frames;
using test::ScratchFolder;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::Planes;

struct Heard {
  AudioFormat format;
  AudioTags tags;
  AudioDamage damage;
  Planes sound;
};

/// Reads to the end, and asks on the way what holds for every file there is.
core::Result<Heard> listen(core::Result<AudioReader> reader) {
  if (!reader) {
    EXPECT_FALSE(reader.error().what.empty());
    EXPECT_FALSE(reader.error().where.empty());
    return tl::unexpected{reader.error()};
  }
  Heard heard{reader->format(), reader->tags(), {}, {}};
  heard.sound.resize(static_cast<std::size_t>(heard.format.channels));
  while (true) {
    const Frames before = reader->position();
    const auto block = reader->read();
    if (!block) {
      return tl::unexpected{block.error()};
    }
    EXPECT_LE(block->frames, AudioReader::kMaxBlock);
    EXPECT_EQ(reader->position() - before, Frames{static_cast<std::int64_t>(block->frames)});
    if (block->frames == 0) {
      break;
    }
    EXPECT_EQ(block->channels.size(), heard.sound.size());
    for (std::size_t c = 0; c < block->channels.size(); ++c) {
      EXPECT_TRUE(std::ranges::all_of(block->channel(c), [](float x) { return std::abs(x) <= kLargestSample; }));
    }
    testing::append(heard.sound, *block);
  }
  EXPECT_EQ(reader->read()->frames, 0U) << "the end comes once and stays";
  EXPECT_EQ(reader->length(), reader->position());
  EXPECT_EQ(reader->format(), heard.format);
  heard.damage = reader->damage();
  EXPECT_EQ(reader->truncated(), !heard.damage.cut.empty());
  return heard;
}
core::Result<Heard> listen(const std::filesystem::path& path) { return listen(AudioReader::open(path)); }

bool ffmpeg(const std::filesystem::path& in, std::vector<std::string> options, const std::filesystem::path& out) {
  std::vector<std::string> command{AURALIS_FFMPEG, "-v", "error", "-y", "-i", in.string()};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(out.string());
  return testing::run(command);
}

std::vector<std::byte> text(std::string_view characters) {
  const auto bytes = std::as_bytes(std::span{characters});
  return {bytes.begin(), bytes.end()};
}

TEST(AudioReader, ReadsToTheEndOrUntilItIsStopped) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", testing::beats(1, 10'000, 8'000.0), 8'000);
  auto whole = AudioReader::open(folder / "a.wav");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->share(), 0.0);
  std::size_t frames = 0;
  EXPECT_EQ(whole->read_all([&](const core::AudioBlock& block) { frames += block.frames; }).value(), true);
  EXPECT_EQ(frames, 10'000U);
  EXPECT_EQ(whole->share(), 1.0);

  auto stopped = AudioReader::open(folder / "a.wav");
  ASSERT_TRUE(stopped);
  std::stop_source stop;
  EXPECT_EQ(stopped->read_all([&](const core::AudioBlock&) { stop.request_stop(); }, stop.get_token()).value(), false);
  EXPECT_GT(stopped->position().value, 0);
  EXPECT_LT(stopped->position().value, 10'000);
}

TEST(AudioReader, GivesEverySampleOfMonoTo71At8To192Kilohertz) {
  const ScratchFolder folder;
  const std::array layouts{"mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"};
  for (std::size_t channels = 1; channels <= 8; ++channels) {
    for (const int rate : {8'000, 11'025, 22'050, 44'100, 48'000, 96'000, 192'000}) {
      const Planes sung = testing::beats(channels, 10'000, rate);
      testing::write_wav(folder / "a.wav", sung, rate);
      const auto heard = listen(folder / "a.wav");
      ASSERT_TRUE(heard) << heard.error().what;
      EXPECT_EQ(heard->format.sample_rate.value, rate);
      EXPECT_THAT(heard->format.layout, HasSubstr(layouts[channels - 1]));
      EXPECT_EQ(heard->damage, AudioDamage{});
      ASSERT_EQ(heard->sound.size(), channels);
      for (std::size_t c = 0; c < channels; ++c) {
        ASSERT_EQ(heard->sound[c].size(), sung[c].size());
        for (std::size_t i = 0; i < sung[c].size(); ++i) {
          ASSERT_EQ(heard->sound[c][i], static_cast<float>(to_pcm16(sung[c][i])) / 32'768.0F);
        }
      }
    }
  }
}

TEST(AudioReader, ReadsEverySampleFormatAndManyContainers) {
  const ScratchFolder folder;
  const Planes sung = testing::beats(2, 44'100, 44'100.0);
  testing::write_wav(folder / "a.wav", sung, 44'100);
  using Case = std::tuple<const char*, std::vector<std::string>, double>;
  for (const auto& [name, options, tolerance] : {
           Case{"u8.wav", {"-c:a", "pcm_u8"}, 1e-2},
           Case{"s24.wav", {"-c:a", "pcm_s24le"}, 1e-4},
           Case{"s32.wav", {"-c:a", "pcm_s32le"}, 1e-4},
           Case{"f32.wav", {"-c:a", "pcm_f32le"}, 1e-4},
           Case{"f64.wav", {"-c:a", "pcm_f64le"}, 1e-4},
           Case{"law.wav", {"-c:a", "pcm_mulaw"}, 4e-2},
           Case{"a.aiff", {}, 1e-4},
           Case{"a.caf", {}, 1e-4},
           Case{"a.w64", {}, 1e-4},
           Case{"a.au", {}, 1e-4},
           Case{"a.flac", {}, 1e-4},
           Case{"a.wv", {"-c:a", "wavpack"}, 1e-4},
           Case{"a.tta", {}, 1e-4},
           Case{"a.oga", {"-c:a", "flac"}, 1e-4},
           Case{"a.mkv", {"-c:a", "pcm_s16le"}, 1e-4},
           Case{"a.avi", {"-c:a", "pcm_s16le"}, 1e-4},
       }) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(ffmpeg(folder / "a.wav", options, folder / name));
    const auto heard = listen(folder / name);
    ASSERT_TRUE(heard) << heard.error().what;
    EXPECT_EQ(heard->damage, AudioDamage{}) << heard->damage.cut;
    ASSERT_EQ(heard->sound.size(), 2U);
    ASSERT_EQ(heard->sound[1].size(), sung[1].size());
    for (std::size_t i = 0; i < sung[1].size(); ++i) {
      ASSERT_NEAR(heard->sound[1][i], sung[1][i], tolerance);
    }
  }
}

TEST(AudioReader, ReadsTheSameFromMemory) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", testing::beats(2, 50'000, 44'100.0), 44'100);
  for (const char* const name : {"a.mp3", "a.ogg", "a.m4a", "a.flac"}) {
    ASSERT_TRUE(ffmpeg(folder / "a.wav", {}, folder / name));
    const auto from_file = listen(folder / name);
    const auto bytes = testing::bytes_of(folder / name);
    const auto from_memory = listen(AudioReader::from_memory(bytes, name));
    ASSERT_TRUE(from_file && from_memory);
    EXPECT_EQ(from_file->sound, from_memory->sound);
    EXPECT_EQ(from_file->format, from_memory->format);
  }
}

TEST(AudioReader, SaysWhatTheFileSaysOfItself) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", testing::beats(1, 20'000, 44'100.0), 44'100);
  for (const char* const name : {"a.mp3", "a.ogg", "a.opus", "a.m4a", "a.flac", "tagged.wav"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(ffmpeg(folder / "a.wav",
                       {"-metadata", "title=Für Elise", "-metadata", "artist=Ludwig", "-metadata", "album=Bagatellen"},
                       folder / name));
    const auto heard = listen(folder / name);
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->tags, (AudioTags{"Für Elise", "Ludwig", "Bagatellen"}));
  }
  const auto plain = listen(folder / "a.wav");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->tags, AudioTags{});
}

TEST(AudioReader, SaysWhyThereIsNothingToHear) {
  const ScratchFolder folder;
  const auto refusal = [](core::Result<AudioReader> reader) {
    EXPECT_FALSE(reader);
    return reader ? core::Error{} : reader.error();
  };
  const auto refused_bytes = [&](std::string_view bytes, const char* name) {
    testing::write_bytes(folder / name, text(bytes));
    return refusal(AudioReader::open(folder / name));
  };
  const auto missing = refusal(AudioReader::open(folder / "missing.mp3"));
  EXPECT_EQ(missing.code, ErrorCode::not_found);
  EXPECT_THAT(missing.where, HasSubstr("missing.mp3"));
  EXPECT_THAT(refusal(AudioReader::open(folder / "")).what, HasSubstr("folder"));
  EXPECT_THAT(refused_bytes("", "a.wav").what, HasSubstr("empty"));
  EXPECT_EQ(refused_bytes("Dear diary, today I heard nothing at all.", "diary.txt").code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused_bytes("RIFF\x10", "short.wav").code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused_bytes(std::string(100'000, '\0'), "zeros.mp3").code, ErrorCode::invalid_argument);
  ASSERT_TRUE(testing::run({AURALIS_FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=5", "-t", "1",
                            "-c:v", "mpeg4", (folder / "mute.mp4").string()}));
  EXPECT_THAT(refusal(AudioReader::open(folder / "mute.mp4")).what, HasSubstr("no sound"));
  testing::write_wav(folder / "slow.wav", testing::beats(1, 100, 4'000.0), 4'000);
  EXPECT_THAT(refusal(AudioReader::open(folder / "slow.wav")).what, HasSubstr("4000"));
}

TEST(AudioReader, OpensNothingBesideTheFile) {
  const ScratchFolder folder;
  testing::write_wav(folder / "secret.wav", testing::beats(1, 5'000, 8'000.0), 8'000);
  const std::string secret = (folder / "secret.wav").string();
  const auto refused = [&](const std::string& content, const char* name) {
    testing::write_bytes(folder / name, text(content));
    const auto reader = AudioReader::open(folder / name);
    return !reader;
  };
  EXPECT_TRUE(refused("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + secret + "\n#EXT-X-ENDLIST\n", "list.m3u8"));
  EXPECT_TRUE(refused("ffconcat version 1.0\nfile '" + secret + "'\n", "list.ffconcat"));
  EXPECT_TRUE(refused("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n", "a.sdp"));
}

TEST(AudioReader, HearsOneSampleNoneAndSilence) {
  const ScratchFolder folder;
  testing::write_wav(folder / "one.wav", {{0.5F}}, 44'100);
  const auto one = listen(folder / "one.wav");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->sound[0].size(), 1U);
  EXPECT_NEAR(one->sound[0][0], 0.5F, 1e-4);
  EXPECT_EQ(one->damage, AudioDamage{});

  testing::write_wav(folder / "none.wav", Planes(2), 44'100);
  const auto none = listen(folder / "none.wav");
  ASSERT_TRUE(none) << none.error().what;
  EXPECT_EQ(none->sound[0].size(), 0U);
  EXPECT_EQ(none->format.channels, 2);

  testing::write_wav(folder / "silence.wav", Planes(2, std::vector<float>(100'000)), 44'100);
  for (const char* const name : {"silence.mp3", "silence.opus", "silence.m4a", "silence.flac"}) {
    ASSERT_TRUE(ffmpeg(folder / "silence.wav", {}, folder / name));
    const auto silence = listen(folder / name);
    ASSERT_TRUE(silence);
    EXPECT_TRUE(std::ranges::all_of(silence->sound[0], [](float x) { return std::abs(x) < 1e-4F; }));
  }
}

TEST(AudioReader, GivesWhatThereIsOfACutFileAndSaysThatItWasCut) {
  const ScratchFolder folder;
  const Planes sung = testing::beats(2, 48'000 * 5, 48'000.0);
  testing::write_wav(folder / "a.wav", sung, 48'000);
  for (const auto& [name, options] : std::vector<std::pair<const char*, std::vector<std::string>>>{
           {"a.wav", {}},
           {"a.flac", {}},
           {"a.mp3", {}},
           {"a.ogg", {"-c:a", "libvorbis"}},
           {"a.opus", {}},
           {"a.mkv", {"-c:a", "aac"}},
           {"a.m4a", {"-movflags", "+faststart"}},
       }) {
    SCOPED_TRACE(name);
    if (std::string_view{name} != "a.wav") {
      ASSERT_TRUE(ffmpeg(folder / "a.wav", options, folder / name));
    }
    auto bytes = testing::bytes_of(folder / name);
    const auto cut_at = bytes.size() * 6 / 10;
    bytes.resize(cut_at);
    const auto heard = listen(AudioReader::from_memory(bytes, name));
    ASSERT_TRUE(heard) << heard.error().what;
    EXPECT_FALSE(heard->damage.cut.empty());
    ASSERT_GT(heard->sound[0].size(), 48'000U);
    ASSERT_LT(heard->sound[0].size(), 48'000U * 4);
    const std::size_t near_end = heard->sound[0].size() - 8'000;
    if (std::string_view{name} != "a.mkv") { // Matroska does not say how long AAC's delay is
      EXPECT_LT(std::abs(testing::lag(sung[0], heard->sound[0], near_end)), 48.0);
    }
  }
  ASSERT_TRUE(ffmpeg(folder / "a.wav", {}, folder / "index-last.m4a"));
  auto bytes = testing::bytes_of(folder / "index-last.m4a");
  bytes.resize(bytes.size() / 2);
  const auto headless = listen(AudioReader::from_memory(bytes, "index-last.m4a"));
  ASSERT_FALSE(headless);
  EXPECT_THAT(headless.error().what, HasSubstr("moov atom not found"));
}

TEST(AudioReader, KeepsLaterSoundInItsPlaceWhenSomeIsDamaged) {
  const ScratchFolder folder;
  const Planes sung = testing::beats(2, 48'000 * 5, 48'000.0);
  testing::write_wav(folder / "a.wav", sung, 48'000);
  for (const char* const name : {"a.flac", "a.ogg", "a.opus", "a.m4a", "a.mp3"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(ffmpeg(folder / "a.wav", {}, folder / name));
    auto bytes = testing::bytes_of(folder / name);
    core::Random random{7};
    for (std::size_t i = bytes.size() * 4 / 10; i < bytes.size() * 4 / 10 + 400; ++i) {
      bytes[i] = static_cast<std::byte>(random.integer(0, 255));
    }
    const auto heard = listen(AudioReader::from_memory(bytes, name));
    ASSERT_TRUE(heard) << heard.error().what;
    EXPECT_NEAR(static_cast<double>(heard->sound[0].size()), 240'000.0, 2'500.0);
    EXPECT_LT(std::abs(testing::lag(sung[0], heard->sound[0], 200'000)), 480.0); // 10 ms
  }
}

TEST(AudioReader, NeitherCrashesNorHangsNorPrintsOnDamagedFiles) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", testing::beats(2, 20'000, 44'100.0), 44'100);
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  int opened = 0;
  for (const char* const name : {"a.wav", "a.flac", "a.mp3", "a.ogg", "a.opus", "a.m4a", "a.mkv", "a.ts", "a.aac"}) {
    if (std::string_view{name} != "a.wav") {
      ASSERT_TRUE(ffmpeg(folder / "a.wav", {}, folder / name));
    }
    const auto whole = testing::bytes_of(folder / name);
    core::Random random{20'260'101};
    for (int variant = 0; variant < 40; ++variant) {
      auto bytes = whole;
      if (variant % 4 == 3) {
        bytes.resize(static_cast<std::size_t>(random.uniform() * static_cast<double>(bytes.size())));
      }
      for (int edits = variant; edits > 0 && !bytes.empty(); --edits) {
        // Half of the damage hits the header.
        const double reach = edits % 2 == 0 ? 1.0 : 600.0 / static_cast<double>(bytes.size());
        const auto at = static_cast<std::size_t>(random.uniform() * reach * static_cast<double>(bytes.size()));
        bytes[std::min(at, bytes.size() - 1)] ^= static_cast<std::byte>(1U << random.integer(0, 7));
      }
      if (listen(AudioReader::from_memory(bytes, name))) {
        ++opened;
      }
    }
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_GT(opened, 100); // most of them are still sound
}

TEST(AudioReader, KeepsNotANumberAndTheAbsurdlyLoudToItself) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", {std::vector<float>(1'000, 0.25F)}, 44'100);
  ASSERT_TRUE(ffmpeg(folder / "a.wav", {"-c:a", "pcm_f32le", "-fflags", "+bitexact"}, folder / "f.wav"));
  auto bytes = testing::bytes_of(folder / "f.wav");
  const auto put = [&](std::size_t from_end, float value) {
    std::memcpy(bytes.data() + bytes.size() - 4 * from_end, &value, 4);
  };
  put(100, std::numeric_limits<float>::quiet_NaN());
  put(99, std::numeric_limits<float>::infinity());
  put(98, -1e30F);
  put(97, 1.5F); // loud, but a sound
  const auto heard = listen(AudioReader::from_memory(bytes, "f.wav"));
  ASSERT_TRUE(heard);
  EXPECT_THAT(std::vector(heard->sound[0].end() - 100, heard->sound[0].end() - 96),
              ::testing::ElementsAre(0.0F, kLargestSample, -kLargestSample, 1.5F));
  EXPECT_EQ(heard->damage.repaired_samples, 3);
}

TEST(AudioReader, FillsAHoleInTheTimestampsWithSilence) {
  const ScratchFolder folder;
  const Planes sung = testing::beats(2, 48'000 * 6, 48'000.0);
  testing::write_wav(folder / "a.wav", sung, 48'000);
  ASSERT_TRUE(
      ffmpeg(folder / "a.wav", {"-af", "aselect='not(between(t,2,3))'", "-c:a", "pcm_s16le"}, folder / "a.mkv"));
  const auto heard = listen(folder / "a.mkv");
  ASSERT_TRUE(heard);
  EXPECT_NEAR(static_cast<double>(heard->damage.silence.value), 48'000.0, 2'500.0);
  EXPECT_NEAR(static_cast<double>(heard->sound[0].size()), 48'000.0 * 6, 96.0);
  EXPECT_LT(std::abs(testing::lag(sung[0], heard->sound[0], 48'000 * 5)), 96.0); // Matroska counts milliseconds
  EXPECT_EQ(heard->sound[0][static_cast<std::size_t>(48'000 * 2.5)], 0.0F);
}

TEST(AudioReader, KeepsItsFormatWhenTheStreamChangesItsOwn) {
  const ScratchFolder folder;
  testing::write_wav(folder / "first.wav", testing::beats(2, 44'100 * 2, 44'100.0), 44'100);
  testing::write_wav(folder / "second.wav", testing::beats(1, 48'000 * 2, 48'000.0), 48'000);
  ASSERT_TRUE(ffmpeg(folder / "first.wav", {}, folder / "first.aac"));
  ASSERT_TRUE(ffmpeg(folder / "second.wav", {}, folder / "second.aac"));
  auto bytes = testing::bytes_of(folder / "first.aac");
  const auto second = testing::bytes_of(folder / "second.aac");
  bytes.insert(bytes.end(), second.begin(), second.end());
  const auto heard = listen(AudioReader::from_memory(bytes, "both.aac"));
  ASSERT_TRUE(heard) << heard.error().what;
  EXPECT_EQ(heard->format.sample_rate.value, 44'100.0);
  EXPECT_EQ(heard->format.channels, 2);
  EXPECT_GE(heard->damage.format_changes, 1);
  EXPECT_NEAR(static_cast<double>(heard->sound[0].size()), 44'100.0 * 4, 4'500.0);
  const auto near_end = std::span{heard->sound[1]}.last(20'000);
  EXPECT_GT(*std::ranges::max_element(near_end), 0.05F) << "the mono part is heard on both sides";
}

TEST(AudioReader, ReadsTenHoursInConstantMemory) {
  const ScratchFolder folder;
  constexpr std::int64_t kFrames = std::int64_t{8'000} * 3'600 * 10;
  testing::write_wav(folder / "ten-hours.wav", {std::vector<float>(8)}, 8'000);
  { // the header says how long it is, and the file has a hole instead of sound
    std::fstream file{folder / "ten-hours.wav", std::ios::binary | std::ios::in | std::ios::out};
    const auto patch = [&](std::streamoff at, std::uint32_t value) {
      file.seekp(at);
      file.write(reinterpret_cast<const char*>(&value), 4);
    };
    patch(4, static_cast<std::uint32_t>(2 * kFrames + 36));
    patch(40, static_cast<std::uint32_t>(2 * kFrames));
  }
  std::filesystem::resize_file(folder / "ten-hours.wav", 44 + 2 * kFrames);
  auto reader = AudioReader::open(folder / "ten-hours.wav");
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->length(), Frames{kFrames});
  ASSERT_TRUE(reader->read());
  const long before = test::held_bytes();
  while (reader->read()->frames > 0) {
  }
  EXPECT_EQ(reader->position(), Frames{kFrames});
  EXPECT_LT(test::held_bytes() - before, 4L * 1024 * 1024);
}

} // namespace
} // namespace auralis::media
