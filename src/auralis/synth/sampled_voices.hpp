// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/synth/sample_bank.hpp"
#include "auralis/synth/voice_kernel.hpp"
#include "auralis/synth/voices.hpp"

namespace auralis::synth {

/// SoundFont voices of our own, eight at a time in vector registers: an order of magnitude faster than FluidSynth on
/// the same bank. docs/adr says why, docs/theory/synthesis.md what was measured. Uncompressed banks (SF2) only.
///
/// Synthesis model: SoundFont 2.04, section 9, with FluidSynth's readings of it (attenuation, envelope curves, pan), so
/// that both engines can stand in for one another. Envelopes and oscillators move once a quantum; gains are drawn as
/// straight lines over it. Voices that have become inaudible end; beyond the budget the faintest fades within 10 ms.
class SampledVoices final : public Voices {
public:
  struct Config {
    core::Hertz sample_rate{48'000.0};
    std::string soundfont;
    int max_voices = 96;                 ///< [8, 1024]
    const VoiceKernel* kernel = nullptr; ///< nullptr: the best
  };

  /// \throws std::runtime_error if the bank cannot be read.
  explicit SampledVoices(const Config& config);

  void note_on(core::Layer layer, std::uint8_t midi, std::uint8_t velocity) noexcept override;
  void note_off(core::Layer layer, std::uint8_t midi) noexcept override;
  void select(core::Layer layer, std::uint8_t program) noexcept override;
  void render(LayerBuses& out) noexcept override;
  void silence() noexcept override;
  void set_trim(core::Layer layer, std::uint8_t program, float trim) noexcept override;
  [[nodiscard]] int active() const noexcept override { return static_cast<int>(count_); }

private:
  enum class Stage : std::uint8_t { delay, attack, hold, decay, sustain, release };

  /// A triangle between -1 and 1 that starts at 0, rising, after a delay.
  struct Oscillator {
    float value = 0.0F;
    float step = 0.0F; // a quantum
    int delay = 0;     // quanta
    float advance() noexcept;
  };
  struct ModEnvelope {
    Stage stage = Stage::delay;
    float position = 0.0F; // within the attack, [0, 1]
    float value = 0.0F;    // [0, 1]
    int left = 0;          // quanta of delay or hold
    int hold = 0;
    float attack_step = 1.0F;
    float decay_step = 1.0F;
    float sustain = 1.0F;
    float release_step = 1.0F;
    float advance() noexcept;
  };
  struct Voice {
    core::Layer layer{};
    std::uint8_t key = 0;
    std::uint8_t exclusive_class = 0;
    bool held = false;    // its NoteOff is still to come
    bool stolen = false;  // fading out, counts no more
    bool moving = false;  // pitch, filter or volume change over time
    bool bending = false; // pitch among them
    // Volume envelope, a linear amplitude.
    Stage stage = Stage::delay;
    int left = 0; // quanta of delay or hold
    int hold = 0;
    float level = 0.0F;
    float attack_step = 1.0F;
    float decay_factor = 1.0F; // a quantum
    float sustain = 1.0F;
    float release_factor = 1.0F;
    // Where the gain lines end now.
    float left_gain = 0.0F;
    float right_gain = 0.0F;
    float pan_left = 0.0F; // attenuation and pan
    float pan_right = 0.0F;
    const float* rest = nullptr; // how loud the recording still becomes, every SampleBank::kStretch frames
    std::uint32_t first = 0;     // where the recording begins
    std::uint64_t limit = 0;     // 32.32
    std::uint64_t loop = 0;      // 32.32; 0: not looped
    // Pitch and filter.
    double increment = 0.0; // frames, unmodulated
    float cutoff = 0.0F;    // cents
    float q = 0.7071F;
    float filter_gain = 1.0F;
    float lfo_to_pitch = 0.0F;
    float vibrato_to_pitch = 0.0F;
    float envelope_to_pitch = 0.0F;
    float lfo_to_cutoff = 0.0F;
    float envelope_to_cutoff = 0.0F;
    float lfo_to_volume = 0.0F;
    float last_cutoff = -1.0F;
    Oscillator lfo;
    Oscillator vibrato;
    ModEnvelope envelope;
  };

  void start(core::Layer layer, const Zone& zone, std::uint8_t midi, std::uint8_t velocity) noexcept;
  void release(Voice& voice) noexcept;
  void fade(Voice& voice) noexcept;
  void make_room() noexcept;
  void remove(std::size_t voice) noexcept;
  void park(std::size_t voice) noexcept;
  void set_filter(std::size_t voice, float cents) noexcept;
  /// Moves a voice's envelopes by a quantum; returns false if it has ended. Sets where its gains go.
  bool advance(std::size_t voice, float& gain) noexcept;
  void interpolate(std::size_t group, LaneOutput& out) noexcept;

  [[nodiscard]] float quanta(float timecents, float least) const noexcept;

  Config config_;
  std::shared_ptr<const SampleBank> bank_;
  const VoiceKernel* kernel_;
  std::array<std::size_t, core::kLayerCount> program_{};    // index into programs_of(layer)
  std::array<std::vector<float>, core::kLayerCount> trims_; // [layer][program index]
  std::size_t count_ = 0;                                   // voices [0, count_) sound
  std::vector<Voice> voices_;
  std::vector<VoiceLanes> lanes_; // voice i is lane i % kLanes of group i / kLanes
  struct Cutoff {
    float sine;
    float cosine;
  };
  std::vector<Cutoff> cutoffs_; // by cents, every kCutoffStep from kLowestCutoff
  float fade_factor_;
};

} // namespace auralis::synth
