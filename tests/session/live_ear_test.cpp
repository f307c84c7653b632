// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/live_ear.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "auralis/media/pcm.hpp"

namespace auralis::session {
namespace {

/// Seconds of a chord that is struck twice a second, as 16-bit samples.
std::vector<std::byte> struck_chord(int rate, int channels, double seconds) {
  std::vector<float> samples;
  for (int i = 0; i < static_cast<int>(seconds * rate); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double since = std::fmod(t, 0.5);
    double sum = 0.0;
    for (const double hertz : {261.63, 329.63, 392.0}) {
      sum += std::sin(2.0 * 3.14159265 * hertz * t);
    }
    samples.insert(samples.end(), static_cast<std::size_t>(channels),
                   static_cast<float>(0.2 * sum * std::exp(-4.0 * since)));
  }
  std::vector<std::byte> bytes(2 * samples.size());
  media::write_pcm16(samples, bytes);
  return bytes;
}

std::vector<std::string> heard(const LiveEar::Config& config, std::span<const std::byte> bytes, std::size_t frames) {
  LiveEar ear{config};
  std::vector<std::string> all;
  const auto say = [&all](const protocol::HeardEvent& event) { all.push_back(protocol::to_json(event)); };
  const auto step = frames * 2 * static_cast<std::size_t>(config.channels);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    ear.hear(bytes.subspan(at, std::min(step, bytes.size() - at)), say);
  }
  ear.finish(say);
  return all;
}

TEST(LiveEar, SaysNothingButLevelsOfSilence) {
  const std::vector<std::byte> silence(std::size_t{48'000} * 2 * 2);
  const auto all = heard({}, silence, 960);
  ASSERT_FALSE(all.empty());
  for (const auto& text : all) {
    EXPECT_TRUE(text.find("\"loudness\"") != std::string::npos || text.find("\"segment\"") != std::string::npos ||
                text.find("\"chord\":null") != std::string::npos)
        << text;
  }
}

TEST(LiveEar, SaysTheSameHoweverTheSoundIsCut) {
  const auto sound = struck_chord(44'100, 1, 4.0);
  const LiveEar::Config config{.sample_rate = core::Hertz{44'100.0}, .channels = 1};
  const auto whole = heard(config, sound, 200'000);
  EXPECT_EQ(heard(config, sound, 777), whole);
  for (const std::string_view kind : {"onset", "chord", "loudness"}) {
    EXPECT_TRUE(std::ranges::any_of(whole, [kind](const std::string& text) {
      return text.find("\"type\":\"" + std::string{kind} + '"') != std::string::npos;
    })) << kind;
  }
}

TEST(LiveEar, LeavesOutHalfAFrame) {
  auto sound = struck_chord(48'000, 2, 0.5);
  const auto even = heard({}, sound, 48'000);
  sound.resize(sound.size() + 3);
  EXPECT_EQ(heard({}, sound, 48'000), even);
}

} // namespace
} // namespace auralis::session
