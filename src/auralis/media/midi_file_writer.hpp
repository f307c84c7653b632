// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "auralis/core/performance.hpp"
#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"

namespace auralis::media {

/// Ticks a quarter note is cut into.
inline constexpr int kMidiTicksPerBeat = 960;

struct MidiFileOptions {
  core::Hertz sample_rate{48'000.0}; ///< of the events' frames
  core::Frames end;                  ///< where the piece ends; sounding notes end here at the latest
};

/// The performance as a Standard MIDI File, format 1 (MIDI 1.0 Detailed Specification, RP-001).
///
/// The first track carries tempo, metre, key signatures and chord names (as markers); then one track a layer with its
/// name, programs, levels and notes, percussion on channel 10. The tempo map follows every BeatTick, so that ticks are
/// musical time and seconds are exact to a tick; time before the first tick is a beat of its own.
/// \pre events are in order of `at`, all in [0, options.end]
[[nodiscard]] std::vector<std::byte> midi_file(std::span<const core::PerformanceEvent> events,
                                               const MidiFileOptions& options);

/// Writes midi_file() to a path.
[[nodiscard]] core::Result<void> write_midi_file(const std::filesystem::path& path,
                                                 std::span<const core::PerformanceEvent> events,
                                                 const MidiFileOptions& options);

} // namespace auralis::media
