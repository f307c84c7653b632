// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/dataset.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <system_error>

#include "auralis/evaluation/key.hpp"

namespace auralis::evaluation {
namespace {

namespace fs = std::filesystem;

using Fields = std::vector<std::string_view>;

Fields fields_of(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r,";
  Fields fields;
  while (true) {
    const auto from = line.find_first_not_of(kBlank);
    if (from == std::string_view::npos) {
      return fields;
    }
    const auto to = std::min(line.find_first_of(kBlank, from), line.size());
    fields.push_back(line.substr(from, to - from));
    line.remove_prefix(to);
  }
}

std::optional<double> number(std::string_view text) noexcept {
  double value = 0.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = result.ec == std::errc{} && result.ptr == text.data() + text.size();
  return whole ? std::optional{value} : std::nullopt;
}

/// Gives every line that is neither empty nor a comment to `take`, which says whether it could be read.
template <typename Take> core::Result<bool> each_line(const fs::path& path, Take&& take) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return false;
  }
  std::ifstream file{path};
  std::string line;
  for (int row = 1; std::getline(file, line); ++row) {
    const auto fields = fields_of(line);
    if (!fields.empty() && fields.front().front() != '#' && !take(fields)) {
      return core::fail(core::ErrorCode::invalid_argument, "cannot be read: '" + line + "'",
                        path.string() + ":" + std::to_string(row));
    }
  }
  if (!file.eof()) {
    return core::fail(core::ErrorCode::io, "cannot be read", path.string());
  }
  return true;
}

bool append_in_order(std::vector<double>& times, std::optional<double> time) {
  if (!time || (!times.empty() && *time < times.back())) {
    return false;
  }
  times.push_back(*time);
  return true;
}

core::Result<bool> read_beats(const fs::path& path, Annotations& into) {
  std::vector<double> beats;
  std::vector<double> downbeats;
  bool bar_known = true;
  const auto found = each_line(path, [&](const Fields& fields) {
    if (!append_in_order(beats, number(fields[0]))) {
      return false;
    }
    const auto position = fields.size() > 1 ? number(fields[1]) : std::optional{0.0};
    bar_known = bar_known && position && *position > 0.0;
    if (position && *position == 1.0) {
      downbeats.push_back(beats.back());
    }
    return position.has_value();
  });
  if (found && *found) {
    if (bar_known) {
      into.downbeats = std::move(downbeats);
    }
    into.beats = std::move(beats);
  }
  return found;
}

core::Result<bool> read_tempo(const fs::path& path, Annotations& into) {
  return each_line(path, [&](const Fields& fields) {
    const auto tempo = number(fields[0]);
    if (tempo) {
      into.tempo = core::Bpm{*tempo};
    }
    return tempo && *tempo >= 0.0;
  });
}

core::Result<bool> read_key(const fs::path& path, Annotations& into) {
  return each_line(path, [&](const Fields& fields) {
    if (fields.size() == 1 && (fields[0] == "X" || fields[0] == "x")) {
      into.key = std::optional<core::Key>{};
      return true;
    }
    const auto key =
        fields.size() == 2 ? parse_key(std::string{fields[0]} + ' ' + std::string{fields[1]}) : std::nullopt;
    into.key = key;
    return key.has_value();
  });
}

core::Result<bool> read_chords(const fs::path& path, Annotations& into) {
  std::vector<ChordSpan> chords;
  const auto found = each_line(path, [&](const Fields& fields) {
    const auto from = number(fields[0]);
    const auto to = fields.size() == 3 ? number(fields[1]) : std::nullopt;
    const auto tones = to ? parse_chord_label(fields[2]) : std::nullopt;
    if (!from || !tones || *from > *to || (!chords.empty() && *from < chords.back().from.value)) {
      return false;
    }
    chords.push_back({.from = core::Seconds{*from}, .to = core::Seconds{*to}, .tones = *tones});
    return true;
  });
  if (found && *found) {
    into.chords = std::move(chords);
  }
  return found;
}

core::Result<bool> read_onsets(const fs::path& path, Annotations& into) {
  std::vector<double> onsets;
  const auto found = each_line(path, [&](const Fields& fields) { return append_in_order(onsets, number(fields[0])); });
  if (found && *found) {
    into.onsets = std::move(onsets);
  }
  return found;
}

core::Result<bool> read_pitch(const fs::path& path, Annotations& into) {
  PitchTrack track;
  const auto found = each_line(path, [&](const Fields& fields) {
    const auto hertz = fields.size() == 2 ? number(fields[1]) : std::nullopt;
    const auto time = number(fields[0]);
    if (!hertz || !time || *time < 0.0 || !append_in_order(track.seconds, time)) {
      return false;
    }
    track.hertz.push_back(*hertz);
    return true;
  });
  if (found && *found) {
    into.pitch = std::move(track);
  }
  return found;
}

std::string first_line(const fs::path& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  const auto fields = fields_of(line);
  return fields.empty() ? std::string{} : std::string{fields.front()};
}

core::Result<void> append_clips(const fs::path& folder, std::vector<Clip>& clips) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder / "audio"}) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const auto& file : files) {
    const std::string stem = file.stem().string();
    auto truth = read_annotations(folder, stem);
    if (!truth) {
      return tl::unexpected{truth.error()};
    }
    clips.push_back({.audio = file,
                     .dataset = folder.filename().string(),
                     .stem = stem,
                     .genre = first_line(folder / "genre" / (stem + ".txt")),
                     .half = half_of(stem),
                     .truth = std::move(*truth)});
  }
  return {};
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  constexpr std::uint32_t kPolynomial = 0xEDB88320; // IEEE 802.3, reflected: zlib's
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? kPolynomial : 0U);
    }
    table[i] = remainder;
  }
  return table;
}

} // namespace

Half half_of(std::string_view stem) noexcept {
  static constexpr auto kTable = crc_table();
  std::uint32_t crc = ~0U;
  for (const char c : stem) {
    crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return (~crc & 1U) == 0 ? Half::tune : Half::report;
}

Annotations to_annotations(const core::Analysis& analysis) {
  Annotations said;
  said.beats.emplace();
  said.downbeats.emplace();
  for (const auto& beat : analysis.beats) {
    said.beats->push_back(beat.at.value);
    if (beat.position == 1) {
      said.downbeats->push_back(beat.at.value);
    }
  }
  said.tempo = analysis.tempi.empty() ? core::Bpm{} : analysis.tempi.front().tempo;
  said.key = analysis.key ? std::optional{analysis.key->best.key} : std::nullopt;
  said.chords.emplace();
  for (const auto& chord : analysis.chords) {
    said.chords->push_back({.from = chord.from, .to = chord.to, .tones = chord_tones(chord.chord)});
  }
  said.onsets.emplace();
  for (const auto& onset : analysis.onsets) {
    said.onsets->push_back(onset.at.value);
  }
  said.pitch.emplace();
  for (const auto& point : analysis.pitch) {
    said.pitch->seconds.push_back(point.at.value);
    said.pitch->hertz.push_back(point.voiced ? point.f0.value : -point.f0.value);
  }
  return said;
}

core::Result<Annotations> read_annotations(const std::filesystem::path& folder, std::string_view stem) {
  struct Part {
    std::string_view folder;
    std::string_view ending;
    core::Result<bool> (*read)(const fs::path&, Annotations&);
  };
  constexpr std::array<Part, 6> kParts{{{"beats", ".beats", read_beats},
                                        {"tempo", ".bpm", read_tempo},
                                        {"key", ".key", read_key},
                                        {"chords", ".lab", read_chords},
                                        {"onsets", ".onsets", read_onsets},
                                        {"f0", ".f0", read_pitch}}};
  Annotations annotations;
  for (const auto& part : kParts) {
    const auto found = part.read(folder / part.folder / (std::string{stem} + std::string{part.ending}), annotations);
    if (!found) {
      return tl::unexpected{found.error()};
    }
  }
  return annotations;
}

core::Result<std::vector<Clip>> read_dataset(const std::filesystem::path& folder) {
  std::error_code error;
  const fs::path whole = fs::canonical(folder, error);
  if (error || !fs::is_directory(whole, error)) {
    return core::fail(core::ErrorCode::not_found, "is no folder", folder.string());
  }
  std::vector<fs::path> sets;
  if (fs::is_directory(whole / "audio", error)) {
    sets.push_back(whole);
  } else {
    for (const auto& entry : fs::directory_iterator{whole}) {
      if (fs::is_directory(entry.path() / "audio", error)) {
        sets.push_back(entry.path());
      }
    }
  }
  if (sets.empty()) {
    return core::fail(core::ErrorCode::not_found, "has no folder audio, nor have the folders in it", folder.string());
  }
  std::ranges::sort(sets);
  std::vector<Clip> clips;
  for (const auto& set : sets) {
    if (const auto appended = append_clips(set, clips); !appended) {
      return tl::unexpected{appended.error()};
    }
  }
  return clips;
}

} // namespace auralis::evaluation
