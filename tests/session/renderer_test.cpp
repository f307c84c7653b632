// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/renderer.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <sndfile.h>
#include <vector>

#include "auralis/compose/presets.hpp"
#include "auralis/core/clock.hpp"
#include "auralis/session/performer.hpp"
#include "auralis/stream/station.hpp"
#include "scratch_folder.hpp"

namespace auralis::session {
namespace {

class Renderer : public testing::Test {
protected:
  [[nodiscard]] std::filesystem::path file(const char* name) const { return folder_ / name; }

private:
  test::ScratchFolder folder_;
};

Recording focus() {
  const auto preset = *compose::find_preset("focus");
  return {.seed = 7, .parameters = preset.parameters, .character = preset.character};
}

std::vector<char> bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::int16_t> samples_of(const std::filesystem::path& path) {
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file{sf_open(path.c_str(), SFM_READ, &info), sf_close};
  if (!file) {
    return {};
  }
  std::vector<std::int16_t> samples(static_cast<std::size_t>(info.frames) * 2);
  sf_readf_short(file.get(), samples.data(), info.frames);
  return samples;
}

/// Keeps the samples of the pcm16 chunks and when controls were taken.
class Listener final : public stream::StationSink {
public:
  void on_chunk(const stream::ChunkPtr& chunk) noexcept override {
    const auto payload = std::span{chunk->bytes}.subspan(stream::kHeaderBytes);
    const std::size_t before = samples.size();
    samples.resize(before + payload.size() / 2);
    std::memcpy(&samples[before], payload.data(), payload.size()); // little-endian, as this machine is
  }
  void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> /*events*/) noexcept override {}
  void on_control_applied(std::uint64_t /*tag*/, core::Frames at, const core::Parameters& /*parameters*/,
                          core::Transport /*transport*/) noexcept override {
    applied_at.push_back(at);
  }

  std::vector<std::int16_t> samples;
  std::vector<core::Frames> applied_at;
};

TEST_F(Renderer, WritesTheSameFileTwice) {
  const RenderRequest request{.recording = focus(), .length = core::Seconds{5.0}};
  auto first = request;
  first.audio = file("a.flac");
  auto second = request;
  second.audio = file("b.flac");
  ASSERT_TRUE(render(first));
  ASSERT_TRUE(render(second));
  EXPECT_GT(bytes_of(file("a.flac")).size(), 10'000U);
  EXPECT_EQ(bytes_of(file("a.flac")), bytes_of(file("b.flac")));
}

TEST_F(Renderer, WritesWhatALiveStationWithThatSeedAndThoseControlsSent) {
  for (const double rate : {48'000.0, 44'100.0}) {
    auto recording = focus();
    recording.sample_rate = core::Hertz{rate};
    const std::vector<core::Control> controls{{.grid = core::Grid::now, .tonic = core::PitchName{2}},
                                              {.tempo = core::Bpm{100.0}, .intensity = 1.0F},
                                              {.grid = core::Grid::now, .brightness = 1.0F}};

    core::ManualClock clock;
    stream::Metrics metrics;
    Listener listener;
    stream::Station station{{.id = "live"},
                            std::make_unique<Performer>(Performer::Config{
                                .sample_rate = recording.sample_rate,
                                .seed = recording.seed,
                                .preset = {.parameters = recording.parameters, .character = recording.character}}),
                            listener,
                            clock,
                            metrics};
    station.set_listeners(stream::Codec::pcm16, 1);
    for (int tick = 0; tick < 300; ++tick) { // six seconds
      if (tick % 100 == 50) {
        ASSERT_TRUE(station.post(controls[static_cast<std::size_t>(tick / 100)], 0));
      }
      while (station.wants_render()) {
        station.render_step();
      }
      static_cast<void>(station.send_step());
      clock.advance(stream::kBlockPeriod);
    }
    ASSERT_EQ(listener.applied_at.size(), controls.size());
    for (std::size_t i = 0; i < controls.size(); ++i) {
      recording.controls.push_back({listener.applied_at[i], controls[i]});
    }

    // By way of its text, as somebody would who saved the session.
    const auto saved = parse_recording(to_json_lines(recording));
    ASSERT_TRUE(saved) << saved.error().what;
    ASSERT_TRUE(render({.recording = *saved, .length = core::Seconds{6.0}, .audio = file("session.flac")}));
    auto rendered = samples_of(file("session.flac"));
    ASSERT_GE(listener.samples.size(), static_cast<std::size_t>(rate) * 2 * 5);
    ASSERT_GE(listener.samples.size(), rendered.size());
    listener.samples.resize(rendered.size());
    EXPECT_TRUE(listener.samples == rendered) << "at " << rate << " Hz";
  }
}

TEST_F(Renderer, ReportsProgressUpToTheEnd) {
  std::vector<double> shares;
  ASSERT_TRUE(render({.recording = focus(), .length = core::Seconds{2.0}, .audio = file("a.wav")},
                     [&](double share) { shares.push_back(share); }));
  ASSERT_FALSE(shares.empty());
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_EQ(shares.back(), 1.0);
}

TEST_F(Renderer, RefusesLengthsThatAreNoneAndLeavesNoFile) {
  for (const double seconds : {0.0, -1.0, 1e9, std::nan("")}) {
    const auto result = render({.recording = focus(), .length = core::Seconds{seconds}, .audio = file("a.wav")});
    ASSERT_FALSE(result) << seconds;
    EXPECT_EQ(result.error().code, core::ErrorCode::invalid_argument);
    EXPECT_FALSE(std::filesystem::exists(file("a.wav")));
  }
}

TEST_F(Renderer, SaysWhatIsMissingWhenTheSoundFontIsNotThere) {
  const auto result = render({.recording = focus(), .soundfont = "/nowhere/none.sf2", .audio = file("a.wav")});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::ErrorCode::unavailable);
  EXPECT_NE(result.error().what.find("/nowhere/none.sf2"), std::string::npos) << result.error().what;
}

TEST_F(Renderer, RemovesTheSoundWhenTheNotesCannotBeWritten) {
  const auto result = render(
      {.recording = focus(), .length = core::Seconds{1.0}, .audio = file("a.wav"), .midi = "/nowhere/at/all.mid"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::ErrorCode::io);
  EXPECT_FALSE(std::filesystem::exists(file("a.wav")));
}

} // namespace
} // namespace auralis::session
