// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/master_filter.hpp"

#include <cassert>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::dsp {

struct MasterFilter::Kernel {
  AURALIS_KERNEL Power body(Lanes& lanes, float* left, float* right, std::size_t frames) noexcept {
    const Vec8 b0 = eight(lanes.b0.data());
    const Vec8 b1 = eight(lanes.b1.data());
    const Vec8 b2 = eight(lanes.b2.data());
    const Vec8 a1 = eight(lanes.a1.data());
    const Vec8 a2 = eight(lanes.a2.data());
    Vec8 x1 = eight(lanes.x1.data());
    Vec8 x2 = eight(lanes.x2.data());
    Vec8 y[kSkew];
    for (std::size_t j = 0; j < kSkew; ++j) {
      y[j] = eight(lanes.y[j].data());
    }
    Vec8 squares{};
    for (std::size_t n = 0; n < frames; n += kSkew) {
      for (std::size_t j = 0; j < kSkew; ++j) {
        // Every stage takes what the one before it gave kSkew frames ago; the first takes the input.
        Vec8 x = __builtin_shufflevector(y[j], y[j], 0, 1, 0, 1, 2, 3, 4, 5);
        x[0] = left[n + j];
        x[1] = right[n + j];
        const Vec8& y1 = y[(j + kSkew - 1) % kSkew];
        const Vec8& y2 = y[(j + kSkew - 2) % kSkew];
        const Vec8 now = (b0 * x + b1 * x1 + (b2 * x2 - a2 * y2)) - a1 * y1;
        x2 = x1;
        x1 = x;
        y[j] = now;
        squares += now * now;
        left[n + j] = now[2];
        right[n + j] = now[3];
      }
    }
    eight(lanes.x1.data()) = x1;
    eight(lanes.x2.data()) = x2;
    for (std::size_t j = 0; j < kSkew; ++j) {
      eight(lanes.y[j].data()) = y[j];
    }
    const auto count = static_cast<float>(frames);
    return {.plain = (squares[2] + squares[3]) / count, .weighted = (squares[6] + squares[7]) / count};
  }
  static Power plain(Lanes& lanes, float* left, float* right, std::size_t frames) noexcept {
    return body(lanes, left, right, frames);
  }
  AURALIS_AVX2 static Power avx2(Lanes& lanes, float* left, float* right, std::size_t frames) noexcept {
    return body(lanes, left, right, frames);
  }
};

MasterFilter::MasterFilter(const Config& config)
    : config_{config}, pass_{runs_avx2() ? &Kernel::avx2 : &Kernel::plain} {
  if (!(config.high_pass.value >= 5.0 && config.high_pass.value <= 200.0)) {
    throw std::invalid_argument{"MasterFilter: high_pass must lie in [5, 200] Hz"};
  }
  if (!(config.tilt_frequency.value >= 200.0 && config.tilt_frequency.value <= 8'000.0)) {
    throw std::invalid_argument{"MasterFilter: tilt_frequency must lie in [200, 8000] Hz"};
  }
  if (!(config.sample_rate.value >= 22'050.0 && config.sample_rate.value <= 192'000.0)) {
    throw std::invalid_argument{"MasterFilter: sample_rate must lie in [22050, 192000] Hz"};
  }
  set_stage(0, high_pass(config.high_pass, 0.7071067811865476, config.sample_rate));
  set_tilt(core::Decibels{0.0});
  const auto weighting = k_weighting(config.sample_rate);
  set_stage(2, weighting[0]);
  set_stage(3, weighting[1]);
}

void MasterFilter::set_stage(std::size_t stage, const BiquadCoefficients& coefficients) noexcept {
  for (const std::size_t lane : {2 * stage, 2 * stage + 1}) {
    lanes_.b0[lane] = coefficients.b0;
    lanes_.b1[lane] = coefficients.b1;
    lanes_.b2[lane] = coefficients.b2;
    lanes_.a1[lane] = coefficients.a1;
    lanes_.a2[lane] = coefficients.a2;
  }
}

void MasterFilter::set_tilt(core::Decibels gain) noexcept {
  set_stage(1, high_shelf(config_.tilt_frequency, gain, config_.sample_rate));
}

void MasterFilter::reset() noexcept {
  lanes_.x1 = lanes_.x2 = {};
  lanes_.y = {};
}

MasterFilter::Power MasterFilter::process(core::StereoBlock block) noexcept {
  assert(block.frames() % 8 == 0);
  return pass_(lanes_, block.left.data(), block.right.data(), block.frames());
}

} // namespace auralis::dsp
