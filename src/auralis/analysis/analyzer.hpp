// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "auralis/analysis/networks.hpp"
#include "auralis/core/analysis.hpp"
#include "auralis/core/audio_block.hpp"

namespace auralis::analysis {

/// What to find out. Less is faster: what nothing here needs is not computed.
struct Wanted {
  bool rhythm = true;   ///< onsets, beats, tempo, danceability
  bool tonal = true;    ///< tuning, key
  bool chords = true;   ///< chords; needs tonal and, for when they change, onsets: found then, wanted or not
  bool pitch = true;    ///< f0, point by point
  bool features = true; ///< summary of spectral shape
  bool timbre = true;   ///< contrast and cepstrum among the features
  bool loudness = true; ///< levels, silences, fades
  bool sections = true; ///< the form; needs rhythm, tonal and features, which are then found, wanted or not
};

/// Hears a recording from its start to its end and then says everything known of it.
///
/// The same stages as live, with those that may look back (beats, key, chords, pitch) waiting longer for what comes.
/// Memory grows with what is found (a beat, a chord), not with the sound: a few megabytes an hour without pitch, ten
/// with it. Thread: one owner. Realtime: no.
class Analyzer {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0}; ///< whole hertz, [8000, 192000]
    int channels = 2;                  ///< [1, 8]
    Wanted wanted;
    Networks networks{}; ///< listened through where there is one
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit Analyzer(const Config& config);
  ~Analyzer();
  Analyzer(const Analyzer&) = delete;
  Analyzer& operator=(const Analyzer&) = delete;
  Analyzer(Analyzer&&) noexcept;
  Analyzer& operator=(Analyzer&&) noexcept;

  /// Any number of frames. \pre block.channels.size() == channels
  void push(const core::AudioBlock& block);
  /// Ends the recording. Nothing may follow.
  [[nodiscard]] core::Analysis finish();
  /// The same; nothing where `stop` is requested before all is known.
  [[nodiscard]] std::optional<core::Analysis> finish(const std::stop_token& stop);

private:
  struct Stages;

  std::unique_ptr<Stages> stages_;
};

} // namespace auralis::analysis
