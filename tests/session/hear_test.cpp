// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/hear.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <sndfile.h>
#include <vector>

#include "scratch_folder.hpp"

namespace auralis::session {
namespace {

constexpr int kRate = 22'050;

class Hear : public testing::TestWithParam<Hearing> {
protected:
  test::ScratchFolder folder_;
  std::filesystem::path file_ = folder_ / "heard.wav";

  void write(const std::vector<float>& sound) const {
    SF_INFO info{.samplerate = kRate, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE* const file = sf_open(file_.c_str(), SFM_WRITE, &info);
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(sf_writef_float(file, sound.data(), static_cast<sf_count_t>(sound.size())),
              static_cast<sf_count_t>(sound.size()));
    sf_close(file);
  }
};

INSTANTIATE_TEST_SUITE_P(BothWays, Hear, testing::Values(Hearing::online, Hearing::offline),
                         [](const auto& way) { return way.param == Hearing::online ? "Online" : "Offline"; });

TEST_P(Hear, FindsTheBeatsOfAClickTrack) {
  std::vector<float> sound(kRate * 15);
  std::minstd_rand source{7}; // a quiet room
  std::ranges::generate(sound, [&] { return 0.001F * (static_cast<float>(source() % 2'001) / 1'000.0F - 1.0F); });
  for (int beat = 0; beat < 30; ++beat) {
    for (int i = 0; i < 600; ++i) {
      const double time = i / static_cast<double>(kRate);
      sound[static_cast<std::size_t>(beat * kRate / 2 + i)] +=
          static_cast<float>(0.8 * std::exp(-150.0 * time) * std::sin(6.283185 * 1'000.0 * time));
    }
  }
  write(sound);
  const auto heard = hear(file_, GetParam());
  ASSERT_TRUE(heard) << heard.error().what;
  EXPECT_NEAR(heard->length.value, 15.0, 1e-9);
  EXPECT_GE(heard->onsets.size(), 28U);
  ASSERT_FALSE(heard->tempi.empty());
  const double tempo = heard->tempi.front().tempo.value;
  EXPECT_LT(std::abs(std::remainder(std::log2(tempo / 120.0), 1.0)), 0.05) << tempo; // or half or double of it
  std::size_t late = 0;
  for (std::size_t i = 0; i < heard->beats.size(); ++i) {
    const double at = heard->beats[i].at.value;
    EXPECT_TRUE(i == 0 || heard->beats[i - 1].at <= heard->beats[i].at);
    if (at > 5.0 && at < 14.0) {
      ++late;
      EXPECT_LT(std::abs(std::remainder(at, 0.25)), 0.05) << at;
    }
  }
  EXPECT_GE(late, 8U);
}

TEST_P(Hear, FindsNothingInSilence) {
  write(std::vector<float>(kRate, 0.0F));
  const auto heard = hear(file_, GetParam());
  ASSERT_TRUE(heard);
  EXPECT_TRUE(heard->onsets.empty());
  EXPECT_FALSE(heard->key);
}

TEST_P(Hear, SaysThatAFileIsMissing) {
  EXPECT_EQ(hear("nowhere.wav", GetParam()).error().code, core::ErrorCode::not_found);
}

} // namespace
} // namespace auralis::session
