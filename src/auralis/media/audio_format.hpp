// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "auralis/core/units.hpp"

namespace auralis::media {

/// What a stream of decoded sound looks like; it never changes while the stream is read.
struct AudioFormat {
  core::Hertz sample_rate; ///< [8000, 192000]
  int channels = 0;        ///< [1, 8]
  /// Which speaker each channel belongs to, in their order: "mono", "stereo", "5.1(side)", "7.1", … Within a layout the
  /// order is front left, front right, front centre, low frequencies, back or side left, right, side left, right.
  std::string layout;

  friend bool operator==(const AudioFormat&, const AudioFormat&) = default;
};

/// What a file says of itself; empty where it says nothing. Always UTF-8, never longer than 1,000 bytes each.
struct AudioTags {
  std::string title;
  std::string artist;
  std::string album;

  friend bool operator==(const AudioTags&, const AudioTags&) = default;
};

/// What went wrong on the way without ending it.
struct AudioDamage {
  /// Why the sound ends before the stream says it should; empty where it does not.
  std::string cut;
  std::int64_t bad_packets = 0;      ///< could not be decoded; where their length is known, silence stands for them
  core::Frames silence;              ///< put in for gaps in the timestamps, so that later times stay right
  std::int64_t clock_jumps = 0;      ///< timestamps went backwards or too far ahead: the sound was joined without a gap
  std::int64_t format_changes = 0;   ///< the stream changed rate or channels: converted to the first format
  std::int64_t repaired_samples = 0; ///< not a number, or beyond kLargestSample

  friend bool operator==(const AudioDamage&, const AudioDamage&) = default;
};

/// Decoded samples are finite and lie within this of zero (+30 dBFS); nominally within 1.
inline constexpr float kLargestSample = 32.0F;

} // namespace auralis::media
