// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/core/units.hpp"

/// A pointer that walks through the bar: its place says where beats and downbeats fall, its speed is the tempo.
///
/// Method: N. Whiteley, A. T. Cemgil, S. Godsill, "Bayesian Modelling of Temporal Structure in Musical Audio", ISMIR
/// 2006; state space and transitions of F. Krebs, S. Boeck, G. Widmer, "An Efficient State-Space Model for Joint Tempo
/// and Meter Tracking", ISMIR 2015. docs/theory/beats.md says how the states are stored so that only those at a beat
/// are touched, and what else is ours.
namespace auralis::analysis {

/// What the decoder is told of one frame, from whatever listens: signal processing or a network. Probabilities in (0,
/// 1); the defaults say nothing.
struct BeatActivation {
  float beat = 0.0F; ///< that a beat is here
  // Of the frame `metre_lag` ago, as telling them takes hearing on:
  float downbeat = 0.25F; ///< that, if a beat was there, a bar began
  float on_beat = 0.5F;   ///< that, if something began there, it was on a beat and not between two
};

/// A beat as the decoder places it.
struct PlacedBeat {
  double frame = 0.0; ///< where, in frames
  int position = 0;   ///< 1 … beats_per_bar
  int beats_per_bar = 0;
  double interval = 0.0; ///< frames from beat to beat here
  float confidence = 0.0F;
  float downbeat_confidence = 0.0F;
};

struct BarPointerConfig {
  double frames_per_second = 100.0;
  core::Bpm slowest{55.0};
  core::Bpm fastest{215.0};
  std::vector<int> metres{3, 4};    ///< beats a bar may have
  double tempo_stiffness = 100.0;   ///< Krebs 2015, lambda: how unlikely a change of tempo from beat to beat is
  double metre_change = 1e-3;       ///< probability at a bar's end
  int beat_frames = 4;              ///< a beat sounds in so many frames, whatever the tempo
  double beat_prior = 0.08;         ///< share of frames with a beat that the activation was made for
  double downbeat_weight = 1.0;     ///< exponent on the evidence for a downbeat
  double on_beat_weight = 1.0;      ///< and for being on a beat
  int metre_lag = 0;                ///< frames by which that evidence comes later than what it speaks of
  core::Bpm preferred_tempo{115.0}; ///< centre of the log-normal preference
  double tempo_spread = 0.65;       ///< its standard deviation in octaves
  double tempo_preference = 2.0;    ///< exponent on the preference at every beat
  float least_confidence = 0.25F;   ///< of a beat said live
};

/// States and transitions, shared by the filter and the decoder. A slot is one beat of one metre; the slots of all
/// metres lie side by side, so that one vector instruction moves eight of them.
class BarPointerSpace {
public:
  /// \throws std::invalid_argument for tempi out of order, none preferred, no metre, one that is sure to change, or a
  /// lag longer than the shortest beat.
  explicit BarPointerSpace(const BarPointerConfig& config);

  struct Transition {
    std::int32_t first = 0; ///< the first tempo that can lead here
    std::int32_t count = 0;
    std::int32_t weights = 0; ///< where their weights begin in `weights`
  };

  BarPointerConfig config;
  int tempo_count = 0;
  int slot_count = 0;
  int stride = 0; ///< slots a state takes, rounded up to whole vectors

  std::vector<std::int32_t> intervals;  // [tempo] frames a beat lasts
  std::vector<std::int32_t> first_cell; // [tempo] where its ring of cells begins
  std::int32_t cell_count = 0;
  std::vector<Transition> transitions; // [tempo] into it
  std::vector<float> weights;          // probabilities, times the preference for the tempo arrived at
  std::vector<float> log_weights;
  std::vector<float> tempo_prior;          // [tempo] sums to one
  std::vector<std::int32_t> next_slot;     // [slot]
  std::vector<std::int32_t> slot_metre;    // [slot] beats in its bar
  std::vector<std::int32_t> slot_position; // [slot] 0 is the downbeat
  std::vector<std::int32_t> metre_first_slot;
  float metre_stay = 1.0F;
  float metre_leave = 0.0F; ///< to each other metre
  float log_metre_stay = 0.0F;
  float log_metre_leave = 0.0F;
};

/// Live: the probability of every state given what has been heard so far.
///
/// A beat is said as its most likely moment passes. Thread: one owner. Realtime: construction allocates, nothing else.
class BarPointerFilter {
public:
  explicit BarPointerFilter(const BarPointerConfig& config);

  /// Takes the activation of the next frame; says a beat where one has just passed.
  [[nodiscard]] std::optional<PlacedBeat> process(const BeatActivation& activation) noexcept;

  /// Frames from beat to beat when the last one was said; 0 before.
  [[nodiscard]] double interval() const noexcept { return interval_; }
  /// Probability of each tempo, [tempo_count]; the intervals are in space().
  void tempo_posterior(std::span<float> out) const noexcept;

  void reset() noexcept;
  [[nodiscard]] const BarPointerSpace& space() const noexcept { return space_; }

private:
  [[nodiscard]] std::optional<PlacedBeat> decide() noexcept;
  void rescale() noexcept;

  static constexpr int kReach = 8; ///< frames either side in which the passing beat is looked for

  BarPointerSpace space_;
  std::vector<float> cells_;       // [cell][stride]; a tempo's ring starts at its head
  std::vector<std::int32_t> head_; // [tempo] the cell of position 0
  std::vector<float> leaving_;     // [tempo][stride]
  std::vector<float> gain_;        // [stride] of one observation
  std::vector<float> slots_;       // [stride] of the beat being said
  double mass_ = 1.0;              // of all cells
  double interval_ = 0.0;
  std::int64_t now_ = -1;
  std::int64_t last_beat_ = -1;
  std::int64_t last_heard_ = -1;
  double pause_frames_ = 0.0;
};

/// For files: the most likely path through all states, beat by beat.
///
/// Memory is bounded: a window of the past is kept, and what lies further back than half of it is decided as it leaves.
/// Within the window (64 s) the answer is that of the whole path.
class BarPointerDecoder {
public:
  explicit BarPointerDecoder(const BarPointerConfig& config);

  /// Takes the activation of the next frame and adds to `out` the beats it decides.
  void process(const BeatActivation& activation, std::vector<PlacedBeat>& out);
  /// The rest.
  void finish(std::vector<PlacedBeat>& out);

  void reset();
  [[nodiscard]] const BarPointerSpace& space() const noexcept { return space_; }

private:
  void trace_back(std::int64_t until, std::vector<PlacedBeat>& out);
  void refine(PlacedBeat& placed) const;
  [[nodiscard]] bool something_heard_near(std::int64_t frame) const;

  BarPointerSpace space_;
  std::vector<float> cells_; // log-likelihoods
  std::vector<std::int32_t> head_;
  std::vector<float> leaving_;
  std::vector<float> gain_;
  std::vector<std::uint8_t> came_from_; // [window frame][tempo][stride] the tempo before the beat
  std::vector<std::uint8_t> bar_from_;  // [window frame][tempo][metre] the metre before the bar
  std::vector<BeatActivation> heard_;   // [window frame]
  std::vector<PlacedBeat> path_;        // backwards, while tracing
  std::int64_t window_ = 0;
  std::int64_t now_ = -1;
  std::int64_t decided_ = -1; // beats up to this frame have been said
  double last_said_ = 0.0;
};

} // namespace auralis::analysis
