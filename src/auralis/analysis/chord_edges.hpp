// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "auralis/core/analysis.hpp"

namespace auralis::analysis {

/// Moves the times at which a file's chords change to the onsets they come with.
///
/// A window of 371 ms that reaches into louder, newer notes says their chord before they begin, and one with a slow
/// attack after: the model alone places a change a tenth of a second too early or too late. The notes of the new chord
/// begin at an onset; the strongest near the change is taken, if any is. The first beginning and the last end stay, and
/// so does the order. \pre both are in the order of time
void move_edges_to_onsets(std::span<core::ChordSegment> chords, std::span<const core::Onset> onsets) noexcept;

} // namespace auralis::analysis
