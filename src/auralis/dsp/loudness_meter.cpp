// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/loudness_meter.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

#include <ebur128.h>

namespace auralis::dsp {

struct LoudnessMeter::Meter {
  struct Close {
    void operator()(ebur128_state* state) const noexcept { ebur128_destroy(&state); }
  };
  std::unique_ptr<ebur128_state, Close> state;
};

LoudnessMeter::LoudnessMeter(core::Hertz sample_rate) {
  if (!(sample_rate.value >= 8'000.0 && sample_rate.value <= 192'000.0)) {
    throw std::invalid_argument{"LoudnessMeter: sample_rate must lie in [8000, 192000] Hz"};
  }
  meter_ = std::make_unique<Meter>();
  meter_->state.reset(ebur128_init(2, static_cast<unsigned long>(sample_rate.value),
                                   EBUR128_MODE_I | EBUR128_MODE_S | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK));
  if (!meter_->state) {
    throw std::bad_alloc{};
  }
}

LoudnessMeter::~LoudnessMeter() = default;

void LoudnessMeter::add(core::StereoBlock block) {
  interleaved_.resize(2 * block.frames());
  for (std::size_t n = 0; n < block.frames(); ++n) {
    interleaved_[2 * n] = block.left[n];
    interleaved_[2 * n + 1] = block.right[n];
  }
  if (ebur128_add_frames_float(meter_->state.get(), interleaved_.data(), block.frames()) != EBUR128_SUCCESS) {
    throw std::bad_alloc{};
  }
}

double LoudnessMeter::integrated_lufs() const {
  double loudness = -std::numeric_limits<double>::infinity();
  ebur128_loudness_global(meter_->state.get(), &loudness);
  return loudness;
}

double LoudnessMeter::short_term_lufs() const {
  double loudness = -std::numeric_limits<double>::infinity();
  ebur128_loudness_shortterm(meter_->state.get(), &loudness);
  return loudness;
}

double LoudnessMeter::range_lu() const {
  double range = 0.0;
  ebur128_loudness_range(meter_->state.get(), &range);
  return range;
}

core::Decibels LoudnessMeter::true_peak() const {
  double highest = 0.0;
  for (unsigned int channel = 0; channel < 2; ++channel) {
    double peak = 0.0;
    ebur128_true_peak(meter_->state.get(), channel, &peak);
    highest = std::max(highest, peak);
  }
  return highest > 0.0 ? core::to_decibels(highest) : core::Decibels{-std::numeric_limits<double>::infinity()};
}

} // namespace auralis::dsp
