// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/real_fft.hpp"
#include "auralis/dsp/stft.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// Fundamental frequency of one voice or instrument, with the probability that there is one.
///
/// Method: M. Mauch and S. Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold
/// distributions", ICASSP 2014: the difference function of YIN (A. de Cheveigné and H. Kawahara, JASA 111(4), 2002),
/// all of whose minima are candidates, each as likely as the thresholds that would choose it; then the most likely
/// path through them. Ours: the states are the candidates themselves and "unvoiced", not a grid of pitches, so that
/// the frequency is never rounded and a frame costs microseconds; the path is decided a fixed number of frames late,
/// 50 ms for live use, half a second for files. docs/theory/pitch.md.
/// Thread: one owner. Realtime: construction allocates, nothing else does.
class PitchTracker {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0};
    int frame_size = 2'048; ///< even
    core::Hertz lowest{55.0};
    core::Hertz highest{1'760.0};
    int lag = 5; ///< frames that a decision waits for; what is known later may change it
  };

  /// \throws std::invalid_argument unless a frame holds two periods of the lowest pitch and the range is above zero.
  explicit PitchTracker(const Config& config);
  PitchTracker() : PitchTracker(Config{}) {}

  /// Takes the samples of one frame and says what the frame `lag` before it was.
  /// \pre spectrum.samples.size() == frame_size
  std::optional<core::PitchPoint> process(const dsp::Spectrum& spectrum) noexcept AURALIS_REALTIME;

  /// Says the frames still undecided, one a call and oldest first; nullopt when none is left. Only reset() or further
  /// calls may follow.
  std::optional<core::PitchPoint> finish() noexcept AURALIS_REALTIME;

  void reset() noexcept AURALIS_REALTIME;
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  static constexpr std::size_t kCandidates = 15;

  struct Candidate {
    float f0 = 0.0F;
    float probability = 0.0F;
  };
  // One frame of the trellis; state kCandidates is "unvoiced".
  struct Step {
    core::Seconds at;
    core::FixedVector<Candidate, kCandidates> candidates;
    std::array<std::uint8_t, kCandidates + 1> from{}; // best state of the step before
    float best_guess = 0.0F;
    float voicing = 0.0F;
  };

  void difference(std::span<const float> samples) noexcept;
  void find_candidates(Step& step) const noexcept;
  void advance(Step& step) noexcept;
  [[nodiscard]] core::PitchPoint decide(std::int64_t frame) const noexcept;
  [[nodiscard]] Step& step_at(std::int64_t frame) noexcept {
    return steps_[static_cast<std::size_t>(frame % static_cast<std::int64_t>(steps_.size()))];
  }
  [[nodiscard]] const Step& step_at(std::int64_t frame) const noexcept {
    return steps_[static_cast<std::size_t>(frame % static_cast<std::int64_t>(steps_.size()))];
  }

  Config config_;
  int shortest_; // samples a period
  int longest_;
  int window_;         // samples that are compared at every lag
  dsp::RealFft start_; // of the first window_ samples
  dsp::RealFft whole_;
  std::vector<float> difference_; // [longest_ + 2]
  std::vector<float> normalised_; // [longest_ + 2]
  float energy_ = 0.0F;           // mean square of the last frame
  std::vector<Step> steps_;       // ring of lag + 1
  std::int64_t frames_ = 0;
  std::int64_t decided_ = 0;
  std::array<float, kCandidates + 1> score_{};   // log likelihood of the best path to each state
  std::array<float, kCandidates + 1> forward_{}; // probability of each state given all so far
};

} // namespace auralis::analysis
