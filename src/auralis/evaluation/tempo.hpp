// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auralis/core/units.hpp"

namespace auralis::evaluation {

/// F. Gouyon et al., "An experimental comparison of audio tempo induction algorithms", 2006.
inline constexpr double kTempoTolerance = 0.04;

/// Within `tolerance` of the reference. False for an estimate of 0 (none). \pre reference.value > 0
[[nodiscard]] bool tempo_is_right(core::Bpm reference, core::Bpm estimate, double tolerance = kTempoTolerance) noexcept;

struct TempoScore {
  bool accuracy1 = false; ///< at the annotated metrical level
  bool accuracy2 = false; ///< or at twice, three times, half or a third of it
};

/// \pre reference.value > 0
[[nodiscard]] TempoScore score_tempo(core::Bpm reference, core::Bpm estimate,
                                     double tolerance = kTempoTolerance) noexcept;

} // namespace auralis::evaluation
