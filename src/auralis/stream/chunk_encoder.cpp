// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/chunk_encoder.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "auralis/dsp/resampler.hpp"
#include "auralis/media/base64.hpp"
#include "auralis/media/pcm.hpp"

namespace auralis::stream {
namespace {

using core::Frames;
using core::Hertz;

constexpr std::size_t kPcmBytes = 2 * kChannels; // a frame

core::Seconds to_span(std::chrono::nanoseconds span) noexcept { return core::to_seconds(span); }

/// 20 ms of interleaved PCM16 behind the header.
class Pcm16Encoder final : public ChunkEncoder {
public:
  explicit Pcm16Encoder(Hertz rate) : rate_{rate} {}

  void encode(const RawBlock& block, std::uint32_t& seq, std::vector<ChunkPtr>& out) override {
    const std::size_t frames = block.interleaved.size() / kChannels;
    auto chunk = std::make_shared<Chunk>(Chunk{.codec = Codec::pcm16,
                                               .seq = seq++,
                                               .at = block.at,
                                               .frames = static_cast<std::uint32_t>(frames),
                                               .sample_rate = wire_rate(Codec::pcm16, rate_),
                                               .generated_us = block.generated_us,
                                               .duration = to_span(kBlockPeriod),
                                               .due = block.due});
    chunk->bytes.resize(kHeaderBytes + frames * kPcmBytes);
    std::ranges::copy(header_of(*chunk), chunk->bytes.begin());
    media::write_pcm16(block.interleaved, std::span{chunk->bytes}.subspan(kHeaderBytes));
    out.push_back(std::move(chunk));
  }

private:
  Hertz rate_;
};

/// 100 ms of base64 PCM16 in an AudioMessage (protocol/messages.schema.json).
class JsonEncoder final : public ChunkEncoder {
public:
  explicit JsonEncoder(Hertz rate) : rate_{rate} { pcm_.reserve(kBlocks * block_frames(rate) * kPcmBytes); }

  void encode(const RawBlock& block, std::uint32_t& seq, std::vector<ChunkPtr>& out) override {
    if (blocks_ == 0) {
      at_ = block.at;
      generated_us_ = block.generated_us;
      pcm_.clear();
    }
    const std::size_t before = pcm_.size();
    pcm_.resize(before + block.interleaved.size() * 2);
    media::write_pcm16(block.interleaved, std::span{pcm_}.subspan(before));
    if (++blocks_ < kBlocks) {
      return;
    }
    blocks_ = 0;

    const auto frames = static_cast<std::uint32_t>(pcm_.size() / kPcmBytes);
    const auto rate = wire_rate(Codec::json, rate_);
    const auto period = chunk_period(Codec::json);
    std::string text = fmt::format(
        R"({{"type":"audio","seq":{},"at":{},"timestamp":{}.{:03},"duration_ms":{},"sample_rate":{},"channels":{},"data":")",
        seq, at_.value, generated_us_ / 1000, generated_us_ % 1000, period.count(), rate, kChannels);
    media::append_base64(pcm_, text);
    text += "\"}";
    Chunk chunk{.codec = Codec::json,
                .seq = seq++,
                .at = at_,
                .frames = frames,
                .sample_rate = rate,
                .generated_us = generated_us_,
                .duration = to_span(period),
                .due = block.due};
    const auto bytes = std::as_bytes(std::span{text});
    chunk.bytes.assign(bytes.begin(), bytes.end());
    out.push_back(std::make_shared<Chunk>(std::move(chunk)));
  }

private:
  static constexpr int kBlocks = 5;

  Hertz rate_;
  int blocks_ = 0;
  Frames at_;
  std::uint64_t generated_us_ = 0;
  std::vector<std::byte> pcm_;
};

/// 20 ms Opus packets behind the header, at 48 kHz. A station of another rate goes through a resampler first, which
/// holds sound back: the first two blocks give no packet, and every later one gives one.
class OpusChunkEncoder final : public ChunkEncoder {
public:
  OpusChunkEncoder(Hertz rate, const media::OpusEncoder::Config& config) : rate_{rate}, encoder_{config} {
    if (rate != media::OpusEncoder::kSampleRate) {
      resampler_.emplace(dsp::StereoResampler::Config{.from = rate, .to = media::OpusEncoder::kSampleRate});
      const std::size_t most = resampler_->most_output(block_frames(rate));
      left_.resize(std::max(most, block_frames(rate)));
      right_.resize(left_.size());
      out_left_.resize(most);
      out_right_.resize(most);
      waiting_.reserve((most + 2 * kFrames) * kChannels);
    }
  }

  void encode(const RawBlock& block, std::uint32_t& seq, std::vector<ChunkPtr>& out) override {
    if (!resampler_) {
      out.push_back(packet(block.interleaved, block.at, block, seq++));
      return;
    }
    if (!next_at_) {
      next_at_ = to_wire(block.at, Codec::opus, rate_); // exact: a block of 882 frames becomes one of 960
    }
    const std::size_t frames = block.interleaved.size() / kChannels;
    for (std::size_t i = 0; i < frames; ++i) {
      left_[i] = block.interleaved[2 * i];
      right_[i] = block.interleaved[2 * i + 1];
    }
    const core::StereoBlock in{std::span{left_}.first(frames), std::span{right_}.first(frames)};
    const std::size_t given = resampler_->process(in, {out_left_, out_right_});
    const std::size_t before = waiting_.size();
    waiting_.resize(before + given * kChannels);
    media::interleave(std::span{out_left_}.first(given), std::span{out_right_}.first(given),
                      std::span{waiting_}.subspan(before));
    // The resampler gives a packet's worth now and then two or none; a reserve makes every block give one.
    flowing_ = flowing_ || waiting_.size() >= (kFrames + kReserve) * kChannels;
    if (!flowing_ || waiting_.size() < kFrames * kChannels) {
      return;
    }
    constexpr auto samples = kFrames * kChannels;
    out.push_back(packet(std::span{waiting_}.first(samples), *next_at_, block, seq++));
    *next_at_ += Frames{static_cast<std::int64_t>(kFrames)};
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(samples));
  }

private:
  static constexpr std::size_t kFrames = media::OpusEncoder::kFrames;
  /// Frames. soxr works in FFT blocks and gives 892 frames more or less than evenly (measured over an hour).
  static constexpr std::size_t kReserve = 960;

  ChunkPtr packet(std::span<const float> interleaved, Frames at, const RawBlock& block, std::uint32_t seq) {
    const std::size_t bytes = encoder_.encode(interleaved, packet_);
    auto chunk = std::make_shared<Chunk>(Chunk{.codec = Codec::opus,
                                               .seq = seq,
                                               .at = at,
                                               .frames = static_cast<std::uint32_t>(kFrames),
                                               .sample_rate = wire_rate(Codec::opus, rate_),
                                               .generated_us = block.generated_us,
                                               .duration = to_span(kBlockPeriod),
                                               .due = block.due});
    chunk->bytes.reserve(kHeaderBytes + bytes);
    std::ranges::copy(header_of(*chunk), std::back_inserter(chunk->bytes));
    std::ranges::copy(std::span{packet_}.first(bytes), std::back_inserter(chunk->bytes));
    return chunk;
  }

  Hertz rate_;
  media::OpusEncoder encoder_;
  std::array<std::byte, media::OpusEncoder::kMaxPacket> packet_{};
  std::optional<dsp::StereoResampler> resampler_;
  std::vector<float> left_; // what goes into the resampler …
  std::vector<float> right_;
  std::vector<float> out_left_; // … what comes out …
  std::vector<float> out_right_;
  std::vector<float> waiting_; // … and, interleaved, what has not filled a packet yet
  bool flowing_ = false;
  std::optional<Frames> next_at_;
};

} // namespace

std::unique_ptr<ChunkEncoder> make_encoder(Codec codec, Hertz station_rate, const media::OpusEncoder::Config& opus) {
  switch (codec) {
  case Codec::opus:
    return std::make_unique<OpusChunkEncoder>(station_rate, opus);
  case Codec::pcm16:
    return std::make_unique<Pcm16Encoder>(station_rate);
  case Codec::json:
    return std::make_unique<JsonEncoder>(station_rate);
  }
  throw std::invalid_argument{"no such codec"};
}

} // namespace auralis::stream
