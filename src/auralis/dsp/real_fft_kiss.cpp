// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/real_fft.hpp"

#include <cstddef>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include <kiss_fftr.h>

namespace auralis::dsp {
namespace {

struct Free {
  void operator()(kiss_fftr_state* state) const noexcept { kiss_fftr_free(state); }
};
using Plan = std::unique_ptr<kiss_fftr_state, Free>;

Plan plan(int size, bool inverse) {
  Plan made{kiss_fftr_alloc(size, inverse ? 1 : 0, nullptr, nullptr)};
  if (!made) {
    throw std::bad_alloc{};
  }
  return made;
}

} // namespace

struct RealFft::Engine {
  explicit Engine(int size)
      : forward{plan(size, false)}, inverse{plan(size, true)}, time(static_cast<std::size_t>(size)),
        bins(static_cast<std::size_t>(size / 2 + 1)) {}

  [[nodiscard]] kiss_fft_cpx* kiss_bins() noexcept { return reinterpret_cast<kiss_fft_cpx*>(bins.data()); }

  Plan forward;
  Plan inverse;
  std::vector<float> time;
  std::vector<std::complex<float>> bins;
};

RealFft::RealFft(int size) {
  if (size < 2 || size > 1 << 20 || size % 2 != 0) {
    throw std::invalid_argument{"RealFft: size must be even and lie in [2, 1048576]"};
  }
  engine_ = std::make_unique<Engine>(size);
  time_ = engine_->time;
  bins_ = engine_->bins;
}

RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;
RealFft::~RealFft() = default;

void RealFft::forward() noexcept { kiss_fftr(engine_->forward.get(), engine_->time.data(), engine_->kiss_bins()); }

void RealFft::inverse() noexcept {
  kiss_fftri(engine_->inverse.get(), engine_->kiss_bins(), engine_->time.data());
  const float scale = 1.0F / static_cast<float>(time_.size());
  for (float& sample : time_) {
    sample *= scale;
  }
}

} // namespace auralis::dsp
