// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/chunk.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <numbers>
#include <opus/opus.h>
#include <string>

#include "auralis/media/base64.hpp"
#include "auralis/protocol/messages.hpp"
#include "stream/fakes.hpp"

namespace auralis::stream {
namespace {

using core::Frames;
using core::Hertz;

struct DestroyDecoder {
  void operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
};

/// Interleaved samples of Opus chunks in a row.
std::vector<float> decoded(const std::vector<ChunkPtr>& chunks) {
  int code = OPUS_OK;
  const std::unique_ptr<OpusDecoder, DestroyDecoder> decoder{opus_decoder_create(48'000, 2, &code)};
  EXPECT_EQ(code, OPUS_OK);
  std::vector<float> samples(chunks.size() * 2 * 960);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const auto packet = std::span{chunks[i]->bytes}.subspan(kHeaderBytes);
    const int frames = opus_decode_float(decoder.get(), reinterpret_cast<const unsigned char*>(packet.data()),
                                         static_cast<opus_int32>(packet.size()), &samples[i * 2 * 960], 960, 0);
    EXPECT_EQ(frames, 960);
  }
  return samples;
}

struct Tone {
  double amplitude;
  double phase; // radians, of a sine at frame 0
};
/// One frequency in one channel over the last half of the samples.
Tone tone(const std::vector<float>& interleaved, std::size_t channel, double hertz) {
  double s = 0.0;
  double c = 0.0;
  const std::size_t frames = interleaved.size() / 2;
  for (std::size_t i = frames / 2; i < frames; ++i) {
    const double turn = 2.0 * std::numbers::pi * hertz * static_cast<double>(i) / 48'000.0;
    s += static_cast<double>(interleaved[2 * i + channel]) * std::sin(turn);
    c += static_cast<double>(interleaved[2 * i + channel]) * std::cos(turn);
  }
  return {2.0 * std::hypot(s, c) / static_cast<double>(frames - frames / 2), std::atan2(c, s)};
}

std::vector<ChunkPtr> played(Codec codec, Hertz rate, int periods) {
  Bench bench{{.id = "test", .name = "Test"}, rate};
  bench.station.set_listeners(codec, 1);
  bench.settle();
  bench.play(periods);
  return bench.sink.chunks(codec);
}

TEST(Chunk, HeaderHasTheBytesOfTheProtocol) {
  const Chunk chunk{.codec = Codec::opus,
                    .seq = 0x04030201,
                    .at = Frames{0x0000'0605'0403'0201},
                    .frames = 960,
                    .sample_rate = 48'000,
                    .generated_us = 0x0006'1122'3344'5566};
  // Written out by hand from the table in protocol/README.md.
  const std::array<unsigned, kHeaderBytes> expected{
      0xA7, 0x01, 0x01, 0x02,                         // magic, version, opus, stereo
      0x01, 0x02, 0x03, 0x04,                         // sequence number
      0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x00, 0x00, // stream frame
      0xC0, 0x03, 0x00, 0x00,                         // 960 frames
      0x80, 0xBB, 0x00, 0x00,                         // 48000 Hz
      0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x06, 0x00, // generated
  };
  const auto header = header_of(chunk);
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    EXPECT_EQ(std::to_integer<unsigned>(header[i]), expected[i]) << "byte " << i;
  }
  EXPECT_EQ(header_of({.codec = Codec::pcm16})[2], std::byte{2});
}

TEST(Chunk, NamesCodecsAsOnTheWire) {
  for (const Codec codec : kCodecs) {
    EXPECT_EQ(parse_codec(to_string(codec)), codec);
  }
  EXPECT_EQ(parse_codec("mp3"), std::nullopt);
  EXPECT_EQ(parse_codec(""), std::nullopt);
}

TEST(Chunk, StartsWithItsHeader) {
  for (const Codec codec : {Codec::opus, Codec::pcm16}) {
    for (const ChunkPtr& chunk : played(codec, Hertz{48'000.0}, 3)) {
      const auto header = header_of(*chunk);
      ASSERT_GT(chunk->bytes.size(), kHeaderBytes);
      ASSERT_TRUE(std::equal(header.begin(), header.end(), chunk->bytes.begin()));
    }
  }
}

TEST(Chunk, OfPcm16IsTwentyMillisecondsAtTheStationsRate) {
  const auto chunks = played(Codec::pcm16, Hertz{44'100.0}, 3);
  for (const ChunkPtr& chunk : chunks) {
    EXPECT_EQ(chunk->sample_rate, 44'100U);
    EXPECT_EQ(chunk->frames, 882U);
    EXPECT_EQ(chunk->bytes.size(), kHeaderBytes + 882U * 4U);
  }
}

TEST(Chunk, OfOpusDecodesToTheSoundWhereItSaysAtBothRates) {
  for (const double rate : {48'000.0, 44'100.0}) {
    const auto chunks = played(Codec::opus, Hertz{rate}, 100);
    ASSERT_GE(chunks.size(), 118U) << "a resampler may hold back a block or two";
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      ASSERT_EQ(chunks[i]->seq, i);
      ASSERT_EQ(chunks[i]->at.value, static_cast<std::int64_t>(960 * i));
      ASSERT_EQ(chunks[i]->sample_rate, 48'000U);
    }
    const auto samples = decoded(chunks);
    const Tone left = tone(samples, 0, ToneGenerator::kLeftHz);
    const Tone right = tone(samples, 1, ToneGenerator::kRightHz);
    EXPECT_NEAR(20.0 * std::log10(left.amplitude / 0.5), 0.0, 0.25) << rate;
    EXPECT_NEAR(20.0 * std::log10(right.amplitude / 0.25), 0.0, 0.25) << rate;
    // A decoder gives the sound 312 frames late; beyond that it lies where the header says, to a frame.
    const double expected = -2.0 * std::numbers::pi * ToneGenerator::kLeftHz * 312.0 / 48'000.0;
    const double off = std::remainder(left.phase - expected, 2.0 * std::numbers::pi);
    EXPECT_LT(std::abs(off) / (2.0 * std::numbers::pi * ToneGenerator::kLeftHz) * 48'000.0, 1.0) << rate;
  }
}

TEST(Chunk, OfOpusComesOneABlockAt44100Hertz) {
  Bench bench{{.id = "test", .name = "Test"}, Hertz{44'100.0}};
  bench.station.set_listeners(Codec::opus, 1);
  bench.settle();
  for (int i = 0; i < 200; ++i) {
    const auto before = bench.sink.chunks(Codec::opus).size();
    bench.play(1);
    ASSERT_EQ(bench.sink.chunks(Codec::opus).size(), before + 1);
  }
}

TEST(Chunk, OfJsonIsAnAudioMessageWithTheSamplesOfFivePcmChunks) {
  for (const double rate : {48'000.0, 44'100.0}) {
    Bench bench{{.id = "test", .name = "Test"}, Hertz{rate}};
    bench.station.set_listeners(Codec::json, 1);
    bench.station.set_listeners(Codec::pcm16, 1);
    bench.settle();
    bench.play(29);
    const auto texts = bench.sink.chunks(Codec::json);
    const auto pcm = bench.sink.chunks(Codec::pcm16);
    ASSERT_EQ(texts.size(), 10U);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Chunk& chunk = *texts[i];
      const std::string text{reinterpret_cast<const char*>(chunk.bytes.data()), chunk.bytes.size()};
      const auto parsed = protocol::parse_server_message(text);
      ASSERT_TRUE(parsed) << parsed.error().what << " at " << parsed.error().where;
      const auto* const audio = std::get_if<protocol::AudioMessage>(&*parsed);
      ASSERT_NE(audio, nullptr);
      EXPECT_EQ(audio->seq, static_cast<std::int64_t>(i));
      EXPECT_EQ(audio->at, pcm[5 * i]->at.value);
      EXPECT_DOUBLE_EQ(audio->timestamp, static_cast<double>(chunk.generated_us) / 1000.0);
      EXPECT_DOUBLE_EQ(audio->duration_ms, 100.0);
      EXPECT_EQ(audio->sample_rate, static_cast<std::int64_t>(rate));
      EXPECT_EQ(audio->channels, 2);
      std::vector<std::byte> samples;
      for (std::size_t j = 0; j < 5; ++j) {
        const auto payload = std::span{pcm[5 * i + j]->bytes}.subspan(kHeaderBytes);
        samples.insert(samples.end(), payload.begin(), payload.end());
      }
      std::string expected;
      media::append_base64(samples, expected);
      EXPECT_EQ(audio->data, expected);
    }
  }
}

TEST(Chunk, PlacesStationFramesOnTheWire) {
  EXPECT_EQ(to_wire(Frames{882 * 1000}, Codec::opus, Hertz{44'100.0}), Frames{960 * 1000});
  EXPECT_EQ(to_wire(Frames{882 * 1000}, Codec::pcm16, Hertz{44'100.0}), Frames{882 * 1000});
  EXPECT_EQ(to_wire(Frames{777}, Codec::opus, Hertz{48'000.0}), Frames{777});
  // A century of frames does not overflow.
  EXPECT_EQ(to_wire(Frames{44'100LL * 3'155'760'000LL}, Codec::opus, Hertz{44'100.0}),
            Frames{48'000LL * 3'155'760'000LL});
}

} // namespace
} // namespace auralis::stream
