// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// What energy and the valence proxy are computed from; each is left out where it is not known.
struct MoodEvidence {
  std::optional<core::KeyEstimate> key;
  std::optional<core::TempoCandidate> tempo;
  std::optional<double> loudness_lufs; ///< integrated
  std::optional<double> centroid_hz;   ///< mean spectral centroid
  std::optional<double> onsets_per_second;
};

/// How intense the music is: the weighted mean of loudness, onset density, brightness and tempo, each scaled to
/// [0, 1] between what calm and what dense recordings have. Confidence is the part of the weight that was known.
/// docs/theory/mood.md.
[[nodiscard]] core::Score energy_score(const MoodEvidence& evidence) noexcept;

/// A proxy for how positive the music sounds, not a measurement of emotion: the weighted mean of mode (major over
/// minor, by how sure the key is), tempo, brightness and onset density, the cues that listeners' ratings follow most
/// (T. Eerola, A. Friberg and R. Bresin, "Emotional expression in music", Frontiers in Psychology 4, 2013). What the
/// words say, and what a listener brings along, is not in it. Never more confident than one half.
[[nodiscard]] core::Score valence_proxy(const MoodEvidence& evidence) noexcept;

} // namespace auralis::analysis
