// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/audio_source.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "auralis/media/audio_reader.hpp"
#include "media/sound_files.hpp"
#include "scratch_folder.hpp"

namespace auralis::media {
namespace {

using core::ErrorCode;
using core::Seconds;
using test::ScratchFolder;
using ::testing::HasSubstr;
using testing::Planes;
using namespace std::chrono_literals;

Planes read_all(AudioSource& source) {
  Planes heard;
  while (true) {
    const auto block = source.read();
    EXPECT_TRUE(block);
    if (!block || block->frames == 0) {
      return heard;
    }
    testing::append(heard, *block);
  }
}

Planes read_file(const std::filesystem::path& path) {
  Planes heard;
  auto reader = AudioReader::open(path);
  EXPECT_TRUE(reader);
  for (auto block = reader->read(); block->frames > 0; block = reader->read()) {
    testing::append(heard, *block);
  }
  return heard;
}

// ---- a file at its pace

TEST(FileAtItsPace, GivesEachBlockWhenItsLastFrameIsDue) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", testing::beats(1, 20'000, 8'000.0), 8'000);
  std::vector<core::Frames> ends; // of the blocks
  auto reader = AudioReader::open(folder / "a.wav");
  ASSERT_TRUE(reader);
  while (reader->read()->frames > 0) {
    ends.push_back(reader->position());
  }
  ASSERT_GT(ends.size(), 4U);

  core::ManualClock clock;
  const auto start = clock.now();
  auto source = open_file_at_its_pace(folder / "a.wav", clock);
  ASSERT_TRUE(source);
  EXPECT_TRUE((*source)->is_live());
  std::atomic<std::size_t> came{0};
  Planes heard;
  std::jthread listener{[&] {
    for (auto block = (*source)->read(); block && block->frames > 0; block = (*source)->read()) {
      testing::append(heard, *block);
      ++came;
    }
  }};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto due = start + core::to_duration(core::to_seconds(ends[i], core::Hertz{8'000.0}));
    while (clock.waiting() == 0) {
      std::this_thread::yield();
    }
    clock.advance(due - clock.now() - 1us);
    EXPECT_EQ(came.load(), i) << "a microsecond too early";
    clock.advance(1us);
    while (came.load() == i) {
      std::this_thread::yield();
    }
  }
  listener.join();
  EXPECT_EQ(heard, read_file(folder / "a.wav"));
}

TEST(FileAtItsPace, EndsItsWaitWhenStopped) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", testing::beats(1, 80'000, 8'000.0), 8'000);
  core::ManualClock clock; // nobody moves it
  std::stop_source stop;
  auto source = open_file_at_its_pace(folder / "a.wav", clock, stop.get_token());
  ASSERT_TRUE(source);
  auto waiting = std::async(std::launch::async, [&] { return (*source)->read(); });
  while (clock.waiting() == 0) {
    std::this_thread::yield();
  }
  stop.request_stop();
  EXPECT_EQ(waiting.get()->frames, 0U);
  EXPECT_EQ((*source)->read()->frames, 0U);
}

// ---- a pipe

class Pipe {
public:
  Pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends_[0]);
    close_input();
  }
  [[nodiscard]] int output() const { return ends_[0]; }
  void write(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const auto count = ::write(ends_[1], bytes.data(), bytes.size());
      ASSERT_GT(count, 0);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  void close_input() {
    if (ends_[1] >= 0) {
      close(std::exchange(ends_[1], -1));
    }
  }

private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(PipeSource, TakesRawSamplesOfBothKinds) {
  const Planes sung = testing::beats(2, 30'000, 48'000.0);
  for (const auto kind : {RawPcm::Sample::s16le, RawPcm::Sample::f32le}) {
    std::vector<std::byte> bytes;
    const auto put = [&](auto value) {
      const auto* const raw = reinterpret_cast<const std::byte*>(&value);
      bytes.insert(bytes.end(), raw, raw + sizeof value);
    };
    for (std::size_t i = 0; i < sung[0].size(); ++i) {
      for (const auto& plane : sung) {
        if (kind == RawPcm::Sample::s16le) {
          put(static_cast<std::int16_t>(std::lround(plane[i] * 32'768.0F)));
        } else {
          put(plane[i]);
        }
      }
    }
    Pipe pipe;
    std::jthread writer{[&] {
      for (std::size_t from = 0; from < bytes.size(); from += 999) { // whatever the pieces
        pipe.write(std::span{bytes}.subspan(from, std::min<std::size_t>(999, bytes.size() - from)));
      }
      pipe.close_input();
    }};
    auto source = open_pipe(pipe.output(), RawPcm{kind, core::Hertz{48'000.0}, 2});
    ASSERT_TRUE(source) << source.error().what;
    EXPECT_EQ((*source)->format(), (AudioFormat{core::Hertz{48'000.0}, 2, "stereo"}));
    EXPECT_FALSE((*source)->length());
    const Planes heard = read_all(**source);
    ASSERT_EQ(heard.size(), 2U);
    ASSERT_EQ(heard[1].size(), sung[1].size());
    for (std::size_t i = 0; i < sung[1].size(); ++i) {
      ASSERT_NEAR(heard[1][i], sung[1][i], 1.0F / 32'768.0F);
    }
  }
}

TEST(PipeSource, TakesAnyContainerThatReadsFromFrontToBack) {
  const ScratchFolder folder;
  testing::write_wav(folder / "a.wav", testing::beats(2, 100'000, 44'100.0), 44'100);
  for (const char* const name : {"a.wav", "a.mp3", "a.ogg", "a.flac", "a.ts"}) {
    SCOPED_TRACE(name);
    if (std::string_view{name} != "a.wav") {
      ASSERT_TRUE(
          testing::run({AURALIS_FFMPEG, "-v", "error", "-i", (folder / "a.wav").string(), (folder / name).string()}));
    }
    const auto bytes = testing::bytes_of(folder / name);
    Pipe pipe;
    std::jthread writer{[&] {
      pipe.write(bytes);
      pipe.close_input();
    }};
    auto source = open_pipe(pipe.output());
    ASSERT_TRUE(source) << source.error().what;
    Planes heard = read_all(**source);
    const Planes whole = read_file(folder / name);
    if (std::string_view{name} == "a.mp3") { // in a pipe the padding at its end stays
      ASSERT_GT(heard[0].size(), whole[0].size());
      EXPECT_LT(heard[0].size(), whole[0].size() + 2'304);
      for (auto& plane : heard) {
        plane.resize(whole[0].size());
      }
    }
    EXPECT_EQ(heard, whole);
    EXPECT_EQ((*source)->damage().cut, "");
  }
}

TEST(PipeSource, EndsItsWaitWhenStopped) {
  Pipe pipe;
  std::stop_source stop;
  auto opening =
      std::async(std::launch::async, [&] { return open_pipe(pipe.output(), std::nullopt, stop.get_token()); });
  stop.request_stop();
  const auto never = opening.get();
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, ErrorCode::unavailable);
}

TEST(PipeSource, RefusesWhatNoRawSampleCanBe) {
  const auto refused = open_pipe(0, RawPcm{RawPcm::Sample::s16le, core::Hertz{44'100.0}, 9});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused.error().where, "standard input");
}

// ---- an address

class FileServer {
public:
  explicit FileServer(const std::filesystem::path& folder) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      execl(AURALIS_SYSTEM_PYTHON, AURALIS_SYSTEM_PYTHON, AURALIS_SERVE_FILES, folder.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    char digit = 0;
    while (read(ends[0], &digit, 1) == 1 && digit != '\n') {
      port_ += digit;
    }
    close(ends[0]);
    EXPECT_FALSE(port_.empty());
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;
  ~FileServer() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  [[nodiscard]] std::string operator/(std::string_view path) const {
    return "http://127.0.0.1:" + port_ + "/" + std::string{path};
  }

private:
  pid_t child_ = -1;
  std::string port_;
};

class UrlSource : public ::testing::Test {
protected:
  static constexpr std::size_t kFrames = 48'000 * 6;

  UrlSource() {
    testing::write_wav(folder_ / "a.wav", sung_, 48'000);
    const std::string wav = (folder_ / "a.wav").string();
    EXPECT_TRUE(testing::run({AURALIS_FFMPEG, "-v", "error", "-i", wav, (folder_ / "a.mp3").string()}));
    EXPECT_TRUE(testing::run({AURALIS_FFMPEG, "-v", "error", "-i", wav, "-c:a", "aac", "-f", "hls", "-hls_time", "1",
                              "-hls_list_size", "0", (folder_ / "list.m3u8").string()}));
  }

  ScratchFolder folder_;
  Planes sung_ = testing::beats(2, kFrames, 48'000.0);
  FileServer server_{folder_ / ""};
  std::stop_source stop_;
};

TEST_F(UrlSource, ReadsAFileOverHttpAsFromTheDisk) {
  for (const char* const path : {"a.wav", "a.mp3", "moved/a.mp3"}) {
    SCOPED_TRACE(path);
    auto source = open_url(server_ / path);
    ASSERT_TRUE(source) << source.error().what;
    EXPECT_FALSE((*source)->is_live());
    EXPECT_EQ(read_all(**source), read_file(folder_ / std::filesystem::path{path}.filename().string()));
    EXPECT_EQ((*source)->damage(), AudioDamage{});
  }
}

TEST_F(UrlSource, ConnectsAgainWhereAnAnswerBreaksOff) {
  auto source = open_url(server_ / "flaky/a.wav");
  ASSERT_TRUE(source) << source.error().what;
  EXPECT_EQ(read_all(**source), read_file(folder_ / "a.wav"));
  EXPECT_EQ((*source)->damage().cut, "");
}

TEST_F(UrlSource, FollowsAnHlsListThroughItsSegments) {
  auto source = open_url(server_ / "list.m3u8");
  ASSERT_TRUE(source) << source.error().what;
  EXPECT_FALSE((*source)->is_live());
  ASSERT_TRUE((*source)->length());
  const Planes heard = read_all(**source);
  EXPECT_EQ((*source)->damage(), AudioDamage{}) << (*source)->damage().cut;
  // MPEG-TS does not say how long AAC's delay is: 1,024 frames with this encoder.
  EXPECT_NEAR(static_cast<double>(heard[0].size()), static_cast<double>(kFrames), 2'100.0);
  EXPECT_NEAR(testing::lag(sung_[0], heard[0], kFrames / 2), 1'024.0, 48.0);
  EXPECT_NEAR(testing::lag(sung_[0], heard[0], kFrames - 8'000), 1'024.0, 48.0);
}

TEST_F(UrlSource, FollowsALiveListUntilItEnds) {
  auto source = open_url(server_ / "growing.m3u8");
  ASSERT_TRUE(source) << source.error().what;
  EXPECT_TRUE((*source)->is_live());
  const Planes heard = read_all(**source);
  EXPECT_EQ((*source)->damage(), AudioDamage{}) << (*source)->damage().cut;
  EXPECT_NEAR(static_cast<double>(heard[0].size()), static_cast<double>(kFrames), 2'100.0);
}

TEST_F(UrlSource, FillsAMissingSegmentWithSilence) {
  std::filesystem::remove(folder_ / "list2.ts");
  auto source = open_url(server_ / "list.m3u8", {.reconnect_within = Seconds{0.0}});
  ASSERT_TRUE(source) << source.error().what;
  const Planes heard = read_all(**source);
  EXPECT_NEAR(static_cast<double>((*source)->damage().silence.value), 48'000.0, 2'100.0);
  EXPECT_NEAR(testing::lag(sung_[0], heard[0], kFrames - 8'000), 1'024.0, 96.0);
}

TEST_F(UrlSource, GivesUpOnASilentServerInTheTimeItWasGiven) {
  auto source = open_url(server_ / "hang/a.wav", {.timeout = Seconds{0.2}, .reconnect_within = Seconds{0.0}});
  ASSERT_TRUE(source) << source.error().what; // the first half is there
  const Planes heard = read_all(**source);
  EXPECT_GT(heard[0].size(), kFrames / 3);
  EXPECT_LT(heard[0].size(), kFrames * 2 / 3);
  EXPECT_NE((*source)->damage().cut, "");
}

TEST_F(UrlSource, EndsItsWaitWhenStopped) {
  auto source = open_url(server_ / "hang/a.wav", {.timeout = Seconds{600.0}}, stop_.get_token());
  ASSERT_TRUE(source) << source.error().what;
  std::atomic<std::int64_t> frames{0};
  auto reading = std::async(std::launch::async, [&] {
    for (auto block = (*source)->read(); block && block->frames > 0; block = (*source)->read()) {
      frames += static_cast<std::int64_t>(block->frames);
    }
  });
  while (frames.load() < static_cast<std::int64_t>(kFrames / 3)) {
    std::this_thread::yield();
  }
  stop_.request_stop();
  reading.get();
  EXPECT_EQ((*source)->damage().cut, "");
}

TEST_F(UrlSource, SaysWhyAnAddressCannotBeHeard) {
  const auto missing = open_url(server_ / "missing.mp3");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found) << missing.error().what;
  EXPECT_THAT(missing.error().where, HasSubstr("missing.mp3"));
  const auto refused = open_url("http://127.0.0.1:1/a.mp3", {.reconnect_within = Seconds{0.0}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << refused.error().what;
  for (const std::string url : {"file:///etc/passwd", "/etc/passwd", "ftp://127.0.0.1/a", "concat:a|b", ""}) {
    const auto other = open_url(url);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::invalid_argument) << other.error().what;
  }
}

TEST_F(UrlSource, OpensNothingThatIsNotPermitted) {
  std::mutex mutex;
  std::vector<std::string> asked;
  const auto only = [&](std::string wanted) {
    return [&, wanted = std::move(wanted)](std::string_view url) {
      const std::lock_guard lock{mutex};
      asked.emplace_back(url);
      return url.find(wanted) != url.npos;
    };
  };
  const auto refused = open_url(server_ / "a.mp3", {.permit = only("elsewhere")});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("not permitted"));
  const auto redirected = open_url(server_ / "moved/a.mp3", {.permit = only("moved")});
  ASSERT_FALSE(redirected);
  EXPECT_THAT(redirected.error().what, HasSubstr("not permitted"));
  asked.clear();
  EXPECT_FALSE(open_url(server_ / "list.m3u8", {.permit = only("m3u8")})) << "its segments are not permitted";
  EXPECT_GE(asked.size(), 2U);
  testing::write_bytes(folder_ / "thief.m3u8",
                       std::as_bytes(std::span{std::string_view{
                           "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"}}));
  EXPECT_FALSE(open_url(server_ / "thief.m3u8"));
}

// ---- a device

TEST(DeviceSource, SaysThatThereIsNoSuchDeviceWithoutPrinting) {
  ::testing::internal::CaptureStderr();
  const auto absent = open_device({.system = "alsa", .name = "hw:31"});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::unavailable);
  EXPECT_EQ(absent.error().where, "alsa:hw:31");
  EXPECT_THAT(absent.error().what, HasSubstr("hw:31"));
  const auto unknown = open_device({.system = "gramophone", .name = "horn"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(unknown.error().what, HasSubstr("alsa"));
}

} // namespace
} // namespace auralis::media
