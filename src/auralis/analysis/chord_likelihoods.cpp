// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "auralis/analysis/chord_model.hpp"
#include "auralis/dsp/simd.hpp"

namespace auralis::analysis {
namespace {

// training/chords/estimate.py's EXPONENT: evens out loud and soft notes of a chord.
constexpr float kExponent = 0.4F;

AURALIS_KERNEL float likelihood(const ChordGaussian& model, const float* bass, const float* treble) noexcept {
  dsp::Vec8 a{};
  dsp::Vec8 b{};
  dsp::Vec8 c{};
  for (std::size_t i = 0; i < 24; ++i) {
    const float x = i < 12 ? bass[i] : treble[i - 12];
    const float* const column = model.columns[i].data();
    a += x * dsp::eight(column);
    b += x * dsp::eight(column + 8);
    c += x * dsp::eight(column + 16);
  }
  float best = -1e30F;
  for (std::size_t tone = 0; tone < model.offsets.size(); ++tone) {
    const float* const offset = model.offsets[tone].data();
    const dsp::Vec8 da = a - dsp::eight(offset);
    const dsp::Vec8 db = b - dsp::eight(offset + 8);
    const dsp::Vec8 dc = c - dsp::eight(offset + 16);
    const dsp::Vec8 squares = da * da + db * db + dc * dc;
    float sum = 0.0F;
    for (int i = 0; i < 8; ++i) {
      sum += squares[i];
    }
    best = std::max(best, model.constants[tone] - 0.5F * sum);
  }
  return best;
}

/// bass and treble hold their twelve values twice, so that a rotation is an offset.
AURALIS_KERNEL void likelihoods(const float* bass, const float* treble, float* out) noexcept {
  for (int quality = 0; quality < kChordQualityModels; ++quality) {
    for (int root = 0; root < 12; ++root) {
      out[12 * quality + root] = likelihood(kChordModel[static_cast<std::size_t>(quality)], bass + root, treble + root);
    }
  }
  out[kNoChord] = likelihood(kChordModel.back(), bass, treble);
}

using Kernel = void (*)(const float*, const float*, float*) noexcept;
void likelihoods_plain(const float* bass, const float* treble, float* out) noexcept { likelihoods(bass, treble, out); }
AURALIS_AVX2 void likelihoods_avx2(const float* bass, const float* treble, float* out) noexcept {
  likelihoods(bass, treble, out);
}
const Kernel kKernel = dsp::runs_avx2() ? likelihoods_avx2 : likelihoods_plain;

std::array<float, 24> twice(const std::array<float, 12>& chroma) noexcept {
  std::array<float, 24> out{};
  const float largest = *std::max_element(chroma.begin(), chroma.end());
  for (std::size_t p = 0; p < 12 && largest > 0.0F; ++p) {
    out[p] = out[p + 12] = std::pow(chroma[p] / largest, kExponent);
  }
  return out;
}

} // namespace

void chord_likelihoods(const HarmonyFrame& frame, std::array<float, kChordStates>& out) noexcept {
  const auto bass = twice(frame.bass);
  const auto treble = twice(frame.treble);
  kKernel(bass.data(), treble.data(), out.data());
}

} // namespace auralis::analysis
