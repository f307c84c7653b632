// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace auralis::analysis {

/// How much of the music each pitch class above the tonic is; [major, minor][semitones].
using KeyProfiles = std::array<std::array<float, 12>, 2>;

/// Of the tones of chords.
extern const KeyProfiles kChordToneProfiles;
/// Of the roots of chords, which the bass plays.
extern const KeyProfiles kRootProfiles;

} // namespace auralis::analysis
