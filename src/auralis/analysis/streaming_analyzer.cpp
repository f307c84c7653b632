// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/streaming_analyzer.hpp"

#include <stdexcept>

namespace auralis::analysis {
namespace {

StreamingAnalyzer::Config checked(const StreamingAnalyzer::Config& config) {
  if (config.queue == 0) {
    throw std::invalid_argument{"StreamingAnalyzer: queue must be above 0"};
  }
  return config;
}

} // namespace

StreamingAnalyzer::StreamingAnalyzer(const Config& config)
    : config_{checked(config)}, front_end_{{.sample_rate = config.sample_rate, .channels = config.channels}},
      loudness_{{.sample_rate = config.sample_rate, .channels = config.channels}}, features_{{}}, log_bands_{kFineStft},
      onsets_{{}}, beats_{{.bands = log_bands_.size(),
                           .network = config.networks.live_beats.model,
                           .method = config.networks.beat_method}},
      tempo_{beats_.filter().space()}, pitch_{{.network = config.networks.pitch.model}},
      keys_{{.lag = KeyEstimator::kLiveLag, .memory = KeyEstimator::kLiveMemory, .network = config.networks.key.model}},
      chords_{{.lag = ChordRecognizer::kLiveLag}}, queue_{config.queue} {}

void StreamingAnalyzer::reset() noexcept {
  front_end_.reset();
  loudness_.reset();
  features_.reset();
  log_bands_.reset();
  onsets_.reset();
  beats_.reset();
  tempo_.reset();
  pitch_.reset();
  tuning_.reset();
  chroma_.reset();
  keys_.reset();
  key_ = {};
  chords_.reset();
  cells_.reset();
  sections_.reset();
}

bool StreamingAnalyzer::begin_push() noexcept {
  const auto state = state_.load(std::memory_order_relaxed); // guards nothing but itself
  if (state % 2 == 0) {
    return false;
  }
  if (state != heard_state_) {
    heard_state_ = state;
    reset();
  }
  return true;
}

void StreamingAnalyzer::enqueue(const core::AnalysisEvent& event) noexcept {
  if (!queue_.push(event)) {
    lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

void StreamingAnalyzer::start() noexcept {
  // From stopped to the next odd number, from running to the one after: either way the sound is heard anew.
  auto state = state_.load(std::memory_order_relaxed);
  while (!state_.compare_exchange_weak(state, state + (state % 2 == 0 ? 1 : 2), std::memory_order_relaxed)) {
  }
}

void StreamingAnalyzer::stop() noexcept {
  auto state = state_.load(std::memory_order_relaxed);
  while (state % 2 == 1 && !state_.compare_exchange_weak(state, state + 1, std::memory_order_relaxed)) {
  }
}

bool StreamingAnalyzer::is_running() const noexcept { return state_.load(std::memory_order_relaxed) % 2 == 1; }

} // namespace auralis::analysis
