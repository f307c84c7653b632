// SPDX-License-Identifier: Apache-2.0
#include "recording_analyser.hpp"

#include <utility>

#include "auralis/core/content_hash.hpp"
#include "auralis/media/audio_reader.hpp"
#include "auralis/media/waveform_peaks.hpp"
#include "auralis/report/analysis_document.hpp"
#include "auralis/session/analyse.hpp"

namespace auralis::app {
namespace {

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

/// The outline is drawn from the sound as it passes: the file is decoded once.
core::Result<server::Analysed> analyse(const server::AnalysisTask& task, const analysis::Networks& networks) {
  const auto hash = core::content_hash(task.file);
  if (!hash) {
    return tl::unexpected{hash.error()};
  }
  auto reader = media::AudioReader::open(task.file);
  if (!reader) {
    return tl::unexpected{reader.error()};
  }
  media::WaveformPeaks peaks{{.sample_rate = reader->format().sample_rate, .channels = reader->format().channels}};
  auto document = session::analyse(*reader, task.file.filename().string(), hash->hex(), report::Parts::all(),
                                   {.progress = task.progress,
                                    .hear = [&peaks](const core::AudioBlock& block) { peaks.add(block); },
                                    .stop = task.stop},
                                   networks);
  if (!document) {
    return tl::unexpected{document.error()};
  }
  const auto outline = peaks.document();
  return server::Analysed{std::move(*document),
                          std::string{reinterpret_cast<const char*>(outline.data()), outline.size()}};
}

} // namespace

server::Analyser recording_analyser(analysis::Networks networks) {
  return {.measure = measure,
          .analyse = [networks](const server::AnalysisTask& task) { return analyse(task, networks); },
          .networks = std::move(networks)};
}

} // namespace auralis::app
