// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/core/audio_block.hpp"
#include "auralis/core/units.hpp"
#include "auralis/dsp/biquad.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

inline constexpr std::size_t kMostChannels = 8;

/// What each channel counts for in loudness, by how many there are, in the order of WAV files: left, right, centre,
/// low-frequency, then the surrounds. Those beside the listener count 1.41, those behind 1, low-frequency nothing.
/// ITU-R BS.1770-5, annex 3.
[[nodiscard]] std::array<float, kMostChannels> loudness_weights(int channels) noexcept;

/// Loudness, loudness range and true peak of a whole programme while it passes, in constant memory.
///
/// ITU-R BS.1770-5, EBU Tech 3341 and 3342: momentary and short-term every 100 ms, the range from a short-term value a
/// second. Gating keeps a histogram of 0.05 LU with the energies summed in it, so that only blocks within one step of a
/// gate can fall on its wrong side. The true peak is interpolated fourfold (twofold from 96 kHz on, not from 192 kHz
/// on), only where the samples are high enough to hold a new peak. Samples that are no numbers count as zero.
/// Thread: one owner. Realtime: all but construction.
class ProgrammeLoudness {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0};                       ///< [8000, 192000]
    int channels = 2;                                        ///< [1, 8]
    std::optional<std::array<float, kMostChannels>> weights; ///< loudness_weights(channels) unless given
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit ProgrammeLoudness(const Config& config);

  /// Takes any number of frames; calls on_point(const core::LoudnessPoint&) at every whole 100 ms.
  template <typename OnPoint> void push(const core::AudioBlock& block, OnPoint&& on_point) noexcept {
    for (std::size_t from = 0; from < block.frames;) {
      from += take(block, from);
      if (in_block_ == block_size_) {
        on_point(static_cast<const core::LoudnessPoint&>(close_block()));
      }
    }
  }

  /// Frames until the next point.
  [[nodiscard]] std::size_t until_next_point() const noexcept { return block_size_ - in_block_; }

  /// Of everything so far.
  [[nodiscard]] core::LoudnessReport report() const noexcept;

  /// Back to the state right after construction.
  void reset() noexcept AURALIS_REALTIME;

  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  static constexpr std::size_t kPiece = 256;
  static constexpr std::size_t kInterpolated = 24;           // what the longest interpolator looks back
  static constexpr std::size_t kHistory = kInterpolated + 8; // so that whole vectors may begin before what is new
  static constexpr std::size_t kBlocks = 30;                 // of 100 ms, in 3 s
  struct Kernel;

  /// Loudness values in steps, each with the energy of what fell in it.
  struct Histogram {
    struct Bin {
      std::int64_t count = 0;
      double energy = 0.0;
    };
    std::vector<Bin> bins;

    void add(double energy) noexcept;
    /// Mean energy of what is at least as loud; 0 if nothing is.
    [[nodiscard]] double mean_from(double lufs) const noexcept;
    [[nodiscard]] double percentile_from(double lufs, double share) const noexcept;
  };
  /// Four channels' filter memory, a channel a lane.
  struct alignas(32) Lanes {
    std::array<std::array<double, 4>, 4> state{};
    std::array<double, 4> energy{};
  };

  std::size_t take(const core::AudioBlock& block, std::size_t from) noexcept;
  core::LoudnessPoint close_block() noexcept;
  [[nodiscard]] double energy_of_last(std::size_t blocks) const noexcept;

  Config config_;
  std::array<float, kMostChannels> weights_;
  std::array<BiquadCoefficients, 2> filter_;
  std::size_t block_size_; // frames in 100 ms
  std::size_t phases_ = 0; // between samples that are interpolated
  std::size_t taps_ = 0;
  std::array<std::array<float, kInterpolated>, 3> interpolator_{}; // [phase][tap], newest sample first
  float most_gain_ = 1.0F;                                         // what a peak between samples may exceed these by

  std::array<std::array<float, kHistory + kPiece>, kMostChannels> samples_{};
  std::array<Lanes, 2> lanes_{};
  std::size_t in_block_ = 0;
  std::array<double, kBlocks> recent_{}; // weighted energy, block n at n modulo kBlocks
  std::int64_t blocks_ = 0;
  Histogram gated_;
  Histogram short_term_;
  float peak_ = 0.0F;
  double highest_momentary_ = 0.0; // energies
  double highest_short_term_ = 0.0;
  void (*weigh_)(const std::array<BiquadCoefficients, 2>& filter, const float* const* channels, std::size_t lanes,
                 std::size_t count, Lanes& out) noexcept;
  float (*peak_between_)(const float* samples, std::size_t count, const float* taps, std::size_t length) noexcept;
  float (*highest_)(const float* samples, std::size_t count) noexcept;
};

} // namespace auralis::dsp
