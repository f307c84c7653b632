// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/real_fft.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

#include <fftw3.h>

namespace auralis::dsp {
namespace {

struct Free {
  void operator()(void* memory) const noexcept { fftwf_free(memory); }
};
struct Destroy {
  void operator()(fftwf_plan_s* plan) const noexcept { fftwf_destroy_plan(plan); }
};

using Samples = std::unique_ptr<float, Free>;
using Bins = std::unique_ptr<fftwf_complex, Free>;
using Plan = std::unique_ptr<fftwf_plan_s, Destroy>;

Samples allocate_samples(int size) {
  Samples memory{fftwf_alloc_real(static_cast<std::size_t>(size))};
  if (!memory) {
    throw std::bad_alloc{};
  }
  std::fill_n(memory.get(), size, 0.0F);
  return memory;
}

Bins allocate_bins(int size) {
  const auto count = static_cast<std::size_t>(size / 2 + 1);
  Bins memory{fftwf_alloc_complex(count)};
  if (!memory) {
    throw std::bad_alloc{};
  }
  std::fill_n(&memory.get()[0][0], 2 * count, 0.0F);
  return memory;
}

struct Plans {
  Plan forward;
  Plan inverse;
};

/// Made once a size and process: planning is slow and FFTW's planner is not thread-safe, executing is. Plans are
/// estimated, not measured: measuring picks another plan from run to run, and with it other last bits.
const Plans& plans_of(int size) {
  static std::mutex mutex;
  static std::map<int, Plans> known;
  const std::scoped_lock lock{mutex};
  auto& plans = known[size];
  if (!plans.inverse) {
    const auto time = allocate_samples(size);
    const auto bins = allocate_bins(size);
    plans.forward.reset(fftwf_plan_dft_r2c_1d(size, time.get(), bins.get(), FFTW_ESTIMATE | FFTW_PRESERVE_INPUT));
    plans.inverse.reset(fftwf_plan_dft_c2r_1d(size, bins.get(), time.get(), FFTW_ESTIMATE | FFTW_DESTROY_INPUT));
    if (!plans.forward || !plans.inverse) {
      throw std::bad_alloc{};
    }
  }
  return plans;
}

} // namespace

struct RealFft::Engine {
  explicit Engine(int size) : plans{&plans_of(size)}, time{allocate_samples(size)}, bins{allocate_bins(size)} {}

  const Plans* plans; // belongs to the process
  Samples time;
  Bins bins;
};

RealFft::RealFft(int size) {
  if (size < 2 || size > 1 << 20 || size % 2 != 0) {
    throw std::invalid_argument{"RealFft: size must be even and lie in [2, 1048576]"};
  }
  engine_ = std::make_unique<Engine>(size);
  time_ = {engine_->time.get(), static_cast<std::size_t>(size)};
  bins_ = {reinterpret_cast<std::complex<float>*>(engine_->bins.get()), static_cast<std::size_t>(size / 2 + 1)};
}

RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;
RealFft::~RealFft() = default;

void RealFft::forward() noexcept {
  fftwf_execute_dft_r2c(engine_->plans->forward.get(), engine_->time.get(), engine_->bins.get());
}

void RealFft::inverse() noexcept {
  fftwf_execute_dft_c2r(engine_->plans->inverse.get(), engine_->bins.get(), engine_->time.get());
  const float scale = 1.0F / static_cast<float>(time_.size());
  for (float& sample : time_) {
    sample *= scale;
  }
}

} // namespace auralis::dsp
