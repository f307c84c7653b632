// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/opus_encoder.hpp"

#include <cassert>
#include <fmt/format.h>
#include <opus/opus.h>
#include <stdexcept>

namespace auralis::media {
namespace {

void require(int code, const char* doing) {
  if (code != OPUS_OK) {
    throw std::runtime_error{fmt::format("Opus: {} failed: {}", doing, opus_strerror(code))};
  }
}

} // namespace

void OpusEncoder::Destroy::operator()(::OpusEncoder* encoder) const noexcept { opus_encoder_destroy(encoder); }

OpusEncoder::OpusEncoder(const Config& config) : config_{config} {
  if (config.bitrate < 6'000 || config.bitrate > 510'000) {
    throw std::invalid_argument{fmt::format("Opus bitrate is {}, must be 6000 to 510000", config.bitrate)};
  }
  if (config.complexity < 0 || config.complexity > 10) {
    throw std::invalid_argument{fmt::format("Opus complexity is {}, must be 0 to 10", config.complexity)};
  }
  int code = OPUS_OK;
  encoder_.reset(opus_encoder_create(static_cast<opus_int32>(kSampleRate.value), static_cast<int>(kChannels),
                                     OPUS_APPLICATION_AUDIO, &code));
  require(code, "creating the encoder");
  require(opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(config.bitrate)), "setting the bitrate");
  require(opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(config.complexity)), "setting the complexity");
  require(opus_encoder_ctl(encoder_.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_MUSIC)), "setting the kind of signal");
  opus_int32 lookahead = 0;
  require(opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&lookahead)), "asking for the lookahead");
  lookahead_ = core::Frames{lookahead};
}

std::size_t OpusEncoder::encode(std::span<const float> interleaved, std::span<std::byte> packet) noexcept {
  assert(interleaved.size() == kFrames * kChannels);
  assert(packet.size() >= kMaxPacket);
  const opus_int32 bytes =
      opus_encode_float(encoder_.get(), interleaved.data(), static_cast<int>(kFrames),
                        reinterpret_cast<unsigned char*>(packet.data()), static_cast<opus_int32>(kMaxPacket));
  assert(bytes > 0); // fails for a wrong frame size or a short buffer only, both excluded above
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

void OpusEncoder::reset() noexcept { opus_encoder_ctl(encoder_.get(), OPUS_RESET_STATE); }

} // namespace auralis::media
