// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/danceability.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::analysis {
namespace {

constexpr double kShortest = 0.31; // seconds, as in the paper
constexpr double kLongest = 8.8;
constexpr double kStep = 1.1;
/// Exponents that count as not at all and wholly danceable: about the extremes over the music it was looked at on.
constexpr double kLeast = 1.1;
constexpr double kMost = 0.4;
constexpr std::int64_t kFewestPieces = 2;
constexpr float kSilent = 1e-4F; // deviation: -80 dB

} // namespace

Danceability::Danceability(double frames_per_second) : frames_per_second_{frames_per_second} {
  if (frames_per_second <= 0.0) {
    throw std::invalid_argument{"frames come at a positive rate"};
  }
  hop_ = static_cast<std::size_t>(std::lround(44'100.0 / frames_per_second));
  double seconds = kShortest;
  while (seconds <= kLongest) {
    scales_.push_back({.length = static_cast<int>(seconds * frames_per_second)});
    seconds *= kStep;
  }
}

void Danceability::reset() noexcept {
  for (Scale& scale : scales_) {
    scale = {.length = scale.length};
  }
  frames_ = 0;
  silent_ = 0;
  silent_mean_ = 0.0F;
}

void Danceability::process(const dsp::Spectrum& spectrum) noexcept {
  const std::size_t count = std::min(hop_, spectrum.samples.size());
  const auto middle = spectrum.samples.subspan((spectrum.samples.size() - count) / 2, count);
  dsp::Vec8 sums{};
  dsp::Vec8 all_squares{};
  std::size_t k = 0;
  for (; k + 8 <= count; k += 8) {
    const dsp::Vec8 x = dsp::eight(middle.data() + k);
    sums += x;
    all_squares += x * x;
  }
  float sum = 0.0F;
  float squares = 0.0F;
  for (std::size_t lane = 0; lane < 8; ++lane) {
    sum += sums[lane];
    squares += all_squares[lane];
  }
  for (; k < count; ++k) {
    sum += middle[k];
    squares += middle[k] * middle[k];
  }
  const auto n = static_cast<float>(count);
  process(std::sqrt(std::max(0.0F, squares / n - sum / n * (sum / n))));
}

void Danceability::process(float deviation) noexcept {
  if (deviation < kSilent) {
    // The step from silence to music would be the largest fluctuation of all: it counts only between two sounds.
    const bool counts = frames_ > 0 && silent_ < static_cast<std::int64_t>(kLongest * frames_per_second_);
    if (counts) {
      silent_mean_ += (deviation - silent_mean_) / static_cast<float>(++silent_);
    }
    return;
  }
  for (; silent_ > 0; --silent_) {
    add(silent_mean_);
  }
  silent_mean_ = 0.0F;
  add(deviation);
}

void Danceability::add(float deviation) noexcept {
  ++frames_;
  // The paper takes the mean off before summing. That adds a line to the sum, which the fit takes off again: not
  // needed.
  for (Scale& scale : scales_) {
    scale.y += static_cast<double>(deviation);
    scale.sum_y += scale.y;
    scale.sum_ny += scale.y * scale.count;
    scale.sum_yy += scale.y * scale.y;
    if (++scale.count < scale.length) {
      continue;
    }
    // What the least-squares line over 0 … n - 1 leaves.
    const double n = scale.length;
    const double mean_n = (n - 1.0) / 2.0;
    const double spread_n = n * (n * n - 1.0) / 12.0;
    const double mean_y = scale.sum_y / n;
    const double covariance = scale.sum_ny - n * mean_n * mean_y;
    const double left = scale.sum_yy - n * mean_y * mean_y - covariance * covariance / spread_n;
    scale.squares += std::max(0.0, left) / n;
    ++scale.pieces;
    scale = {.length = scale.length, .squares = scale.squares, .pieces = scale.pieces};
  }
}

double Danceability::exponent() const noexcept {
  double sum = 0.0;
  int count = 0;
  for (std::size_t n = 0; n + 1 < scales_.size(); ++n) {
    const Scale& a = scales_[n];
    const Scale& b = scales_[n + 1];
    if (b.pieces < kFewestPieces || a.squares <= 0.0 || b.squares <= 0.0 || a.length == b.length) {
      continue;
    }
    const double fluctuation =
        std::sqrt(b.squares / static_cast<double>(b.pieces)) / std::sqrt(a.squares / static_cast<double>(a.pieces));
    // The paper's correction for short pieces: + 3 on both lengths.
    sum += std::log(fluctuation) / std::log((b.length + 3.0) / (a.length + 3.0));
    ++count;
  }
  return count > 0 ? sum / count : 0.0;
}

core::Score Danceability::score() const noexcept {
  const double alpha = exponent();
  const double seconds = static_cast<double>(frames_) / frames_per_second_;
  if (alpha <= 0.0 || seconds < 2.0) {
    return {};
  }
  return {.value = static_cast<float>(std::clamp((kLeast - alpha) / (kLeast - kMost), 0.0, 1.0)),
          .confidence = static_cast<float>(std::min(1.0, seconds / 30.0))};
}

} // namespace auralis::analysis
