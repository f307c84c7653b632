// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/opus_encoder.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <numbers>
#include <opus/opus.h>
#include <stdexcept>
#include <vector>

#include "auralis/core/random.hpp"

namespace auralis::media {
namespace {

constexpr std::size_t kFrames = OpusEncoder::kFrames;

struct DestroyDecoder {
  void operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
};

/// Encodes whole blocks of `interleaved` and gives back what libopus decodes from them.
std::vector<float> through_opus(const std::vector<float>& interleaved, const OpusEncoder::Config& config = {}) {
  OpusEncoder encoder{config};
  int code = OPUS_OK;
  const std::unique_ptr<OpusDecoder, DestroyDecoder> decoder{opus_decoder_create(48'000, 2, &code)};
  EXPECT_EQ(code, OPUS_OK);
  std::array<std::byte, OpusEncoder::kMaxPacket> packet{};
  std::vector<float> decoded(interleaved.size());
  for (std::size_t from = 0; from + 2 * kFrames <= interleaved.size(); from += 2 * kFrames) {
    const std::size_t bytes = encoder.encode(std::span{interleaved}.subspan(from, 2 * kFrames), packet);
    EXPECT_GT(bytes, 0U);
    const int frames = opus_decode_float(decoder.get(), reinterpret_cast<const unsigned char*>(packet.data()),
                                         static_cast<opus_int32>(bytes), &decoded[from], kFrames, 0);
    EXPECT_EQ(frames, static_cast<int>(kFrames));
  }
  return decoded;
}

/// Tones of 220 and 1760 Hz left, 330 Hz right, `blocks` long.
std::vector<float> tones(std::size_t blocks) {
  std::vector<float> samples(2 * kFrames * blocks);
  for (std::size_t i = 0; i < samples.size() / 2; ++i) {
    const double turn = 2.0 * std::numbers::pi * static_cast<double>(i) / 48'000.0;
    samples[2 * i] = static_cast<float>(0.3 * std::sin(220.0 * turn) + 0.1 * std::sin(1760.0 * turn));
    samples[2 * i + 1] = static_cast<float>(0.2 * std::sin(330.0 * turn));
  }
  return samples;
}

/// Amplitude of one frequency in one channel over the last half of the samples.
double amplitude(const std::vector<float>& interleaved, std::size_t channel, double hertz) {
  double re = 0.0;
  double im = 0.0;
  const std::size_t frames = interleaved.size() / 2;
  for (std::size_t i = frames / 2; i < frames; ++i) {
    const double turn = 2.0 * std::numbers::pi * hertz * static_cast<double>(i) / 48'000.0;
    re += static_cast<double>(interleaved[2 * i + channel]) * std::cos(turn);
    im += static_cast<double>(interleaved[2 * i + channel]) * std::sin(turn);
  }
  return 2.0 * std::hypot(re, im) / static_cast<double>(frames - frames / 2);
}

double to_db(double ratio) { return 20.0 * std::log10(ratio); }

TEST(OpusEncoder, KeepsSilenceSilentAndSmall) {
  const std::vector<float> silence(2 * kFrames * 25);
  for (const float sample : through_opus(silence)) {
    ASSERT_NEAR(sample, 0.0F, 1e-4F);
  }
  OpusEncoder encoder{{}};
  std::array<std::byte, OpusEncoder::kMaxPacket> packet{};
  std::size_t bytes = 0;
  for (int i = 0; i < 25; ++i) {
    bytes = encoder.encode(std::span{silence}.first(2 * kFrames), packet);
  }
  EXPECT_LE(bytes, 8U);
}

TEST(OpusEncoder, KeepsLevelAndSpectrumWithinAQuarterOfADecibel) {
  const auto decoded = through_opus(tones(100));
  EXPECT_NEAR(to_db(amplitude(decoded, 0, 220.0) / 0.3), 0.0, 0.25);
  EXPECT_NEAR(to_db(amplitude(decoded, 0, 1760.0) / 0.1), 0.0, 0.25);
  EXPECT_NEAR(to_db(amplitude(decoded, 1, 330.0) / 0.2), 0.0, 0.25);
  EXPECT_LT(to_db(amplitude(decoded, 1, 220.0) / 0.3), -40.0) << "left leaks into right";
  EXPECT_LT(to_db(amplitude(decoded, 0, 1000.0) / 0.3), -50.0) << "a tone that was not there";
}

TEST(OpusEncoder, DelaysBySaidLookahead) {
  // Noise, whose correlation has one peak.
  core::Random random{7};
  std::vector<float> noise(2 * kFrames * 50);
  for (float& sample : noise) {
    sample = static_cast<float>(random.uniform(-0.3, 0.3));
  }
  const auto decoded = through_opus(noise, {.bitrate = 256'000});
  std::size_t best_lag = 0;
  double best = 0.0;
  for (std::size_t lag = 0; lag < kFrames; ++lag) {
    double sum = 0.0;
    for (std::size_t i = 0; i + 2 * lag < decoded.size(); i += 2) {
      sum += static_cast<double>(noise[i]) * static_cast<double>(decoded[i + 2 * lag]);
    }
    if (sum > best) {
      best = sum;
      best_lag = lag;
    }
  }
  EXPECT_EQ(static_cast<std::int64_t>(best_lag), OpusEncoder{{}}.lookahead().value);
  EXPECT_EQ(best_lag, 312U);
}

TEST(OpusEncoder, SpendsAboutTheBitrateAskedFor) {
  core::Random random{3};
  std::vector<float> noise(2 * kFrames);
  for (const int bitrate : {64'000, 128'000, 256'000}) {
    OpusEncoder encoder{{.bitrate = bitrate}};
    std::array<std::byte, OpusEncoder::kMaxPacket> packet{};
    std::size_t bytes = 0;
    for (int block = 0; block < 100; ++block) {
      for (float& sample : noise) {
        sample = static_cast<float>(random.uniform(-0.3, 0.3));
      }
      bytes += encoder.encode(noise, packet);
    }
    EXPECT_NEAR(static_cast<double>(bytes) * 8.0 / 2.0, bitrate, 0.15 * bitrate); // 100 blocks are two seconds
  }
}

TEST(OpusEncoder, GivesTheSameBytesAgainAfterReset) {
  const auto samples = tones(10);
  OpusEncoder encoder{{}};
  const auto encode_all = [&] {
    std::vector<std::byte> all;
    std::array<std::byte, OpusEncoder::kMaxPacket> packet{};
    for (std::size_t from = 0; from < samples.size(); from += 2 * kFrames) {
      const std::size_t bytes = encoder.encode(std::span{samples}.subspan(from, 2 * kFrames), packet);
      all.insert(all.end(), packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(bytes));
    }
    return all;
  };
  const auto first = encode_all();
  encoder.reset();
  EXPECT_EQ(encode_all(), first);
}

TEST(OpusEncoder, RefusesSettingsOutOfRange) {
  EXPECT_THROW(OpusEncoder{{.bitrate = 5'000}}, std::invalid_argument);
  EXPECT_THROW(OpusEncoder{{.bitrate = 600'000}}, std::invalid_argument);
  EXPECT_THROW(OpusEncoder{{.complexity = 11}}, std::invalid_argument);
  EXPECT_THROW(OpusEncoder{{.complexity = -1}}, std::invalid_argument);
}

} // namespace
} // namespace auralis::media
