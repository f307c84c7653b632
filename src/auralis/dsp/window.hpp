// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace auralis::dsp {

enum class WindowShape : std::uint8_t { rectangular, hann, hamming, blackman };

/// One period of the window, size samples, highest (1) at size / 2: the kind for spectra, whose next period would begin
/// right behind the end. F. Harris, "On the use of windows for harmonic analysis with the DFT", 1978.
/// \pre size > 0
[[nodiscard]] std::vector<float> make_window(WindowShape shape, int size);

/// Kaiser's window at `place`: 1 in the middle, at 0, and nothing from -1 and 1 outwards. The higher `beta`, the lower
/// the side lobes and the wider the main lobe. J. Kaiser, R. Schafer, "On the use of the I0-sinh window for spectrum
/// analysis", IEEE TASSP 1980. \pre beta in [0, 50]
[[nodiscard]] double kaiser(double place, double beta) noexcept;

} // namespace auralis::dsp
