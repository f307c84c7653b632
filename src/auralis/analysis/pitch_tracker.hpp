// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "auralis/analysis/neural_pitch.hpp"
#include "auralis/analysis/period_difference.hpp"
#include "auralis/core/analysis.hpp"
#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/units.hpp"
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
/// 50 ms for live use, half a second for files. With a network the same path goes through the candidates of both.
/// docs/theory/pitch.md.
/// Thread: one owner. Realtime: construction allocates, nothing else does; with a network, as nn::StreamingModel.
class PitchTracker {
public:
  /// Half a second: what a file may wait for before it decides a frame's pitch.
  static constexpr int kFileLag = 50;

  struct Config {
    core::Hertz sample_rate{44'100.0};
    int frame_size = 2'048; ///< even
    core::Hertz lowest{55.0};
    core::Hertz highest{1'760.0};
    int lag = 5;                              ///< frames that a decision waits for; what is known later may change it
    std::shared_ptr<const nn::Model> network; ///< hears too; it wants the settings above as they are, but for the lag
  };

  /// \throws std::invalid_argument unless a frame holds two periods of the lowest pitch and the range is above zero,
  /// and for a network that pitch_decoding() refuses.
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
    bool early = true; ///< found by its period, in the first part of the frame
  };
  // One frame of the trellis; state kCandidates is "unvoiced".
  struct Step {
    core::Seconds at;
    core::FixedVector<Candidate, kCandidates> candidates;
    std::array<std::uint8_t, kCandidates + 1> from{}; // best state of the step before
    float best_guess = 0.0F;
    float voicing = 0.0F;
  };

  void find_candidates(Step& step) const noexcept;
  void join(PitchNetwork& network, Step& step, const dsp::Spectrum& spectrum) const noexcept;
  [[nodiscard]] float refined(int lag) const noexcept;              // Hz
  [[nodiscard]] float minimum_near(float frequency) const noexcept; // Hz; 0 where there is none
  void advance(Step& step) noexcept;
  [[nodiscard]] float at_centre(const Candidate& now, const Candidate& after, core::Seconds apart) const noexcept; // Hz
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
  PeriodDifference difference_;
  std::optional<PitchNetwork> network_;
  std::vector<Step> steps_; // ring of lag + 1
  std::int64_t frames_ = 0;
  std::int64_t decided_ = 0;
  std::array<float, kCandidates + 1> score_{};   // log likelihood of the best path to each state
  std::array<float, kCandidates + 1> forward_{}; // probability of each state given all so far
};

} // namespace auralis::analysis
