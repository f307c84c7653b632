// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/performance.hpp"
#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::synth {

/// What makes the voices.
enum class Engine : std::uint8_t {
  automatic,  ///< sampled where the SoundFont allows it, else FluidSynth
  sampled,    ///< our own vectorised voices; uncompressed banks (SF2) only
  fluidsynth, ///< FluidSynth; any bank it reads
};

/// Turns a performance into mixed stereo: SoundFont voices, a bus a layer, room reverb, master chain.
///
/// The signal: voices → layer bus (calibrated trim, smoothed gain, width, reverb send) → room (3 s, 20 % wet) →
/// high-pass → brightness tilt → glue compression → loudness leveller (−18 LUFS) → true-peak limiter (−1 dBTP).
/// The same events at the same quanta give the same samples, bit for bit, on one machine.
/// Thread: one owner. Realtime: construction loads and allocates, nothing else does.
class Synthesizer {
public:
  struct Config {
    core::Hertz sample_rate{48'000.0}; ///< [22050, 96000]
    std::string soundfont;             ///< path; empty: the best installed (find_soundfont)
    int max_voices = 96;               ///< [8, 1024]; beyond it the least audible voice fades
    Engine engine = Engine::automatic;
  };

  /// \throws std::invalid_argument if a setting is out of its range; std::runtime_error, with what to install, if there
  /// is no SoundFont or it cannot be read.
  explicit Synthesizer(const Config& config);
  ~Synthesizer();

  /// Takes NoteOn, NoteOff, LayerGain, Brightness and ProgramChange, effective at the next rendered quantum (`at` is
  /// not looked at); ignores the others, and values out of range.
  void handle(const core::PerformanceEvent& event) noexcept AURALIS_REALTIME;

  /// Renders the next quantum. \pre out.frames() == core::kQuantum
  void render(core::StereoBlock out) noexcept AURALIS_REALTIME;

  /// Frames between handing over an event and hearing it.
  [[nodiscard]] core::Frames latency() const noexcept;

  /// Voices sounding now, releases included.
  [[nodiscard]] int active_voices() const noexcept;
  /// Which engine plays; never `automatic`.
  [[nodiscard]] Engine engine() const noexcept;
  [[nodiscard]] const std::string& soundfont_path() const noexcept;
  [[nodiscard]] const std::string& soundfont_name() const noexcept;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace auralis::synth
