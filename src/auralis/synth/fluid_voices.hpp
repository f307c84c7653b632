// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include "auralis/core/units.hpp"
#include "auralis/synth/voices.hpp"

namespace auralis::synth {

/// SoundFont voices by FluidSynth: any SoundFont it reads, compressed ones (SF3) too.
///
/// Every program of every layer has a MIDI channel of its own, loaded at construction, so that a change of program is
/// the choice of another channel. A FluidSynth audio group a layer keeps the buses apart; FluidSynth puts channel c
/// into group c mod kLayerCount, so channels are numbered kLayerCount * program index + layer.
class FluidVoices final : public Voices {
public:
  struct Config {
    core::Hertz sample_rate{48'000.0};
    std::string soundfont;
    int max_voices = 192; ///< [8, 1024]
  };

  /// \throws std::runtime_error if FluidSynth cannot load the file.
  explicit FluidVoices(const Config& config);
  ~FluidVoices() override;

  void note_on(core::Layer layer, std::uint8_t midi, std::uint8_t velocity) noexcept override;
  void note_off(core::Layer layer, std::uint8_t midi) noexcept override;
  void select(core::Layer layer, std::uint8_t program) noexcept override;
  void render(LayerBuses& out) noexcept override;
  void silence() noexcept override;
  void set_trim(core::Layer layer, std::uint8_t program, float trim) noexcept override;
  [[nodiscard]] int active() const noexcept override;

private:
  struct Fluid;

  static constexpr std::int16_t kSilent = -1;

  std::unique_ptr<Fluid> fluid_;
  std::array<int, core::kLayerCount> channel_{};                               // for notes to come
  std::array<std::array<std::int16_t, 128>, core::kLayerCount> sounding_on_{}; // [layer][midi] channel, or kSilent
};

} // namespace auralis::synth
