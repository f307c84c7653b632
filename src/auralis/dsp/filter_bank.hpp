// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "auralis/core/units.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::dsp {

/// Triangular bands over the bins of a spectrum, stored without their zeros: as many multiplications as there are
/// weights.
///
/// Thread: any once built (nothing changes). Realtime: apply.
class FilterBank {
public:
  enum class MelScale : std::uint8_t {
    htk,   ///< 2595 log10(1 + f / 700). S. Young et al., "The HTK Book".
    slaney ///< linear to 1 kHz, logarithmic above. M. Slaney, "Auditory Toolbox", 1998.
  };
  enum class Height : std::uint8_t {
    one, ///< the middle of each triangle is 1
    area ///< each triangle has the same area, 1 over hertz: noise of equal power a hertz gives equal bands
  };
  struct Mel {
    core::Hertz sample_rate{44'100.0};
    int fft_size = 2'048;
    int bands = 40;
    core::Hertz from{0.0};
    core::Hertz to{22'050.0};
    MelScale scale = MelScale::slaney;
    Height height = Height::area;
  };
  struct LogFrequency {
    core::Hertz sample_rate{44'100.0};
    int fft_size = 2'048;
    int bands_per_octave = 24;
    core::Hertz from{30.0};
    core::Hertz to{17'000.0};
    Height height = Height::one;
  };

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit FilterBank(const Mel& mel);

  /// Triangles from bin to bin: centres are rounded to bins, and those that fall together are one band, so that low
  /// octaves have fewer than were asked for. S. Böck et al., "Evaluating the online capabilities of onset detection
  /// methods", ISMIR 2012. \throws std::invalid_argument if a setting is out of its range.
  explicit FilterBank(const LogFrequency& log_frequency);

  /// Without a band; add() gives them. \throws std::invalid_argument if a setting is out of its range.
  FilterBank(core::Hertz sample_rate, int fft_size);
  /// One more band: weights for the bins from `first` on. \pre nobody has the bank yet; the bins are there
  void add(core::Hertz centre, std::size_t first, std::span<const float> weights);

  /// out[b] = sum over the bins of weight times value. \pre values.size() == bins(), out.size() == size()
  void apply(std::span<const float> values, std::span<float> out) const noexcept AURALIS_REALTIME;

  [[nodiscard]] std::size_t size() const noexcept { return bands_.size(); }
  [[nodiscard]] std::size_t bins() const noexcept { return bins_; } ///< fft_size / 2 + 1
  [[nodiscard]] core::Hertz centre(std::size_t band) const noexcept { return bands_[band].centre; }
  /// One weight, for looking at; 0 outside of the triangle.
  [[nodiscard]] float weight(std::size_t band, std::size_t bin) const noexcept;

private:
  struct Band {
    core::Hertz centre;
    std::size_t first = 0;  // bin
    std::size_t offset = 0; // into weights_
    std::size_t count = 0;  // a multiple of 8, or what the spectrum has
  };
  struct Kernel;

  /// A band from its weights on all bins.
  void add(core::Hertz centre, std::span<const float> weights);

  std::size_t bins_;
  std::vector<Band> bands_;
  std::vector<float> weights_;
  void (*apply_)(const FilterBank& bank, const float* values, float* out) noexcept;
};

} // namespace auralis::dsp
