// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/parameters.hpp"

#include <algorithm>
#include <type_traits>

namespace auralis::core {
namespace {

static_assert(std::is_trivially_copyable_v<Parameters>);
static_assert(std::is_trivially_copyable_v<Control>);

constexpr std::array<std::string_view, kLayerCount> kLayerNames{"piano", "pad", "bass", "bells", "percussion"};
constexpr std::array<std::string_view, 4> kGridNames{"now", "beat", "bar", "phrase"};
constexpr std::array<std::string_view, 2> kTransportNames{"play", "pause"};

template <typename Enum, std::size_t N>
std::optional<Enum> parse_enum(std::string_view text, const std::array<std::string_view, N>& names) noexcept {
  const auto* const found = std::find(names.begin(), names.end(), text);
  return found == names.end() ? std::nullopt : std::optional{static_cast<Enum>(found - names.begin())};
}

template <typename T> void assign_if(const std::optional<T>& from, T& to) noexcept {
  if (from) {
    to = *from;
  }
}

} // namespace

std::string_view to_string(Layer layer) noexcept { return kLayerNames[index(layer)]; }
std::optional<Layer> parse_layer(std::string_view text) noexcept { return parse_enum<Layer>(text, kLayerNames); }

std::string_view to_string(Grid grid) noexcept { return kGridNames[static_cast<std::size_t>(grid)]; }
std::optional<Grid> parse_grid(std::string_view text) noexcept { return parse_enum<Grid>(text, kGridNames); }

std::string_view to_string(Transport transport) noexcept {
  return kTransportNames[static_cast<std::size_t>(transport)];
}
std::optional<Transport> parse_transport(std::string_view text) noexcept {
  return parse_enum<Transport>(text, kTransportNames);
}

void apply(const Control& control, Parameters& parameters) noexcept {
  assign_if(control.tonic, parameters.key.tonic);
  assign_if(control.mode, parameters.key.mode);
  assign_if(control.tempo, parameters.tempo);
  assign_if(control.intensity, parameters.intensity);
  assign_if(control.density, parameters.density);
  assign_if(control.brightness, parameters.brightness);
  assign_if(control.humanise, parameters.humanise);
  for (std::size_t i = 0; i < kLayerCount; ++i) {
    assign_if(control.levels[i], parameters.layers[i].level);
    assign_if(control.muted[i], parameters.layers[i].muted);
  }
}

Control control_for(const Parameters& parameters, const Character& character, Grid grid) noexcept {
  Control control{.grid = grid,
                  .tonic = parameters.key.tonic,
                  .mode = parameters.key.mode,
                  .tempo = parameters.tempo,
                  .intensity = parameters.intensity,
                  .density = parameters.density,
                  .brightness = parameters.brightness,
                  .humanise = parameters.humanise,
                  .character = character};
  for (std::size_t i = 0; i < kLayerCount; ++i) {
    control.levels[i] = parameters.layers[i].level;
    control.muted[i] = parameters.layers[i].muted;
  }
  return control;
}

} // namespace auralis::core
