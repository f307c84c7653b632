// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/analyse.hpp"

#include <optional>
#include <utility>

#include "auralis/analysis/analyzer.hpp"
#include "auralis/core/content_hash.hpp"
#include "auralis/media/audio_reader.hpp"
#include "auralis/session/analysis_cache.hpp"

namespace auralis::session {
namespace {

using report::Part;

analysis::Wanted wanted_for(report::Parts parts) {
  // Mood is made of tempo, mode, loudness, onsets and brightness.
  const bool mood = parts.contains(Part::mood);
  return {.rhythm = mood || parts.contains(Part::tempo) || parts.contains(Part::beats) || parts.contains(Part::onsets),
          .tonal = mood || parts.contains(Part::key),
          .chords = parts.contains(Part::chords),
          .pitch = parts.contains(Part::pitch),
          .features = mood || parts.contains(Part::features),
          .timbre = parts.contains(Part::features),
          .loudness = mood || parts.contains(Part::loudness),
          .sections = parts.contains(Part::sections)};
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

} // namespace

core::Result<protocol::AnalysisDocument> analyse(media::AudioReader& reader, std::string name, std::string sha256,
                                                 report::Parts parts, const Beside& beside,
                                                 const analysis::Networks& networks) {
  analysis::Analyzer analyzer{{.sample_rate = reader.format().sample_rate,
                               .channels = reader.format().channels,
                               .wanted = wanted_for(parts),
                               .networks = networks}};
  const auto read = reader.read_all(
      [&](const core::AudioBlock& block) {
        analyzer.push(block);
        if (beside.hear) {
          beside.hear(block);
        }
        if (beside.progress && reader.length()) {
          beside.progress(reader.share());
        }
      },
      beside.stop);
  if (!read) {
    return tl::unexpected{read.error()};
  }
  protocol::AnalysisSource source{.name = std::move(name),
                                  .sha256 = std::move(sha256),
                                  .title = unless_empty(reader.tags().title),
                                  .artist = unless_empty(reader.tags().artist),
                                  .album = unless_empty(reader.tags().album),
                                  .truncated = reader.truncated()};
  const auto found = *read ? analyzer.finish(beside.stop) : std::nullopt;
  if (!found) {
    return core::fail(core::ErrorCode::unavailable, "the analysis was stopped");
  }
  return report::to_document(*found, std::move(source), parts);
}

core::Result<protocol::AnalysisDocument> analyse_file(const std::filesystem::path& file, report::Parts parts,
                                                      const AnalysisCache* cache,
                                                      const std::function<void(double share)>& progress,
                                                      const analysis::Networks& networks) {
  const auto hash = core::content_hash(file);
  if (!hash) {
    return tl::unexpected{hash.error()};
  }
  const auto sha256 = hash->hex();
  if (cache != nullptr) {
    if (auto remembered = cache->find(sha256, parts)) {
      remembered->source.name = file.filename().string(); // the same bytes may go by another name now
      return *std::move(remembered);
    }
  }
  auto reader = media::AudioReader::open(file);
  if (!reader) {
    return tl::unexpected{reader.error()};
  }
  auto document = analyse(*reader, file.filename().string(), sha256, parts, {.progress = progress}, networks);
  if (document && cache != nullptr) {
    static_cast<void>(cache->store(*document));
  }
  return document;
}

} // namespace auralis::session
