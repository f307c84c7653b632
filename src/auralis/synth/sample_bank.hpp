// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "auralis/core/parameters.hpp"

namespace auralis::synth {

/// Generator numbers of the SoundFont 2.04 specification, section 8.1.2, as far as they are used.
enum class Gen : std::uint8_t {
  start_offset = 0,
  end_offset = 1,
  loop_start_offset = 2,
  loop_end_offset = 3,
  start_coarse_offset = 4,
  mod_lfo_to_pitch = 5,
  vib_lfo_to_pitch = 6,
  mod_env_to_pitch = 7,
  filter_cutoff = 8,
  filter_q = 9,
  mod_lfo_to_cutoff = 10,
  mod_env_to_cutoff = 11,
  end_coarse_offset = 12,
  mod_lfo_to_volume = 13,
  pan = 17,
  mod_lfo_delay = 21,
  mod_lfo_frequency = 22,
  vib_lfo_delay = 23,
  vib_lfo_frequency = 24,
  mod_env_delay = 25,
  mod_env_attack = 26,
  mod_env_hold = 27,
  mod_env_decay = 28,
  mod_env_sustain = 29,
  mod_env_release = 30,
  key_to_mod_env_hold = 31,
  key_to_mod_env_decay = 32,
  vol_env_delay = 33,
  vol_env_attack = 34,
  vol_env_hold = 35,
  vol_env_decay = 36,
  vol_env_sustain = 37,
  vol_env_release = 38,
  key_to_vol_env_hold = 39,
  key_to_vol_env_decay = 40,
  instrument = 41,
  key_range = 43,
  velocity_range = 44,
  loop_start_coarse_offset = 45,
  fixed_key = 46,
  fixed_velocity = 47,
  attenuation = 48,
  loop_end_coarse_offset = 50,
  coarse_tune = 51,
  fine_tune = 52,
  sample = 53,
  sample_modes = 54,
  scale_tuning = 56,
  exclusive_class = 57,
  root_key = 58,
};
inline constexpr std::size_t kGenCount = 61;
using Generators = std::array<float, kGenCount>;

/// A recording in the pool. A looped one ends with its loop, repeated until it is long enough that wrapping is rare,
/// and a few frames more, so that an interpolator never reads across the seam. One that is not looped ends in silence.
struct Recording {
  std::uint32_t first = 0; ///< pool index of the first sample
  std::uint32_t limit = 0; ///< pool index at which to go back by `loop`, or the end of an unlooped one
  std::uint32_t loop = 0;  ///< frames to go back; 0: not looped
  std::uint32_t rest = 0;  ///< where SampleBank::loudest_ahead of it begins
  double rate = 44'100.0;  ///< Hz
  float root = 60.0F;      ///< key at which it sounds as recorded, pitch correction included
};

/// A modulator whose sources are fixed when the note starts. SoundFont 2.04, section 8.2.
struct Modulator {
  std::uint16_t source = 0;
  std::uint16_t amount_source = 0;
  std::int16_t amount = 0;
  std::uint8_t destination = 0;
};

/// One recording with the keys and velocities it answers to; preset and instrument levels are added up already.
struct Zone {
  std::uint8_t lowest_key = 0;
  std::uint8_t highest_key = 127;
  std::uint8_t lowest_velocity = 0;
  std::uint8_t highest_velocity = 127;
  Generators generators{};
  Recording recording;
  std::vector<Modulator> modulators;
};

/// The presets of a SoundFont that the layers play, and their samples, in memory.
///
/// Immutable; synthesisers share it. Read after the SoundFont Technical Specification 2.04 (Creative, 2006).
class SampleBank {
public:
  /// Frames of silence or of repeated loop after each recording.
  static constexpr std::uint32_t kGuard = 16;

  /// Loads the file, or hands out what another synthesiser holds of the same unchanged file. Thread: any; takes a lock.
  /// \throws std::runtime_error if the file cannot be read or is malformed.
  [[nodiscard]] static std::shared_ptr<const SampleBank> load(const std::string& path);

  /// True for .sf3 files, whose samples are Vorbis streams that this class does not read.
  [[nodiscard]] static bool is_compressed(const std::string& path);

  /// The zones of programs_of(layer)[program].
  [[nodiscard]] std::span<const Zone> zones(core::Layer layer, std::size_t program) const noexcept;
  /// How loud a recording still becomes, loop included: [recording.rest + n] is the largest magnitude, of full scale,
  /// at or after recording.first + n * kStretch.
  [[nodiscard]] std::span<const float> loudest_ahead() const noexcept { return loudest_ahead_; }
  /// Frames to an entry of loudest_ahead.
  static constexpr std::uint32_t kStretch = 1'024;
  /// 16-bit samples of all recordings, kGuard of silence first.
  [[nodiscard]] const std::vector<std::int16_t>& pool() const noexcept { return pool_; }

private:
  explicit SampleBank(const std::string& path);

  std::vector<std::int16_t> pool_;
  std::vector<float> loudest_ahead_;
  std::array<std::vector<std::vector<Zone>>, core::kLayerCount> presets_; // [layer][program index][zone]
};

} // namespace auralis::synth
