// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/event_messages.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "auralis/protocol/messages.hpp"

namespace auralis::server {
namespace {

template <typename T> std::shared_ptr<const std::string> shared_json(const T& message) {
  return std::make_shared<const std::string>(protocol::to_json(message));
}

} // namespace

std::string error_json(const core::Error& error, std::optional<std::int64_t> id) {
  protocol::ErrorMessage message{
      .id = id,
      .code = protocol::parse_error_code(core::to_string(error.code)).value_or(protocol::ErrorCode::internal),
      .message = error.what};
  if (!error.where.empty()) {
    message.where = error.where;
  }
  return protocol::to_json(message);
}

std::string pitch_with_octave(core::PitchName name, int midi) {
  const int natural = midi - name.accidental(); // the octave is the letter's, so that B#3 is MIDI 60
  const int octave = static_cast<int>(std::floor(static_cast<double>(natural) / 12.0)) - 1;
  return fmt::format("{}{}", to_string(name), octave);
}

EventMessages event_messages(std::span<const core::PerformanceEvent> events, std::int64_t station_rate,
                             std::int64_t wire_rate) {
  const auto scaled = [&](core::Frames frames) {
    return std::max<std::int64_t>(0, frames.value * wire_rate / station_rate);
  };
  EventMessages out;
  protocol::NotesMessage notes;
  for (const auto& event : events) {
    const auto at = scaled(event.at);
    if (const auto* note = std::get_if<core::NoteOn>(&event.what)) {
      const bool drum = note->layer == core::Layer::percussion;
      notes.notes.push_back({.at = at,
                             .duration = scaled(note->duration),
                             .layer = static_cast<protocol::LayerName>(note->layer),
                             .midi = note->midi,
                             .velocity = note->velocity,
                             .name = drum ? std::string{} : pitch_with_octave(note->name, note->midi)});
    } else if (const auto* chord = std::get_if<core::ChordChange>(&event.what)) {
      out.chord = shared_json(protocol::ChordMessage{.at = at,
                                                     .chord = to_string(chord->chord),
                                                     .key = to_string(chord->key.tonic),
                                                     .mode = static_cast<protocol::Mode>(chord->key.mode)});
      out.all.push_back(out.chord);
    } else if (const auto* beat = std::get_if<core::BeatTick>(&event.what)) {
      out.all.push_back(shared_json(protocol::BeatMessage{
          .at = at, .bar = beat->bar, .beat = beat->beat, .phrase = beat->phrase, .bpm = beat->tempo.value}));
    }
  }
  if (!notes.notes.empty()) {
    out.all.push_back(shared_json(notes));
  }
  return out;
}

} // namespace auralis::server
