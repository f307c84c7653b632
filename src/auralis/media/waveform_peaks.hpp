// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"

/// The outline of a waveform at several resolutions, for pages that draw and zoom it.
///
/// The document, version 1. All numbers are little-endian; a reader refuses another magic or version.
///
///     offset  size  what
///          0     4  "APKS"
///          4     2  version: 1
///          6     1  bits of a value: 8 or 16
///          7     1  channels C: 1 to 8
///          8     8  sample rate in Hz, IEEE 754 double
///         16     8  frames of the sound
///         24     4  number of levels L
///         28     4  0
///         32  16 L  for each level, finest first:
///                     +0  4  frames that a point stands for
///                     +4  4  points N: frames of the sound divided by that, rounded up
///                     +8  8  offset of its points from the start of the document, a multiple of 4
///                 for each level N points of C times min, max, rms, in the order [point][channel][min, max, rms]
///
/// A value v in [-1, 1] is v times 127 or 32,767: minima rounded down and maxima up, so that no peak is drawn too
/// small; beyond full scale is full scale. rms is in [0, 1] and rounded to the nearest. An hour of stereo at 44.1 kHz
/// takes 5 MB in 8 bits.
namespace auralis::media {

/// One point of one channel, as integers of the document.
struct PeakPoint {
  std::int16_t min = 0;
  std::int16_t max = 0;
  std::int16_t rms = 0;

  friend bool operator==(const PeakPoint&, const PeakPoint&) = default;
};

/// Listens to a sound of any length and remembers its outline.
///
/// A level costs its accumulators and its points; a level that would hold more than `most_points` is given up, the next
/// coarser one remaining. So memory has a bound that the length does not move: with the defaults 4.2 MB a channel.
///
/// Thread: one owner. Realtime: no; memory grows until the bound.
class WaveformPeaks {
public:
  enum class Bits : std::uint8_t { eight = 8, sixteen = 16 };

  struct Config {
    core::Hertz sample_rate{44'100.0};
    int channels = 1; ///< [1, 8]
    Bits bits = Bits::eight;
    std::uint32_t finest = 256;            ///< frames a point of the finest level stands for, > 0
    std::uint32_t ratio = 4;               ///< from each level to the next coarser one, > 1
    std::uint32_t levels = 8;              ///< [1, 12], with finest * ratio^(levels - 1) < 2^31
    std::uint32_t most_points = 1'048'576; ///< a level may hold, > 0
  };

  /// \throws std::invalid_argument if a setting is out of range.
  explicit WaveformPeaks(const Config& config);

  /// Takes the next frames, any number of them; how they are cut never changes the outline.
  /// \pre block.channels.size() == config().channels, and every sample is finite
  void add(const core::AudioBlock& block);
  /// Back to the state right after construction.
  void reset();

  [[nodiscard]] core::Frames frames() const noexcept { return frames_; }
  /// The document for what came so far; more may come after. Levels coarser than the first with a single point are left
  /// out.
  [[nodiscard]] std::vector<std::byte> document() const;
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  struct Accumulator {
    float min = 0.0F;
    float max = 0.0F;
    double energy = 0.0;
  };
  struct Level {
    std::uint32_t frames_a_point = 0;
    std::uint32_t taken = 0;  // frames in the accumulators
    std::uint32_t points = 0; // finished
    bool given_up = false;
    std::vector<Accumulator> accumulators; // [channels]
    std::vector<std::int16_t> values;      // [points][channels][min, max, rms], where 16 bits
    std::vector<std::int8_t> bytes;        // the same, where 8
  };

  void merge(std::size_t level, std::span<const Accumulator> piece, std::uint32_t frames);
  void finish_point(Level& level) const;
  [[nodiscard]] PeakPoint quantised(const Accumulator& sum, std::uint32_t frames) const;

  Config config_;
  core::Frames frames_;
  std::vector<Level> levels_;
  std::vector<Accumulator> piece_; // [channels]
};

/// A document as it is read back, over bytes that stay the caller's.
class WaveformPeaksView {
public:
  struct Level {
    std::uint32_t frames_a_point = 0;
    std::uint32_t points = 0;
  };

  /// Fails with invalid_argument for what is no such document, and whole.
  [[nodiscard]] static core::Result<WaveformPeaksView> parse(std::span<const std::byte> document);

  [[nodiscard]] int bits() const noexcept { return bits_; }
  [[nodiscard]] int channels() const noexcept { return channels_; }
  [[nodiscard]] core::Hertz sample_rate() const noexcept { return sample_rate_; }
  [[nodiscard]] core::Frames frames() const noexcept { return frames_; }
  [[nodiscard]] std::span<const Level> levels() const noexcept { return levels_; } ///< finest first
  /// \pre level < levels().size(), point < its points, channel < channels()
  [[nodiscard]] PeakPoint at(std::size_t level, std::size_t point, std::size_t channel) const noexcept;

private:
  WaveformPeaksView() = default;

  std::span<const std::byte> document_;
  int bits_ = 8;
  int channels_ = 1;
  core::Hertz sample_rate_;
  core::Frames frames_;
  std::vector<Level> levels_;
  std::vector<std::size_t> offsets_; // [levels]
};

} // namespace auralis::media
