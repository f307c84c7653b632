// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "auralis/analysis/log_bands.hpp"
#include "auralis/dsp/stft.hpp"

/// Sound with known rhythm, and the way from sound to the bands that rhythm is heard in.
namespace auralis::analysis::test {

inline constexpr double kRate = 44'100.0;

/// Adds a short burst of noise that dies away with `decay` seconds.
inline void add_burst(std::vector<float>& sound, double at, float gain, double decay, std::uint32_t seed) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<float> noise{-1.0F, 1.0F};
  const auto first = static_cast<std::size_t>(std::lround(at * kRate));
  const auto length = static_cast<std::size_t>(6.0 * decay * kRate);
  for (std::size_t n = 0; n < length && first + n < sound.size(); ++n) {
    sound[first + n] += gain * noise(random) * static_cast<float>(std::exp(-static_cast<double>(n) / (decay * kRate)));
  }
}

/// Adds a low thump, as of a bass drum.
inline void add_thump(std::vector<float>& sound, double at, float gain) {
  const auto first = static_cast<std::size_t>(std::lround(at * kRate));
  for (std::size_t n = 0; n < 26'000 && first + n < sound.size(); ++n) {
    const double t = static_cast<double>(n) / kRate;
    sound[first + n] += gain * static_cast<float>(std::sin(2.0 * std::numbers::pi * 60.0 * t) * std::exp(-t / 0.05));
  }
}

inline std::vector<float> silence(double seconds) {
  return std::vector<float>(static_cast<std::size_t>(seconds * kRate));
}

/// Adds a hiss that never stops.
inline void add_hiss(std::vector<float>& sound, float gain) {
  std::mt19937 random{11U};
  std::uniform_real_distribution<float> noise{-gain, gain};
  for (float& x : sound) {
    x += noise(random);
  }
}

/// Bursts at a tempo, the first beat of each bar with a thump.
inline std::vector<float> click_track(double bpm, int beats_per_bar, double seconds, double first = 0.5) {
  std::vector<float> sound = silence(seconds);
  int beat = 0;
  for (double at = first; at < seconds - 0.2; at += 60.0 / bpm, ++beat) {
    add_burst(sound, at, 0.3F, 0.02, 7U);
    if (beat % beats_per_bar == 0) {
      add_thump(sound, at, 0.6F);
    }
  }
  return sound;
}

/// Cuts the sound into calls of `block` samples and hands each frame's bands to `use`.
template <typename Use> void listen(std::span<const float> sound, Use&& use, std::size_t block = 1'024) {
  dsp::Stft stft{{}};
  LogBands bands{stft.config()};
  const auto on_frame = [&](const dsp::Spectrum& spectrum) {
    bands.process(spectrum);
    use(bands, spectrum);
  };
  while (!sound.empty()) {
    const auto piece = sound.first(std::min(block, sound.size()));
    sound = sound.subspan(piece.size());
    stft.push(piece, on_frame);
  }
  stft.finish(on_frame);
}

} // namespace auralis::analysis::test
