// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/performer.hpp"

#include <algorithm>
#include <stdexcept>

namespace auralis::session {

Performer::Performer(const Config& config)
    : sample_rate_{config.sample_rate},
      composer_{{.sample_rate = config.sample_rate, .seed = config.seed, .preset = config.preset}},
      synth_{{.sample_rate = config.sample_rate, .soundfont = config.soundfont}}, pending_(kMaxPending) {
  heard_.reserve(kMaxHeardPerCall);
}

void Performer::render_quantum() noexcept {
  const core::Frames start = composer_.now();
  for (const auto& event : composer_.advance(start + core::kQuantum)) {
    synth_.handle(event);
    if (pending_count_ < kMaxPending) {
      auto& slot = pending_[(pending_first_ + pending_count_) % kMaxPending];
      slot = event;
      slot.at += synth_.latency();
      ++pending_count_;
    }
  }
  synth_.render({quantum_left_, quantum_right_});
  quantum_used_ = 0;
}

void Performer::collect_heard(core::Frames until) noexcept {
  heard_.clear();
  while (pending_count_ > 0 && heard_.size() < kMaxHeardPerCall && pending_[pending_first_].at < until) {
    heard_.push_back(pending_[pending_first_]);
    pending_first_ = (pending_first_ + 1) % kMaxPending;
    --pending_count_;
  }
}

std::span<const core::PerformanceEvent> Performer::render(core::StereoBlock out) noexcept {
  std::size_t done = 0;
  while (done < out.frames()) {
    if (quantum_used_ == kQuantumFrames) {
      render_quantum();
    }
    const std::size_t count = std::min(out.frames() - done, kQuantumFrames - quantum_used_);
    const auto used = static_cast<std::ptrdiff_t>(quantum_used_);
    const auto length = static_cast<std::ptrdiff_t>(count);
    std::copy_n(quantum_left_.begin() + used, length, out.left.begin() + static_cast<std::ptrdiff_t>(done));
    std::copy_n(quantum_right_.begin() + used, length, out.right.begin() + static_cast<std::ptrdiff_t>(done));
    quantum_used_ += count;
    done += count;
  }
  now_ += core::Frames{static_cast<std::int64_t>(done)};
  collect_heard(now_);
  return heard_;
}

core::Result<std::unique_ptr<Performer>> make_performer(const Performer::Config& config) {
  try {
    return std::make_unique<Performer>(config);
  } catch (const std::invalid_argument& error) {
    return core::fail(core::ErrorCode::invalid_argument, error.what());
  } catch (const std::runtime_error& error) {
    return core::fail(core::ErrorCode::unavailable, error.what());
  }
}

} // namespace auralis::session
