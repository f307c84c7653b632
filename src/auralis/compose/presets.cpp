// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/presets.hpp"

#include <algorithm>

namespace auralis::compose {
namespace {

using core::Bpm;
using core::Character;
using core::Key;
using core::Mode;
using core::Parameters;
using core::PitchName;

// Fifths of the tonics used: C 0, D 2, F -1, G 1, A 3.
constexpr std::array<Preset, 4> kPresets{{
    // Steady and clear: piano over a warm pad, soft drums, a chord every other bar. Dorian neither lulls nor excites.
    {PresetName{"Focus"},
     Parameters{.key = Key{PitchName{2}, Mode::dorian},
                .tempo = Bpm{66.0},
                .intensity = 0.45F,
                .density = 0.5F,
                .brightness = 0.45F,
                .humanise = 0.5F,
                .layers = {{{0.9F, false}, {0.7F, false}, {0.7F, false}, {0.35F, false}, {0.4F, false}}}},
     Character{.programs = {0, 89, 32, 11, 0},
               .phrase_bars = 8,
               .swing = 0.15F,
               .groove = 0.5F,
               .rest = 0.2F,
               .sustain = 0.65F,
               .register_shift = 0,
               .chord_beats = 8.0F}},
    // Wide and bell-like: long chords, much silence, no drum, lydian's raised fourth hanging in the air.
    {PresetName{"Meditation"},
     Parameters{.key = Key{PitchName{-1}, Mode::lydian},
                .tempo = Bpm{52.0},
                .intensity = 0.3F,
                .density = 0.38F,
                .brightness = 0.4F,
                .humanise = 0.7F,
                .layers = {{{0.6F, false}, {0.9F, false}, {0.6F, false}, {0.7F, false}, {0.3F, true}}}},
     Character{.programs = {0, 91, 89, 14, 0},
               .phrase_bars = 12,
               .swing = 0.0F,
               .groove = 0.2F,
               .rest = 0.4F,
               .sustain = 0.95F,
               .register_shift = 3,
               .chord_beats = 8.0F}},
    // Low, dark and slow: barely a melody, no attack anywhere.
    {PresetName{"Sleep"},
     Parameters{.key = Key{PitchName{-3}, Mode::major_pentatonic},
                .tempo = Bpm{42.0},
                .intensity = 0.12F,
                .density = 0.29F,
                .brightness = 0.18F,
                .humanise = 0.6F,
                .layers = {{{0.5F, false}, {0.9F, false}, {0.6F, false}, {0.3F, true}, {0.2F, true}}}},
     Character{.programs = {4, 94, 39, 8, 0},
               .phrase_bars = 16,
               .swing = 0.0F,
               .groove = 0.0F,
               .rest = 0.5F,
               .sustain = 1.0F,
               .register_shift = -7,
               .chord_beats = 16.0F}},
    // Awake: quicker, higher, swung, with glockenspiel answers and the whole kit, softly.
    {PresetName{"Bright"},
     Parameters{.key = Key{PitchName{1}, Mode::ionian},
                .tempo = Bpm{96.0},
                .intensity = 0.65F,
                .density = 0.53F,
                .brightness = 0.75F,
                .humanise = 0.45F,
                .layers = {{{0.9F, false}, {0.55F, false}, {0.75F, false}, {0.55F, false}, {0.6F, false}}}},
     Character{.programs = {0, 88, 33, 9, 0},
               .phrase_bars = 8,
               .swing = 0.35F,
               .groove = 0.8F,
               .rest = 0.12F,
               .sustain = 0.45F,
               .register_shift = 5,
               .chord_beats = 4.0F}},
}};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

std::span<const Preset> presets() noexcept { return kPresets; }

std::optional<Preset> find_preset(std::string_view name) noexcept {
  const auto* const found = std::ranges::find_if(
      kPresets, [&](const Preset& preset) { return std::ranges::equal(preset.name.view(), name, {}, lower, lower); });
  return found == kPresets.end() ? std::nullopt : std::optional{*found};
}

} // namespace auralis::compose
