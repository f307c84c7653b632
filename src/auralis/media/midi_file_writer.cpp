// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/midi_file_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace auralis::media {
namespace {

using core::Frames;
using core::Hertz;
using core::Layer;

using Bytes = std::vector<std::uint8_t>;

constexpr double kDefaultTempo = 120.0; // what a MIDI file without a tempo means

// Kinds of meta event.
constexpr std::uint8_t kName = 0x03;
constexpr std::uint8_t kMarker = 0x06;
constexpr std::uint8_t kTempo = 0x51;
constexpr std::uint8_t kMetre = 0x58;
constexpr std::uint8_t kKey = 0x59;
// Controllers.
constexpr std::uint8_t kVolume = 7;
constexpr std::uint8_t kBrightness = 74;

/// The channel of each layer, from 0; percussion has General MIDI's tenth.
constexpr std::array<std::uint8_t, core::kLayerCount> kChannels{0, 1, 2, 3, 9};

/// Converts frames to ticks along the beats.
class TempoMap {
public:
  struct Beat {
    Frames at;
    std::uint32_t quarter_us; ///< until the next
  };

  TempoMap(std::span<const core::PerformanceEvent> events, Hertz rate) : rate_{rate} {
    double tempo = kDefaultTempo;
    std::vector<Frames> starts;
    for (const auto& event : events) {
      if (const auto* tick = std::get_if<core::BeatTick>(&event.what)) {
        if (starts.empty() && event.at > Frames{0}) {
          starts.emplace_back(0);
        }
        if (starts.empty() || event.at > starts.back()) {
          starts.push_back(event.at);
        }
        tempo = tick->tempo.value;
      }
    }
    if (starts.empty()) {
      starts.emplace_back(0);
    }
    // Each beat's length is rounded against where the rounded ones before it have led: no drift over hours.
    std::int64_t reached_us = 0;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const double next_us = i + 1 < starts.size() ? us(starts[i + 1]) : us(starts[i]) + 60e6 / tempo;
      const std::int64_t length = std::clamp<std::int64_t>(std::llround(next_us) - reached_us, 1, kMaxQuarterUs);
      beats_.push_back({starts[i], static_cast<std::uint32_t>(length)});
      reached_us += length;
    }
  }

  [[nodiscard]] std::int64_t tick(Frames at) const {
    const auto after = std::ranges::upper_bound(beats_, at, {}, &Beat::at);
    assert(after != beats_.begin());
    const auto beat = after - 1;
    const double into = us(at) - us(beat->at);
    const double fraction = into / static_cast<double>(beat->quarter_us);
    return (beat - beats_.begin()) * kMidiTicksPerBeat + std::llround(fraction * kMidiTicksPerBeat);
  }
  [[nodiscard]] std::span<const Beat> beats() const { return beats_; }

private:
  static constexpr std::int64_t kMaxQuarterUs = 0xFF'FFFF; // three bytes

  [[nodiscard]] double us(Frames at) const { return 1e6 * core::to_seconds(at, rate_).value; }

  Hertz rate_;
  std::vector<Beat> beats_; // never empty; the first at frame 0
};

/// One track: messages gathered in any order, written in order of time.
class Track {
public:
  /// What comes first among messages of one tick: a note must end before it starts again, with its program set.
  enum class Rank : std::uint8_t { off, setting, on };

  void add(std::int64_t tick, Rank rank, Bytes message) { messages_.push_back({tick, rank, std::move(message)}); }
  void meta(std::int64_t tick, std::uint8_t type, std::string_view data) {
    Bytes message{0xFF, type};
    append_length(message, data.size());
    message.insert(message.end(), data.begin(), data.end());
    add(tick, Rank::setting, std::move(message));
  }

  [[nodiscard]] Bytes chunk(std::int64_t end) {
    std::ranges::stable_sort(messages_, [](const Message& a, const Message& b) {
      return std::pair{a.tick, a.rank} < std::pair{b.tick, b.rank};
    });
    Bytes body;
    std::int64_t now = 0;
    for (const Message& message : messages_) {
      append_length(body, static_cast<std::uint64_t>(message.tick - now));
      now = message.tick;
      body.insert(body.end(), message.bytes.begin(), message.bytes.end());
    }
    append_length(body, static_cast<std::uint64_t>(std::max<std::int64_t>(end - now, 0)));
    body.insert(body.end(), {0xFF, 0x2F, 0x00}); // end of track
    return body;
  }

  /// A variable-length quantity: seven bits a byte, the top bit on all but the last.
  static void append_length(Bytes& out, std::uint64_t value) {
    std::array<std::uint8_t, 10> digits{};
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<std::uint8_t>(value & 0x7FU);
      value >>= 7U;
    } while (value > 0);
    while (count > 0) {
      --count;
      out.push_back(static_cast<std::uint8_t>(digits[count] | (count > 0 ? 0x80U : 0U)));
    }
  }

private:
  struct Message {
    std::int64_t tick;
    Rank rank;
    Bytes bytes;
  };
  std::vector<Message> messages_;
};

void append_number(Bytes& out, std::uint32_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) {
    out.push_back(static_cast<std::uint8_t>(value >> (8U * (i - 1))));
  }
}

void append_chunk(Bytes& out, std::string_view name, const Bytes& body) {
  out.insert(out.end(), name.begin(), name.end());
  append_number(out, static_cast<std::uint32_t>(body.size()), 4);
  out.insert(out.end(), body.begin(), body.end());
}

/// How many fifths the tonic lies above that of the major key with the same signature, and whether the key counts as
/// minor (its third is). In the order of core::Mode.
struct ModeSignature {
  int fifths;
  bool minor;
};
constexpr std::array<ModeSignature, core::kModeCount> kSignatures{{
    {0, false},  // ionian
    {2, true},   // dorian
    {4, true},   // phrygian
    {-1, false}, // lydian
    {1, false},  // mixolydian
    {3, true},   // aeolian
    {5, true},   // locrian
    {0, false},  // major pentatonic
    {3, true},   // minor pentatonic
    {3, true},   // harmonic minor
}};

/// Sharps (> 0) or flats; none for keys no signature can write (more than seven).
std::optional<std::pair<int, bool>> signature_of(const core::Key& key) {
  const ModeSignature mode = kSignatures[static_cast<std::size_t>(key.mode)];
  const int sharps = key.tonic.fifths - mode.fifths;
  if (sharps < -7 || sharps > 7) {
    return std::nullopt;
  }
  return std::pair{sharps, mode.minor};
}

Track conductor_track(std::span<const core::PerformanceEvent> events, const TempoMap& tempo) {
  Track track;
  track.meta(0, kName, "Auralis");
  int beats_per_bar = 4;
  for (const auto& event : events) {
    if (const auto* tick = std::get_if<core::BeatTick>(&event.what)) {
      beats_per_bar = std::max(beats_per_bar, tick->beat + 1);
    }
  }
  const std::array<char, 4> metre{static_cast<char>(beats_per_bar), 2, 24, 8}; // quarters; 24 clocks a click
  track.meta(0, kMetre, {metre.data(), metre.size()});

  std::uint32_t quarter_us = 0;
  std::int64_t tick = 0;
  for (const auto& beat : tempo.beats()) {
    if (beat.quarter_us != quarter_us) {
      quarter_us = beat.quarter_us;
      const std::array<char, 3> bytes{static_cast<char>(quarter_us >> 16U), static_cast<char>(quarter_us >> 8U),
                                      static_cast<char>(quarter_us)};
      track.meta(tick, kTempo, {bytes.data(), bytes.size()});
    }
    tick += kMidiTicksPerBeat;
  }

  std::optional<core::Key> key;
  for (const auto& event : events) {
    const auto* change = std::get_if<core::ChordChange>(&event.what);
    if (change == nullptr) {
      continue;
    }
    if (key != change->key) {
      key = change->key;
      if (const auto signature = signature_of(*key)) {
        const std::array<char, 2> bytes{static_cast<char>(signature->first), static_cast<char>(signature->second)};
        track.meta(tempo.tick(event.at), kKey, {bytes.data(), bytes.size()});
      }
    }
    track.meta(tempo.tick(event.at), kMarker, core::to_string(change->chord));
  }
  return track;
}

Track layer_track(Layer layer, std::span<const core::PerformanceEvent> events, const TempoMap& tempo, Frames end) {
  Track track;
  track.meta(0, kName, core::to_string(layer));
  const std::uint8_t channel = kChannels[core::index(layer)];
  const auto status = [channel](unsigned kind) { return static_cast<std::uint8_t>(kind | channel); };

  struct Sounding {
    Frames at;
    Frames duration;
  };
  std::array<std::optional<Sounding>, 128> sounding{};
  const auto end_note = [&](std::uint8_t midi, Frames at) {
    if (auto& note = sounding[midi & 0x7FU]) {
      track.add(tempo.tick(at), Track::Rank::off, {status(0x80), midi, 0});
      note.reset();
    }
  };

  for (const auto& event : events) {
    const std::int64_t tick = tempo.tick(event.at);
    if (const auto* on = std::get_if<core::NoteOn>(&event.what); on != nullptr && on->layer == layer) {
      // A note struck again ends first, where it was meant to or now, whichever comes sooner.
      if (const auto& note = sounding[on->midi & 0x7FU]) {
        end_note(on->midi, std::min(note->at + note->duration, event.at));
      }
      track.add(tick, Track::Rank::on, {status(0x90), on->midi, on->velocity});
      sounding[on->midi & 0x7FU] = Sounding{event.at, on->duration};
    } else if (const auto* off = std::get_if<core::NoteOff>(&event.what); off != nullptr && off->layer == layer) {
      end_note(off->midi, event.at);
    } else if (const auto* change = std::get_if<core::ProgramChange>(&event.what);
               change != nullptr && change->layer == layer) {
      track.add(tick, Track::Rank::setting, {status(0xC0), change->program});
    } else if (const auto* gain = std::get_if<core::LayerGain>(&event.what); gain != nullptr && gain->layer == layer) {
      // General MIDI: amplitude goes with the square of the volume.
      const float volume = 127.0F * std::sqrt(std::clamp(gain->gain, 0.0F, 1.0F));
      track.add(tick, Track::Rank::setting, {status(0xB0), kVolume, static_cast<std::uint8_t>(std::lrintf(volume))});
    } else if (const auto* bright = std::get_if<core::Brightness>(&event.what);
               bright != nullptr && layer != Layer::percussion) {
      const float value = 127.0F * std::clamp(bright->value, 0.0F, 1.0F);
      track.add(tick, Track::Rank::setting, {status(0xB0), kBrightness, static_cast<std::uint8_t>(std::lrintf(value))});
    }
  }
  for (std::size_t midi = 0; midi < sounding.size(); ++midi) {
    if (const auto& note = sounding[midi]) {
      end_note(static_cast<std::uint8_t>(midi),
               std::clamp(note->at + note->duration, note->at, std::max(end, note->at)));
    }
  }
  return track;
}

} // namespace

std::vector<std::byte> midi_file(std::span<const core::PerformanceEvent> events, const MidiFileOptions& options) {
  assert(std::ranges::is_sorted(events, {}, &core::PerformanceEvent::at));
  const TempoMap tempo{events, options.sample_rate};
  const Frames end = events.empty() ? options.end : std::max(options.end, events.back().at);
  const std::int64_t end_tick = tempo.tick(end);

  Bytes header;
  append_number(header, 1, 2); // format 1: tracks that play together
  append_number(header, 1 + core::kLayerCount, 2);
  append_number(header, kMidiTicksPerBeat, 2);
  Bytes file;
  append_chunk(file, "MThd", header);
  append_chunk(file, "MTrk", conductor_track(events, tempo).chunk(end_tick));
  for (const Layer layer : core::kLayers) {
    append_chunk(file, "MTrk", layer_track(layer, events, tempo, end).chunk(end_tick));
  }
  std::vector<std::byte> bytes(file.size());
  std::memcpy(bytes.data(), file.data(), file.size());
  return bytes;
}

core::Result<void> write_midi_file(const std::filesystem::path& path, std::span<const core::PerformanceEvent> events,
                                   const MidiFileOptions& options) {
  const std::vector<std::byte> bytes = midi_file(events, options);
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) {
    return core::fail(core::ErrorCode::io, "cannot write the MIDI file", path.string());
  }
  return {};
}

} // namespace auralis::media
