// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/live_ear.hpp"

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/streaming_analyzer.hpp"
#include "auralis/report/heard_event.hpp"
#include "auralis/report/rounding.hpp"

namespace auralis::session {
namespace {

/// Frames of pitch that are said at once: six messages a second instead of a hundred.
constexpr std::size_t kVoiceFrames = 16;
constexpr std::size_t kPiece = 2'048; // frames

float sample_at(const std::byte* bytes) noexcept {
  const auto bits = std::to_integer<unsigned>(bytes[0]) | (std::to_integer<unsigned>(bytes[1]) << 8U);
  return static_cast<float>(static_cast<std::int16_t>(bits)) / 32'768.0F;
}

/// Gathers frames of pitch into stretches of a voice, and leaves out those where there is none.
class Voice {
public:
  void take(const core::AnalysisEvent& event, const core::PitchPoint& point, const LiveEar::Say& say) {
    if (stretch_.f0.empty()) {
      at_ = event.at;
    }
    known_at_ = event.known_at;
    stretch_.f0.push_back(point.voiced ? report::digits(point.f0.value) : 0.0);
    if (stretch_.f0.size() == kVoiceFrames) {
      flush(say);
    }
  }
  void flush(const LiveEar::Say& say) {
    if (std::ranges::any_of(stretch_.f0, [](double hertz) { return hertz > 0.0; })) {
      stretch_.at = report::time(at_);
      stretch_.latency = report::time(known_at_ - at_);
      say(stretch_);
    }
    stretch_.f0.clear();
  }

private:
  protocol::HeardVoice stretch_{.step = analysis::kFineStft.hop_size / analysis::kFineStft.sample_rate.value};
  core::Seconds at_; // of the first frame
  core::Seconds known_at_;
};

} // namespace

struct LiveEar::Parts {
  explicit Parts(const Config& config)
      : analyzer{{.sample_rate = config.sample_rate,
                  .channels = config.channels,
                  .parts = {.features = false, .chroma = false},
                  .queue = 1, // events come to a callback
                  .networks = config.networks}},
        samples(static_cast<std::size_t>(config.channels) * kPiece) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(config.channels); ++c) {
      channels.push_back(samples.data() + c * kPiece);
    }
  }

  void say_event(const core::AnalysisEvent& event, const Say& say) {
    if (const auto* point = std::get_if<core::PitchPoint>(&event.what)) {
      voice.take(event, *point, say);
    } else if (const auto message = report::to_message(event)) {
      say(*message);
    }
  }

  analysis::StreamingAnalyzer analyzer;
  Voice voice;
  std::vector<float> samples; // [channels][kPiece]
  std::vector<const float*> channels;
};

LiveEar::LiveEar(const Config& config) : parts_{std::make_unique<Parts>(config)} {}
LiveEar::~LiveEar() = default;

void LiveEar::hear(std::span<const std::byte> pcm16, const Say& say) {
  auto& [analyzer, voice, samples, pointers] = *parts_;
  const auto channels = pointers.size();
  const auto frame_bytes = 2 * channels;
  for (auto frames = pcm16.size() / frame_bytes; frames > 0;) {
    const auto count = std::min(frames, kPiece);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < channels; ++c) {
        samples[c * kPiece + i] = sample_at(pcm16.data() + i * frame_bytes + 2 * c);
      }
    }
    analyzer.push({pointers, count}, [&](const core::AnalysisEvent& event) { parts_->say_event(event, say); });
    pcm16 = pcm16.subspan(count * frame_bytes);
    frames -= count;
  }
}

void LiveEar::finish(const Say& say) {
  parts_->analyzer.finish([&](const core::AnalysisEvent& event) { parts_->say_event(event, say); });
  parts_->voice.flush(say);
}

} // namespace auralis::session
