// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/sinc_resampler.hpp"
#include "auralis/dsp/stft.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// The one rate at which everything is analysed, so that no estimator depends on a file's.
inline constexpr core::Hertz kAnalysisRate{44'100.0};
/// Onsets, beats and timbre: 46 ms windows, 100 a second.
inline constexpr dsp::Stft::Config kFineStft{.sample_rate = kAnalysisRate, .fft_size = 2'048, .hop_size = 441};
/// Tuning, chroma, key and chords: 371 ms windows of a quarter of the rate, 21.5 a second.
inline constexpr dsp::Stft::Config kTonalStft{
    .sample_rate = core::Hertz{kAnalysisRate.value / 4.0}, .fft_size = 4'096, .hop_size = 512};

/// Makes of sound of any rate and channel count the two streams of spectra that every estimator shares.
///
/// The channels are averaged: the mean does not know their order, a mono file and the same with two equal channels are
/// one sound, and what is out of phase between channels is lost, as it is when a room adds them. Samples that are not
/// numbers, or beyond any that a recording holds, count as zero. Time 0 stays time 0 through the resampling.
/// What comes out, and in what order, never depends on how the samples were cut into calls.
/// Thread: one owner. Realtime: all but construction.
class FrontEnd {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0}; ///< whole hertz, [8000, 192000]
    int channels = 2;                  ///< [1, 8]
    bool tonal = true;                 ///< false: there are no tonal spectra
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit FrontEnd(const Config& config);

  /// Takes any number of frames; calls on_fine and on_tonal, each with a const dsp::Spectrum&, in the order in which
  /// the samples complete them. \pre block.channels.size() == config().channels
  template <typename OnFine, typename OnTonal>
  void push(const core::AudioBlock& block, OnFine&& on_fine, OnTonal&& on_tonal) noexcept {
    for (std::size_t from = 0; from < block.frames; from += kPiece) {
      spread(mix(block, from), on_fine, on_tonal);
    }
  }

  /// Ends the stream: reports every frame whose centre lies within it. Only reset() may follow.
  template <typename OnFine, typename OnTonal> void finish(OnFine&& on_fine, OnTonal&& on_tonal) noexcept {
    ended_ = true;
    spread(mix_rest(), on_fine, on_tonal);
    fine_.finish(on_fine);
    if (config_.tonal) {
      tonal_.push(decimate_rest(), on_tonal);
      tonal_.finish(on_tonal);
    }
  }

  /// Back to the state right after construction.
  void reset() noexcept AURALIS_REALTIME;

  /// Of the sample that completed the spectrum being reported, in the source's time: its latency is this minus its
  /// own time. Good inside a callback.
  [[nodiscard]] core::Seconds known_at() const noexcept;
  /// How long after its time a fine spectrum is known.
  [[nodiscard]] core::Seconds fine_latency() const noexcept;
  [[nodiscard]] core::Seconds tonal_latency() const noexcept;
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  static constexpr std::size_t kPiece = 512; // frames taken at a time

  std::span<const float> mix(const core::AudioBlock& block, std::size_t from) noexcept; // at the analysis rate
  std::span<const float> mix_rest() noexcept;
  std::span<const float> decimate(std::span<const float> samples) noexcept;
  std::span<const float> decimate_rest() noexcept;
  [[nodiscard]] std::size_t until_next_frame() const noexcept; // of either kind, in samples of the analysis rate

  template <typename OnFine, typename OnTonal>
  void spread(std::span<const float> samples, OnFine&& on_fine, OnTonal&& on_tonal) noexcept {
    while (!samples.empty()) {
      // Cut where a spectrum is completed, so that the order of the two kinds never depends on the pieces.
      const auto piece = samples.first(std::min(samples.size(), until_next_frame()));
      samples = samples.subspan(piece.size());
      heard_ += static_cast<std::int64_t>(piece.size());
      fine_.push(piece, on_fine);
      if (config_.tonal) {
        tonal_.push(decimate(piece), on_tonal);
      }
    }
  }

  Config config_;
  std::optional<dsp::SincResampler> resampler_; // none at the analysis rate itself
  dsp::SincResampler decimator_;
  dsp::Stft fine_;
  dsp::Stft tonal_;
  std::array<float, kPiece> mono_{};
  std::vector<float> resampled_;
  std::vector<float> decimated_;
  std::int64_t heard_ = 0; // samples of the analysis rate
  std::int64_t taken_ = 0; // frames of the source
  bool ended_ = false;
};

} // namespace auralis::analysis
