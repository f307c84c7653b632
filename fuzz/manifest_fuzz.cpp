// SPDX-License-Identifier: Apache-2.0
// A folder's manifest of models, and the settings of beat decoders in it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "auralis/analysis/bar_pointer.hpp"
#include "auralis/analysis/neural_beats.hpp"
#include "auralis/nn/manifest.hpp"

namespace {

/// Settings that are taken must decode: a beat every half second, for ten.
bool tells_times(const auralis::analysis::BarPointerConfig& config) {
  auralis::analysis::BarPointerFilter filter{config};
  const auto period = std::max<std::int64_t>(1, std::llround(config.frames_per_second / 2.0));
  for (std::int64_t frame = 0; frame < 20 * std::min<std::int64_t>(period, 100); ++frame) {
    const auto beat = filter.process({.beat = frame % period == 0 ? 0.9F : 0.01F});
    if (beat && !(std::isfinite(beat->frame) && beat->confidence >= 0.0F && beat->confidence <= 1.0F)) {
      return false;
    }
  }
  return std::isfinite(filter.interval());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = auralis::nn::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) {
    if (manifest.error().what.empty()) {
      std::abort();
    }
    return 0;
  }
  for (const auto& model : manifest->models) {
    if (model.name.empty() || model.sha256.size() != 64 || model.file.find('/') != std::string::npos ||
        model.features.size < 1 || !(model.features.frames_per_second > 0.0) || model.frames_per_step < 1) {
      std::abort();
    }
    const auto decoding = auralis::analysis::beat_decoding(model.features.frames_per_second, model.settings);
    if (!decoding && decoding.error().what.empty()) {
      std::abort();
    }
    if (decoding && !tells_times(decoding->pointer)) {
      std::abort();
    }
  }
  return 0;
}
