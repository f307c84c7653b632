// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "auralis/analysis/chroma.hpp"
#include "auralis/core/music.hpp"

namespace auralis::analysis {

inline constexpr int kChordQualityModels = 8;
/// The chords that are told apart, in the order of kChordModel.
inline constexpr std::array<core::ChordQuality, kChordQualityModels> kChordQualitiesHeard{
    core::ChordQuality::major,  core::ChordQuality::minor,     core::ChordQuality::dominant7,
    core::ChordQuality::major7, core::ChordQuality::minor7,    core::ChordQuality::sus2,
    core::ChordQuality::sus4,   core::ChordQuality::diminished};
/// Quality times twelve plus root; the last is no chord.
inline constexpr int kChordStates = kChordQualityModels * 12 + 1;
inline constexpr int kNoChord = kChordStates - 1;

/// log p(x) = constant - |W x - offset|^2 / 2 of 24 chroma values from the root, bass before treble; one offset and
/// constant for each of the chord's first three tones in the bass, the likeliest of which counts.
struct ChordGaussian {
  std::array<std::array<float, 24>, 24> columns; ///< of W
  std::array<std::array<float, 24>, 3> offsets;
  std::array<float, 3> constants;
};
/// One a quality, then the one of no chord.
extern const std::array<ChordGaussian, kChordQualityModels + 1> kChordModel;

/// Log likelihood of every state for a frame that sounds; a constant is left out. Realtime: yes.
void chord_likelihoods(const HarmonyFrame& frame, std::array<float, kChordStates>& out) noexcept;

} // namespace auralis::analysis
