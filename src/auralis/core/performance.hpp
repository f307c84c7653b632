// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>

#include "auralis/core/music.hpp"
#include "auralis/core/parameters.hpp"
#include "auralis/core/units.hpp"

namespace auralis::core {

/// The grid on which anything audible can start: composer and synthesiser meet every kQuantum frames, whatever the
/// block size asked for. 64 is FluidSynth's own internal block.
inline constexpr Frames kQuantum{64};

struct NoteOn {
  Layer layer = Layer::piano;
  std::uint8_t midi = 60;     ///< MIDI note number; for percussion the General MIDI drum key
  std::uint8_t velocity = 64; ///< [1, 127]; composed notes keep to [20, 100]
  PitchName name;             ///< spelled in the key; meaningless for percussion
  Frames duration;            ///< as intended when the note starts; a change of key may end it earlier
};
struct NoteOff {
  Layer layer = Layer::piano;
  std::uint8_t midi = 60;
};
struct ChordChange {
  Chord chord;
  Key key;
};
/// A metrical position has been reached.
struct BeatTick {
  std::int64_t bar = 0;    ///< from 0 at the start of the session
  std::uint8_t beat = 0;   ///< within the bar; 0 is the downbeat
  std::int32_t phrase = 0; ///< from 0
  Bpm tempo;
};
/// The gain of a layer's bus changes; the synthesiser smooths it.
struct LayerGain {
  Layer layer = Layer::piano;
  float gain = 1.0F; ///< [0, 1]; 0 when muted
};
struct Brightness {
  float value = 0.5F; ///< [0, 1]
};
struct ProgramChange {
  Layer layer = Layer::piano;
  std::uint8_t program = 0; ///< General MIDI program, or drum kit for percussion
};

/// One thing the composer says to the synthesiser and to whoever draws it.
struct PerformanceEvent {
  Frames at; ///< on the sample clock; a multiple of kQuantum
  std::variant<NoteOn, NoteOff, ChordChange, BeatTick, LayerGain, Brightness, ProgramChange> what;
};

} // namespace auralis::core
