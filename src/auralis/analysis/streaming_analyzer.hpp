// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "auralis/analysis/beat_tracker.hpp"
#include "auralis/analysis/chord_recognizer.hpp"
#include "auralis/analysis/chroma.hpp"
#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/key_estimator.hpp"
#include "auralis/analysis/log_bands.hpp"
#include "auralis/analysis/networks.hpp"
#include "auralis/analysis/onset_detector.hpp"
#include "auralis/analysis/pitch_tracker.hpp"
#include "auralis/analysis/section_cells.hpp"
#include "auralis/analysis/spectral_features.hpp"
#include "auralis/analysis/structure_segmenter.hpp"
#include "auralis/analysis/tempo_follower.hpp"
#include "auralis/analysis/tuning.hpp"
#include "auralis/core/analysis.hpp"
#include "auralis/core/audio_block.hpp"
#include "auralis/dsp/programme_loudness.hpp"
#include "auralis/rt/realtime_section.hpp"
#include "auralis/rt/spsc_ring.hpp"

namespace auralis::analysis {

/// Hears sound as it comes and says what it hears: all live stages behind one door.
///
/// Push any number of frames; events come either to a callback, on the pushing thread, or through a queue to another
/// thread. Which events there are, their order, their times and when they count as known never depend on how the sound
/// was cut into calls: `known_at` is the sample that an event needed, not the end of the call that brought it.
/// Thread: push and finish belong to one thread, pull to one other, start, stop and the getters to any. Realtime: all
/// but construction; wait-free; with a network, as nn::StreamingModel.
class StreamingAnalyzer {
public:
  /// What to listen for; what is not wanted is not computed.
  struct Parts {
    bool features = true;
    bool onsets = true;
    bool beats = true; ///< and the tempo, where it changes or becomes surer or less sure
    bool pitch = true;
    bool chroma = true;
    bool keys = true;   ///< said where the local key changes, or that of all so far does or becomes surer
    bool chords = true; ///< said where one begins, its end then being its beginning, and where it has ended
    bool loudness = true;
    bool sections = true; ///< said where one has ended; on beats, if those are wanted, too
  };
  struct Config {
    core::Hertz sample_rate{44'100.0}; ///< whole hertz, [8000, 192000]
    int channels = 2;                  ///< [1, 8]
    Parts parts{};
    std::size_t queue = 4'096; ///< events that wait for pull(): ten seconds of all parts
    Networks networks{};       ///< listened through where there is one
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit StreamingAnalyzer(const Config& config);

  /// Takes any number of frames and calls on_event(const core::AnalysisEvent&), which must not throw.
  /// \pre block.channels.size() == config().channels
  template <typename OnEvent> void push(const core::AudioBlock& block, OnEvent&& on_event) noexcept {
    if (!begin_push()) {
      return;
    }
    std::array<const float*, dsp::kMostChannels> channels{};
    for (std::size_t from = 0; from < block.frames;) {
      // Cut where a loudness point is due, so that it always falls between the same two spectra.
      const std::size_t count = std::min(block.frames - from, loudness_.until_next_point());
      for (std::size_t c = 0; c < block.channels.size(); ++c) {
        channels[c] = block.channels[c] + from;
      }
      const core::AudioBlock piece{{channels.data(), block.channels.size()}, count};
      from += count;
      front_end_.push(
          piece, [&](const dsp::Spectrum& spectrum) { hear_fine(spectrum, on_event); },
          [&](const dsp::Spectrum& spectrum) { hear_tonal(spectrum, on_event); });
      loudness_.push(piece, [&](const core::LoudnessPoint& point) {
        if (config_.parts.loudness) {
          on_event(core::AnalysisEvent{.at = point.at, .known_at = point.at, .what = point});
        }
      });
    }
  }

  /// Ends the stream: says what was held back. Only reset(), or start(), may follow.
  template <typename OnEvent> void finish(OnEvent&& on_event) noexcept {
    if (!begin_push()) {
      return;
    }
    front_end_.finish([&](const dsp::Spectrum& spectrum) { hear_fine(spectrum, on_event); },
                      [&](const dsp::Spectrum& spectrum) { hear_tonal(spectrum, on_event); });
    if (config_.parts.pitch) {
      while (const auto point = pitch_.finish()) {
        say(point->at, *point, on_event);
      }
    }
    if (config_.parts.keys || config_.parts.chords) {
      for (KeyEstimator::News news; keys_.finish(front_end_.known_at(), news);) {
        hear_key(news, on_event);
      }
    }
    if (config_.parts.chords) {
      for (ChordRecognizer::News news; chords_.finish(front_end_.known_at(), news);) {
        hear_chord(news, on_event);
      }
    }
    if (config_.parts.sections) {
      while (const auto cell = cells_.finish(front_end_.known_at())) {
        hear_cell(*cell, on_event);
      }
      while (const auto section = sections_.finish(front_end_.known_at())) {
        say(section->to, *section, on_event);
      }
    }
  }

  /// The same with events going to the queue; what finds it full is lost and counted.
  void push(const core::AudioBlock& block) noexcept AURALIS_REALTIME {
    push(block, [this](const core::AnalysisEvent& event) noexcept { enqueue(event); });
  }
  void finish() noexcept AURALIS_REALTIME {
    finish([this](const core::AnalysisEvent& event) noexcept { enqueue(event); });
  }

  /// Takes the next event from the queue; false if there is none.
  bool pull(core::AnalysisEvent& event) noexcept AURALIS_REALTIME { return queue_.pop(event); }
  /// Events in the queue; exact for the two threads that own its ends.
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
  /// Events lost to a full queue since construction.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  /// From stop() on pushed sound is ignored; from start() on it is heard anew, beginning at time 0. A new object has
  /// been started. Takes effect at the next push.
  void start() noexcept;
  void stop() noexcept;
  [[nodiscard]] bool is_running() const noexcept;

  /// Back to the state right after construction, but for the queue, which keeps what it holds. Thread: the pushing one.
  void reset() noexcept AURALIS_REALTIME;

  /// Loudness of everything so far. Thread: the pushing one.
  [[nodiscard]] core::LoudnessReport loudness() const noexcept { return loudness_.report(); }
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  bool begin_push() noexcept; // false while stopped
  void enqueue(const core::AnalysisEvent& event) noexcept;

  template <typename What, typename OnEvent> void say(core::Seconds at, const What& what, OnEvent&& on_event) noexcept {
    on_event(core::AnalysisEvent{.at = at, .known_at = front_end_.known_at(), .what = what});
  }

  template <typename OnEvent> void hear_fine(const dsp::Spectrum& spectrum, OnEvent&& on_event) noexcept {
    if (config_.parts.features || config_.parts.sections) {
      const auto& frame = features_.process(spectrum);
      if (config_.parts.features) {
        say(frame.at, frame, on_event);
      }
    }
    if (config_.parts.sections) {
      cells_.process(spectrum.at, features_.mel());
    }
    if (config_.parts.onsets || config_.parts.beats) {
      log_bands_.process(spectrum);
    }
    if (config_.parts.onsets) {
      if (const auto onset = onsets_.process(log_bands_)) {
        say(onset->at, *onset, on_event);
      }
    }
    if (config_.parts.beats) {
      const auto beat = beats_.process(log_bands_);
      if (beat) {
        say(beat->at, *beat, on_event);
        sections_.process(*beat);
      }
      if (const auto tempo = tempo_.process(beats_.filter(), beat.has_value())) {
        say(front_end_.known_at(), *tempo, on_event);
      }
    }
    if (config_.parts.pitch) {
      if (const auto point = pitch_.process(spectrum)) {
        say(point->at, *point, on_event);
      }
    }
  }

  template <typename OnEvent> void hear_tonal(const dsp::Spectrum& spectrum, OnEvent&& on_event) noexcept {
    const auto& parts = config_.parts;
    if (!parts.chroma && !parts.keys && !parts.chords && !parts.sections) {
      return;
    }
    tuning_.process(spectrum);
    const auto harmony = chroma_.process(spectrum, tuning_.tuning().cents);
    if (parts.chroma) {
      say(harmony.at, chroma_frame(harmony), on_event);
    }
    if (parts.keys || parts.chords) {
      hear_key(keys_.process(harmony), on_event);
    }
    if (parts.chords) {
      hear_chord(chords_.process(harmony), on_event);
    }
    if (parts.sections) {
      if (const auto cell = cells_.process(harmony)) {
        hear_cell(*cell, on_event);
      }
    }
  }

  template <typename OnEvent> void hear_cell(const SectionCell& cell, OnEvent&& on_event) noexcept {
    if (const auto section = sections_.process(cell)) {
      say(section->to, *section, on_event);
    }
  }

  template <typename OnEvent> void hear_key(const KeyEstimator::News& news, OnEvent&& on_event) noexcept {
    if (news.whole) {
      key_.whole = *news.whole;
    }
    if (news.begun) {
      key_.local = news.begun->key;
      chords_.set_key(key_.local.best.key);
    }
    if (config_.parts.keys && (news.whole || news.begun)) {
      say(news.begun ? news.begun->from : front_end_.known_at(), key_, on_event);
    }
  }

  template <typename OnEvent> void hear_chord(const ChordRecognizer::News& news, OnEvent&& on_event) noexcept {
    for (const auto* chord : {&news.ended, &news.begun}) {
      if (*chord) {
        say((*chord)->from, **chord, on_event);
      }
    }
  }

  Config config_;
  FrontEnd front_end_;
  dsp::ProgrammeLoudness loudness_;
  SpectralFeatures features_;
  LogBands log_bands_;
  OnsetDetector onsets_;
  BeatTracker beats_;
  TempoFollower tempo_;
  PitchTracker pitch_;
  TuningEstimator tuning_;
  Chroma chroma_;
  KeyEstimator keys_;
  core::LiveKey key_; // as said last
  ChordRecognizer chords_;
  SectionCells cells_;
  SectionTracker sections_;

  rt::SpscRing<core::AnalysisEvent> queue_;
  std::atomic<std::uint64_t> lost_{0}; // stored by the pushing thread only
  // Odd while running; each start and stop adds one. The pushing thread resets itself where it finds a new odd number.
  std::atomic<std::uint64_t> state_{1};
  std::uint64_t heard_state_ = 1; // pushing thread only
};

} // namespace auralis::analysis
