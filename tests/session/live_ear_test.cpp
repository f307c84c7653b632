// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/live_ear.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <variant>
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

TEST(LiveEar, SaysAVoiceInStretchesAndNothingWhereThereIsNone) {
  constexpr int kRate = 44'100;
  // A second of nothing, a second of A3, a second of nothing.
  std::vector<float> samples(std::size_t{3} * kRate);
  for (int i = kRate; i < 2 * kRate; ++i) {
    for (int partial = 1; partial <= 6; ++partial) {
      samples[static_cast<std::size_t>(i)] +=
          static_cast<float>(0.3 / partial * std::sin(2.0 * 3.14159265 * 220.0 * partial * i / kRate));
    }
  }
  std::vector<std::byte> bytes(2 * samples.size());
  media::write_pcm16(samples, bytes);
  int messages = 0;
  int voiced = 0;
  LiveEar ear{{.sample_rate = core::Hertz{kRate}, .channels = 1}};
  const auto say = [&](const protocol::HeardEvent& event) {
    const auto* voice = std::get_if<protocol::HeardVoice>(&event);
    if (voice == nullptr) {
      return;
    }
    ++messages;
    EXPECT_DOUBLE_EQ(voice->step, 0.01);
    EXPECT_GE(voice->latency, 0.0);
    EXPECT_LT(voice->latency, 0.3);
    for (std::size_t i = 0; i < voice->f0.size(); ++i) {
      if (voice->f0[i] > 0.0) {
        ++voiced;
        const double from_middle = std::abs(voice->at + 0.01 * static_cast<double>(i) - 1.5);
        EXPECT_LT(from_middle, 0.55);
        if (from_middle < 0.45) { // a frame that the voice does not fill may hear something else
          EXPECT_NEAR(voice->f0[i], 220.0, 3.0);
        }
      }
    }
  };
  ear.hear(bytes, say);
  ear.finish(say);
  EXPECT_NEAR(voiced, 100, 8);
  EXPECT_LE(messages, 9);
}

TEST(LiveEar, LeavesOutHalfAFrame) {
  auto sound = struck_chord(48'000, 2, 0.5);
  const auto even = heard({}, sound, 48'000);
  sound.resize(sound.size() + 3);
  EXPECT_EQ(heard({}, sound, 48'000), even);
}

} // namespace
} // namespace auralis::session
