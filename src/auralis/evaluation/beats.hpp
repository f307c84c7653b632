// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "auralis/core/units.hpp"

namespace auralis::evaluation {

/// A beat is right within ±70 ms.
inline constexpr core::Seconds kBeatWindow{0.070};
/// The field leaves the first seconds out: a listener needs them too.
inline constexpr core::Seconds kUnjudgedStart{5.0};

/// The beats at or after `from`: mir_eval.beat.trim_beats. \pre beats are in order
[[nodiscard]] std::span<const double> without_start(std::span<const double> beats, core::Seconds from) noexcept;

/// Share of the beats that are right in a row (c) or in total (t), at the annotated metrical level (CML) or also at
/// the double, the half and the off-beat (AML): phase and period each within 17.5 % of the annotated beat.
///
/// Method: S. Hainsworth, "Techniques for the Automated Analysis of Musical Audio", 2004; A. P. Klapuri et al.,
/// "Analysis of the meter of acoustic musical signals", 2006; as mir_eval.beat.continuity.
struct Continuity {
  double cmlc = 0.0;
  double cmlt = 0.0;
  double amlc = 0.0;
  double amlt = 0.0;
};

/// All 0 if either has fewer than two beats. \pre both are in order
[[nodiscard]] Continuity continuity(std::span<const double> reference, std::span<const double> estimate);

} // namespace auralis::evaluation
