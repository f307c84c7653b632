// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"

namespace auralis::report {

/// What analyses can be written as.
enum class Format : std::uint8_t {
  json,             ///< the analysis document of protocol/messages.schema.json
  csv,              ///< a row a recording (RFC 4180)
  jams,             ///< JAMS 0.3 (Humphrey et al., ISMIR 2014), chords in Harte's syntax
  audacity,         ///< label tracks: from, to, label, separated by tabs
  sonic_visualiser, ///< annotation layers (.svl)
  beats,            ///< time, tab, position in the bar: what beat trackers are judged with
  mixxx,            ///< SQL for mixxxdb.sqlite, to be run while Mixxx is closed
  rekordbox,        ///< a collection in XML, to be imported
};
inline constexpr int kFormatCount = 8;

/// "json" … "sonic-visualiser" …, as on the command line.
[[nodiscard]] std::string_view to_string(Format format) noexcept;
/// Errors: invalid_argument, naming all formats.
[[nodiscard]] core::Result<Format> parse_format(std::string_view name);

/// A text whose file is called after the recording and ends in `suffix` (".beats").
struct TextFile {
  std::string suffix;
  std::string text;
};

/// True where all recordings go into one file: csv, mixxx, rekordbox.
[[nodiscard]] bool is_collection(Format format) noexcept;

/// The files of one recording. A part that the document lacks gets no file, or stays out of the one there is.
/// \pre !is_collection(format)
[[nodiscard]] std::vector<TextFile> files_of(Format format, const protocol::AnalysisDocument& document);

/// Many recordings in one file. Keeps a few hundred bytes for each, and for mixxx some ten for each beat.
class Collection {
public:
  /// \pre is_collection(format)
  explicit Collection(Format format);

  /// `location` is where the recording lies: an absolute path.
  void add(const protocol::AnalysisDocument& document, std::string_view location);
  /// The whole file.
  [[nodiscard]] std::string text() const;
  /// ".csv", ".sql", ".xml".
  [[nodiscard]] std::string_view suffix() const noexcept;

private:
  Format format_;
  std::string entries_;
  std::size_t count_ = 0;
};

} // namespace auralis::report
