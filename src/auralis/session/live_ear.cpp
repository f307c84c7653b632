// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/live_ear.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "auralis/analysis/streaming_analyzer.hpp"
#include "auralis/report/heard_event.hpp"

namespace auralis::session {
namespace {

constexpr std::size_t kPiece = 2'048; // frames

float sample_at(const std::byte* bytes) noexcept {
  const auto bits = std::to_integer<unsigned>(bytes[0]) | (std::to_integer<unsigned>(bytes[1]) << 8U);
  return static_cast<float>(static_cast<std::int16_t>(bits)) / 32'768.0F;
}

void say_event(const core::AnalysisEvent& event, const LiveEar::Say& say) {
  if (const auto message = report::to_message(event)) {
    say(*message);
  }
}

} // namespace

struct LiveEar::Parts {
  explicit Parts(const Config& config)
      : analyzer{{.sample_rate = config.sample_rate,
                  .channels = config.channels,
                  .parts = {.features = false, .pitch = false, .chroma = false},
                  .queue = 1}}, // events come to a callback
        samples(static_cast<std::size_t>(config.channels) * kPiece) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(config.channels); ++c) {
      channels.push_back(samples.data() + c * kPiece);
    }
  }

  analysis::StreamingAnalyzer analyzer;
  std::vector<float> samples; // [channels][kPiece]
  std::vector<const float*> channels;
};

LiveEar::LiveEar(const Config& config) : parts_{std::make_unique<Parts>(config)} {}
LiveEar::~LiveEar() = default;

void LiveEar::hear(std::span<const std::byte> pcm16, const Say& say) {
  auto& [analyzer, samples, pointers] = *parts_;
  const auto channels = pointers.size();
  const auto frame_bytes = 2 * channels;
  for (auto frames = pcm16.size() / frame_bytes; frames > 0;) {
    const auto count = std::min(frames, kPiece);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < channels; ++c) {
        samples[c * kPiece + i] = sample_at(pcm16.data() + i * frame_bytes + 2 * c);
      }
    }
    analyzer.push({pointers, count}, [&say](const core::AnalysisEvent& event) { say_event(event, say); });
    pcm16 = pcm16.subspan(count * frame_bytes);
    frames -= count;
  }
}

void LiveEar::finish(const Say& say) {
  parts_->analyzer.finish([&say](const core::AnalysisEvent& event) { say_event(event, say); });
}

} // namespace auralis::session
