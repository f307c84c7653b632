// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "auralis/nn/manifest.hpp"

namespace auralis::analysis {

/// What networks of rhythm are fed: LogBands::level() of one frame after the other, 80 numbers, 100 frames a second.
///
/// The hash stands for every setting of kFineStft and LogBands. Whoever changes what those numbers are raises the
/// revision in network_features.cpp: models that were trained on the old ones are then refused, not misled.
[[nodiscard]] nn::Features log_band_features();

/// What networks of keys are fed: bass and treble of one HarmonyFrame after the other, 24 numbers, all 0 in silence.
///
/// The hash stands for every setting of kTonalStft, TuningEstimator and Chroma, as above.
[[nodiscard]] nn::Features harmony_features();

/// What the network of pitch is fed: PitchFeatures, 433 numbers, as often. The hash stands for its settings, those of
/// PeriodDifference and kFineStft.
[[nodiscard]] nn::Features pitch_features();

/// All that this engine feeds networks.
[[nodiscard]] std::vector<nn::Features> network_features();

} // namespace auralis::analysis
