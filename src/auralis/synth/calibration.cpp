// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "auralis/dsp/biquad.hpp"

namespace auralis::synth {
namespace {

/// The notes a layer is judged by, and how loud they shall be: mean K-weighted power over `seconds`.
struct Judgement {
  std::array<std::uint8_t, 3> notes;
  double seconds;
  double lufs;
};
constexpr std::array<Judgement, core::kLayerCount> kJudgements{{
    {.notes = {57, 64, 72}, .seconds = 0.5, .lufs = -16.0}, // piano
    {.notes = {52, 59, 64}, .seconds = 1.2, .lufs = -20.0}, // pad: slow to rise
    {.notes = {33, 38, 43}, .seconds = 0.4, .lufs = -17.0}, // bass
    {.notes = {72, 79, 84}, .seconds = 0.5, .lufs = -16.0}, // bells
    {.notes = {36, 38, 42}, .seconds = 0.3, .lufs = -17.0}, // percussion: kick, snare, closed hat
}};
constexpr std::uint8_t kVelocity = 60;
constexpr double kOffsetLufs = -0.691; // ITU-R BS.1770-5, equation 2

double loudness(Voices& voices, core::Layer layer, const Judgement& judgement, core::Hertz rate) {
  std::array<dsp::StereoBiquad, 2> weighting{dsp::StereoBiquad{dsp::k_weighting(rate)[0]},
                                             dsp::StereoBiquad{dsp::k_weighting(rate)[1]}};
  for (const std::uint8_t note : judgement.notes) {
    voices.note_on(layer, note, kVelocity);
  }
  const rt::RealtimeSection no_denormals;
  LayerBuses buses;
  double sum = 0.0;
  const auto quanta = static_cast<int>(judgement.seconds * rate.value / static_cast<double>(kBlock));
  for (int quantum = 0; quantum < quanta; ++quantum) {
    voices.render(buses);
    auto& bus = buses.buses[core::index(layer)];
    if (!bus.sounding) {
      continue;
    }
    for (auto& stage : weighting) {
      stage.process({bus.left, bus.right});
    }
    for (std::size_t n = 0; n < kBlock; ++n) {
      sum += static_cast<double>(bus.left[n] * bus.left[n] + bus.right[n] * bus.right[n]);
    }
  }
  voices.silence();
  return kOffsetLufs +
         10.0 * std::log10(std::max(sum / static_cast<double>(quanta) / static_cast<double>(kBlock), 1e-12));
}

} // namespace

Trims calibrate(Voices& voices, core::Hertz sample_rate) {
  Trims trims;
  for (const auto layer : core::kLayers) {
    const Judgement& judgement = kJudgements[core::index(layer)];
    for (const std::uint8_t program : programs_of(layer)) {
      voices.select(layer, program);
      const core::Decibels missing{judgement.lufs - loudness(voices, layer, judgement, sample_rate)};
      trims[core::index(layer)].push_back(std::min(static_cast<float>(core::to_amplitude(missing)), kLargestTrim));
    }
    voices.select(layer, programs_of(layer).front());
  }
  return trims;
}

void set_trims(Voices& voices, const Trims& trims) noexcept {
  for (const auto layer : core::kLayers) {
    const auto programs = programs_of(layer);
    for (std::size_t i = 0; i < programs.size(); ++i) {
      voices.set_trim(layer, programs[i], trims[core::index(layer)][i]);
    }
  }
}

} // namespace auralis::synth
