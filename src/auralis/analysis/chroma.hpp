// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/filter_bank.hpp"
#include "auralis/dsp/stft.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

inline constexpr int kLowestNote = 28; ///< MIDI: E1, 41 Hz
inline constexpr int kNoteCount = 72;  ///< to D#7, 2,489 Hz

/// The harmony of one frame: what keys and chords are found from. A neural network may make it instead of Chroma.
struct HarmonyFrame {
  core::Seconds at;
  std::array<float, 12> bass{};   ///< pitch classes from C of the low notes; sums to 1, or all 0
  std::array<float, 12> treble{}; ///< of the notes above; sums to 1, or all 0
  float level = 0.0F;             ///< linear amplitude of what the notes explain; 0 for silence
};

/// Pitch class content from the magnitudes of the tonal spectrum.
///
/// Method: approximate transcription by non-negative least squares (M. Mauch and S. Dixon, "Approximate note
/// transcription for the improved identification of difficult chords", ISMIR 2010): a log-frequency spectrum with
/// three bins a semitone, tuned; whitened; explained by notes with decaying harmonics; the notes summed to bass and
/// treble chroma. Ours: the dictionary's tones are put through the same window and bank as the music, so that low
/// notes, wider than a semitone, are told apart; the tuning chooses among banks 10 cents apart instead of an
/// interpolation; coordinate descent on the Gram matrix. docs/theory/chroma.md.
/// Thread: one owner. Realtime: construction allocates, nothing else does.
class Chroma {
public:
  struct Config {
    core::Hertz sample_rate{11'025.0};
    int fft_size = 4'096;
    float harmonic_decay = 0.7F; ///< amplitude of a harmonic over the one below it, in the dictionary
    float whitening = 1.0F;      ///< exponent of the local deviation that the spectrum is divided by
    int sweeps = 8;              ///< of the coordinate descent
  };

  /// \throws std::invalid_argument if a setting makes no sense
  explicit Chroma(const Config& config);
  Chroma() : Chroma(Config{}) {}

  /// Takes one frame and the tuning known by then, [-65, 65] cents.
  /// \pre spectrum.magnitude.size() == fft_size / 2 + 1
  HarmonyFrame process(const dsp::Spectrum& spectrum, double cents) noexcept AURALIS_REALTIME;

  /// Activations of the notes from kLowestNote in the last frame. Owned by this object.
  [[nodiscard]] std::span<const float, kNoteCount> notes() const noexcept { return notes_; }

  void reset() noexcept AURALIS_REALTIME;

private:
  static constexpr int kBinsPerSemitone = 3;
  static constexpr int kLogBins = 252; // from a semitone below the lowest note, to 4.9 kHz
  static constexpr int kBanks = 15;    // -70, -60 … 70 cents

  // Triangles on the transform's bins, one after another.
  [[nodiscard]] dsp::FilterBank bank(double cents) const;
  void whiten() noexcept;
  void explain() noexcept;

  Config config_;
  std::vector<dsp::FilterBank> banks_;
  std::vector<float> dictionary_; // [kLogBins][kNoteCount]
  std::vector<float> gram_;       // [kNoteCount][kNoteCount]
  std::array<float, kNoteCount> bass_weight_{};
  std::array<float, kNoteCount> treble_weight_{};
  alignas(32) std::array<float, kLogBins> spectrum_{};
  alignas(32) std::array<float, kLogBins> whitened_{};
  alignas(32) std::array<float, kNoteCount> notes_{};
  float loudest_ = 0.0F; // what the level is held against, decaying
  using Explain = void (*)(const float* dictionary, const float* gram, const float* spectrum, float* notes, int sweeps);
  Explain kernel_;
};

/// Interval space of fifths, minor and major thirds: three circles, sine and cosine of each. All 0 for silence.
///
/// Method: C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", AMCMM 2006, eq. 1, with
/// radii 1, 1 and 0.5.
[[nodiscard]] std::array<float, core::kTonalCentroidSize> tonal_centroid(const std::array<float, 12>& chroma) noexcept;

/// Bass and treble together, the largest 1, with the tonal centroid: the frame as others see it.
[[nodiscard]] core::ChromaFrame chroma_frame(const HarmonyFrame& harmony) noexcept;

} // namespace auralis::analysis
