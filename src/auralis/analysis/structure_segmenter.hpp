// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/analysis/section_cells.hpp"
#include "auralis/core/analysis.hpp"
#include "auralis/rt/realtime_section.hpp"

/// Where a piece falls into parts, and which of them are alike.
///
/// Method: checkerboard novelty along the diagonal of the self-similarity matrix (J. Foote, "Automatic audio
/// segmentation using a measure of audio novelty", ICME 2000). With products as similarity and a Gaussian taper the
/// correlation with the kernel is the squared distance of the weighted means before and after, so that the matrix is
/// never made and ten hours cost what their cells cost. Parts of one letter have means that lie close together (over
/// the whole, centroid clustering; live, the nearest letter so far). docs/theory/structure.md.
namespace auralis::analysis {

using SectionValues = std::array<double, SectionCell::kSize>;

/// How much the audible cells vary: the unit that distances are measured in.
/// Thread: one owner. Realtime: yes.
class SectionSpread {
public:
  void process(const SectionCell& cell) noexcept AURALIS_REALTIME;
  /// Whether anything was audible.
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Level, in dB, below which nothing is told apart.
  [[nodiscard]] float floor() const noexcept;
  /// Squared distance for the difference of two means. Two parts as far apart as any in a piece of two differ by 4.
  [[nodiscard]] double distance(const SectionValues& difference) const noexcept;

private:
  SectionValues mean_{};
  SectionValues squares_{}; // Welford's
  std::int64_t count_ = 0;
  float loudest_ = SectionCell::kNothing;
};

/// The form of a whole recording.
///
/// Memory: 100 bytes a cell, 1.4 MB an hour. Thread: one owner. Realtime: no.
class StructureSegmenter {
public:
  void process(const SectionCell& cell);

  /// Parts from 0 to `end`, at most kMostSections, neighbours never of one letter; none where all is silent. Borders
  /// lie on downbeats, or at least on beats, where there are any close by. \pre beats are in order
  [[nodiscard]] std::vector<core::Section> sections(core::Seconds end, std::span<const core::Beat> beats) const;

  /// Novelty of the border before each cell; one more for the end. The square of the distance between the weighted
  /// means on both sides, in units of the spread.
  [[nodiscard]] std::vector<double> novelty() const;

  static constexpr std::size_t kMostSections = 256;

private:
  std::vector<SectionCell> cells_;
  SectionSpread spread_;
};

/// The form as it unfolds: says a part when its end has been heard, at most kLag later.
///
/// Letters are given in the order of appearance and never taken back, so that neighbours may have the same.
/// Thread: one owner. Realtime: construction allocates, nothing else does.
class SectionTracker {
public:
  /// Between the end of a part and its being known: half the kernel, and the time until no higher peak can follow.
  static constexpr core::Seconds kLag{18.5};

  SectionTracker();

  /// Beats as they are heard; borders are moved to them. Order does not matter.
  void process(const core::Beat& beat) noexcept AURALIS_REALTIME;
  /// The next cell; with the part whose end is known by it, if one is.
  std::optional<core::Section> process(const SectionCell& cell) noexcept AURALIS_REALTIME;
  /// What is left to say, one part a call; the last ends at `end`.
  std::optional<core::Section> finish(core::Seconds end) noexcept AURALIS_REALTIME;

  void reset() noexcept AURALIS_REALTIME;

private:
  static constexpr std::size_t kMemory = 128; // cells
  static constexpr std::size_t kBeats = 128;
  static constexpr std::size_t kLetters = 26;

  struct Letter {
    SectionValues sum{};
    double cells = 0.0;
  };

  std::optional<core::Section> advance() noexcept;
  core::Section end_at(std::int64_t border, core::Seconds to, double border_confidence) noexcept;
  char letter_of(const SectionValues& sum, double cells) noexcept;

  SectionSpread spread_;
  std::vector<SectionCell> cells_;    // [kMemory] cell n at n modulo kMemory
  std::vector<SectionValues> totals_; // [kMemory] sums of the cells before cell n
  std::vector<double> novelty_;       // [kMemory] of the border before cell n
  std::vector<core::Beat> beats_;     // [kBeats]
  std::array<Letter, kLetters> letters_{};
  std::size_t letter_count_ = 0;
  std::size_t beat_count_ = 0;
  std::int64_t cell_count_ = 0;
  std::int64_t next_ = 0; // border whose novelty is computed next
  std::int64_t from_ = 0; // border that the part began with
  SectionValues from_total_{};
  core::Seconds from_at_{};
  double from_confidence_ = 1.0;
  bool finished_ = false;
};

} // namespace auralis::analysis
