// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace auralis::evaluation {

/// Fundamental frequency over time. Negative: unvoiced, but if it is voiced, the pitch is the absolute value; 0:
/// unvoiced, no guess.
struct PitchTrack {
  std::vector<double> seconds;
  std::vector<double> hertz;
};

/// MIREX melody extraction; a pitch is right within 50 cents.
struct PitchScore {
  double raw_pitch_accuracy = 0.0;  ///< of the voiced frames; where the estimate is unvoiced, its guess is judged
  double raw_chroma_accuracy = 0.0; ///< the same, whatever the octave
  double voicing_recall = 0.0;      ///< of the voiced frames, those that are found to be
  double voicing_false_alarm = 0.0; ///< of the unvoiced frames, those that are taken for voiced
};

/// On the reference's frames, as mir_eval.melody.evaluate: pitch interpolated in cents, voicing held. All 0 if either
/// is empty. \pre times are in order, at or after 0; seconds and hertz are equally long
[[nodiscard]] PitchScore score_pitch(PitchTrack reference, PitchTrack estimate);

} // namespace auralis::evaluation
