// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/sampled_voices.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace auralis::synth {
namespace {

std::size_t at(Gen gen) { return static_cast<std::size_t>(gen); }

constexpr float kLowestCutoff = 1'500.0F; // cents above 8.176 Hz: 19 Hz
constexpr float kHighestCutoff = 13'500.0F;
constexpr float kCutoffStep = 8.0F;
// Brings a voice to where FluidVoices has it at a trim of 1 (the channel volume of 100 is part of it).
constexpr float kMasterGain = 0.223F;
// Full scale of an envelope in centibels.
constexpr float kEnvelopeRange = 960.0F;
// A voice whose gain, times what the recording still holds, has come under -90 dB is heard no more: the mix is near
// full scale.
constexpr float kInaudible = 3e-5F;
constexpr float kOneFrame = 4'294'967'296.0F; // 2^32

float from_centibels(float cb) noexcept { return std::pow(10.0F, -cb / 200.0F); }

/// Section 9.5: the four source curves over [0, 1].
float curve(float x, unsigned int type, bool bipolar, bool negative) noexcept {
  if (negative) {
    x = 1.0F - x;
  }
  const auto concave = [](float v) {
    return v >= 1.0F ? 1.0F : std::min(1.0F, -(400.0F / kEnvelopeRange) * std::log10(std::max(1.0F - v, 1e-6F)));
  };
  const auto convex = [&](float v) { return 1.0F - concave(1.0F - v); };
  const auto shape = [&](float v) {
    switch (type) {
    case 1:
      return concave(v);
    case 2:
      return convex(v);
    case 3:
      return v >= 0.5F ? 1.0F : 0.0F;
    default:
      return v;
    }
  };
  if (!bipolar) {
    return shape(x);
  }
  if (type == 3) {
    return x >= 0.5F ? 1.0F : -1.0F;
  }
  return x >= 0.5F ? shape(2.0F * x - 1.0F) : -shape(1.0F - 2.0F * x);
}

/// What a modulator source gives when a note starts. Controllers stand at their defaults for good.
float source_value(std::uint16_t source, std::uint8_t midi, std::uint8_t velocity, float when_none) noexcept {
  const unsigned int index = source & 0x7FU;
  float x = 0.0F;
  if ((source & 0x80U) != 0) {
    constexpr unsigned int kVolume = 7;
    constexpr unsigned int kPan = 10;
    constexpr unsigned int kExpression = 11;
    x = index == kVolume || index == kExpression ? 1.0F : index == kPan ? 0.5F : 0.0F;
  } else {
    switch (index) {
    case 0:
      return when_none;
    case 2:
      x = static_cast<float>(velocity) / 127.0F;
      break;
    case 3:
      x = static_cast<float>(midi) / 127.0F;
      break;
    case 14: // pitch wheel
      x = 0.5F;
      break;
    case 16: // pitch wheel sensitivity
      x = 2.0F / 127.0F;
      break;
    default: // pressures
      x = 0.0F;
    }
  }
  return curve(x, source >> 10U, (source & 0x200U) != 0, (source & 0x100U) != 0);
}

} // namespace

float SampledVoices::Oscillator::advance() noexcept {
  if (delay > 0) {
    --delay;
    return 0.0F;
  }
  value += step;
  if (value > 1.0F) {
    value = 2.0F - value;
    step = -step;
  } else if (value < -1.0F) {
    value = -2.0F - value;
    step = -step;
  }
  return value;
}

float SampledVoices::ModEnvelope::advance() noexcept {
  switch (stage) {
  case Stage::delay:
    if (left-- <= 0) {
      stage = Stage::attack;
    }
    break;
  case Stage::attack:
    position += attack_step;
    // Convex, section 8.1.2, generator 26.
    value = std::clamp(1.0F + (400.0F / kEnvelopeRange) * std::log10(std::max(position, 0.004F)), 0.0F, 1.0F);
    if (position >= 1.0F) {
      value = 1.0F;
      left = hold;
      stage = Stage::hold;
    }
    break;
  case Stage::hold:
    if (left-- <= 0) {
      stage = Stage::decay;
    }
    break;
  case Stage::decay:
    value -= decay_step;
    if (value <= sustain) {
      value = sustain;
      stage = Stage::sustain;
    }
    break;
  case Stage::sustain:
    break;
  case Stage::release:
    value = std::max(0.0F, value - release_step);
    break;
  }
  return value;
}

SampledVoices::SampledVoices(const Config& config)
    : config_{config}, bank_{SampleBank::load(config.soundfont)},
      kernel_{config.kernel != nullptr ? config.kernel : &best_kernel()},
      fade_factor_{std::pow(10.0F, -4.0F * static_cast<float>(kBlock) /
                                       (0.01F * static_cast<float>(config.sample_rate.value)))} {
  // Fading voices do not count, so there is room for as many again.
  const auto groups = (2 * static_cast<std::size_t>(config.max_voices) + kLanes - 1) / kLanes;
  voices_.resize(groups * kLanes);
  lanes_.resize(groups);
  for (std::size_t i = 0; i < voices_.size(); ++i) {
    park(i);
  }
  for (const auto layer : core::kLayers) {
    trims_[core::index(layer)].assign(programs_of(layer).size(), 1.0F);
  }
  const double rate = config.sample_rate.value;
  float cents = kLowestCutoff;
  while (cents <= kHighestCutoff + kCutoffStep) {
    const double hz = std::min(8.175798915643707 * std::exp2(static_cast<double>(cents) / 1'200.0), 0.45 * rate);
    const double w = 2.0 * std::numbers::pi * hz / rate;
    cutoffs_.push_back({.sine = static_cast<float>(std::sin(w)), .cosine = static_cast<float>(std::cos(w))});
    cents += kCutoffStep;
  }
}

float SampledVoices::quanta(float timecents, float least) const noexcept {
  const float seconds = std::exp2(std::clamp(timecents, least, 8'000.0F) / 1'200.0F);
  return seconds * static_cast<float>(config_.sample_rate.value) / static_cast<float>(kBlock);
}

void SampledVoices::select(core::Layer layer, std::uint8_t program) noexcept {
  const auto programs = programs_of(layer);
  const auto found = std::ranges::find(programs, nearest_program(layer, program));
  program_[core::index(layer)] = static_cast<std::size_t>(found - programs.begin());
}

void SampledVoices::set_trim(core::Layer layer, std::uint8_t program, float trim) noexcept {
  const auto programs = programs_of(layer);
  const auto found = std::ranges::find(programs, nearest_program(layer, program));
  trims_[core::index(layer)][static_cast<std::size_t>(found - programs.begin())] = std::clamp(trim, 0.0F, kLargestTrim);
}

void SampledVoices::silence() noexcept {
  while (count_ > 0) {
    park(--count_);
  }
}

void SampledVoices::note_on(core::Layer layer, std::uint8_t midi, std::uint8_t velocity) noexcept {
  note_off(layer, midi);
  for (const Zone& zone : bank_->zones(layer, program_[core::index(layer)])) {
    if (midi >= zone.lowest_key && midi <= zone.highest_key && velocity >= zone.lowest_velocity &&
        velocity <= zone.highest_velocity) {
      start(layer, zone, midi, velocity);
    }
  }
}

void SampledVoices::note_off(core::Layer layer, std::uint8_t midi) noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    Voice& voice = voices_[i];
    if (voice.held && voice.layer == layer && voice.key == midi) {
      release(voice);
    }
  }
}

void SampledVoices::release(Voice& voice) noexcept {
  voice.held = false;
  voice.stage = Stage::release;
  voice.envelope.stage = Stage::release;
}

void SampledVoices::fade(Voice& voice) noexcept {
  release(voice);
  voice.stolen = true;
  voice.release_factor = fade_factor_;
}

void SampledVoices::make_room() noexcept {
  std::size_t counting = 0;
  Voice* faintest = nullptr;
  float least = 0.0F;
  for (std::size_t i = 0; i < count_; ++i) {
    Voice& voice = voices_[i];
    if (voice.stolen) {
      continue;
    }
    ++counting;
    // A voice in its delay or attack is about to be heard: what it will be counts.
    const bool rising = voice.stage == Stage::delay || voice.stage == Stage::attack;
    const float level = (rising ? 1.0F : voice.level) * (voice.pan_left + voice.pan_right) * (voice.held ? 2.0F : 1.0F);
    if (faintest == nullptr || level < least) {
      faintest = &voice;
      least = level;
    }
  }
  if (counting >= static_cast<std::size_t>(config_.max_voices) && faintest != nullptr) {
    fade(*faintest);
  }
}

void SampledVoices::start(core::Layer layer, const Zone& zone, std::uint8_t midi, std::uint8_t velocity) noexcept {
  Generators g = zone.generators;
  const auto byte = [&](Gen gen) { return static_cast<std::uint8_t>(std::clamp(g[at(gen)], 0.0F, 127.0F)); };
  const std::uint8_t key = g[at(Gen::fixed_key)] >= 0.0F ? byte(Gen::fixed_key) : midi;
  const std::uint8_t struck = g[at(Gen::fixed_velocity)] > 0.0F ? byte(Gen::fixed_velocity) : velocity;
  for (const Modulator& m : zone.modulators) {
    // Without a first source there is nothing to modulate with; without a second the amount stands.
    g[m.destination] += static_cast<float>(m.amount) * source_value(m.source, key, struck, 0.0F) *
                        source_value(m.amount_source, key, struck, 1.0F);
  }
  const auto exclusive = byte(Gen::exclusive_class);
  if (exclusive != 0) {
    for (std::size_t i = 0; i < count_; ++i) {
      // The zones of one note (the two sides of a stereo cymbal) share a class and do not end one another.
      if (voices_[i].layer == layer && voices_[i].exclusive_class == exclusive && voices_[i].key != midi) {
        fade(voices_[i]);
      }
    }
  }
  make_room();
  if (count_ == voices_.size()) {
    return; // as many are fading as the budget holds: this one would not be heard in such a crowd
  }
  const std::size_t index = count_++;
  Voice& voice = voices_[index];
  voice = Voice{};
  voice.layer = layer;
  voice.key = midi;
  voice.exclusive_class = exclusive;
  voice.held = true;

  const float attenuation = std::clamp(g[at(Gen::attenuation)], 0.0F, 1'440.0F);
  const float angle =
      (std::clamp(g[at(Gen::pan)], -500.0F, 500.0F) + 500.0F) / 1'000.0F * 0.5F * std::numbers::pi_v<float>;
  const float trim = trims_[core::index(layer)][program_[core::index(layer)]];
  const float gain = kMasterGain * trim * from_centibels(attenuation);
  voice.pan_left = gain * std::cos(angle);
  voice.pan_right = gain * std::sin(angle);
  // Hard left is nothing on the right, not what the cosine rounds to.
  voice.pan_left = voice.pan_left < 1e-6F ? 0.0F : voice.pan_left;
  voice.pan_right = voice.pan_right < 1e-6F ? 0.0F : voice.pan_right;

  // Volume envelope.
  const float from_middle = 60.0F - static_cast<float>(key);
  constexpr float kShortest = -12'000.0F;
  constexpr float kShortestRelease = -7'200.0F; // 16 ms: no click
  voice.left =
      static_cast<int>(g[at(Gen::vol_env_delay)] <= kShortest ? 0.0F : quanta(g[at(Gen::vol_env_delay)], kShortest));
  voice.attack_step = std::min(1.0F, 1.0F / quanta(g[at(Gen::vol_env_attack)], kShortest));
  const float hold = g[at(Gen::vol_env_hold)] + g[at(Gen::key_to_vol_env_hold)] * from_middle;
  voice.hold = hold <= kShortest ? 0 : static_cast<int>(quanta(hold, kShortest));
  const float decay = quanta(g[at(Gen::vol_env_decay)] + g[at(Gen::key_to_vol_env_decay)] * from_middle, kShortest);
  voice.decay_factor = from_centibels(kEnvelopeRange / std::max(decay, 1.0F));
  const float sustain = std::clamp(g[at(Gen::vol_env_sustain)], 0.0F, 1'440.0F);
  voice.sustain = sustain >= kEnvelopeRange ? 0.0F : from_centibels(sustain);
  voice.release_factor =
      from_centibels(kEnvelopeRange / std::max(quanta(g[at(Gen::vol_env_release)], kShortestRelease), 1.0F));
  voice.stage = voice.left > 0 ? Stage::delay : Stage::attack;

  // Pitch.
  const float scale = std::clamp(g[at(Gen::scale_tuning)], 0.0F, 1'200.0F) / 100.0F;
  const float cents = 100.0F * scale * (static_cast<float>(key) - zone.recording.root) +
                      100.0F * std::clamp(g[at(Gen::coarse_tune)], -120.0F, 120.0F) +
                      std::clamp(g[at(Gen::fine_tune)], -99.0F, 99.0F);
  // Eight octaves up at most, so that a step never jumps a loop.
  voice.increment = std::min(
      std::exp2(static_cast<double>(cents) / 1'200.0) * zone.recording.rate / config_.sample_rate.value, 256.0);
  voice.lfo_to_pitch = std::clamp(g[at(Gen::mod_lfo_to_pitch)], -12'000.0F, 12'000.0F);
  voice.vibrato_to_pitch = std::clamp(g[at(Gen::vib_lfo_to_pitch)], -12'000.0F, 12'000.0F);
  voice.envelope_to_pitch = std::clamp(g[at(Gen::mod_env_to_pitch)], -12'000.0F, 12'000.0F);
  voice.lfo_to_cutoff = std::clamp(g[at(Gen::mod_lfo_to_cutoff)], -12'000.0F, 12'000.0F);
  voice.envelope_to_cutoff = std::clamp(g[at(Gen::mod_env_to_cutoff)], -12'000.0F, 12'000.0F);
  voice.lfo_to_volume = std::clamp(g[at(Gen::mod_lfo_to_volume)], -960.0F, 960.0F);
  const auto oscillator = [&](Gen frequency, Gen delay) {
    const float hz = 8.175798915643707F * std::exp2(std::clamp(g[at(frequency)], -16'000.0F, 4'500.0F) / 1'200.0F);
    const float turns = hz * static_cast<float>(kBlock) / static_cast<float>(config_.sample_rate.value);
    return Oscillator{.value = 0.0F,
                      .step = std::min(4.0F * turns, 1.0F),
                      .delay = g[at(delay)] <= kShortest ? 0 : static_cast<int>(quanta(g[at(delay)], kShortest))};
  };
  voice.lfo = oscillator(Gen::mod_lfo_frequency, Gen::mod_lfo_delay);
  voice.vibrato = oscillator(Gen::vib_lfo_frequency, Gen::vib_lfo_delay);

  // Modulation envelope.
  ModEnvelope& envelope = voice.envelope;
  envelope.left =
      g[at(Gen::mod_env_delay)] <= kShortest ? 0 : static_cast<int>(quanta(g[at(Gen::mod_env_delay)], kShortest));
  envelope.attack_step = std::min(1.0F, 1.0F / quanta(g[at(Gen::mod_env_attack)], kShortest));
  const float mod_hold = g[at(Gen::mod_env_hold)] + g[at(Gen::key_to_mod_env_hold)] * from_middle;
  envelope.hold = mod_hold <= kShortest ? 0 : static_cast<int>(quanta(mod_hold, kShortest));
  envelope.decay_step = std::min(
      1.0F, 1.0F / quanta(g[at(Gen::mod_env_decay)] + g[at(Gen::key_to_mod_env_decay)] * from_middle, kShortest));
  envelope.sustain = 1.0F - std::clamp(g[at(Gen::mod_env_sustain)], 0.0F, 1'000.0F) / 1'000.0F;
  envelope.release_step = std::min(1.0F, 1.0F / quanta(g[at(Gen::mod_env_release)], kShortest));

  voice.bending = voice.lfo_to_pitch != 0.0F || voice.vibrato_to_pitch != 0.0F || voice.envelope_to_pitch != 0.0F;
  voice.moving =
      voice.bending || voice.lfo_to_cutoff != 0.0F || voice.envelope_to_cutoff != 0.0F || voice.lfo_to_volume != 0.0F;

  // Filter: resonance in centibels above a flat response, its gain taken back by half of it as FluidSynth does.
  voice.cutoff = g[at(Gen::filter_cutoff)];
  const float q_db = std::clamp(g[at(Gen::filter_q)], 0.0F, 960.0F) / 10.0F - 3.01F;
  voice.q = std::pow(10.0F, q_db / 20.0F);
  voice.filter_gain = 1.0F / std::sqrt(std::max(voice.q, 0.7071F) / 0.7071F);

  voice.limit = static_cast<std::uint64_t>(zone.recording.limit) << 32U;
  voice.rest = bank_->loudest_ahead().data() + zone.recording.rest;
  voice.first = zone.recording.first;
  voice.loop = static_cast<std::uint64_t>(zone.recording.loop) << 32U;
  VoiceLanes& lanes = lanes_[index / kLanes];
  const std::size_t lane = index % kLanes;
  lanes.position[lane] = static_cast<std::uint64_t>(zone.recording.first) << 32U;
  lanes.increment[lane] = static_cast<std::uint64_t>(voice.increment * static_cast<double>(kOneFrame));
  lanes.s1[lane] = 0.0F;
  lanes.s2[lane] = 0.0F;
  set_filter(index, voice.cutoff);
}

void SampledVoices::park(std::size_t voice) noexcept {
  VoiceLanes& lanes = lanes_[voice / kLanes];
  const std::size_t lane = voice % kLanes;
  // In the silence at the pool's beginning, three frames in for the taps behind.
  lanes.position[lane] = std::uint64_t{4} << 32U;
  lanes.increment[lane] = 0;
  lanes.b0[lane] = lanes.b1[lane] = lanes.a1[lane] = lanes.a2[lane] = 0.0F;
  lanes.s1[lane] = lanes.s2[lane] = 0.0F;
}

void SampledVoices::remove(std::size_t voice) noexcept {
  const std::size_t last = --count_;
  if (voice != last) {
    voices_[voice] = voices_[last];
    VoiceLanes& to = lanes_[voice / kLanes];
    const VoiceLanes& from = lanes_[last / kLanes];
    const std::size_t t = voice % kLanes;
    const std::size_t f = last % kLanes;
    to.position[t] = from.position[f];
    to.increment[t] = from.increment[f];
    to.b0[t] = from.b0[f];
    to.b1[t] = from.b1[f];
    to.a1[t] = from.a1[f];
    to.a2[t] = from.a2[f];
    to.s1[t] = from.s1[f];
    to.s2[t] = from.s2[f];
  }
  park(last);
}

void SampledVoices::set_filter(std::size_t index, float cents) noexcept {
  Voice& voice = voices_[index];
  voice.last_cutoff = cents;
  const float place = (std::clamp(cents, kLowestCutoff, kHighestCutoff) - kLowestCutoff) / kCutoffStep;
  const auto whole = static_cast<std::size_t>(place);
  const float part = place - static_cast<float>(whole);
  const Cutoff& low = cutoffs_[whole];
  const Cutoff& high = cutoffs_[whole + 1];
  const float sine = low.sine + part * (high.sine - low.sine);
  const float cosine = low.cosine + part * (high.cosine - low.cosine);
  const float alpha = sine / (2.0F * voice.q);
  const float scale = 1.0F / (1.0F + alpha);
  VoiceLanes& lanes = lanes_[index / kLanes];
  const std::size_t lane = index % kLanes;
  lanes.b1[lane] = (1.0F - cosine) * scale * voice.filter_gain;
  lanes.b0[lane] = 0.5F * lanes.b1[lane];
  lanes.a1[lane] = -2.0F * cosine * scale;
  lanes.a2[lane] = (1.0F - alpha) * scale;
}

bool SampledVoices::advance(std::size_t index, float& gain) noexcept {
  Voice& voice = voices_[index];
  switch (voice.stage) {
  case Stage::delay:
    if (--voice.left <= 0) {
      voice.stage = Stage::attack;
    }
    break;
  case Stage::attack:
    voice.level += voice.attack_step;
    if (voice.level >= 1.0F) {
      voice.level = 1.0F;
      voice.left = voice.hold;
      voice.stage = voice.hold > 0 ? Stage::hold : Stage::decay;
    }
    break;
  case Stage::hold:
    if (--voice.left <= 0) {
      voice.stage = Stage::decay;
    }
    break;
  case Stage::decay:
    voice.level *= voice.decay_factor;
    if (voice.level <= voice.sustain) {
      voice.level = voice.sustain;
      voice.stage = Stage::sustain;
    }
    break;
  case Stage::sustain:
    break;
  case Stage::release:
    voice.level *= voice.release_factor;
    break;
  }
  gain = voice.level;
  if (voice.moving) {
    const float lfo = voice.lfo.advance();
    const float vibrato = voice.vibrato.advance();
    const float envelope = voice.envelope.advance();
    VoiceLanes& lanes = lanes_[index / kLanes];
    if (voice.bending && lanes.increment[index % kLanes] != 0) {
      const float cents =
          lfo * voice.lfo_to_pitch + vibrato * voice.vibrato_to_pitch + envelope * voice.envelope_to_pitch;
      const double increment = std::min(voice.increment * static_cast<double>(std::exp2(cents / 1'200.0F)), 512.0);
      lanes.increment[index % kLanes] = static_cast<std::uint64_t>(increment * static_cast<double>(kOneFrame));
    }
    const float cutoff = voice.cutoff + lfo * voice.lfo_to_cutoff + envelope * voice.envelope_to_cutoff;
    if (std::abs(cutoff - voice.last_cutoff) > 1.0F) {
      set_filter(index, cutoff);
    }
    if (voice.lfo_to_volume != 0.0F) {
      gain *= from_centibels(-lfo * voice.lfo_to_volume);
    }
  }
  // What only falls from here and has fallen under the threshold has ended; the line to zero is drawn in this quantum.
  const bool falling = voice.stage == Stage::release || voice.stage == Stage::decay || voice.stage == Stage::sustain;
  if (!falling) {
    return true;
  }
  const auto position = static_cast<std::uint32_t>(lanes_[index / kLanes].position[index % kLanes] >> 32U);
  // A voice at its end has left the recording.
  const float rest = position < voice.first ? 0.0F : voice.rest[(position - voice.first) / SampleBank::kStretch];
  if (voice.level * std::max(voice.pan_left, voice.pan_right) * rest < kInaudible) {
    gain = 0.0F;
    return false;
  }
  return true;
}

void SampledVoices::interpolate(std::size_t group, LaneOutput& out) noexcept {
  VoiceLanes& lanes = lanes_[group];
  const std::size_t first = group * kLanes;
  const std::size_t voices = std::min(kLanes, count_ - first);
  std::size_t from = 0;
  while (from < kBlock) {
    // Up to the first lane that reaches its end.
    std::size_t frames = kBlock - from;
    for (std::size_t lane = 0; lane < voices; ++lane) {
      const std::uint64_t limit = voices_[first + lane].limit;
      const std::uint64_t position = lanes.position[lane];
      const std::uint64_t increment = lanes.increment[lane];
      if (increment != 0 && position + increment * frames > limit) {
        frames = std::min(frames, static_cast<std::size_t>((limit - position + increment - 1) / increment));
      }
    }
    kernel_->interpolate(lanes, bank_->pool().data(), voices, from, frames, out);
    from += frames;
    for (std::size_t lane = 0; lane < voices; ++lane) {
      Voice& voice = voices_[first + lane];
      if (lanes.increment[lane] == 0 || lanes.position[lane] < voice.limit) {
        continue;
      }
      if (voice.loop != 0) {
        lanes.position[lane] -= voice.loop;
      } else {
        lanes.position[lane] = std::uint64_t{4} << 32U;
        lanes.increment[lane] = 0; // ended; the filter rings out in this quantum
      }
    }
  }
}

void SampledVoices::render(LayerBuses& out) noexcept {
  for (auto& bus : out.buses) {
    bus.sounding = false;
  }
  LaneOutput samples;
  // From the last group to the first: removing a voice moves one of a later group, done already, into its place.
  const std::size_t groups = (count_ + kLanes - 1) / kLanes;
  std::array<bool, kLanes> ended{};
  for (std::size_t group = groups; group-- > 0;) {
    const std::size_t first = group * kLanes;
    const std::size_t voices = std::min(kLanes, count_ - first);
    std::array<float, kLanes> gains{};
    for (std::size_t lane = 0; lane < voices; ++lane) {
      ended[lane] = !advance(first + lane, gains[lane]);
    }
    interpolate(group, samples);
    const auto* const pool = reinterpret_cast<const char*>(bank_->pool().data());
    for (std::size_t lane = 0; lane < voices; ++lane) {
      const VoiceLanes& lanes = lanes_[group];
      const char* at = pool + 2 * (lanes.position[lane] >> 32U);
      const std::size_t bytes = (lanes.increment[lane] * kBlock) >> 31U;
      for (std::size_t n = 0; n <= bytes + 64; n += 64) {
        __builtin_prefetch(at + n);
      }
    }
    for (std::size_t lane = 0; lane < voices; ++lane) {
      Voice& voice = voices_[first + lane];
      const auto line = [&](float& now, float pan) {
        constexpr float kScale = 1.0F / kKernelScale;
        const float next = gains[lane] * pan * kScale;
        const GainLine gain{.start = now, .step = (next - now) * (1.0F / static_cast<float>(kBlock))};
        now = next;
        return gain;
      };
      const GainLine left = line(voice.left_gain, voice.pan_left);
      const GainLine right = line(voice.right_gain, voice.pan_right);
      kernel_->mix(samples.samples[lane].data(), left, right, out.buses[core::index(voice.layer)]);
      ended[lane] = ended[lane] || lanes_[group].increment[lane] == 0;
    }
    for (std::size_t lane = voices; lane-- > 0;) {
      if (ended[lane]) {
        remove(first + lane);
      }
    }
  }
}

} // namespace auralis::synth
