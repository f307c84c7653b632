// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <initializer_list>
#include <numbers>
#include <span>
#include <vector>

#include "auralis/core/random.hpp"
#include "auralis/dsp/stft.hpp"

/// Sounds whose pitch is known exactly.
namespace auralis::analysis::test {

inline constexpr double kTonalRate = 11'025.0;
inline constexpr double kFineRate = 44'100.0;

[[nodiscard]] inline double frequency(double midi, double cents = 0.0) {
  return 440.0 * std::exp2((midi - 69.0 + cents / 100.0) / 12.0);
}

/// Notes with decaying harmonics up to 5 kHz, all at once, mixed into `sound` from `from` to `to` seconds.
inline void add_notes(std::vector<float>& sound, double rate, double from, double to, std::span<const int> notes,
                      double cents = 0.0, double level = 0.05) {
  const auto begin = static_cast<std::size_t>(std::lround(from * rate));
  const auto end = std::min(sound.size(), static_cast<std::size_t>(std::lround(to * rate)));
  for (const int note : notes) {
    const double f0 = frequency(note, cents);
    double amplitude = level;
    for (int partial = 1; partial * f0 < 5'000.0 && partial <= 16; ++partial, amplitude *= 0.6) {
      const auto turn = std::polar(1.0, 2.0 * std::numbers::pi * partial * f0 / rate);
      auto wave = std::polar(amplitude, static_cast<double>(partial));
      for (std::size_t i = begin; i < end; ++i, wave *= turn) {
        sound[i] += static_cast<float>(wave.imag());
      }
    }
  }
}

[[nodiscard]] inline std::vector<float> chord(std::initializer_list<int> notes, double seconds, double cents = 0.0) {
  std::vector<float> sound(static_cast<std::size_t>(seconds * kTonalRate));
  add_notes(sound, kTonalRate, 0.0, seconds, std::span{notes.begin(), notes.size()}, cents);
  return sound;
}

[[nodiscard]] inline std::vector<float> noise(double seconds, double rate, std::uint64_t seed, double level = 0.1) {
  core::Random random{seed};
  std::vector<float> sound(static_cast<std::size_t>(seconds * rate));
  for (float& sample : sound) {
    sample = static_cast<float>(level * (2.0 * random.uniform() - 1.0));
  }
  return sound;
}

/// Calls on_frame for every frame of the tonal resolution; the samples come in blocks of `block`.
template <typename OnFrame>
void tonal_frames(std::span<const float> sound, OnFrame&& on_frame, std::size_t block = 1'000) {
  dsp::Stft stft{{.sample_rate = core::Hertz{kTonalRate}, .fft_size = 4'096, .hop_size = 512}};
  while (!sound.empty()) {
    const auto count = std::min(block, sound.size());
    stft.push(sound.first(count), on_frame);
    sound = sound.subspan(count);
  }
  stft.finish(on_frame);
}

/// The same for the fine resolution.
template <typename OnFrame>
void fine_frames(std::span<const float> sound, OnFrame&& on_frame, std::size_t block = 1'000) {
  dsp::Stft stft{{.sample_rate = core::Hertz{kFineRate}, .fft_size = 2'048, .hop_size = 441}};
  while (!sound.empty()) {
    const auto count = std::min(block, sound.size());
    stft.push(sound.first(count), on_frame);
    sound = sound.subspan(count);
  }
  stft.finish(on_frame);
}

inline constexpr std::array<std::array<int, 3>, 4> kMajorCadence{{{0, 4, 7}, {5, 9, 12}, {7, 11, 14}, {0, 4, 7}}};
inline constexpr std::array<std::array<int, 3>, 4> kMinorCadence{{{0, 3, 7}, {5, 8, 12}, {7, 10, 14}, {0, 3, 7}}};

/// A cadence over and over, a chord a second, with its roots in the bass.
[[nodiscard]] inline std::vector<float> cadence(bool minor, int tonic, double seconds, double cents = 0.0,
                                                double rate = kTonalRate) {
  std::vector<float> sound(static_cast<std::size_t>(seconds * rate));
  const auto& chords = minor ? kMinorCadence : kMajorCadence;
  for (int second = 0; second < static_cast<int>(seconds); ++second) {
    auto notes = chords[static_cast<std::size_t>(second % 4)];
    for (int& note : notes) {
      note += 60 + tonic;
    }
    const std::array bass{notes[0] - 24};
    add_notes(sound, rate, second, second + 1.0, notes, cents);
    add_notes(sound, rate, second, second + 1.0, bass, cents);
  }
  return sound;
}

} // namespace auralis::analysis::test
