// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "auralis/core/units.hpp"

/// The field's scores over plain values. Each agrees with mir_eval 0.8 to 1e-6 (tests/golden/evaluation); where the
/// field has no such score in mir_eval, the comment names the paper. Times are in seconds and never decrease.
namespace auralis::evaluation {

/// How close an onset has to be: ±50 ms (MIREX) and ±25 ms (Böck 2012).
inline constexpr core::Seconds kWideOnsetWindow{0.050};
inline constexpr core::Seconds kNarrowOnsetWindow{0.025};

struct EventScore {
  double f_measure = 0.0;
  double precision = 0.0;
  double recall = 0.0;
};

/// The largest number of pairs in which each event is used at most once and |reference - estimate| <= window.
/// \pre both are in order
[[nodiscard]] std::size_t matches(std::span<const double> reference, std::span<const double> estimate,
                                  core::Seconds window) noexcept;

/// All 0 if either is empty: mir_eval.onset.f_measure, mir_eval.beat.f_measure. \pre both are in order
[[nodiscard]] EventScore score_events(std::span<const double> reference, std::span<const double> estimate,
                                      core::Seconds window) noexcept;

} // namespace auralis::evaluation
