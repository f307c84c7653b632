// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "auralis/core/analysis.hpp"
#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"

/// Analyses as documents: our own JSON, and what other tools read.
namespace auralis::report {

/// The parts of an analysis document; their names are those of the document's fields.
enum class Part : std::uint8_t { tempo, beats, onsets, key, chords, pitch, sections, loudness, features, mood };
inline constexpr int kPartCount = 10;

[[nodiscard]] std::string_view to_string(Part part) noexcept;

class Parts {
public:
  constexpr Parts(std::initializer_list<Part> parts) noexcept {
    for (const auto part : parts) {
      add(part);
    }
  }
  [[nodiscard]] static constexpr Parts all() noexcept {
    Parts parts{};
    parts.bits_ = (1U << static_cast<unsigned>(kPartCount)) - 1U;
    return parts;
  }
  constexpr void add(Part part) noexcept { bits_ |= bit(part); }
  [[nodiscard]] constexpr bool contains(Part part) const noexcept { return (bits_ & bit(part)) != 0U; }
  [[nodiscard]] constexpr bool contains(Parts parts) const noexcept { return (bits_ & parts.bits_) == parts.bits_; }

  friend constexpr bool operator==(const Parts&, const Parts&) noexcept = default;

private:
  static constexpr std::uint32_t bit(Part part) noexcept { return 1U << static_cast<unsigned>(part); }

  std::uint32_t bits_ = 0;
};

/// Reads "tempo,key" and the like. Errors: invalid_argument names what is no part and all that are.
[[nodiscard]] core::Result<Parts> parse_parts(std::string_view names);

/// What of the analysis was asked for, rounded to what can be told apart: times to microseconds, the rest to six
/// digits.
[[nodiscard]] protocol::AnalysisDocument to_document(const core::Analysis& analysis, protocol::AnalysisSource source,
                                                     Parts parts);
/// The parts that the document has.
[[nodiscard]] Parts parts_of(const protocol::AnalysisDocument& document) noexcept;
/// Takes away what is not among `parts`; what the document lacks stays away.
[[nodiscard]] protocol::AnalysisDocument only(protocol::AnalysisDocument document, Parts parts);

} // namespace auralis::report
