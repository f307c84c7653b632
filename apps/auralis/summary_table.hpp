// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "auralis/protocol/messages.hpp"

namespace auralis::app {

/// A line a recording: title, length, BPM, key, Camelot, LUFS, danceability, each with its confidence where it has one.
class SummaryTable {
public:
  void add(const std::filesystem::path& file, const protocol::AnalysisDocument& document);
  /// With a head, columns aligned; empty if nothing was added.
  [[nodiscard]] std::string text() const;

private:
  static constexpr std::size_t kColumns = 7;
  using Row = std::array<std::string, kColumns>;

  std::vector<Row> rows_;
};

} // namespace auralis::app
