// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/voices.hpp"

#include <algorithm>

namespace auralis::synth {
namespace {

// Pianos and electric pianos; pads, strings and choirs; basses, and pads played low; celesta to dulcimer, bell-like
// pads; kits.
constexpr std::array<std::uint8_t, 8> kPianos{0, 1, 2, 3, 4, 5, 6, 7};
constexpr std::array<std::uint8_t, 12> kPads{89, 88, 90, 91, 92, 93, 94, 95, 48, 49, 50, 52};
constexpr std::array<std::uint8_t, 17> kBasses{32, 33, 34, 35, 36, 37, 38, 39, 43, 88, 89, 90, 91, 92, 93, 94, 95};
constexpr std::array<std::uint8_t, 10> kBells{10, 8, 9, 11, 12, 13, 14, 15, 98, 108};
constexpr std::array<std::uint8_t, 8> kKits{0, 8, 16, 24, 25, 32, 40, 48};

} // namespace

std::span<const std::uint8_t> programs_of(core::Layer layer) noexcept {
  switch (layer) {
  case core::Layer::piano:
    return kPianos;
  case core::Layer::pad:
    return kPads;
  case core::Layer::bass:
    return kBasses;
  case core::Layer::bells:
    return kBells;
  case core::Layer::percussion:
    return kKits;
  }
  return kPianos;
}

std::uint8_t nearest_program(core::Layer layer, std::uint8_t program) noexcept {
  const auto known = programs_of(layer);
  if (std::ranges::find(known, program) != known.end()) {
    return program;
  }
  const auto relative = std::ranges::find_if(known, [&](std::uint8_t p) { return p / 8 == program / 8; });
  return relative != known.end() ? *relative : known.front();
}

} // namespace auralis::synth
