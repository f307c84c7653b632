// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "auralis/core/units.hpp"

struct OpusEncoder; // libopus

namespace auralis::media {

/// Turns 20 ms blocks of 48 kHz stereo into single Opus packets (RFC 6716).
///
/// Thread: one owner. Realtime: construction allocates, nothing else does; encode costs tenths of a millisecond.
class OpusEncoder {
public:
  static constexpr core::Hertz kSampleRate{48'000.0};
  static constexpr std::size_t kFrames = 960; ///< 20 ms
  static constexpr std::size_t kChannels = 2;
  static constexpr std::size_t kMaxPacket = 1275; ///< bytes a 20 ms packet can need at most (RFC 6716, 3.4 [R2])

  struct Config {
    int bitrate = 128'000; ///< bits a second, [6000, 510000]; variable around this mean
    int complexity = 5;    ///< [0, 10]; what each costs stands in docs/theory/streaming.md
  };

  /// \throws std::invalid_argument if a setting is out of range, std::runtime_error if libopus fails.
  explicit OpusEncoder(const Config& config);

  /// Encodes one block of interleaved samples, nominally in [-1, 1], and says how many bytes it took.
  /// \pre interleaved.size() == kFrames * kChannels and packet.size() >= kMaxPacket
  [[nodiscard]] std::size_t encode(std::span<const float> interleaved, std::span<std::byte> packet) noexcept;

  /// Back to the state right after construction.
  void reset() noexcept;

  /// How far the decoded sound lies behind what was encoded: 312 frames.
  [[nodiscard]] core::Frames lookahead() const noexcept { return lookahead_; }
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  struct Destroy {
    void operator()(::OpusEncoder* encoder) const noexcept;
  };

  Config config_;
  std::unique_ptr<::OpusEncoder, Destroy> encoder_;
  core::Frames lookahead_;
};

} // namespace auralis::media
