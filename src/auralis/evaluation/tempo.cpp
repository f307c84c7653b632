// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/tempo.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace auralis::evaluation {

bool tempo_is_right(core::Bpm reference, core::Bpm estimate, double tolerance) noexcept {
  return estimate.value > 0.0 && std::abs(reference.value - estimate.value) / reference.value <= tolerance;
}

TempoScore score_tempo(core::Bpm reference, core::Bpm estimate, double tolerance) noexcept {
  constexpr std::array kLevels{1.0, 2.0, 3.0, 1.0 / 2.0, 1.0 / 3.0};
  return {.accuracy1 = tempo_is_right(reference, estimate, tolerance),
          .accuracy2 = std::ranges::any_of(
              kLevels, [&](double level) { return tempo_is_right(reference * level, estimate, tolerance); })};
}

} // namespace auralis::evaluation
