// SPDX-License-Identifier: Apache-2.0
#include "auralis/dsp/sliding_window.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace auralis::dsp {
namespace {

const SlidingWindow::Config& checked(const SlidingWindow::Config& config) {
  if (!(config.sample_rate.value > 0.0)) {
    throw std::invalid_argument{"SlidingWindow: sample_rate must be above 0"};
  }
  if (config.window_size < 1 || config.window_size > 1 << 20 || config.hop_size < 1 ||
      config.hop_size > config.window_size) {
    throw std::invalid_argument{"SlidingWindow: 1 <= hop_size <= window_size <= 1048576 must hold"};
  }
  if (config.history < 1 || config.history > 1 << 16) {
    throw std::invalid_argument{"SlidingWindow: history must lie in [1, 65536]"};
  }
  return config;
}

} // namespace

SlidingWindow::SlidingWindow(const Config& config)
    : config_{checked(config)}, shape_{make_window(config.shape, config.window_size)},
      // The newest window may be followed by all but one sample of the next hop.
      capacity_{static_cast<std::size_t>(config.window_size) +
                static_cast<std::size_t>(config.history) * static_cast<std::size_t>(config.hop_size)},
      buffer_(2 * capacity_) {}

std::int64_t SlidingWindow::push(std::span<const float> samples) noexcept {
  const std::int64_t before = completed();
  for (const float sample : samples) {
    const std::size_t at = static_cast<std::size_t>(pushed_++) % capacity_;
    buffer_[at] = sample;
    buffer_[at + capacity_] = sample;
  }
  return completed() - before;
}

std::int64_t SlidingWindow::completed() const noexcept {
  return pushed_ < config_.window_size ? 0 : (pushed_ - config_.window_size) / config_.hop_size + 1;
}

int SlidingWindow::available() const noexcept {
  return static_cast<int>(std::min<std::int64_t>(completed(), config_.history));
}

double SlidingWindow::fill() const noexcept {
  return std::min(1.0, static_cast<double>(pushed_) / config_.window_size);
}

double SlidingWindow::overlap() const noexcept {
  return 1.0 - static_cast<double>(config_.hop_size) / config_.window_size;
}

std::span<const float> SlidingWindow::view(std::int64_t from, std::int64_t to) const noexcept {
  const std::int64_t oldest = std::max<std::int64_t>(0, pushed_ - static_cast<std::int64_t>(capacity_));
  from = std::max(from, oldest);
  to = std::min(to, pushed_);
  if (from >= to) {
    return {};
  }
  return std::span{buffer_}.subspan(static_cast<std::size_t>(from) % capacity_, static_cast<std::size_t>(to - from));
}

std::span<const float> SlidingWindow::samples(int back) const noexcept {
  assert(back >= 0 && back < available());
  const std::int64_t from = (completed() - 1 - back) * config_.hop_size;
  return view(from, from + config_.window_size);
}

core::Seconds SlidingWindow::begins(int back) const noexcept {
  assert(back >= 0 && back < available());
  return core::Seconds{static_cast<double>((completed() - 1 - back) * config_.hop_size) / config_.sample_rate.value};
}

void SlidingWindow::shaped(std::span<float> out, int back) const noexcept {
  assert(out.size() == shape_.size());
  std::ranges::transform(samples(back), shape_, out.begin(), [](float x, float w) { return x * w; });
}

int SlidingWindow::last(int count, std::span<float> out) const noexcept {
  count = std::min(count, available());
  assert(out.size() >= static_cast<std::size_t>(count) * shape_.size());
  for (int i = 0; i < count; ++i) {
    shaped(out.subspan(static_cast<std::size_t>(i) * shape_.size(), shape_.size()), count - 1 - i);
  }
  return count;
}

std::span<const float> SlidingWindow::context(core::Seconds at, core::Seconds before,
                                              core::Seconds after) const noexcept {
  const auto sample = [&](core::Seconds time) { return std::llround(time.value * config_.sample_rate.value); };
  return view(sample(at - before), sample(at + after));
}

void SlidingWindow::reset() noexcept {
  std::ranges::fill(buffer_, 0.0F);
  pushed_ = 0;
}

} // namespace auralis::dsp
