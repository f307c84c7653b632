// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/front_end.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {
namespace {

using Channels = std::vector<std::vector<float>>;

/// What a FrontEnd reported, in order.
struct Heard {
  bool fine;
  double at;
  double known_at;
  std::vector<float> magnitude;
  std::vector<float> samples;
  friend bool operator==(const Heard&, const Heard&) = default;
};

std::vector<Heard> hear(FrontEnd& front_end, const Channels& sound, std::size_t block) {
  std::vector<Heard> heard;
  const auto keep = [&](bool fine) {
    return [&, fine](const dsp::Spectrum& frame) {
      heard.push_back({fine,
                       frame.at.value,
                       front_end.known_at().value,
                       {frame.magnitude.begin(), frame.magnitude.end()},
                       {frame.samples.begin(), frame.samples.end()}});
    };
  };
  for (std::size_t n = 0; n < sound.front().size(); n += block) {
    std::vector<const float*> pointers;
    for (const auto& channel : sound) {
      pointers.push_back(channel.data() + n);
    }
    front_end.push({pointers, std::min(block, sound.front().size() - n)}, keep(true), keep(false));
  }
  front_end.finish(keep(true), keep(false));
  return heard;
}

std::vector<Heard> hear(FrontEnd::Config config, const Channels& sound, std::size_t block = 4'096) {
  config.channels = static_cast<int>(sound.size());
  FrontEnd front_end{config};
  return hear(front_end, sound, block);
}

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  core::Random random{seed};
  std::vector<float> samples(count);
  for (float& x : samples) {
    x = static_cast<float>(0.2 * random.normal());
  }
  return samples;
}

const Heard& frame_at(const std::vector<Heard>& heard, bool fine, double at) {
  return *std::ranges::min_element(heard, {}, [&](const Heard& frame) {
    return frame.fine == fine ? std::abs(frame.at - at) : std::numeric_limits<double>::infinity();
  });
}

TEST(FrontEnd, HearsSilenceAsZeros) {
  const auto heard = hear({}, Channels(2, std::vector<float>(44'100)));
  EXPECT_EQ(std::ranges::count(heard, true, &Heard::fine), 100);
  EXPECT_EQ(std::ranges::count(heard, false, &Heard::fine), 22); // 11,025 / 512, rounded up
  for (const auto& frame : heard) {
    EXPECT_EQ(*std::ranges::max_element(frame.magnitude), 0.0F);
  }
}

TEST(FrontEnd, KeepsTimeZeroAtEveryRate) {
  for (const double rate : {8'000.0, 22'050.0, 44'100.0, 44'056.0, 48'000.0, 96'000.0, 192'000.0}) {
    std::vector<float> click(static_cast<std::size_t>(rate));
    click[static_cast<std::size_t>(rate / 2.0)] = 1.0F;
    const auto heard = hear({.sample_rate = core::Hertz{rate}}, {click});
    const auto& fine = frame_at(heard, true, 0.5);
    EXPECT_EQ(std::ranges::max_element(fine.samples) - fine.samples.begin(), 1'024) << rate;
    EXPECT_NEAR(fine.at, 0.5, 1e-9);
    const auto& tonal = frame_at(heard, false, 0.5);
    const auto centre = std::ranges::max_element(tonal.samples) - tonal.samples.begin();
    EXPECT_NEAR(tonal.at + (static_cast<double>(centre) - 2'048.0) / 11'025.0, 0.5, 0.6 / 11'025.0) << rate;
  }
}

TEST(FrontEnd, HearsTheSamePitchAtEveryRate) {
  for (const double rate : {8'000.0, 22'050.0, 44'100.0, 48'000.0, 96'000.0, 192'000.0}) {
    std::vector<float> tone(static_cast<std::size_t>(rate));
    for (std::size_t n = 0; n < tone.size(); ++n) {
      tone[n] = static_cast<float>(0.5 * std::sin(2.0 * std::numbers::pi * 1'000.0 * static_cast<double>(n) / rate));
    }
    const auto heard = hear({.sample_rate = core::Hertz{rate}}, {tone, tone});
    const auto& fine = frame_at(heard, true, 0.5).magnitude;
    EXPECT_EQ(std::ranges::max_element(fine) - fine.begin(), 46) << rate; // 1000 * 2048 / 44100 = 46.4
    const auto& tonal = frame_at(heard, false, 0.5).magnitude;
    const auto peak = std::ranges::max_element(tonal);
    EXPECT_EQ(peak - tonal.begin(), 372) << rate; // 371.5
    EXPECT_NEAR(*peak, 0.5F, 0.08F) << rate;
  }
}

TEST(FrontEnd, DoesNotKnowTheOrderOfChannels) {
  Channels sound;
  for (std::uint64_t channel = 0; channel < 6; ++channel) {
    sound.push_back(noise(30'000, channel));
  }
  const auto one = hear({.sample_rate = core::Hertz{48'000.0}}, sound);
  std::ranges::rotate(sound, sound.begin() + 2);
  std::swap(sound[0], sound[3]);
  EXPECT_EQ(hear({.sample_rate = core::Hertz{48'000.0}}, sound), one);
}

TEST(FrontEnd, HearsEqualChannelsAsOne) {
  const auto samples = noise(30'000, 1);
  const auto mono = hear({}, {samples});
  EXPECT_EQ(hear({}, {samples, samples}), mono);
  EXPECT_EQ(hear({}, Channels(8, samples)), mono);
}

TEST(FrontEnd, NeverDependsOnTheBlockSizeAndResetEqualsNew) {
  for (const double rate : {44'100.0, 48'000.0, 8'000.0}) {
    const Channels sound{noise(50'001, 1), noise(50'001, 2)};
    FrontEnd front_end{{.sample_rate = core::Hertz{rate}}};
    const auto whole = hear(front_end, sound, 50'001);
    for (const std::size_t block : {1U, 63U, 512U, 2'048U, 4'801U}) {
      front_end.reset();
      EXPECT_EQ(hear(front_end, sound, block), whole) << rate << " " << block;
    }
  }
}

TEST(FrontEnd, KnowsAFineSpectrumWithinFiftyMilliseconds) {
  for (const double rate : {8'000.0, 44'100.0, 48'000.0, 192'000.0}) {
    FrontEnd front_end{{.sample_rate = core::Hertz{rate}, .channels = 1}};
    EXPECT_LT(front_end.fine_latency().value, 0.030) << rate;
    const auto heard = hear(front_end, {noise(static_cast<std::size_t>(rate), 1)}, 64);
    for (const auto& frame : heard) {
      if (frame.fine) {
        EXPECT_LE(frame.known_at - frame.at, front_end.fine_latency().value + 1e-9) << rate;
      }
    }
  }
}

TEST(FrontEnd, TakesWhatIsNoNumberForSilence) {
  auto samples = noise(20'000, 1);
  auto clean = samples;
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity(), 1e30F};
  for (std::size_t n = 0; n < 4; ++n) {
    samples[5'000 + 100 * n] = bad[n];
    clean[5'000 + 100 * n] = 0.0F;
  }
  EXPECT_EQ(hear({}, {samples}), hear({}, {clean}));
  EXPECT_EQ(hear({}, {samples, samples, samples}), hear({}, {clean}));
}

TEST(FrontEnd, HearsNothingInNothingAndOneFrameInOneSample) {
  EXPECT_TRUE(hear({}, {{}}).empty());
  const auto heard = hear({}, {{1.0F}});
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].at, 0.0);
  EXPECT_NE(heard[0].fine, heard[1].fine);
}

TEST(FrontEnd, NeverAllocatesOnceBuilt) {
  FrontEnd front_end{{.sample_rate = core::Hertz{48'000.0}, .channels = 1}};
  const auto samples = noise(48'000, 1);
  const float* channel = samples.data();
  int frames = 0;
  const auto count = [&](const dsp::Spectrum&) noexcept { ++frames; };
  const auto before = rt::violations();
  {
    const rt::RealtimeSection section;
    front_end.push({{&channel, 1}, samples.size()}, count, count);
    front_end.finish(count, count);
    front_end.reset();
  }
  EXPECT_EQ(frames, 122);
  EXPECT_EQ(rt::violations(), before);
}

TEST(FrontEnd, RefusesRatesAndChannelCountsItCannotHear) {
  EXPECT_THROW((FrontEnd{{.sample_rate = core::Hertz{7'999.0}}}), std::invalid_argument);
  EXPECT_THROW((FrontEnd{{.sample_rate = core::Hertz{192'001.0}}}), std::invalid_argument);
  EXPECT_THROW((FrontEnd{{.channels = 0}}), std::invalid_argument);
  EXPECT_THROW((FrontEnd{{.channels = 9}}), std::invalid_argument);
}

} // namespace
} // namespace auralis::analysis
