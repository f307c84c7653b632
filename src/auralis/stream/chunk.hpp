// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "auralis/core/clock.hpp"
#include "auralis/core/units.hpp"

namespace auralis::stream {

/// What a listener may ask for.
enum class Codec : std::uint8_t { opus, pcm16, json };
inline constexpr std::size_t kCodecCount = 3;
inline constexpr std::array<Codec, kCodecCount> kCodecs{Codec::opus, Codec::pcm16, Codec::json};
/// "opus", "pcm16", "json", as on the wire.
[[nodiscard]] std::string_view to_string(Codec codec) noexcept;
[[nodiscard]] std::optional<Codec> parse_codec(std::string_view text) noexcept;
[[nodiscard]] constexpr std::size_t index(Codec codec) noexcept { return static_cast<std::size_t>(codec); }

inline constexpr int kChannels = 2;
/// One beat of the sender: every station gives one block this long per period.
inline constexpr std::chrono::milliseconds kBlockPeriod{20};
/// Frames in a block: 960 at 48 kHz, 882 at 44.1 kHz, both exact. \pre rate is one of the two
[[nodiscard]] constexpr std::size_t block_frames(core::Hertz rate) noexcept {
  return static_cast<std::size_t>(rate.value) / 50;
}
/// 20 ms for opus and pcm16, 100 ms for json.
[[nodiscard]] constexpr std::chrono::milliseconds chunk_period(Codec codec) noexcept {
  return codec == Codec::json ? 5 * kBlockPeriod : kBlockPeriod;
}
/// Rate of the audio as sent: Opus is always 48 kHz. Frames of a chunk count in it.
[[nodiscard]] constexpr std::uint32_t wire_rate(Codec codec, core::Hertz station_rate) noexcept {
  return codec == Codec::opus ? 48'000U : static_cast<std::uint32_t>(station_rate.value);
}
/// A position on the station's own clock, in frames of wire_rate(codec, station_rate), rounded down.
/// \pre at >= 0
[[nodiscard]] constexpr core::Frames to_wire(core::Frames at, Codec codec, core::Hertz station_rate) noexcept {
  const auto from = static_cast<std::int64_t>(station_rate.value);
  return core::Frames{at.value * static_cast<std::int64_t>(wire_rate(codec, station_rate)) / from};
}

/// One piece of encoded sound, shared by all who hear it.
struct Chunk {
  Codec codec = Codec::opus;
  std::uint32_t seq = 0;          ///< from 0 at the station's first chunk of this codec, without gaps
  core::Frames at;                ///< stream frame of the first sample, in frames of sample_rate
  std::uint32_t frames = 0;       ///< in frames of sample_rate
  std::uint32_t sample_rate = 0;  ///< Hz, as sent
  std::uint64_t generated_us = 0; ///< microseconds since the Unix epoch
  core::Seconds duration;         ///< of the sound
  core::TimePoint due;            ///< when it was to be sent
  std::vector<std::byte> bytes;   ///< ready to send: a binary message, or for json the UTF-8 text of an AudioMessage
};
using ChunkPtr = std::shared_ptr<const Chunk>;

/// Bytes before the payload of a binary chunk; the layout stands in protocol/README.md.
inline constexpr std::size_t kHeaderBytes = 32;
/// The header of `chunk`. \pre chunk.codec is opus or pcm16
[[nodiscard]] std::array<std::byte, kHeaderBytes> header_of(const Chunk& chunk) noexcept;

} // namespace auralis::stream
