// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/hear.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "auralis/analysis/analyzer.hpp"
#include "auralis/analysis/streaming_analyzer.hpp"
#include "auralis/media/audio_reader.hpp"

namespace auralis::session {
namespace {

std::vector<core::TempoCandidate> candidates_of(const core::LiveTempo& tempo) {
  std::vector<core::TempoCandidate> candidates{tempo.best, tempo.half, tempo.twice};
  std::erase_if(candidates, [](const core::TempoCandidate& one) { return one.tempo.value <= 0.0; });
  return candidates;
}

/// Beats said one by one carry no tempo of the whole: the median of theirs.
std::vector<core::TempoCandidate> tempo_of(const std::vector<core::Beat>& beats) {
  std::vector<double> tempi;
  tempi.reserve(beats.size());
  for (const auto& beat : beats) {
    tempi.push_back(beat.tempo.value);
  }
  if (tempi.empty()) {
    return {};
  }
  const auto middle = tempi.begin() + static_cast<std::ptrdiff_t>(tempi.size() / 2);
  std::ranges::nth_element(tempi, middle);
  return {{.tempo = core::Bpm{*middle}, .confidence = beats.back().confidence}};
}

/// Keeps what the live analyser says.
class Online {
public:
  Online(const media::AudioFormat& format, const analysis::Networks& networks)
      : analyzer_{{.sample_rate = format.sample_rate,
                   .channels = format.channels,
                   .parts = {.features = false, .loudness = false, .sections = false},
                   .networks = networks}} {}

  void push(const core::AudioBlock& block) {
    analyzer_.push(block, [this](const core::AnalysisEvent& event) { keep(event); });
  }

  [[nodiscard]] core::Analysis finish() {
    analyzer_.finish([this](const core::AnalysisEvent& event) { keep(event); });
    return std::move(heard_);
  }

private:
  void keep(const core::AnalysisEvent& event) {
    if (const auto* onset = std::get_if<core::Onset>(&event.what)) {
      heard_.onsets.push_back(*onset);
    } else if (const auto* beat = std::get_if<core::Beat>(&event.what)) {
      heard_.beats.push_back(*beat);
    } else if (const auto* tempo = std::get_if<core::LiveTempo>(&event.what)) {
      heard_.tempi = candidates_of(*tempo); // the last word counts
    } else if (const auto* key = std::get_if<core::LiveKey>(&event.what)) {
      heard_.key = key->whole; // here, too
    } else if (const auto* chord = std::get_if<core::ChordSegment>(&event.what)) {
      heard_.chords.push_back(*chord);
    } else if (const auto* point = std::get_if<core::PitchPoint>(&event.what)) {
      heard_.pitch.push_back(*point);
    }
  }

  analysis::StreamingAnalyzer analyzer_;
  core::Analysis heard_;
};

/// What the whole file says.
class Offline {
public:
  Offline(const media::AudioFormat& format, const analysis::Networks& networks)
      : analyzer_{{.sample_rate = format.sample_rate,
                   .channels = format.channels,
                   .wanted = {.features = false, .loudness = false, .sections = false},
                   .networks = networks}} {}

  void push(const core::AudioBlock& block) { analyzer_.push(block); }
  [[nodiscard]] core::Analysis finish() { return analyzer_.finish(); }

private:
  analysis::Analyzer analyzer_;
};

template <typename Listener> core::Result<core::Analysis> heard_by(Listener listener, media::AudioReader& reader) {
  const auto read = reader.read_all([&listener](const core::AudioBlock& block) { listener.push(block); });
  if (!read) {
    return tl::unexpected{read.error()};
  }
  auto heard = listener.finish();
  heard.source_rate = reader.format().sample_rate;
  heard.source_channels = reader.format().channels;
  heard.length = core::to_seconds(reader.position(), heard.source_rate);
  if (heard.tempi.empty()) {
    heard.tempi = tempo_of(heard.beats);
  }
  // A live beat may be said a little before one that lies earlier.
  std::ranges::stable_sort(heard.beats, {}, &core::Beat::at);
  std::ranges::stable_sort(heard.onsets, {}, &core::Onset::at);
  return heard;
}

} // namespace

core::Result<core::Analysis> hear(const std::filesystem::path& file, Hearing hearing,
                                  const analysis::Networks& networks) {
  auto reader = media::AudioReader::open(file);
  if (!reader) {
    return tl::unexpected{reader.error()};
  }
  return hearing == Hearing::online ? heard_by(Online{reader->format(), networks}, *reader)
                                    : heard_by(Offline{reader->format(), networks}, *reader);
}

} // namespace auralis::session
