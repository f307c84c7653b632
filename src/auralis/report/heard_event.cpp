// SPDX-License-Identifier: Apache-2.0
#include "auralis/report/heard_event.hpp"

#include <variant>

#include "auralis/report/rounding.hpp"

namespace auralis::report {
namespace {

using Message = std::optional<protocol::HeardEvent>;

/// Makes the message of each kind; `at` and `latency` are filled in by the caller.
struct Maker {
  Message operator()(const core::Onset& onset) const {
    return protocol::HeardOnset{.strength = unit(onset.strength),
                                .band = static_cast<protocol::OnsetBand>(onset.band),
                                .confidence = unit(onset.confidence)};
  }
  Message operator()(const core::Beat& beat) const {
    return protocol::HeardBeat{.position = beat.position,
                               .beats_per_bar = beat.beats_per_bar,
                               .bpm = digits(beat.tempo.value),
                               .confidence = unit(beat.confidence),
                               .downbeat_confidence = unit(beat.downbeat_confidence)};
  }
  Message operator()(const core::LiveTempo& tempo) const {
    protocol::HeardTempo message;
    for (const auto& one : {tempo.best, tempo.half, tempo.twice}) {
      if (one.tempo.value > 0.0) {
        message.candidates.push_back({.bpm = digits(one.tempo.value), .confidence = unit(one.confidence)});
      }
    }
    return message;
  }
  Message operator()(const core::ChordSegment& segment) const {
    return protocol::HeardChord{.chord = segment.chord ? std::optional{to_string(*segment.chord)} : std::nullopt,
                                .confidence = unit(segment.confidence)};
  }
  Message operator()(const core::LiveKey& key) const {
    return protocol::HeardKey{.best = candidate(key.local.best),
                              .runner_up = candidate(key.local.runner_up),
                              .whole = candidate(key.whole.best)};
  }
  Message operator()(const core::LoudnessPoint& point) const {
    return protocol::HeardLoudness{.momentary = level(static_cast<double>(point.momentary_lufs)),
                                   .short_term = level(static_cast<double>(point.short_term_lufs))};
  }
  Message operator()(const core::PitchPoint& point) const {
    return protocol::HeardPitch{.f0 = digits(point.voiced ? point.f0.value : -point.f0.value),
                                .voicing = unit(point.voicing)};
  }
  Message operator()(const core::FeatureFrame& frame) const {
    return protocol::HeardFrame{.rms = digits(static_cast<double>(frame.rms)),
                                .centroid = digits(static_cast<double>(frame.centroid)),
                                .flatness = unit(frame.flatness),
                                .flux = digits(static_cast<double>(frame.flux))};
  }
  Message operator()(const core::ChromaFrame& /*frame*/) const { return std::nullopt; }
  Message operator()(const core::Section& section) const {
    return protocol::HeardSegment{
        .from = time(section.from), .label = std::string(1, section.label), .confidence = unit(section.confidence)};
  }
};

} // namespace

std::optional<protocol::HeardEvent> to_message(const core::AnalysisEvent& event) {
  auto message = std::visit(Maker{}, event.what);
  if (message) {
    std::visit(
        [&event](auto& one) {
          one.at = time(event.at);
          one.latency = std::round((event.known_at.value - event.at.value) * 1e6) / 1e6;
        },
        *message);
  }
  return message;
}

} // namespace auralis::report
