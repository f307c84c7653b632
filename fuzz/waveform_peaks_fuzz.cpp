// SPDX-License-Identifier: Apache-2.0
// Documents of waveform peaks, as they come back from a store.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "auralis/media/waveform_peaks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto view = auralis::media::WaveformPeaksView::parse(std::as_bytes(std::span{data, size}));
  if (!view) {
    if (view.error().what.empty()) {
      std::abort();
    }
    return 0;
  }
  std::int64_t sum = 0;
  for (std::size_t level = 0; level < view->levels().size(); ++level) {
    for (std::size_t point = 0; point < view->levels()[level].points; ++point) {
      for (std::size_t channel = 0; channel < static_cast<std::size_t>(view->channels()); ++channel) {
        sum += view->at(level, point, channel).max; // inside the document, or AddressSanitizer says so
      }
    }
  }
  return sum == INT64_MIN ? 1 : 0;
}
