// SPDX-License-Identifier: Apache-2.0
#include "recording_analyser.hpp"

#include <exception>
#include <utility>

#include "auralis/media/audio_reader.hpp"
#include "auralis/media/waveform_peaks.hpp"
#include "auralis/report/analysis_document.hpp"
#include "auralis/session/analyse.hpp"

namespace auralis::app {
namespace {

/// Of the work, what the outline takes: it is decoding and little else.
constexpr double kPeaksShare = 0.15;

/// Thrown out of the analysis, which knows no other end before its end.
struct Cancelled final : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "the analysis was cancelled"; }
};

core::Result<std::optional<core::Seconds>> measure(const std::filesystem::path& file, std::string_view name) {
  const auto reader = media::AudioReader::open(file);
  if (!reader) {
    auto error = reader.error();
    error.what = std::string{name} + ": " + error.what;
    error.where = "body"; // the file has no name that would tell anybody anything
    return tl::unexpected{std::move(error)};
  }
  const auto length = reader->length();
  return length ? std::optional{core::Seconds{static_cast<double>(length->value) / reader->format().sample_rate.value}}
                : std::nullopt;
}

core::Result<std::string> peaks_of(const server::AnalysisTask& task) {
  auto reader = media::AudioReader::open(task.file);
  if (!reader) {
    return tl::unexpected{reader.error()};
  }
  media::WaveformPeaks peaks{{.sample_rate = reader->format().sample_rate, .channels = reader->format().channels}};
  for (;;) {
    const auto block = reader->read();
    if (!block) {
      return tl::unexpected{block.error()};
    }
    if (block->frames == 0) {
      break;
    }
    peaks.add(*block);
    if (task.cancelled.load(std::memory_order_relaxed)) {
      throw Cancelled{};
    }
    if (const auto length = reader->length(); length && length->value > 0) {
      task.progress(kPeaksShare * static_cast<double>(reader->position().value) / static_cast<double>(length->value));
    }
  }
  const auto document = peaks.document();
  return std::string{reinterpret_cast<const char*>(document.data()), document.size()};
}

core::Result<server::Analysed> analyse(const server::AnalysisTask& task) {
  auto peaks = peaks_of(task);
  if (!peaks) {
    return tl::unexpected{peaks.error()};
  }
  auto document = session::analyse_file(task.file, report::Parts::all(), nullptr, [&](double share) {
    if (task.cancelled.load(std::memory_order_relaxed)) {
      throw Cancelled{};
    }
    task.progress(kPeaksShare + (1.0 - kPeaksShare) * share);
  });
  if (!document) {
    return tl::unexpected{document.error()};
  }
  return server::Analysed{std::move(*document), std::move(*peaks)};
}

} // namespace

server::Analyser recording_analyser() { return {.measure = measure, .analyse = analyse}; }

} // namespace auralis::app
