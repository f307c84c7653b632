// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>

namespace auralis::core {

/// A number with its unit in the type. Same-unit arithmetic and comparison only; anything else goes through `value`.
template <typename Self, typename Rep> struct Quantity {
  Rep value{};

  constexpr Quantity() noexcept = default;
  constexpr explicit Quantity(Rep v) noexcept : value{v} {}

  friend constexpr auto operator<=>(const Self& a, const Self& b) noexcept { return a.value <=> b.value; }
  friend constexpr bool operator==(const Self& a, const Self& b) noexcept { return a.value == b.value; }
  friend constexpr Self operator+(Self a, Self b) noexcept { return Self{static_cast<Rep>(a.value + b.value)}; }
  friend constexpr Self operator-(Self a, Self b) noexcept { return Self{static_cast<Rep>(a.value - b.value)}; }
  friend constexpr Self operator-(Self a) noexcept { return Self{static_cast<Rep>(-a.value)}; }
  friend constexpr Self operator*(Self a, Rep k) noexcept { return Self{static_cast<Rep>(a.value * k)}; }
  friend constexpr Self operator*(Rep k, Self a) noexcept { return Self{static_cast<Rep>(k * a.value)}; }
  friend constexpr Self operator/(Self a, Rep k) noexcept { return Self{static_cast<Rep>(a.value / k)}; }
  friend constexpr Rep operator/(Self a, Self b) noexcept { return a.value / b.value; }
  constexpr Self& operator+=(Self b) noexcept {
    value = static_cast<Rep>(value + b.value);
    return static_cast<Self&>(*this);
  }
  constexpr Self& operator-=(Self b) noexcept {
    value = static_cast<Rep>(value - b.value);
    return static_cast<Self&>(*this);
  }
};

/// Cycles per second; sample rates and frequencies.
struct Hertz : Quantity<Hertz, double> {
  using Quantity::Quantity;
};
/// Wall or stream time.
struct Seconds : Quantity<Seconds, double> {
  using Quantity::Quantity;
};
/// A position or length on the sample clock: one frame is one sample of every channel.
struct Frames : Quantity<Frames, std::int64_t> {
  using Quantity::Quantity;
};
/// A position or length in quarter-note beats.
struct Beats : Quantity<Beats, double> {
  using Quantity::Quantity;
};
/// Tempo in quarter-note beats per minute.
struct Bpm : Quantity<Bpm, double> {
  using Quantity::Quantity;
};
/// 20 log10 of an amplitude ratio.
struct Decibels : Quantity<Decibels, double> {
  using Quantity::Quantity;
};
/// Twelfths of an octave in equal temperament.
struct Semitones : Quantity<Semitones, double> {
  using Quantity::Quantity;
};

[[nodiscard]] constexpr Seconds to_seconds(Frames frames, Hertz rate) noexcept {
  return Seconds{static_cast<double>(frames.value) / rate.value};
}
/// Rounds to the nearest frame.
[[nodiscard]] inline Frames to_frames(Seconds time, Hertz rate) noexcept {
  return Frames{std::llround(time.value * rate.value)};
}
/// Seconds one beat lasts. \pre tempo.value > 0
[[nodiscard]] constexpr Seconds beat_period(Bpm tempo) noexcept { return Seconds{60.0 / tempo.value}; }

[[nodiscard]] inline double to_amplitude(Decibels level) noexcept { return std::pow(10.0, level.value / 20.0); }
/// \pre amplitude > 0
[[nodiscard]] inline Decibels to_decibels(double amplitude) noexcept { return Decibels{20.0 * std::log10(amplitude)}; }

} // namespace auralis::core
