// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/chunk.hpp"

#include <cassert>

namespace auralis::stream {
namespace {

constexpr std::array<std::string_view, kCodecCount> kNames{"opus", "pcm16", "json"};
constexpr std::uint8_t kMagic = 0xA7;
constexpr std::uint8_t kVersion = 1;

} // namespace

std::string_view to_string(Codec codec) noexcept { return kNames[index(codec)]; }

std::optional<Codec> parse_codec(std::string_view text) noexcept {
  for (const Codec codec : kCodecs) {
    if (to_string(codec) == text) {
      return codec;
    }
  }
  return std::nullopt;
}

std::array<std::byte, kHeaderBytes> header_of(const Chunk& chunk) noexcept {
  assert(chunk.codec != Codec::json);
  std::array<std::byte, kHeaderBytes> header{};
  const auto put = [&header](std::size_t offset, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      header[offset + i] = static_cast<std::byte>((value >> (8U * i)) & 0xFFU); // little-endian
    }
  };
  put(0, kMagic, 1);
  put(1, kVersion, 1);
  put(2, chunk.codec == Codec::opus ? 1U : 2U, 1);
  put(3, kChannels, 1);
  put(4, chunk.seq, 4);
  put(8, static_cast<std::uint64_t>(chunk.at.value), 8);
  put(16, chunk.frames, 4);
  put(20, chunk.sample_rate, 4);
  put(24, chunk.generated_us, 8);
  return header;
}

} // namespace auralis::stream
