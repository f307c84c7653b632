// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/resampler.hpp"

#include <array>
#include <cassert>
#include <cmath>
#include <new>
#include <stdexcept>
#include <string>

#include <soxr.h>

namespace auralis::dsp {
namespace {

// What soxr may hold back and give out later in one go: its own input block, with room to spare.
constexpr std::size_t kHeldBack = 8'192;

soxr_t open(const StereoResampler::Config& config) {
  for (const double rate : {config.from.value, config.to.value}) {
    if (!(rate >= 8'000.0 && rate <= 192'000.0)) {
      throw std::invalid_argument{"StereoResampler: rates must lie in [8000, 192000] Hz"};
    }
  }
  const soxr_io_spec_t planar = soxr_io_spec(SOXR_FLOAT32_S, SOXR_FLOAT32_S);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  const soxr_runtime_spec_t one_thread = soxr_runtime_spec(1);
  soxr_error_t error = nullptr;
  soxr_t state = soxr_create(config.from.value, config.to.value, 2, &error, &planar, &quality, &one_thread);
  if (error != nullptr) {
    throw std::runtime_error{std::string{"StereoResampler: "} + soxr_strerror(error)};
  }
  return state;
}

} // namespace

void StereoResampler::Close::operator()(soxr* state) const noexcept { soxr_delete(state); }

StereoResampler::StereoResampler(const Config& config) : config_{config}, state_{open(config)} {}

std::size_t StereoResampler::most_output(std::size_t frames) const noexcept {
  return static_cast<std::size_t>(
      std::ceil(static_cast<double>(frames + kHeldBack) * config_.to.value / config_.from.value));
}

std::size_t StereoResampler::process(core::StereoBlock in, core::StereoBlock out) {
  assert(out.frames() >= most_output(in.frames()));
  const std::array<const float*, 2> source{in.left.data(), in.right.data()};
  std::array<float*, 2> sink{out.left.data(), out.right.data()};
  std::size_t taken = 0;
  std::size_t written = 0;
  if (in.frames() == 0) {
    return 0; // to soxr, no input means the end
  }
  soxr_process(state_.get(), source.data(), in.frames(), &taken, sink.data(), out.frames(), &written);
  assert(taken == in.frames());
  return written;
}

std::size_t StereoResampler::flush(core::StereoBlock out) {
  std::array<float*, 2> sink{out.left.data(), out.right.data()};
  std::size_t written = 0;
  soxr_process(state_.get(), nullptr, 0, nullptr, sink.data(), out.frames(), &written);
  return written;
}

void StereoResampler::reset() { state_.reset(open(config_)); }

} // namespace auralis::dsp
