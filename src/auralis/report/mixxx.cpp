// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>

#include "auralis/core/music.hpp"
#include "auralis/report/writers.hpp"

namespace auralis::report {
namespace {

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c != '\0') {
      out += c;
    }
    if (c == '\'') {
      out += '\'';
    }
  }
  return out + "'";
}

void put_varint(std::string& bytes, std::uint64_t value) {
  while (value >= 0x80U) {
    bytes += static_cast<char>((value & 0x7FU) | 0x80U);
    value >>= 7U;
  }
  bytes += static_cast<char>(value);
}

/// Mixxx's BeatMap (src/proto/beats.proto): field 1 repeats a beat, whose field 1 is its frame in the file.
std::string beat_map(const protocol::BeatResult& beats, double sample_rate) {
  constexpr char kBeatField = 0x0A;  // field 1, length-delimited
  constexpr char kFrameField = 0x08; // field 1, varint
  std::string bytes;
  for (const auto& beat : beats.grid) {
    std::string one{kFrameField};
    put_varint(one, static_cast<std::uint64_t>(std::llround(beat.at * sample_rate)));
    bytes += kBeatField;
    put_varint(bytes, one.size());
    bytes += one;
  }
  return bytes;
}

/// Mixxx's ChromaticKey (src/proto/keys.proto): 1 to 12 are C to B major, 13 to 24 C to B minor.
int key_id(const protocol::KeyCandidate& key) {
  const auto tonic = core::parse_pitch_name(key.tonic).value_or(core::PitchName{});
  return 1 + tonic.pitch_class() + (key.mode == protocol::KeyMode::minor ? 12 : 0);
}

} // namespace

std::string mixxx_statement(const protocol::AnalysisDocument& document, std::string_view location) {
  std::string set;
  const auto assign = [&](std::string_view column, const std::string& value) {
    fmt::format_to(std::back_inserter(set), "{}{} = {}", set.empty() ? "" : ", ", column, value);
  };
  if (document.tempo && !document.tempo->candidates.empty()) {
    assign("bpm", fmt::to_string(document.tempo->candidates.front().bpm));
  }
  if (document.beats && !document.beats->grid.empty()) {
    std::string hexadecimal;
    for (const char byte : beat_map(*document.beats, document.source.sample_rate)) {
      fmt::format_to(std::back_inserter(hexadecimal), "{:02X}", static_cast<unsigned char>(byte));
    }
    assign("beats", "X'" + hexadecimal + "'");
    assign("beats_version", "'BeatMap-1.0'");
    assign("beats_sub_version", sql_text("auralis=" + document.engine));
  }
  if (document.key && document.key->best) {
    assign("key", sql_text(short_name(*document.key->best)));
    assign("key_id", fmt::to_string(key_id(*document.key->best)));
  }
  if (set.empty()) {
    return {};
  }
  return fmt::format("UPDATE library SET {} WHERE location IN (SELECT id FROM track_locations WHERE location = {});\n",
                     set, sql_text(location));
}

} // namespace auralis::report
