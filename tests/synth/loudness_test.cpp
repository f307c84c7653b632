// SPDX-License-Identifier: Apache-2.0
// Composer and synthesiser together: how loud the presets come out.
#include <cmath>

#include <gtest/gtest.h>

#include "auralis/compose/composer.hpp"
#include "auralis/dsp/loudness_meter.hpp"
#include "auralis/synth/synthesizer.hpp"
#include "dsp/stereo.hpp"

namespace auralis::synth {
namespace {

struct Measured {
  double lufs;
  double true_peak;
  double first_ten_seconds;
};

Measured play(const compose::Preset& preset, std::uint64_t seed, double seconds) {
  Synthesizer synth{{}};
  compose::Composer composer{{.seed = seed, .preset = preset}};
  dsp::LoudnessMeter meter{core::Hertz{48'000.0}};
  test::Stereo second{48'000};
  double first = 0.0;
  const auto quanta = static_cast<std::int64_t>(seconds) * 750;
  for (std::int64_t q = 0; q < quanta; ++q) {
    for (const auto& event : composer.advance(core::Frames{(q + 1) * 64})) {
      synth.handle(event);
    }
    const auto at = static_cast<std::size_t>(q % 750) * 64;
    synth.render(second.block(at, 64));
    if (q % 750 == 749) {
      meter.add(second.block());
    }
    if (q == 7'499) {
      first = meter.integrated_lufs();
    }
  }
  return {.lufs = meter.integrated_lufs(), .true_peak = meter.true_peak().value, .first_ten_seconds = first};
}

TEST(Loudness, EveryPresetComesOutAtMinusEighteenOverThreeMinutes) {
  for (const auto& preset : compose::presets()) {
    const auto measured = play(preset, 2, 180.0);
    EXPECT_NEAR(measured.lufs, -18.0, 1.5) << preset.name.view();
    EXPECT_LE(measured.true_peak, -1.0) << preset.name.view();
    EXPECT_NEAR(measured.first_ten_seconds, -18.0, 6.0) << preset.name.view();
  }
}

TEST(Loudness, HoldsWhateverTheListenerTurns) {
  auto preset = *compose::find_preset("focus");
  preset.parameters.intensity = 1.0F;
  preset.parameters.density = 1.0F;
  preset.parameters.brightness = 1.0F;
  const auto full = play(preset, 5, 60.0);
  EXPECT_NEAR(full.lufs, -18.0, 1.5);
  EXPECT_LE(full.true_peak, -1.0);
  preset.parameters.intensity = 0.0F;
  preset.parameters.density = 0.0F;
  preset.parameters.brightness = 0.0F;
  const auto sparse = play(preset, 5, 60.0);
  EXPECT_NEAR(sparse.lufs, -18.0, 2.5);
}

} // namespace
} // namespace auralis::synth
