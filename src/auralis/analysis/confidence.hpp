// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

namespace auralis::analysis {

/// Turns a raw score in [0, 1] into the probability of being right: a logistic curve over the score's log odds.
///
/// Method: J. Platt, "Probabilistic outputs for support vector machines", 1999. Monotone: what was surer stays so.
struct Calibration {
  float offset = 0.0F;
  float slope = 1.0F; ///< > 0
};

[[nodiscard]] inline float calibrated(float raw, const Calibration& by) noexcept {
  const float p = std::clamp(raw, 1e-3F, 1.0F - 1e-3F);
  return 1.0F / (1.0F + std::exp(-(by.offset + by.slope * std::log(p / (1.0F - p)))));
}

// Fitted to the tune half of the annotated recordings by tools/accuracy/confidence.py; docs/accuracy.md has the errors
// on the other half. A key's confidence is as signal processing scores it, for too few recordings have their key
// annotated; a network of keys brings a fit of its own.
inline constexpr Calibration kTempoConfidence{.offset = 0.6337F, .slope = 1.8163F};
inline constexpr Calibration kBeatConfidence{.offset = 2.0328F, .slope = 0.6263F};       // of a file's beats
inline constexpr Calibration kLiveTempoConfidence{.offset = -0.3307F, .slope = 0.7128F}; // as it stands at any moment
inline constexpr Calibration kLiveBeatConfidence{.offset = -0.3734F, .slope = 0.5501F};

} // namespace auralis::analysis
