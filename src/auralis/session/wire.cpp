// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/wire.hpp"

#include <array>
#include <cassert>
#include <cmath>
#include <fmt/core.h>

namespace auralis::session {
namespace {

static_assert(protocol::kModeNames.size() == core::kModeCount);
static_assert(protocol::kLayerNameNames.size() == core::kLayerCount);

/// Enumerations of the two sides list the same names in the same order; a test holds them to it.
template <typename To, typename From> constexpr To same(From value) noexcept { return static_cast<To>(value); }

constexpr std::array<protocol::LayerMix protocol::Layers::*, core::kLayerCount> kMixes{
    &protocol::Layers::piano, &protocol::Layers::pad, &protocol::Layers::bass, &protocol::Layers::bells,
    &protocol::Layers::percussion};
constexpr std::array<std::optional<protocol::LayerChange> protocol::LayerChanges::*, core::kLayerCount> kChanges{
    &protocol::LayerChanges::piano, &protocol::LayerChanges::pad, &protocol::LayerChanges::bass,
    &protocol::LayerChanges::bells, &protocol::LayerChanges::percussion};

double rounded(float value) noexcept { return std::round(static_cast<double>(value) * 1e6) / 1e6; }

core::PitchName tonic_of(const protocol::Tonic& text) {
  const auto name = core::parse_pitch_name(text);
  assert(name); // the schema's pattern admits nothing else
  return name.value_or(core::PitchName{});
}

void copy_if(const std::optional<double>& from, std::optional<float>& to) {
  if (from) {
    to = static_cast<float>(*from);
  }
}

void copy_if(const std::optional<float>& from, std::optional<double>& to) {
  if (from) {
    to = rounded(*from);
  }
}

} // namespace

core::Result<core::Control> to_control(const protocol::ControlMessage& message, const PresetLookup& preset_of) {
  const core::Grid grid = message.grid ? same<core::Grid>(*message.grid) : core::Grid::beat;
  core::Control control{.grid = grid};
  if (message.preset) {
    const auto preset = preset_of(*message.preset);
    if (!preset) {
      return core::fail(core::ErrorCode::not_found, fmt::format("there is no preset '{}'", *message.preset), "/preset");
    }
    control = core::control_for(to_parameters(preset->parameters), to_character(preset->character), grid);
  }
  if (message.key) {
    control.tonic = tonic_of(*message.key);
  }
  if (message.mode) {
    control.mode = same<core::Mode>(*message.mode);
  }
  if (message.bpm) {
    control.tempo = core::Bpm{*message.bpm};
  }
  copy_if(message.intensity, control.intensity);
  copy_if(message.density, control.density);
  copy_if(message.brightness, control.brightness);
  copy_if(message.humanise, control.humanise);
  if (message.layers) {
    for (std::size_t i = 0; i < core::kLayerCount; ++i) {
      if (const auto& change = (*message.layers).*kChanges[i]) {
        copy_if(change->level, control.levels[i]);
        if (change->muted) {
          control.muted[i] = change->muted;
        }
      }
    }
  }
  if (message.transport) {
    control.transport = same<core::Transport>(*message.transport);
  }
  if (message.override_) {
    const auto chord = core::parse_chord(message.override_->chord);
    if (!chord) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("'{}' is no chord; expected root, quality and bass as in Am7, F#dim, G/B",
                                    message.override_->chord),
                        "/override/chord");
    }
    control.chord = core::ChordOverride{.chord = *chord};
    if (message.override_->beats) {
      control.chord->duration = core::Beats{*message.override_->beats};
    }
  }
  return control;
}

protocol::ControlMessage to_message(const core::Control& control) {
  protocol::ControlMessage message{.grid = same<protocol::Grid>(control.grid)};
  if (control.tonic) {
    message.key = to_string(*control.tonic);
  }
  if (control.mode) {
    message.mode = same<protocol::Mode>(*control.mode);
  }
  if (control.tempo) {
    message.bpm = control.tempo->value;
  }
  copy_if(control.intensity, message.intensity);
  copy_if(control.density, message.density);
  copy_if(control.brightness, message.brightness);
  copy_if(control.humanise, message.humanise);
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    if (control.levels[i] || control.muted[i]) {
      if (!message.layers) {
        message.layers.emplace();
      }
      auto& change = ((*message.layers).*kChanges[i]).emplace();
      copy_if(control.levels[i], change.level);
      change.muted = control.muted[i];
    }
  }
  if (control.transport) {
    message.transport = same<protocol::TransportState>(*control.transport);
  }
  if (control.chord) {
    message.override_ =
        protocol::ChordOverride{.chord = to_string(control.chord->chord), .beats = control.chord->duration.value};
  }
  return message;
}

core::Parameters to_parameters(const protocol::Parameters& message) {
  core::Parameters parameters{.key = {tonic_of(message.key), same<core::Mode>(message.mode)},
                              .tempo = core::Bpm{message.bpm},
                              .intensity = static_cast<float>(message.intensity),
                              .density = static_cast<float>(message.density),
                              .brightness = static_cast<float>(message.brightness),
                              .humanise = static_cast<float>(message.humanise)};
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    const auto& mix = message.layers.*kMixes[i];
    parameters.layers[i] = {.level = static_cast<float>(mix.level), .muted = mix.muted};
  }
  return parameters;
}

protocol::Parameters to_message(const core::Parameters& parameters) {
  protocol::Parameters message{.key = to_string(parameters.key.tonic),
                               .mode = same<protocol::Mode>(parameters.key.mode),
                               .bpm = parameters.tempo.value,
                               .intensity = rounded(parameters.intensity),
                               .density = rounded(parameters.density),
                               .brightness = rounded(parameters.brightness),
                               .humanise = rounded(parameters.humanise)};
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    message.layers.*kMixes[i] = {.level = rounded(parameters.layers[i].level), .muted = parameters.layers[i].muted};
  }
  return message;
}

core::Character to_character(const protocol::Character& message) {
  core::Character character{.phrase_bars = static_cast<std::uint8_t>(message.phrase_bars),
                            .swing = static_cast<float>(message.swing),
                            .groove = static_cast<float>(message.groove),
                            .rest = static_cast<float>(message.rest),
                            .sustain = static_cast<float>(message.sustain),
                            .register_shift = static_cast<std::int8_t>(message.register_shift),
                            .chord_beats = static_cast<float>(message.chord_beats)};
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    character.programs[i] = static_cast<std::uint8_t>(message.programs[i]);
  }
  return character;
}

protocol::Character to_message(const core::Character& character) {
  protocol::Character message{.phrase_bars = character.phrase_bars,
                              .swing = rounded(character.swing),
                              .groove = rounded(character.groove),
                              .rest = rounded(character.rest),
                              .sustain = rounded(character.sustain),
                              .register_shift = character.register_shift,
                              .chord_beats = rounded(character.chord_beats)};
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    message.programs[i] = character.programs[i];
  }
  return message;
}

} // namespace auralis::session
