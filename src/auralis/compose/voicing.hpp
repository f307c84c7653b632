// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/music.hpp"

namespace auralis::compose {

inline constexpr int kMaxVoices = 5;
/// The furthest one voice may move from a chord to the next, in semitones.
inline constexpr int kMaxVoiceLeap = 7;

/// MIDI pitches of a held chord, lowest first, all different.
using Voicing = core::FixedVector<std::uint8_t, kMaxVoices>;

struct VoicingRange {
  int low = 48;
  int high = 74;
};

/// Distributes a chord over `voices` voices so that the total motion from `previous` is least.
///
/// Method: exhaustive search with pruning over the pitches within kMaxVoiceLeap of each voice, after D. Tymoczko, "The
/// Geometry of Musical Chords", Science 313, 2006 (minimal voice-leading under the L1 metric). Added to the metric: the
/// third and the colour tone may not be left out cheaply, tones held in common must stay, a mild pull to the middle of
/// the range. A voice moves by at most kMaxVoiceLeap unless the range itself has moved away or nothing is held yet.
/// \pre 3 <= voices <= kMaxVoices, range.high - range.low >= 19
[[nodiscard]] Voicing lead_voices(const Voicing& previous, const core::Chord& chord, int voices,
                                  VoicingRange range) noexcept;

} // namespace auralis::compose
