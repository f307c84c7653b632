// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/synth/voices.hpp"

namespace auralis::synth {

/// How loud each program plays, [layer][program index]; see Voices::set_trim.
using Trims = std::array<std::vector<float>, core::kLayerCount>;

/// Finds the trims with which a few typical notes of every program have their layer's loudness, whatever the bank: a
/// preset then sounds balanced with any SoundFont, and the leveller has little to do. Renders about a second a program;
/// leaves `voices` silent, untrimmed, the default programs selected. Not real-time.
[[nodiscard]] Trims calibrate(Voices& voices, core::Hertz sample_rate);

/// Sets them.
void set_trims(Voices& voices, const Trims& trims) noexcept;

} // namespace auralis::synth
