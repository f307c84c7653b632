// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/dsp/real_fft.hpp"
#include "auralis/dsp/window.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// One frame of a short-time Fourier transform; the spans are good until the callback returns.
struct Spectrum {
  std::int64_t index = 0; ///< counts from 0
  core::Seconds at;       ///< the centre of the window: index * hop / rate
  /// [fft_size / 2 + 1], of the windowed samples, scaled like the magnitudes.
  std::span<const std::complex<float>> bins;
  /// [fft_size / 2 + 1] |bins|: a full-scale sine in the middle of a bin is 1 there.
  std::span<const float> magnitude;
  std::span<const float> samples; ///< [fft_size] before the window
};

/// Cuts a stream of samples into overlapping windows and transforms each.
///
/// Frame n is centred on sample n * hop; half a window of zeros stands before the start. It is so known half a window
/// after its time, and what it holds never depends on how the samples were cut into calls.
/// Thread: one owner. Realtime: all but construction.
class Stft {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0};
    int fft_size = 2'048; ///< even
    int hop_size = 441;   ///< [1, fft_size]
    WindowShape window = WindowShape::hann;
  };

  /// \throws std::invalid_argument if a size or the rate is out of its range.
  explicit Stft(const Config& config);

  /// Takes any number of samples and calls on_frame(const Spectrum&) for each frame that they complete.
  template <typename OnFrame>
  void push(std::span<const float> samples,
            OnFrame&& on_frame) noexcept(noexcept(on_frame(static_cast<const Spectrum&>(Spectrum{})))) {
    while (!samples.empty()) {
      samples = samples.subspan(take(samples));
      if (is_due()) {
        on_frame(static_cast<const Spectrum&>(transform()));
      }
    }
  }

  /// Ends the stream: feeds zeros until every frame whose centre lies on a sample that was pushed has been reported,
  /// (samples + hop - 1) / hop frames in all. Only reset() may follow.
  template <typename OnFrame>
  void finish(OnFrame&& on_frame) noexcept(noexcept(on_frame(static_cast<const Spectrum&>(Spectrum{})))) {
    const std::int64_t frames = (pushed_ + config_.hop_size - 1) / config_.hop_size;
    while (index_ < frames) {
      pad();
      on_frame(static_cast<const Spectrum&>(transform()));
    }
  }

  /// Back to the state right after construction.
  void reset() noexcept AURALIS_REALTIME;

  /// Samples that complete the next frame.
  [[nodiscard]] std::size_t until_next_frame() const noexcept {
    return start_ + static_cast<std::size_t>(config_.fft_size) - filled_;
  }
  /// How long after its time a frame is known.
  [[nodiscard]] core::Seconds latency() const noexcept {
    return core::Seconds{static_cast<double>(config_.fft_size) / 2.0 / config_.sample_rate.value};
  }
  [[nodiscard]] int bin_count() const noexcept { return config_.fft_size / 2 + 1; }
  [[nodiscard]] core::Hertz frequency(int bin) const noexcept {
    return core::Hertz{config_.sample_rate.value * bin / config_.fft_size};
  }
  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  struct Kernel;

  std::size_t take(std::span<const float> samples) noexcept; // up to the end of the next frame; says how many
  [[nodiscard]] bool is_due() const noexcept { return filled_ == start_ + static_cast<std::size_t>(config_.fft_size); }
  void pad() noexcept;           // zeros up to the end of the next frame
  Spectrum transform() noexcept; // the frame that is due; the next one begins a hop later

  Config config_;
  RealFft fft_;
  std::vector<float> window_;    // [fft_size], scaled so that a full-scale sine comes out as 1
  std::vector<float> magnitude_; // [fft_size / 2 + 1]
  std::vector<float> buffer_;    // the frame that is being filled lies at start_
  std::size_t start_ = 0;
  std::size_t filled_ = 0; // end of what has been written into buffer_
  std::int64_t index_ = 0; // of the next frame
  std::int64_t pushed_ = 0;
  void (*windowing_)(const float* samples, const float* window, float* out, std::size_t count) noexcept;
  void (*magnitudes_)(const float* bins, float* out, std::size_t count) noexcept;
};

} // namespace auralis::dsp
