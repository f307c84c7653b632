// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auralis/core/music.hpp"
#include "auralis/core/units.hpp"

/// What the engine hears, as plain values. Every time is in seconds from the first decoded sample; every estimate
/// carries a confidence in [0, 1], and its runner-up where there is one.
namespace auralis::core {

inline constexpr int kMfccCount = 13;
inline constexpr int kContrastBands = 6;
inline constexpr int kTonalCentroidSize = 6;

/// Where in the spectrum a transient has most of its energy: below 200 Hz, up to 2 kHz, above.
enum class Band : std::uint8_t { low, mid, high };
[[nodiscard]] std::string_view to_string(Band band) noexcept;

/// A note or a stroke begins.
struct Onset {
  Seconds at;
  float strength = 0.0F; ///< of the detection function at its peak, relative to the loudest of the last seconds; [0, 1]
  Band band = Band::mid;
  float confidence = 0.0F;
};

/// A beat; a downbeat where position is 1.
struct Beat {
  Seconds at;
  int position = 0; ///< 1 … beats_per_bar; 0 while the metre is unknown
  int beats_per_bar = 0;
  Bpm tempo; ///< at this beat; live, LiveTempo is the steady one
  float confidence = 0.0F;
  float downbeat_confidence = 0.0F; ///< that position is right
};

/// How beats are found in what was heard.
enum class BeatMethod : std::uint8_t {
  bar_pointer, ///< the tempi and bars that explain it best
  peaks,       ///< its maxima, with no model of either
};

/// Who heard something: a network, or signal processing.
struct HeardBy {
  std::string network;  ///< its name and version; empty: signal processing
  std::string why_none; ///< why a network that there should be was not used; empty where nothing went wrong
};

struct TempoCandidate {
  Bpm tempo;
  float confidence = 0.0F;
};
struct TempoPoint {
  Seconds at;
  Bpm tempo;
  float confidence = 0.0F;
};

/// What a live analyser knows of the tempo: one that stays, with the beats at half and at twice it beside. Files have
/// Analysis::tempi and tempo_curve.
struct LiveTempo {
  TempoCandidate best;
  TempoCandidate half;  ///< tempo 0 where nobody looks for one so slow
  TempoCandidate twice; ///< tempo 0 where nobody looks for one so fast
};

struct KeyCandidate {
  Key key; ///< ionian or aeolian: major or minor
  float confidence = 0.0F;
};
struct KeyEstimate {
  KeyCandidate best;
  KeyCandidate runner_up;
};
/// What a live analyser knows of the key. Files have the same as Analysis::key and local_keys.
struct LiveKey {
  KeyEstimate whole; ///< of all that was heard so far, the last minutes before all else
  KeyEstimate local; ///< of the last seconds
};
/// "8B" for C major, "8A" for A minor: the wheel that DJs mix by. \pre key is ionian or aeolian
[[nodiscard]] std::string camelot(const Key& key);

struct KeySegment {
  Seconds from;
  Seconds to;
  KeyEstimate key;
};

/// A chord, or none where nothing tonal sounds.
struct ChordSegment {
  Seconds from;
  Seconds to;
  std::optional<Chord> chord;
  float confidence = 0.0F;
  std::optional<Chord> runner_up;
};

/// Fundamental frequency of one frame.
struct PitchPoint {
  Seconds at;
  Hertz f0; ///< the best guess even where unvoiced; 0 where there is none
  bool voiced = false;
  float voicing = 0.0F; ///< probability that a pitched sound is there
};

/// A part of the form: parts that share a label are alike. Live it is said when it has ended.
struct Section {
  Seconds from;
  Seconds to;
  char label = 'A'; ///< 'A', 'B', …
  float confidence = 0.0F;
};

/// Spectral and temporal shape of one frame; linear amplitudes, frequencies in Hz.
/// Definitions: G. Peeters, "A large set of audio features for sound description", IRCAM 2004, unless said otherwise.
struct FeatureFrame {
  Seconds at; ///< the centre of the window
  float rms = 0.0F;
  float peak = 0.0F;
  float crest = 0.0F;              ///< peak / rms; 0 for silence
  float zero_crossing_rate = 0.0F; ///< crossings per sample, [0, 1]
  float centroid = 0.0F;
  float bandwidth = 0.0F;
  float rolloff = 0.0F;    ///< below it lie 85 % of the energy
  float flatness = 0.0F;   ///< geometric over arithmetic mean of the power spectrum, [0, 1]
  float flux = 0.0F;       ///< half-wave rectified difference of the magnitudes to the frame before
  float complexity = 0.0F; ///< number of spectral peaks above a threshold
  std::array<float, kContrastBands> contrast{}; ///< dB between peaks and valleys, octave bands (Jiang 2002)
  std::array<float, kMfccCount> mfcc{};
  std::array<float, kMfccCount> mfcc_delta{};
};

/// Pitch class content of one frame of the tonal resolution.
struct ChromaFrame {
  Seconds at;
  std::array<float, 12> chroma{};                         ///< from C, the largest is 1, all 0 for silence
  std::array<float, kTonalCentroidSize> tonal_centroid{}; ///< Harte 2006
};

/// EBU R 128 and Tech 3341 / 3342. -infinity for silence.
struct LoudnessReport {
  double integrated_lufs = 0.0;
  double range_lu = 0.0;
  Decibels true_peak;
  double max_momentary_lufs = 0.0;
  double max_short_term_lufs = 0.0;
};
struct LoudnessPoint {
  Seconds at;                   ///< the end of the windows
  float momentary_lufs = 0.0F;  ///< 400 ms
  float short_term_lufs = 0.0F; ///< 3 s
};

struct Span {
  Seconds from;
  Seconds to;
};

/// A number in [0, 1] with how sure we are of it.
struct Score {
  float value = 0.0F;
  float confidence = 0.0F;
};

/// Mean and standard deviation over the whole, leaving silence out.
struct Statistic {
  float mean = 0.0F;
  float deviation = 0.0F;
};
/// Of every member of FeatureFrame, in its order.
struct FeatureSummary {
  Statistic rms, peak, crest, zero_crossing_rate, centroid, bandwidth, rolloff, flatness, flux, complexity;
  std::array<Statistic, kContrastBands> contrast{};
  std::array<Statistic, kMfccCount> mfcc{};
  std::array<Statistic, kMfccCount> mfcc_delta{};
};

/// Everything known of a recording once it has been heard to its end.
struct Analysis {
  Seconds length;
  Hertz source_rate;
  int source_channels = 0;

  std::vector<Onset> onsets;
  std::vector<Beat> beats;
  HeardBy beats_by;
  BeatMethod beat_method = BeatMethod::bar_pointer;
  std::vector<TempoCandidate> tempi; ///< most likely first; half, double and others follow
  std::vector<TempoPoint> tempo_curve;
  int beats_per_bar = 0;
  float metre_confidence = 0.0F;

  std::optional<KeyEstimate> key; ///< none where nothing tonal was heard
  HeardBy key_by;
  std::vector<KeySegment> local_keys;
  std::vector<ChordSegment> chords;
  Hertz tuning{440.0}; ///< of A4
  float tuning_confidence = 0.0F;
  std::vector<PitchPoint> pitch;
  HeardBy pitch_by;

  std::vector<Section> sections;

  LoudnessReport loudness;
  std::vector<LoudnessPoint> loudness_curve;
  Decibels dynamic_complexity; ///< mean deviation from the mean loudness (Streich 2007)
  std::vector<Span> silences;
  Seconds fade_in;  ///< its length; 0 when there is none
  Seconds fade_out; ///< its length; 0 when there is none

  FeatureSummary features;

  Score danceability;
  Score energy;
  Score valence_proxy;                   ///< from mode, tempo and brightness; a proxy, not a measurement of emotion
  std::optional<Score> instrumentalness; ///< null until a model gives it
};

/// What a live analyser says, in the order in which it knows it.
struct AnalysisEvent {
  Seconds at;       ///< when it happens in the music
  Seconds known_at; ///< time of the newest sample that had been pushed when it was said: the difference is the latency
  std::variant<FeatureFrame, ChromaFrame, Onset, Beat, LiveTempo, ChordSegment, LiveKey, Section, LoudnessPoint,
               PitchPoint>
      what;
};

} // namespace auralis::core
