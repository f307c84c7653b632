// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "auralis/analysis/chroma.hpp"
#include "auralis/analysis/neural_key.hpp"
#include "auralis/core/analysis.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// Finds the key of the whole, and keys that hold for a part of it.
///
/// Method: correlation of the mean chroma with profiles (C. Krumhansl, "Cognitive Foundations of Musical Pitch",
/// 1990, ch. 4), the profiles being those of chord tones and, for the bass, of chord roots in three corpora
/// (training/keys/). Local keys: the same over a sliding window, smoothed by a hidden Markov model over 24 keys in
/// which near keys are likelier successors than distant ones, decoded by Viterbi's algorithm `lag` steps late; a step
/// is about a second. With a network its log probabilities take the correlations' place, or are joined with them, as
/// its settings say; where it has not heard a whole second yet, or its runtime fails, the correlations say alone.
/// docs/theory/key.md has the comparison of profiles and the figures. Thread: one owner. Realtime: construction
/// allocates, nothing else does; with a network, as nn::StreamingModel.
class KeyEstimator {
public:
  struct Config {
    core::Seconds hop{512.0 / 11'025.0};
    core::Seconds window{8.0}; ///< of the local keys
    int lag = kFileLag;        ///< steps that a local decision waits for
    /// What the whole forgets by: after so long a sound counts 1/e. For streams that end long after their key has
    /// changed; a file forgets nothing.
    core::Seconds memory{std::numeric_limits<double>::infinity()};
    std::shared_ptr<const nn::Model> network; ///< none: signal processing alone
  };
  static constexpr int kLiveLag = 0;
  static constexpr int kFileLag = 60;
  static constexpr core::Seconds kLiveMemory{180.0};

  struct News {
    std::optional<core::KeySegment> ended;
    std::optional<core::KeySegment> begun; ///< its `to` is its `from`
    /// Of everything so far, where that is another than was said last, or much surer or less sure.
    std::optional<core::KeyEstimate> whole;
  };

  /// \throws std::invalid_argument if a setting makes no sense, or key_decoding() refuses the network
  explicit KeyEstimator(const Config& config);
  KeyEstimator() : KeyEstimator(Config{}) {}

  /// Takes the next frame; about once a second there may be news.
  News process(const HarmonyFrame& frame) noexcept AURALIS_REALTIME;

  /// Says what the steps still undecided decide, one a call; false when none is left. The last segment ends at `end`.
  bool finish(core::Seconds end, News& news) noexcept AURALIS_REALTIME;

  /// The key of everything so far; none before anything tonal was heard.
  [[nodiscard]] std::optional<core::KeyEstimate> estimate() const noexcept;

  void reset() noexcept AURALIS_REALTIME;
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  /// Sums of normalised frames.
  struct Content {
    std::array<float, 12> both{}; ///< treble and half the bass
    std::array<float, 12> bass{};
    float frames = 0.0F; ///< that sounded
  };
  using Scores = std::array<float, kKeyCount>;

  struct Step {
    core::Seconds from;
    Scores score; // log likelihoods, as sharp as those of the whole
    std::array<std::uint8_t, kKeyCount> from_key;
  };

  [[nodiscard]] static Scores scores(const Content& content) noexcept;
  [[nodiscard]] static core::KeyEstimate ranked(const Scores& log_likelihoods) noexcept;
  [[nodiscard]] core::KeyEstimate fitted(core::KeyEstimate key) const noexcept;
  /// What the network says of the step that is over; null where it says nothing.
  [[nodiscard]] const Scores* ask_network() noexcept;
  /// Log likelihoods by both together, of the whole or of a part of it.
  [[nodiscard]] Scores as_sharp_as_the_whole(const Scores& correlations, const Scores* said,
                                             double signal_share) const noexcept;
  News advance() noexcept;
  News decide(std::int64_t step) noexcept;
  [[nodiscard]] std::optional<core::KeyEstimate> whole_news() noexcept;
  [[nodiscard]] core::KeySegment segment(core::Seconds to) const noexcept;
  [[nodiscard]] Step& step_at(std::int64_t step) noexcept {
    return steps_[static_cast<std::size_t>(step % static_cast<std::int64_t>(steps_.size()))];
  }

  Config config_;
  int frames_a_step_;
  float kept_;    // of the whole, a step
  Content whole_; // of the steps that are over and of this one

  std::optional<KeyNetwork> network_;
  KeyDecoding decoding_;
  Scores said_sum_{};       // of what the network said, each step by its share that sounded
  float said_steps_ = 0.0F; // the sum of those shares

  std::optional<core::KeyCandidate> said_;

  std::vector<Content> window_; // ring of steps
  Content filling_;
  int filled_ = 0;
  core::Seconds filling_from_;
  std::int64_t blocks_ = 0;

  std::vector<Step> steps_; // ring of lag + 1
  std::int64_t count_ = 0;
  std::int64_t decided_ = 0;
  Scores path_{};

  int key_ = -1; // of the segment that is being decided
  core::Seconds from_;
  Scores sum_{};
  int length_ = 0; // steps
};

} // namespace auralis::analysis
