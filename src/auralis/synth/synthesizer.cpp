// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/synthesizer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <tuple>

#include <fmt/format.h>

#include "auralis/dsp/compressor.hpp"
#include "auralis/dsp/leveller.hpp"
#include "auralis/dsp/limiter.hpp"
#include "auralis/dsp/master_filter.hpp"
#include "auralis/dsp/reverb.hpp"
#include "auralis/synth/calibration.hpp"
#include "auralis/synth/fluid_voices.hpp"
#include "auralis/synth/sampled_voices.hpp"
#include "auralis/synth/soundfont.hpp"
#include "auralis/synth/voice_kernel.hpp"

namespace auralis::synth {
namespace {

/// A layer's place in the mix; how loud it is is the calibration's part.
struct Place {
  float width; ///< [0, 1]; 0 is mono
  float send;  ///< to the room, relative to the layer's level
};
constexpr std::array<Place, core::kLayerCount> kPlaces{{
    {.width = 0.8F, .send = 1.0F},  // piano
    {.width = 1.0F, .send = 1.2F},  // pad
    {.width = 0.0F, .send = 0.25F}, // bass: low notes stay in the middle and out of the mud
    {.width = 1.0F, .send = 1.5F},  // bells
    {.width = 0.7F, .send = 0.5F},  // percussion
}};

constexpr float kWet = 0.2F;
constexpr double kTiltRangeDb = 9.0;        // brightness 0 and 1 lie this far from 0.5 at the top
constexpr double kGainSeconds = 0.02;       // time constant of a layer's gain
constexpr double kBrightnessSeconds = 0.05; // time constant of the tilt

float share_of_a_block(double time_constant, core::Hertz rate) {
  return static_cast<float>(1.0 - std::exp(-static_cast<double>(kBlock) / (time_constant * rate.value)));
}

/// A gain that glides to its target and lands on it.
struct Glide {
  float now = 1.0F;
  float target = 1.0F;

  /// Moves by one block and returns where it arrives.
  float advance(float share) noexcept {
    now += (target - now) * share;
    if (std::abs(target - now) < 1e-5F) {
      now = target;
    }
    return now;
  }
};

template <typename... Ts> struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts> Overloaded(Ts...) -> Overloaded<Ts...>;

bool is_layer(core::Layer layer) noexcept { return core::index(layer) < core::kLayerCount; }

core::Result<SoundFontInfo> checked(const Synthesizer::Config& config) {
  if (!(config.sample_rate.value >= 22'050.0 && config.sample_rate.value <= 96'000.0)) {
    throw std::invalid_argument{"Synthesizer: sample_rate must lie in [22050, 96000] Hz"};
  }
  if (config.max_voices < 8 || config.max_voices > 1'024) {
    throw std::invalid_argument{"Synthesizer: max_voices must lie in [8, 1024]"};
  }
  auto found = find_soundfont(config.soundfont);
  if (!found) {
    const auto& error = found.error();
    throw std::runtime_error{error.where.empty() ? error.what : fmt::format("{}: {}", error.where, error.what)};
  }
  return found;
}

Engine engine_for(const Synthesizer::Config& config, const std::string& soundfont) {
  if (config.engine != Engine::automatic) {
    return config.engine;
  }
  return SampleBank::is_compressed(soundfont) ? Engine::fluidsynth : Engine::sampled;
}

std::unique_ptr<Voices> make_voices(Engine engine, const Synthesizer::Config& config, const std::string& soundfont) {
  if (engine == Engine::sampled) {
    return std::make_unique<SampledVoices>(SampledVoices::Config{
        .sample_rate = config.sample_rate, .soundfont = soundfont, .max_voices = config.max_voices});
  }
  return std::make_unique<FluidVoices>(
      FluidVoices::Config{.sample_rate = config.sample_rate, .soundfont = soundfont, .max_voices = config.max_voices});
}

/// Calibrates once a process for each file, engine and rate: a station is to open at once, and it costs tens of
/// milliseconds. Some hundred bytes an entry, kept.
Trims trims_of(const std::string& soundfont, Engine engine, Voices& voices, core::Hertz rate) {
  static std::mutex mutex;
  static std::map<std::tuple<std::string, std::int64_t, Engine, double>, Trims> known;
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(soundfont, error).time_since_epoch().count();
  const std::tuple key{soundfont, static_cast<std::int64_t>(changed), engine, rate.value};
  const std::scoped_lock lock{mutex};
  const auto found = known.find(key);
  return found != known.end() ? found->second : known.emplace(key, calibrate(voices, rate)).first->second;
}

} // namespace

struct Synthesizer::State {
  State(const Config& c, SoundFontInfo info)
      : config{c}, soundfont{std::move(info)}, engine{engine_for(c, soundfont.path)},
        voices{make_voices(engine, c, soundfont.path)}, reverb{{.sample_rate = c.sample_rate}},
        filter{{.sample_rate = c.sample_rate}}, compressor{{.sample_rate = c.sample_rate}},
        leveller{{.sample_rate = c.sample_rate}}, limiter{{.sample_rate = c.sample_rate}},
        gain_share{share_of_a_block(kGainSeconds, c.sample_rate)},
        brightness_share{share_of_a_block(kBrightnessSeconds, c.sample_rate)} {
    set_trims(*voices, trims_of(soundfont.path, engine, *voices, c.sample_rate));
    brightness.now = brightness.target = 0.5F;
    tilt_to(brightness.now);
  }

  void tilt_to(float value) noexcept {
    const double gain = (static_cast<double>(value) - 0.5) * 2.0 * kTiltRangeDb;
    filter.set_tilt(core::Decibels{gain});
  }

  Config config;
  SoundFontInfo soundfont;
  Engine engine;
  std::unique_ptr<Voices> voices;
  std::array<Glide, core::kLayerCount> gains{};
  Glide brightness;
  LayerBuses buses{};
  MixBuses mix{};
  const VoiceKernel& kernel = best_kernel();
  dsp::Reverb reverb;
  dsp::MasterFilter filter;
  dsp::Compressor compressor;
  dsp::Leveller leveller;
  dsp::TruePeakLimiter limiter;
  float master_gain = 1.0F;
  float gain_share;
  float brightness_share;
};

Synthesizer::Synthesizer(const Config& config) {
  auto found = checked(config);
  state_ = std::make_unique<State>(config, std::move(*found));
}

Synthesizer::~Synthesizer() = default;

void Synthesizer::handle(const core::PerformanceEvent& event) noexcept {
  State& s = *state_;
  std::visit(Overloaded{
                 [&](const core::NoteOn& note) {
                   if (is_layer(note.layer) && note.midi < 128 && note.velocity > 0 && note.velocity < 128) {
                     s.voices->note_on(note.layer, note.midi, note.velocity);
                   }
                 },
                 [&](const core::NoteOff& note) {
                   if (is_layer(note.layer) && note.midi < 128) {
                     s.voices->note_off(note.layer, note.midi);
                   }
                 },
                 [&](const core::LayerGain& change) {
                   if (is_layer(change.layer) && std::isfinite(change.gain)) {
                     s.gains[core::index(change.layer)].target = std::clamp(change.gain, 0.0F, 1.0F);
                   }
                 },
                 [&](const core::Brightness& change) {
                   if (std::isfinite(change.value)) {
                     s.brightness.target = std::clamp(change.value, 0.0F, 1.0F);
                   }
                 },
                 [&](const core::ProgramChange& change) {
                   if (is_layer(change.layer)) {
                     s.voices->select(change.layer, change.program);
                   }
                 },
                 [](const core::ChordChange&) {},
                 [](const core::BeatTick&) {},
             },
             event.what);
}

void Synthesizer::render(core::StereoBlock out) noexcept {
  assert(out.frames() == kBlock);
  const rt::RealtimeSection realtime;
  State& s = *state_;
  s.voices->render(s.buses);

  MixBuses& mix = s.mix;
  mix.sounding = false;
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    const float from = s.gains[i].now;
    const float to = s.gains[i].advance(s.gain_share);
    const auto& bus = s.buses.buses[i];
    if (!bus.sounding || (from == 0.0F && to == 0.0F)) {
      continue;
    }
    const Place& place = kPlaces[i];
    s.kernel.place(bus,
                   {.line = {.start = from, .step = (to - from) / static_cast<float>(kBlock)},
                    .own = 0.5F * (1.0F + place.width),
                    .other = 0.5F * (1.0F - place.width),
                    .dry = 1.0F - kWet,
                    .send = kWet * place.send},
                   mix);
  }
  if (!mix.sounding) {
    mix = {};
  }
  const core::StereoBlock room{mix.room_left, mix.room_right};
  s.reverb.process(room, room);
  for (std::size_t n = 0; n < kBlock; ++n) {
    out.left[n] = mix.left[n] + mix.room_left[n];
    out.right[n] = mix.right[n] + mix.room_right[n];
  }

  if (s.brightness.now != s.brightness.target) {
    s.tilt_to(s.brightness.advance(s.brightness_share));
  }
  const auto power = s.filter.process(out);
  // Glue, then loudness of what the glue leaves; both move slowly, so one straight line carries them.
  const float glue = s.compressor.advance(0.5F * power.plain);
  const float next = glue * s.leveller.advance(static_cast<double>(power.weighted * glue * glue));
  s.kernel.scale(out.left.data(), out.right.data(), s.master_gain, (next - s.master_gain) / static_cast<float>(kBlock));
  s.master_gain = next;
  s.limiter.process(out);
}

core::Frames Synthesizer::latency() const noexcept {
  return dsp::MasterFilter::latency() + dsp::TruePeakLimiter::latency();
}
int Synthesizer::active_voices() const noexcept { return state_->voices->active(); }
Engine Synthesizer::engine() const noexcept { return state_->engine; }
const std::string& Synthesizer::soundfont_path() const noexcept { return state_->soundfont.path; }
const std::string& Synthesizer::soundfont_name() const noexcept { return state_->soundfont.name; }

} // namespace auralis::synth
