// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "auralis/core/generator.hpp"
#include "auralis/server/stations.hpp"

namespace auralis::server::testing {

/// A quiet tone that costs nothing, with a note, a beat and a chord each half second.
class ToneGenerator final : public core::Generator {
public:
  explicit ToneGenerator(const GeneratorSpec& spec)
      : rate_{spec.sample_rate}, parameters_{spec.parameters}, character_{spec.character} {
    events_.reserve(64);
  }

  [[nodiscard]] core::Hertz sample_rate() const noexcept override { return rate_; }
  [[nodiscard]] core::Frames now() const noexcept override { return now_; }
  [[nodiscard]] const core::Parameters& parameters() const noexcept override { return parameters_; }
  [[nodiscard]] const core::Character& character() const noexcept override { return character_; }
  [[nodiscard]] core::Transport transport() const noexcept override { return transport_; }

  std::span<const core::PerformanceEvent> render(core::StereoBlock out) noexcept override {
    events_.clear();
    for (std::size_t i = 0; i < out.frames(); ++i) {
      if (now_.value % kPeriod == 0) {
        const auto beat = static_cast<std::int64_t>(now_.value / kPeriod);
        events_.push_back({now_, core::ChordChange{core::Chord{}, parameters_.key}});
        events_.push_back({now_, core::BeatTick{.bar = beat / 4,
                                                .beat = static_cast<std::uint8_t>(beat % 4),
                                                .phrase = 0,
                                                .tempo = parameters_.tempo}});
        events_.push_back({now_, core::NoteOn{.midi = 60, .name = core::PitchName{}, .duration = core::Frames{4800}}});
      }
      const auto phase = static_cast<float>(now_.value % 480) / 480.0F;
      out.left[i] = out.right[i] = 0.1F * std::sin(6.2831853F * phase);
      now_ += core::Frames{1};
    }
    return events_;
  }
  void apply(const core::Control& control) noexcept override {
    core::apply(control, parameters_);
    character_ = control.character.value_or(character_);
    transport_ = control.transport.value_or(transport_);
  }

private:
  static constexpr std::int64_t kPeriod = 23'040; // a multiple of the quantum, about half a second

  core::Hertz rate_;
  core::Frames now_{};
  core::Parameters parameters_;
  core::Character character_;
  core::Transport transport_ = core::Transport::play;
  std::vector<core::PerformanceEvent> events_;
};

inline GeneratorFactory tones() {
  return [](const GeneratorSpec& spec) -> core::Result<std::unique_ptr<core::Generator>> {
    return std::make_unique<ToneGenerator>(spec);
  };
}

} // namespace auralis::server::testing
