// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "auralis/analysis/chord_model.hpp"
#include "auralis/core/analysis.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// The name of a pitch class next to `centre` on the line of fifths: flats in flat keys, sharps in sharp ones.
/// The centre of a major key is its tonic, of a minor key the tonic three fifths up.
[[nodiscard]] core::PitchName spell(int pitch_class, core::PitchName centre) noexcept;

/// Names the chords of a stream of harmony frames.
///
/// Method: a hidden Markov model in the manner of A. Sheh and D. Ellis, "Chord segmentation and recognition using
/// EM-trained hidden Markov models", ISMIR 2003: 97 states, each quality one Gaussian over bass and treble chroma
/// turned to its root, estimated from our own renderings (training/chords/). Decoded by Viterbi's algorithm, `lag`
/// frames late: a few for live use, twenty seconds for files, where nothing later would change what is said.
/// The bass note is found within each segment; confidence is the posterior of the chord given its segment.
/// docs/theory/chords.md.
/// Thread: one owner. Realtime: construction allocates, nothing else does.
class ChordRecognizer {
public:
  struct Config {
    core::Seconds hop{512.0 / 11'025.0};
    int lag = kFileLag;   ///< frames that a decision waits for
    float change = 10.0F; ///< what a change of chord costs, in nats
  };
  static constexpr int kLiveLag = 6;   ///< 0.28 s
  static constexpr int kFileLag = 430; ///< 20 s

  /// A chord that is over, and one that has begun: its `to` is its `from`, and its bass and rank may still change.
  struct News {
    std::optional<core::ChordSegment> ended;
    std::optional<core::ChordSegment> begun;
  };

  /// \throws std::invalid_argument if a setting makes no sense
  explicit ChordRecognizer(const Config& config);
  ChordRecognizer() : ChordRecognizer(Config{}) {}

  /// Takes the next frame; says what the frame `lag` before it decides.
  News process(const HarmonyFrame& frame) noexcept AURALIS_REALTIME;

  /// Says what the frames still undecided decide, one frame a call; false when none is left. The last segment ends at
  /// `end`, the length of the recording.
  bool finish(core::Seconds end, News& news) noexcept AURALIS_REALTIME;

  /// Spells from now on as this key does; C major until then.
  void set_key(const core::Key& key) noexcept AURALIS_REALTIME;
  void reset() noexcept AURALIS_REALTIME;
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  // One frame of the trellis.
  struct Step {
    core::Seconds at;
    std::array<float, kChordStates> likelihood; // scaled
    std::array<std::uint8_t, kChordStates> from;
    std::array<float, 12> bass;
    std::array<float, 12> treble;
  };

  News decide(std::int64_t frame) noexcept;
  [[nodiscard]] core::ChordSegment segment(core::Seconds to) const noexcept;
  [[nodiscard]] int resolved() const noexcept;
  [[nodiscard]] std::optional<core::Chord> named(int state) const noexcept;
  void begin_segment(int state, core::Seconds from) noexcept;
  [[nodiscard]] Step& step_at(std::int64_t frame) noexcept {
    return steps_[static_cast<std::size_t>(frame % static_cast<std::int64_t>(steps_.size()))];
  }

  Config config_;
  std::vector<Step> steps_; // ring of lag + 1
  std::int64_t frames_ = 0;
  std::int64_t decided_ = 0;
  std::array<float, kChordStates> score_{}; // of the best path to each state
  core::PitchName centre_;

  // The segment that is being decided.
  int state_ = -1;
  core::Seconds from_;
  int length_ = 0; // frames
  std::array<float, kChordStates> sum_{};
  std::array<float, 12> bass_{};
  std::array<float, 12> treble_{};
};

} // namespace auralis::analysis
