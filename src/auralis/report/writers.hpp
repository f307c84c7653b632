// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auralis/protocol/messages.hpp"
#include "auralis/report/formats.hpp"

/// One writer a format; formats.cpp chooses.
namespace auralis::report {

[[nodiscard]] std::string jams(const protocol::AnalysisDocument& document);
[[nodiscard]] std::vector<TextFile> sonic_visualiser_layers(const protocol::AnalysisDocument& document);
[[nodiscard]] std::string mixxx_statement(const protocol::AnalysisDocument& document, std::string_view location);
[[nodiscard]] std::string rekordbox_track(const protocol::AnalysisDocument& document, std::string_view location,
                                          std::size_t number);

/// "Am", "F#", as DJs' programs write a key.
[[nodiscard]] std::string short_name(const protocol::KeyCandidate& key);
/// & < > " ' as entities; what XML 1.0 cannot hold is left out.
[[nodiscard]] std::string xml_text(std::string_view text);
/// The title, or the file's name where there is none.
[[nodiscard]] std::string_view title_of(const protocol::AnalysisSource& source) noexcept;

} // namespace auralis::report
