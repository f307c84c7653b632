// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/section_cells.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace auralis::analysis {
namespace {

/// A band this far below the cell's loudest is not heard beside it: 60 dB.
constexpr float kMasked = 1e-6F;
/// Mean power of a cell that counts as none: below the rounding of 24 bits.
constexpr float kSilence = 1e-16F;

std::int64_t cell_of(core::Seconds at) noexcept {
  return static_cast<std::int64_t>(std::floor(at.value / SectionCell::kLength.value));
}

} // namespace

SectionCells::SectionCells() : timbre_(kAhead) {
  for (std::size_t k = 0; k < cosines_.size(); ++k) {
    for (std::size_t band = 0; band < kMelBands; ++band) {
      const double angle =
          std::numbers::pi * static_cast<double>(k + 1) * (static_cast<double>(band) + 0.5) / double{kMelBands};
      cosines_[k][band] = static_cast<float>(std::sqrt(2.0 / kMelBands) * std::cos(angle));
    }
  }
}

void SectionCells::process(core::Seconds at, std::span<const float> mel) noexcept {
  const auto cell = cell_of(at);
  assert(mel.size() == kMelBands && cell >= cell_ && cell < cell_ + static_cast<std::int64_t>(kAhead));
  auto& timbre = timbre_[static_cast<std::size_t>(cell) % kAhead];
  for (std::size_t band = 0; band < kMelBands; ++band) {
    timbre.power[band] += mel[band];
  }
  ++timbre.frames;
}

std::optional<SectionCell> SectionCells::process(const HarmonyFrame& harmony) noexcept {
  std::optional<SectionCell> ended;
  if (cell_of(harmony.at) > cell_) { // frames are closer together than cells are long: at most one ends
    ended = close();
  }
  for (std::size_t k = 0; k < chroma_.size(); ++k) {
    chroma_[k] += 0.5F * (harmony.bass[k] + harmony.treble[k]);
  }
  ++harmonies_;
  return ended;
}

std::optional<SectionCell> SectionCells::finish(core::Seconds end) noexcept {
  if (static_cast<double>(cell_) * SectionCell::kLength.value >= end.value) {
    return std::nullopt;
  }
  return close();
}

SectionCell SectionCells::close() noexcept {
  auto& timbre = timbre_[static_cast<std::size_t>(cell_) % kAhead];
  SectionCell cell;
  cell.values[0] = SectionCell::kNothing;
  const auto frames = static_cast<float>(std::max(1, timbre.frames));
  const float power = std::accumulate(timbre.power.begin(), timbre.power.end(), 0.0F) / frames;
  if (power > kSilence) {
    cell.values[0] = 10.0F * std::log10(power);
    const float masked = kMasked * *std::ranges::max_element(timbre.power);
    Bands decibels;
    std::ranges::transform(timbre.power, decibels.begin(),
                           [masked](float p) { return 10.0F * std::log10(std::max(p, masked)); });
    for (std::size_t k = 0; k < cosines_.size(); ++k) {
      cell.values[1 + k] = std::inner_product(decibels.begin(), decibels.end(), cosines_[k].begin(), 0.0F);
    }
    for (std::size_t k = 0; k < chroma_.size(); ++k) {
      cell.values[1 + SectionCell::kTimbre + k] = chroma_[k] / static_cast<float>(std::max(1, harmonies_));
    }
  }
  timbre = {};
  chroma_ = {};
  harmonies_ = 0;
  ++cell_;
  return cell;
}

void SectionCells::reset() noexcept {
  std::ranges::fill(timbre_, Timbre{});
  chroma_ = {};
  harmonies_ = 0;
  cell_ = 0;
}

} // namespace auralis::analysis
