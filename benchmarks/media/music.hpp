// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "auralis/core/random.hpp"

namespace auralis {

/// Something an encoder has to work on as it does on music: plucked chords of decaying partials, wide in stereo, over a
/// quiet floor of noise. Interleaved, `frames` long, the same each time.
inline std::vector<float> plucked_chords(std::size_t frames, double rate) {
  std::vector<float> samples(2 * frames);
  core::Random random{1};
  constexpr double kChordSeconds = 0.5;
  for (std::size_t i = 0; i < frames; ++i) {
    const double t = static_cast<double>(i) / rate;
    const auto chord = static_cast<int>(t / kChordSeconds);
    const double age = t - chord * kChordSeconds;
    double left = 0.0;
    double right = 0.0;
    for (int note = 0; note < 4; ++note) {
      const double root = 110.0 * std::exp2((chord % 5) / 12.0 + note / 3.0);
      for (int partial = 1; partial <= 6; ++partial) {
        const double level = std::exp(-age * (2.0 + partial)) / (8.0 * partial);
        const double value = level * std::sin(2.0 * std::numbers::pi * root * partial * t);
        left += value * (note % 2 == 0 ? 0.9 : 0.3);
        right += value * (note % 2 == 0 ? 0.3 : 0.9);
      }
    }
    samples[2 * i] = static_cast<float>(left + random.uniform(-0.001, 0.001));
    samples[2 * i + 1] = static_cast<float>(right + random.uniform(-0.001, 0.001));
  }
  return samples;
}

} // namespace auralis
