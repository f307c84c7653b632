// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/fluid_voices.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dlfcn.h>
#include <fluidsynth.h>
#include <fmt/format.h>

namespace auralis::synth {
namespace {

constexpr int kLayers = static_cast<int>(core::kLayerCount);
constexpr int kDrumBank = 128;
// The most FluidSynth takes. Trims are attenuations from there: it knows no amplification.
constexpr double kGain = 10.0;

static_assert(FLUIDSYNTH_VERSION_MAJOR == 2 && FLUIDSYNTH_VERSION_MINOR >= 2,
              "kLibrary has the interface of 2.2 to 2.x");
constexpr const char* kLibrary = "libfluidsynth.so.3";

void* open_library() {
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw std::runtime_error{fmt::format("FluidSynth cannot be loaded: {}", dlerror())};
  }
  return library;
}

template <typename Function> Function find_function(void* library, const char* name) {
  void* const found = dlsym(library, name);
  if (found == nullptr) {
    throw std::runtime_error{fmt::format("FluidSynth ({}) lacks {}", kLibrary, name)};
  }
  return reinterpret_cast<Function>(found);
}

/// What we call of FluidSynth. It is loaded with the first voices made and stays: it brings sound servers, glib and
/// more along, and most runs of the program play by SampledVoices or do not play at all.
struct Library {
  void* const handle = open_library();
// NOLINTNEXTLINE(bugprone-macro-parentheses): it declares the name
#define AURALIS_FLUID(name) decltype(&::name) name = find_function<decltype(&::name)>(handle, #name)
  AURALIS_FLUID(delete_fluid_settings);
  AURALIS_FLUID(delete_fluid_synth);
  AURALIS_FLUID(fluid_set_log_function);
  AURALIS_FLUID(fluid_settings_setint);
  AURALIS_FLUID(fluid_settings_setnum);
  AURALIS_FLUID(fluid_synth_all_sounds_off);
  AURALIS_FLUID(fluid_synth_get_active_voice_count);
  AURALIS_FLUID(fluid_synth_noteoff);
  AURALIS_FLUID(fluid_synth_noteon);
  AURALIS_FLUID(fluid_synth_process);
  AURALIS_FLUID(fluid_synth_program_select);
  AURALIS_FLUID(fluid_synth_set_channel_type);
  AURALIS_FLUID(fluid_synth_set_gen);
  AURALIS_FLUID(fluid_synth_set_interp_method);
  AURALIS_FLUID(fluid_synth_sfload);
  AURALIS_FLUID(new_fluid_settings);
  AURALIS_FLUID(new_fluid_synth);
#undef AURALIS_FLUID
};

/// \throws std::runtime_error if it is not there or too old.
const Library& library() {
  static const Library loaded;
  return loaded;
}

struct CloseSettings {
  const Library* fluid;
  void operator()(fluid_settings_t* settings) const noexcept { fluid->delete_fluid_settings(settings); }
};
struct CloseSynth {
  const Library* fluid;
  void operator()(fluid_synth_t* synth) const noexcept { fluid->delete_fluid_synth(synth); }
};

} // namespace

struct FluidVoices::Fluid {
  const Library& call = library();
  std::unique_ptr<fluid_settings_t, CloseSettings> settings{nullptr, {&call}};
  std::unique_ptr<fluid_synth_t, CloseSynth> synth{nullptr, {&call}};
};

FluidVoices::FluidVoices(const Config& config) : fluid_{std::make_unique<Fluid>()} {
  const Library& call = fluid_->call;
  // A library neither prints nor exits: what goes wrong comes back as return values.
  for (const int level : {FLUID_PANIC, FLUID_ERR, FLUID_WARN, FLUID_INFO, FLUID_DBG}) {
    call.fluid_set_log_function(level, nullptr, nullptr);
  }
  std::size_t most_programs = 0;
  for (const auto layer : core::kLayers) {
    most_programs = std::max(most_programs, programs_of(layer).size());
  }
  const int channels = (static_cast<int>(most_programs) * kLayers + 15) / 16 * 16;

  fluid_->settings.reset(call.new_fluid_settings());
  auto* settings = fluid_->settings.get();
  call.fluid_settings_setnum(settings, "synth.sample-rate", config.sample_rate.value);
  call.fluid_settings_setint(settings, "synth.threadsafe-api", 0);
  call.fluid_settings_setint(settings, "synth.reverb.active", 0);
  call.fluid_settings_setint(settings, "synth.chorus.active", 0);
  // Loads what a selected program needs. All are selected below, for good, so nothing is loaded later; and a compressed
  // bank is not unpacked as a whole.
  call.fluid_settings_setint(settings, "synth.dynamic-sample-loading", 1);
  call.fluid_settings_setint(settings, "synth.cpu-cores", 1);
  call.fluid_settings_setint(settings, "synth.min-note-length", 0);
  call.fluid_settings_setint(settings, "synth.polyphony", config.max_voices);
  call.fluid_settings_setint(settings, "synth.midi-channels", channels);
  call.fluid_settings_setint(settings, "synth.audio-groups", kLayers);
  call.fluid_settings_setint(settings, "synth.audio-channels", kLayers);
  call.fluid_settings_setnum(settings, "synth.gain", kGain);
  fluid_->synth.reset(call.new_fluid_synth(settings));
  auto* synth = fluid_->synth.get();
  if (synth == nullptr) {
    throw std::runtime_error{"FluidSynth could not be created"};
  }
  const int font = call.fluid_synth_sfload(synth, config.soundfont.c_str(), 0);
  if (font == FLUID_FAILED) {
    throw std::runtime_error{fmt::format("FluidSynth cannot load the SoundFont {}", config.soundfont)};
  }
  for (const auto layer : core::kLayers) {
    const auto programs = programs_of(layer);
    const bool drums = layer == core::Layer::percussion;
    for (std::size_t i = 0; i < programs.size(); ++i) {
      const int channel = static_cast<int>(i) * kLayers + static_cast<int>(core::index(layer));
      call.fluid_synth_set_channel_type(synth, channel, drums ? CHANNEL_TYPE_DRUM : CHANNEL_TYPE_MELODIC);
      const int bank = drums ? kDrumBank : 0;
      if (call.fluid_synth_program_select(synth, channel, font, bank, programs[i]) == FLUID_FAILED) {
        // A smaller bank: its default program instead.
        call.fluid_synth_program_select(synth, channel, font, bank, programs.front());
      }
    }
    for (const std::uint8_t program : programs) {
      set_trim(layer, program, 1.0F);
    }
    sounding_on_[core::index(layer)].fill(kSilent);
    channel_[core::index(layer)] = static_cast<int>(core::index(layer));
  }
  call.fluid_synth_set_interp_method(synth, -1, FLUID_INTERP_4THORDER);
}

FluidVoices::~FluidVoices() = default;

void FluidVoices::select(core::Layer layer, std::uint8_t program) noexcept {
  const auto programs = programs_of(layer);
  const auto found = std::ranges::find(programs, nearest_program(layer, program));
  channel_[core::index(layer)] =
      static_cast<int>(found - programs.begin()) * kLayers + static_cast<int>(core::index(layer));
}

void FluidVoices::set_trim(core::Layer layer, std::uint8_t program, float trim) noexcept {
  const auto programs = programs_of(layer);
  const auto found = std::ranges::find(programs, nearest_program(layer, program));
  const int channel = static_cast<int>(found - programs.begin()) * kLayers + static_cast<int>(core::index(layer));
  const float centibels = -200.0F * std::log10(std::clamp(trim / kLargestTrim, 1e-4F, 1.0F));
  fluid_->call.fluid_synth_set_gen(fluid_->synth.get(), channel, GEN_ATTENUATION, centibels);
}

void FluidVoices::silence() noexcept {
  fluid_->call.fluid_synth_all_sounds_off(fluid_->synth.get(), -1);
  for (auto& layer : sounding_on_) {
    layer.fill(kSilent);
  }
  LayerBuses unheard;
  while (active() > 0) {
    render(unheard);
  }
}

void FluidVoices::note_on(core::Layer layer, std::uint8_t midi, std::uint8_t velocity) noexcept {
  auto& on = sounding_on_[core::index(layer)][midi];
  const int channel = channel_[core::index(layer)];
  if (on != kSilent) {
    fluid_->call.fluid_synth_noteoff(fluid_->synth.get(), on, midi);
  }
  fluid_->call.fluid_synth_noteon(fluid_->synth.get(), channel, midi, velocity);
  on = static_cast<std::int16_t>(channel);
}

void FluidVoices::note_off(core::Layer layer, std::uint8_t midi) noexcept {
  auto& on = sounding_on_[core::index(layer)][midi];
  if (on == kSilent) {
    return;
  }
  fluid_->call.fluid_synth_noteoff(fluid_->synth.get(), on, midi);
  on = kSilent;
}

void FluidVoices::render(LayerBuses& out) noexcept {
  const bool sounding = active() > 0;
  std::array<float*, 2 * core::kLayerCount> sinks{};
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    auto& bus = out.buses[i];
    bus.sounding = sounding;
    bus.left.fill(0.0F); // FluidSynth adds to what is there
    bus.right.fill(0.0F);
    sinks[2 * i] = bus.left.data();
    sinks[2 * i + 1] = bus.right.data();
  }
  fluid_->call.fluid_synth_process(fluid_->synth.get(), static_cast<int>(kBlock), 0, nullptr,
                                   static_cast<int>(sinks.size()), sinks.data());
}

int FluidVoices::active() const noexcept {
  return fluid_->call.fluid_synth_get_active_voice_count(fluid_->synth.get());
}

} // namespace auralis::synth
