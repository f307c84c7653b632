// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "auralis/core/music.hpp"
#include "auralis/core/units.hpp"

namespace auralis::core {

enum class Layer : std::uint8_t { piano, pad, bass, bells, percussion };
inline constexpr std::size_t kLayerCount = 5;
inline constexpr std::array<Layer, kLayerCount> kLayers{Layer::piano, Layer::pad, Layer::bass, Layer::bells,
                                                        Layer::percussion};
[[nodiscard]] std::string_view to_string(Layer layer) noexcept;
[[nodiscard]] std::optional<Layer> parse_layer(std::string_view text) noexcept;
[[nodiscard]] constexpr std::size_t index(Layer layer) noexcept { return static_cast<std::size_t>(layer); }

struct LayerMix {
  float level = 1.0F; ///< [0, 1], linear gain relative to the layer's place in the preset
  bool muted = false;

  friend constexpr bool operator==(const LayerMix&, const LayerMix&) noexcept = default;
};

inline constexpr Bpm kMinTempo{40.0};
inline constexpr Bpm kMaxTempo{140.0};

/// Everything a listener steers. Plain data: trivially copyable, so that it crosses threads by value.
struct Parameters {
  Key key;
  Bpm tempo{60.0};         ///< [kMinTempo, kMaxTempo]
  float intensity = 0.5F;  ///< [0, 1]
  float density = 0.5F;    ///< [0, 1]
  float brightness = 0.5F; ///< [0, 1]
  float humanise = 0.5F;   ///< [0, 1]; 0 is on the grid
  std::array<LayerMix, kLayerCount> layers{};

  friend constexpr bool operator==(const Parameters&, const Parameters&) noexcept = default;
};

/// What makes a preset recognisable beyond its parameters.
struct Character {
  std::array<std::uint8_t, kLayerCount> programs{0, 89, 32, 10, 0}; ///< General MIDI programs; percussion: drum kit
  std::uint8_t phrase_bars = 8;                                     ///< [8, 16]
  float swing = 0.0F;                                               ///< [0, 1]; 1 is full triplet swing
  float groove = 0.5F;                                              ///< [0, 1]; how much of the drum pattern plays
  float rest = 0.2F;                                                ///< [0, 1]; how much a phrase leaves silent
  float sustain = 0.7F;                                             ///< [0, 1]; staccato to overlapping
  std::int8_t register_shift = 0;                                   ///< semitones, [-24, 24]; centre of the melody
  float chord_beats = 4.0F;                                         ///< beats a chord usually lasts, [2, 16]

  friend constexpr bool operator==(const Character&, const Character&) noexcept = default;
};

/// When a change takes effect: the next quantum, beat, bar or phrase boundary.
enum class Grid : std::uint8_t { now, beat, bar, phrase };
[[nodiscard]] std::string_view to_string(Grid grid) noexcept;
[[nodiscard]] std::optional<Grid> parse_grid(std::string_view text) noexcept;

enum class Transport : std::uint8_t { play, pause };
[[nodiscard]] std::string_view to_string(Transport transport) noexcept;
[[nodiscard]] std::optional<Transport> parse_transport(std::string_view text) noexcept;

/// A chord that stands in for the composed harmony.
struct ChordOverride {
  Chord chord;
  Beats duration{4.0}; ///< (0, 64]

  friend constexpr bool operator==(const ChordOverride&, const ChordOverride&) noexcept = default;
};

/// One change of what is played. Only what is set changes. Trivially copyable.
struct Control {
  Grid grid = Grid::beat;
  std::optional<PitchName> tonic;
  std::optional<Mode> mode;
  std::optional<Bpm> tempo;
  std::optional<float> intensity;
  std::optional<float> density;
  std::optional<float> brightness;
  std::optional<float> humanise;
  std::array<std::optional<float>, kLayerCount> levels{};
  std::array<std::optional<bool>, kLayerCount> muted{};
  std::optional<Character> character; ///< set when a preset is chosen
  std::optional<Transport> transport;
  std::optional<ChordOverride> chord;

  friend constexpr bool operator==(const Control&, const Control&) noexcept = default;
};

/// A control and when it arrived. A list of these, a seed and a starting preset are a whole session.
struct LoggedControl {
  Frames at;
  Control control;

  friend constexpr bool operator==(const LoggedControl&, const LoggedControl&) noexcept = default;
};

/// Writes what `control` sets into `parameters`, at once and without glides.
void apply(const Control& control, Parameters& parameters) noexcept;

/// The control that turns any state into these parameters and this character.
[[nodiscard]] Control control_for(const Parameters& parameters, const Character& character, Grid grid) noexcept;

} // namespace auralis::core
