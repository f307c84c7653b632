// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <complex>
#include <memory>
#include <span>

#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// Discrete Fourier transform of real samples, by FFTW, or by KissFFT where GPL libraries are not wanted
/// (AURALIS_GPL_DEPS=OFF). It owns both sides, aligned as the library likes them: fill one, transform, read the other.
///
/// The same size gives the same plan in every run and thread, so that equal samples give equal bits.
/// Thread: one owner; different objects may live in different threads. Realtime: all but construction.
class RealFft {
public:
  /// \throws std::invalid_argument unless size is even and lies in [2, 1 << 20].
  explicit RealFft(int size);
  RealFft(const RealFft&) = delete;
  RealFft& operator=(const RealFft&) = delete;
  RealFft(RealFft&&) noexcept;
  RealFft& operator=(RealFft&&) noexcept;
  ~RealFft();

  [[nodiscard]] int size() const noexcept { return static_cast<int>(time_.size()); }
  [[nodiscard]] std::span<float> time() noexcept { return time_; }               ///< [size]
  [[nodiscard]] std::span<std::complex<float>> bins() noexcept { return bins_; } ///< [size / 2 + 1]

  /// bins()[k] = sum over n of time()[n] exp(-2 pi i k n / size). time() is left as it was.
  void forward() noexcept AURALIS_REALTIME;

  /// time()[n] = sum over all `size` bins of bins()[k] exp(2 pi i k n / size) / size: takes back forward(). bins()
  /// holds nothing of use afterwards.
  void inverse() noexcept AURALIS_REALTIME;

private:
  struct Engine; // the library's memory and plans

  std::unique_ptr<Engine> engine_;
  std::span<float> time_;
  std::span<std::complex<float>> bins_;
};

} // namespace auralis::dsp
