// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auralis/analysis/chroma.hpp"
#include "auralis/analysis/spectral_features.hpp"
#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::analysis {

/// A quarter of a second, as the form is heard from it.
struct SectionCell {
  static constexpr core::Seconds kLength{0.25};
  static constexpr std::size_t kTimbre = 12;
  static constexpr std::size_t kSize = 1 + kTimbre + 12;

  /// Level in dB; cosine transform of the mel bands in dB, without its mean, so that the level is not in it; pitch
  /// classes from C, of the whole cell. Silence: kNothing, then zeros.
  std::array<float, kSize> values{};

  static constexpr float kNothing = -200.0F;
  [[nodiscard]] float level() const noexcept { return values[0]; }
};

/// Gathers the frames of both resolutions into cells. Cell n begins at n quarters of a second.
///
/// The fine frames may run ahead of the tonal ones by up to kAhead cells: a recording's chroma waits for the tuning.
/// Thread: one owner. Realtime: construction allocates, nothing else does.
class SectionCells {
public:
  static constexpr std::size_t kAhead = 64;

  SectionCells();

  /// Power in the mel bands of the fine frame at that time. \pre mel.size() == kMelBands
  void process(core::Seconds at, std::span<const float> mel) noexcept AURALIS_REALTIME;
  /// The next tonal frame; with the cell that ended before it, if one did.
  /// \pre every fine frame before this one's time has been given
  std::optional<SectionCell> process(const HarmonyFrame& harmony) noexcept AURALIS_REALTIME;
  /// The cells still open, one a call, as far as they begin before `end`.
  std::optional<SectionCell> finish(core::Seconds end) noexcept AURALIS_REALTIME;

  void reset() noexcept AURALIS_REALTIME;

private:
  using Bands = std::array<float, kMelBands>;
  struct Timbre {
    Bands power{}; // sums over the frames
    int frames = 0;
  };

  SectionCell close() noexcept;

  std::array<Bands, SectionCell::kTimbre> cosines_{};
  std::vector<Timbre> timbre_; // [kAhead] cell n at n modulo kAhead
  std::array<float, 12> chroma_{};
  int harmonies_ = 0;
  std::int64_t cell_ = 0; // the one that is open
};

} // namespace auralis::analysis
