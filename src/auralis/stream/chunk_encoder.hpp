// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/media/opus_encoder.hpp"
#include "auralis/stream/chunk.hpp"

namespace auralis::stream {

/// One 20 ms block of a station, raw.
struct RawBlock {
  std::span<const float> interleaved; ///< block_frames(rate) * 2 samples
  core::Frames at;                    ///< of the first frame, at the station's rate
  std::uint64_t generated_us = 0;
  core::TimePoint due;
};

/// Turns a station's blocks into chunks of one codec. Made when the first listener of the codec comes.
/// Thread: one owner. Realtime: no; chunks are allocated.
class ChunkEncoder {
public:
  ChunkEncoder() = default;
  ChunkEncoder(const ChunkEncoder&) = delete;
  ChunkEncoder& operator=(const ChunkEncoder&) = delete;
  virtual ~ChunkEncoder() = default;

  /// Takes the block that follows the one before; appends one chunk, or none while it gathers sound. The number of
  /// the next chunk is `seq`, and is moved on.
  virtual void encode(const RawBlock& block, std::uint32_t& seq, std::vector<ChunkPtr>& out) = 0;
};

/// \pre station_rate is 44100 or 48000
[[nodiscard]] std::unique_ptr<ChunkEncoder> make_encoder(Codec codec, core::Hertz station_rate,
                                                         const media::OpusEncoder::Config& opus);

} // namespace auralis::stream
