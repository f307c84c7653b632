// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "auralis/core/parameters.hpp"
#include "auralis/core/performance.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::synth {

inline constexpr std::size_t kBlock = static_cast<std::size_t>(core::kQuantum.value);

/// One quantum of every layer, planar stereo.
struct LayerBuses {
  struct Bus {
    alignas(64) std::array<float, kBlock> left;
    alignas(64) std::array<float, kBlock> right;
    bool sounding = false; ///< false: left and right are not to be read
  };
  std::array<Bus, core::kLayerCount> buses;
};

/// The General MIDI programs a layer can play, its default first; drum kits for percussion.
[[nodiscard]] std::span<const std::uint8_t> programs_of(core::Layer layer) noexcept;

/// `program` if the layer has it, else one of the same General MIDI family, else the layer's default.
[[nodiscard]] std::uint8_t nearest_program(core::Layer layer, std::uint8_t program) noexcept;

/// +30 dB.
inline constexpr float kLargestTrim = 31.6F;

/// What turns notes into sound, layer by layer. Everything is loaded when it is constructed.
///
/// Thread: one owner. Realtime: every method.
class Voices {
public:
  Voices() = default;
  Voices(const Voices&) = delete;
  Voices& operator=(const Voices&) = delete;
  virtual ~Voices() = default;

  /// \pre midi < 128, 0 < velocity < 128
  virtual void note_on(core::Layer layer, std::uint8_t midi, std::uint8_t velocity) noexcept AURALIS_REALTIME = 0;
  /// Ends what note_on began, whatever program began it.
  virtual void note_off(core::Layer layer, std::uint8_t midi) noexcept AURALIS_REALTIME = 0;
  /// For the notes to come; those sounding keep their sound.
  virtual void select(core::Layer layer, std::uint8_t program) noexcept AURALIS_REALTIME = 0;
  /// Writes the next kBlock frames.
  virtual void render(LayerBuses& out) noexcept AURALIS_REALTIME = 0;
  /// Ends everything at once, clicks and all. Not while anybody listens.
  virtual void silence() noexcept = 0;
  /// How loud a program plays, for notes to come; linear, [0, kLargestTrim], 1 at first. Not real-time.
  virtual void set_trim(core::Layer layer, std::uint8_t program, float trim) noexcept = 0;
  /// Voices sounding now, releases included.
  [[nodiscard]] virtual int active() const noexcept = 0;
};

} // namespace auralis::synth
