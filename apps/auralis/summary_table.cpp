// SPDX-License-Identifier: Apache-2.0
#include "summary_table.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace auralis::app {
namespace {

constexpr std::size_t kWidestTitle = 40;
constexpr std::string_view kNothing = "–";

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The first characters, never half a one, and none that would move the terminal's cursor.
std::string shortened(std::string_view text) {
  std::string out;
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U && count++ == kWidestTitle - 1 && code_points(text) > kWidestTitle) {
      return out + "…";
    }
    out += byte < 0x20U || byte == 0x7FU ? ' ' : c;
  }
  return out;
}

std::string with_confidence(const std::string& value, double confidence) {
  return fmt::format("{} {:>3.0f} %", value, confidence * 100.0);
}

} // namespace

void SummaryTable::add(const std::filesystem::path& file, const protocol::AnalysisDocument& document) {
  Row row;
  row.fill(std::string{kNothing});
  const auto& source = document.source;
  row[0] = shortened(source.title && !source.title->empty() ? *source.title : file.filename().string());
  const auto seconds = std::llround(source.length);
  row[1] = fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  if (document.tempo && !document.tempo->candidates.empty()) {
    const auto& tempo = document.tempo->candidates.front();
    row[2] = with_confidence(fmt::format("{:.1f}", tempo.bpm), tempo.confidence);
  }
  if (document.key && document.key->best) {
    const auto& key = *document.key->best;
    row[3] = with_confidence(fmt::format("{} {}", key.tonic, to_string(key.mode)), key.confidence);
    row[4] = key.camelot;
  }
  if (document.loudness && document.loudness->integrated_lufs) {
    row[5] = fmt::format("{:.1f}", *document.loudness->integrated_lufs);
  }
  if (document.mood) {
    row[6] = with_confidence(fmt::format("{:.2f}", document.mood->danceability.value),
                             document.mood->danceability.confidence);
  }
  rows_.push_back(std::move(row));
}

std::string SummaryTable::text() const {
  if (rows_.empty()) {
    return {};
  }
  std::vector<Row> lines{{"title", "length", "BPM", "key", "Camelot", "LUFS", "danceability"}};
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::array<std::size_t, kColumns> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], code_points(line[i]));
    }
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      const std::string padding(widths[i] - code_points(line[i]), ' ');
      const bool left = i == 0; // words to the left, numbers to the right
      fmt::format_to(std::back_inserter(text), "{}{}{}", i > 0 ? "  " : "", left ? line[i] : padding,
                     left ? padding : line[i]);
    }
    text += '\n';
  }
  return text;
}

} // namespace auralis::app
