// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/dsp/window.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// The last moments of a stream in a circular buffer, seen as overlapping windows: the newest one, the last few, or
/// what lay around a time.
///
/// Window n holds the samples [n * hop, n * hop + window). The buffer is written twice, half its length apart, so that
/// every view is one piece and nothing is copied to look at it; views are good until the next push.
/// Thread: one owner. Realtime: all but construction.
class SlidingWindow {
public:
  struct Config {
    core::Hertz sample_rate{44'100.0};
    int window_size = 2'048; ///< [1, 1 << 20]
    int hop_size = 512;      ///< [1, window_size]
    WindowShape shape = WindowShape::hann;
    int history = 16; ///< windows that can be looked at, the newest among them; at least 1
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit SlidingWindow(const Config& config);

  /// Takes any number of samples; says how many windows they completed.
  std::int64_t push(std::span<const float> samples) noexcept AURALIS_REALTIME;

  /// Windows completed since the start.
  [[nodiscard]] std::int64_t completed() const noexcept;
  /// Of those, how many can still be looked at.
  [[nodiscard]] int available() const noexcept;
  /// How much of the first window has come: 1 once there is one.
  [[nodiscard]] double fill() const noexcept;
  [[nodiscard]] bool is_full() const noexcept { return completed() > 0; }
  /// Share of a window that the next one shares with it, [0, 1).
  [[nodiscard]] double overlap() const noexcept;

  /// The samples of a window, `back` windows before the newest. \pre 0 <= back < available()
  [[nodiscard]] std::span<const float> samples(int back = 0) const noexcept;
  /// When that window begins. \pre 0 <= back < available()
  [[nodiscard]] core::Seconds begins(int back = 0) const noexcept;
  /// The same samples under the window's shape. \pre out.size() == window_size, 0 <= back < available()
  void shaped(std::span<float> out, int back = 0) const noexcept AURALIS_REALTIME;
  /// The newest `count` windows under their shape, oldest first; writes as many as are available and says how many.
  /// \pre out.size() >= count * window_size
  int last(int count, std::span<float> out) const noexcept AURALIS_REALTIME;

  /// What lies around a time, as far as it has come and is still there: shorter than asked for, or empty, otherwise.
  [[nodiscard]] std::span<const float> context(core::Seconds at, core::Seconds before,
                                               core::Seconds after) const noexcept;

  /// Back to the state right after construction.
  void reset() noexcept AURALIS_REALTIME;

private:
  [[nodiscard]] std::span<const float> view(std::int64_t from, std::int64_t to) const noexcept;

  Config config_;
  std::vector<float> shape_;
  std::size_t capacity_;      // samples that are kept
  std::vector<float> buffer_; // [2 * capacity], sample n at n modulo capacity and a capacity further
  std::int64_t pushed_ = 0;
};

} // namespace auralis::dsp
