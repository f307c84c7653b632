// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <span>

#include "auralis/report/writers.hpp"

namespace auralis::report {
namespace {

/// How far a beat may lie from its grid before a new tempo begins: less than the ear tells apart.
constexpr double kTolerance = 0.010;
/// Longest piece looked for, in beats; keeps the search linear in the length of the music.
constexpr std::size_t kLongestPiece = 512;

/// How many beats from the first on lie on one even grid, at least 2 where there are as many.
std::size_t even_piece(std::span<const protocol::BeatPoint> beats) {
  std::size_t best = std::min<std::size_t>(2, beats.size());
  for (std::size_t size = 3; size <= std::min(beats.size(), kLongestPiece); ++size) {
    const double period = (beats[size - 1].at - beats[0].at) / static_cast<double>(size - 1);
    for (std::size_t i = 1; i + 1 < size; ++i) {
      if (std::abs(beats[i].at - (beats[0].at + period * static_cast<double>(i))) > kTolerance) {
        return best;
      }
    }
    best = size;
  }
  return best;
}

std::string grid(const protocol::BeatResult& beats) {
  std::string text;
  const std::span<const protocol::BeatPoint> all{beats.grid};
  std::size_t from = 0;
  while (from + 1 < all.size()) {
    const auto size = even_piece(all.subspan(from));
    const double period = (all[from + size - 1].at - all[from].at) / static_cast<double>(size - 1);
    if (period > 0.0) {
      fmt::format_to(std::back_inserter(text),
                     "      <TEMPO Inizio=\"{:.3f}\" Bpm=\"{:.2f}\" Metro=\"{}/4\" Battito=\"{}\"/>\n", all[from].at,
                     60.0 / period, beats.beats_per_bar > 0 ? beats.beats_per_bar : 4,
                     all[from].position > 0 ? all[from].position : 1);
    }
    from += size - 1;
  }
  return text;
}

std::string location_uri(std::string_view path) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri = "file://localhost";
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      fmt::format_to(std::back_inserter(uri), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

} // namespace

std::string rekordbox_track(const protocol::AnalysisDocument& document, std::string_view location, std::size_t number) {
  const auto& source = document.source;
  std::string text = fmt::format(
      "    <TRACK TrackID=\"{}\" Name=\"{}\" Artist=\"{}\" Album=\"{}\" TotalTime=\"{:.0f}\" SampleRate=\"{:.0f}\"",
      number, xml_text(title_of(source)), xml_text(source.artist.value_or("")), xml_text(source.album.value_or("")),
      source.length, source.sample_rate);
  if (document.tempo && !document.tempo->candidates.empty()) {
    fmt::format_to(std::back_inserter(text), " AverageBpm=\"{:.2f}\"", document.tempo->candidates.front().bpm);
  }
  if (document.key && document.key->best) {
    fmt::format_to(std::back_inserter(text), " Tonality=\"{}\"", xml_text(short_name(*document.key->best)));
  }
  fmt::format_to(std::back_inserter(text), " Location=\"{}\">\n", location_uri(location));
  if (document.beats) {
    text += grid(*document.beats);
  }
  return text + "    </TRACK>\n";
}

} // namespace auralis::report
