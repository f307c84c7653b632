// SPDX-License-Identifier: Apache-2.0
#include "auralis/report/formats.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <fmt/format.h>
#include <iterator>
#include <optional>

#include "auralis/report/writers.hpp"

namespace auralis::report {
namespace {

constexpr std::array<std::string_view, kFormatCount> kFormatNames{
    "json", "csv", "jams", "audacity", "sonic-visualiser", "beats", "mixxx", "rekordbox"};

std::string beats_file(const protocol::BeatResult& beats) {
  std::string text;
  for (const auto& beat : beats.grid) {
    fmt::format_to(std::back_inserter(text), "{:.6f}\t{}\n", beat.at, beat.position);
  }
  return text;
}

/// A label must not end its line or column.
std::string label(std::string_view text) {
  std::string clean{text};
  std::ranges::replace_if(clean, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return clean;
}

class LabelTrack {
public:
  void add(double from, double to, std::string_view text) {
    fmt::format_to(std::back_inserter(text_), "{:.6f}\t{:.6f}\t{}\n", from, to, label(text));
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

private:
  std::string text_;
};

std::vector<TextFile> audacity_labels(const protocol::AnalysisDocument& document) {
  std::vector<TextFile> files;
  const auto track = [&](std::string suffix, const auto& parts, auto&& write) {
    LabelTrack labels;
    for (const auto& one : parts) {
      write(labels, one);
    }
    files.push_back({std::move(suffix), std::move(labels).text()});
  };
  if (document.beats) {
    track(".beats.txt", document.beats->grid, [](LabelTrack& labels, const protocol::BeatPoint& beat) {
      labels.add(beat.at, beat.at, fmt::to_string(beat.position));
    });
  }
  if (document.onsets) {
    track(".onsets.txt", *document.onsets, [](LabelTrack& labels, const protocol::OnsetPoint& onset) {
      labels.add(onset.at, onset.at, to_string(onset.band));
    });
  }
  if (document.chords) {
    track(".chords.txt", *document.chords, [](LabelTrack& labels, const protocol::ChordPart& part) {
      labels.add(part.from, part.to, part.chord.value_or("N"));
    });
  }
  if (document.key) {
    track(".keys.txt", document.key->parts, [](LabelTrack& labels, const protocol::KeyPart& part) {
      labels.add(part.from, part.to, short_name(part.best));
    });
  }
  if (document.sections) {
    track(".sections.txt", *document.sections,
          [](LabelTrack& labels, const protocol::SectionPart& part) { labels.add(part.from, part.to, part.label); });
  }
  return files;
}

constexpr std::string_view kCsvHead =
    "location,title,artist,album,length_s,sample_rate_hz,channels,bpm,bpm_confidence,beats_per_bar,beats,onsets,key,"
    "camelot,key_confidence,tuning_hz,integrated_lufs,range_lu,true_peak_dbtp,danceability,energy,valence_proxy\r\n";

std::string quoted(std::string_view field) {
  std::string text;
  // A spreadsheet runs what begins like a formula: a title from a stranger's file must stay a text.
  const bool formula = !field.empty() && std::string_view{"=+-@"}.find(field.front()) != std::string_view::npos;
  if (!formula && field.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string{field};
  }
  text += '"';
  text += formula ? "'" : "";
  for (const char c : field) {
    text += c;
    if (c == '"') {
      text += '"';
    }
  }
  text += '"';
  return text;
}

std::string csv_row(const protocol::AnalysisDocument& document, std::string_view location) {
  std::string row;
  const auto field = [&](std::string_view text) {
    row += row.empty() ? "" : ",";
    row += quoted(text);
  };
  const auto number = [&](std::optional<double> value) {
    row += ',';
    if (value) {
      fmt::format_to(std::back_inserter(row), "{}", *value);
    }
  };
  const auto& source = document.source;
  field(location);
  field(source.title.value_or(""));
  field(source.artist.value_or(""));
  field(source.album.value_or(""));
  number(source.length);
  number(source.sample_rate);
  number(static_cast<double>(source.channels));
  const auto* tempo =
      document.tempo && !document.tempo->candidates.empty() ? document.tempo->candidates.data() : nullptr;
  number(tempo != nullptr ? std::optional{tempo->bpm} : std::nullopt);
  number(tempo != nullptr ? std::optional{tempo->confidence} : std::nullopt);
  number(document.beats ? std::optional{static_cast<double>(document.beats->beats_per_bar)} : std::nullopt);
  number(document.beats ? std::optional{static_cast<double>(document.beats->grid.size())} : std::nullopt);
  number(document.onsets ? std::optional{static_cast<double>(document.onsets->size())} : std::nullopt);
  const auto* key = document.key && document.key->best ? &*document.key->best : nullptr;
  field(key != nullptr ? short_name(*key) : "");
  field(key != nullptr ? key->camelot : "");
  number(key != nullptr ? std::optional{key->confidence} : std::nullopt);
  number(document.key ? std::optional{document.key->tuning} : std::nullopt);
  number(document.loudness ? document.loudness->integrated_lufs : std::nullopt);
  number(document.loudness ? std::optional{document.loudness->range_lu} : std::nullopt);
  number(document.loudness ? document.loudness->true_peak_dbtp : std::nullopt);
  number(document.mood ? std::optional{document.mood->danceability.value} : std::nullopt);
  number(document.mood ? std::optional{document.mood->energy.value} : std::nullopt);
  number(document.mood ? std::optional{document.mood->valence_proxy.value} : std::nullopt);
  return row + "\r\n";
}

} // namespace

std::string_view to_string(Format format) noexcept { return kFormatNames[static_cast<std::size_t>(format)]; }

core::Result<Format> parse_format(std::string_view name) {
  const auto* const found = std::ranges::find(kFormatNames, name);
  if (found == kFormatNames.end()) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("'{}' is no format; expected one of {}", name, fmt::join(kFormatNames, ", ")));
  }
  return static_cast<Format>(found - kFormatNames.begin());
}

bool is_collection(Format format) noexcept {
  return format == Format::csv || format == Format::mixxx || format == Format::rekordbox;
}

std::vector<TextFile> files_of(Format format, const protocol::AnalysisDocument& document) {
  assert(!is_collection(format));
  switch (format) {
  case Format::json:
    return {{".json", to_json(document) + '\n'}};
  case Format::jams:
    return {{".jams", jams(document)}};
  case Format::audacity:
    return audacity_labels(document);
  case Format::sonic_visualiser:
    return sonic_visualiser_layers(document);
  case Format::beats:
    return document.beats ? std::vector<TextFile>{{".beats", beats_file(*document.beats)}} : std::vector<TextFile>{};
  case Format::csv:
  case Format::mixxx:
  case Format::rekordbox:
    break;
  }
  return {};
}

Collection::Collection(Format format) : format_{format} { assert(is_collection(format)); }

void Collection::add(const protocol::AnalysisDocument& document, std::string_view location) {
  ++count_;
  switch (format_) {
  case Format::csv:
    entries_ += csv_row(document, location);
    break;
  case Format::mixxx:
    entries_ += mixxx_statement(document, location);
    break;
  default:
    entries_ += rekordbox_track(document, location, count_);
    break;
  }
}

std::string Collection::text() const {
  switch (format_) {
  case Format::csv:
    return std::string{kCsvHead} + entries_;
  case Format::mixxx:
    return "-- Close Mixxx, keep a copy of mixxxdb.sqlite, then: sqlite3 mixxxdb.sqlite < this file\nBEGIN;\n" +
           entries_ + "COMMIT;\n";
  default:
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DJ_PLAYLISTS Version=\"1.0.0\">\n"
                       "  <PRODUCT Name=\"Auralis\" Version=\"{}\" Company=\"\"/>\n  <COLLECTION Entries=\"{}\">\n{}"
                       "  </COLLECTION>\n</DJ_PLAYLISTS>\n",
                       AURALIS_VERSION, count_, entries_);
  }
}

std::string_view Collection::suffix() const noexcept {
  return format_ == Format::csv ? ".csv" : format_ == Format::mixxx ? ".sql" : ".xml";
}

std::string short_name(const protocol::KeyCandidate& key) {
  return key.tonic + (key.mode == protocol::KeyMode::minor ? "m" : "");
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&apos;";
      break;
    default:
      if (static_cast<unsigned char>(c) >= 0x20U || c == '\t') {
        out += c;
      }
    }
  }
  return out;
}

std::string_view title_of(const protocol::AnalysisSource& source) noexcept {
  return source.title && !source.title->empty() ? *source.title : source.name;
}

} // namespace auralis::report
