// SPDX-License-Identifier: Apache-2.0
#include "auralis/report/analysis_document.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "auralis/report/rounding.hpp"

namespace auralis::report {
namespace {

constexpr std::array<std::string_view, kPartCount> kPartNames{"tempo", "beats",    "onsets",   "key",      "chords",
                                                              "pitch", "sections", "loudness", "features", "mood"};

template <typename To, typename From> std::vector<To> each(const std::vector<From>& from, To (*make)(const From&)) {
  std::vector<To> to;
  to.reserve(from.size());
  std::ranges::transform(from, std::back_inserter(to), make);
  return to;
}

protocol::TempoResult tempo_of(const core::Analysis& analysis) {
  return {.candidates = each<protocol::TempoCandidate, core::TempoCandidate>(
              analysis.tempi,
              [](const auto& one) {
                return protocol::TempoCandidate{.bpm = digits(one.tempo.value), .confidence = unit(one.confidence)};
              }),
          .curve = each<protocol::TempoPoint, core::TempoPoint>(analysis.tempo_curve, [](const auto& one) {
            return protocol::TempoPoint{
                .at = time(one.at), .bpm = digits(one.tempo.value), .confidence = unit(one.confidence)};
          })};
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

protocol::HearingMethod method_of(const core::HeardBy& by) {
  return by.network.empty() ? protocol::HearingMethod::signal : protocol::HearingMethod::network;
}

protocol::BeatResult beats_of(const core::Analysis& analysis) {
  const auto& by = analysis.beats_by;
  return {.beats_per_bar = analysis.beats_per_bar,
          .metre_confidence = unit(analysis.metre_confidence),
          .grid = each<protocol::BeatPoint, core::Beat>(analysis.beats,
                                                        [](const auto& one) {
                                                          return protocol::BeatPoint{.at = time(one.at),
                                                                                     .position = one.position,
                                                                                     .confidence = unit(one.confidence),
                                                                                     .downbeat_confidence =
                                                                                         unit(one.downbeat_confidence)};
                                                        }),
          .method = method_of(by),
          .decoder = analysis.beat_method == core::BeatMethod::peaks ? protocol::BeatMethod::peaks
                                                                     : protocol::BeatMethod::bar_pointer,
          .network = unless_empty(by.network),
          .why_no_network = unless_empty(by.why_none)};
}

protocol::KeyResult key_of(const core::Analysis& analysis) {
  protocol::KeyResult result{.tuning = digits(analysis.tuning.value),
                             .tuning_confidence = unit(analysis.tuning_confidence),
                             .parts = each<protocol::KeyPart, core::KeySegment>(
                                 analysis.local_keys,
                                 [](const auto& one) {
                                   return protocol::KeyPart{.from = time(one.from),
                                                            .to = time(one.to),
                                                            .best = candidate(one.key.best),
                                                            .runner_up = candidate(one.key.runner_up)};
                                 }),
                             .method = method_of(analysis.key_by),
                             .network = unless_empty(analysis.key_by.network),
                             .why_no_network = unless_empty(analysis.key_by.why_none)};
  if (analysis.key) {
    result.best = candidate(analysis.key->best);
    result.runner_up = candidate(analysis.key->runner_up);
  }
  return result;
}

std::optional<std::string> name_of(const std::optional<core::Chord>& chord) {
  return chord ? std::optional{to_string(*chord)} : std::nullopt;
}

protocol::PitchResult pitch_of(const core::Analysis& analysis) {
  protocol::PitchResult result;
  result.at.reserve(analysis.pitch.size());
  result.f0.reserve(analysis.pitch.size());
  result.voicing.reserve(analysis.pitch.size());
  for (const auto& one : analysis.pitch) {
    result.at.push_back(time(one.at));
    result.f0.push_back(digits(one.voiced ? one.f0.value : -one.f0.value));
    result.voicing.push_back(unit(one.voicing));
  }
  const auto& by = analysis.pitch_by;
  result.method = method_of(by);
  result.network = unless_empty(by.network);
  result.why_no_network = unless_empty(by.why_none);
  return result;
}

protocol::LoudnessResult loudness_of(const core::Analysis& analysis) {
  const auto& loudness = analysis.loudness;
  protocol::LoudnessResult result{
      .integrated_lufs = finite(loudness.integrated_lufs),
      .range_lu = std::max(0.0, finite(loudness.range_lu).value_or(0.0)),
      .true_peak_dbtp = finite(loudness.true_peak.value),
      .max_momentary_lufs = finite(loudness.max_momentary_lufs),
      .max_short_term_lufs = finite(loudness.max_short_term_lufs),
      .dynamic_complexity_db = std::max(0.0, digits(analysis.dynamic_complexity.value)),
      .silences = each<protocol::TimeSpan, core::Span>(
          analysis.silences,
          [](const auto& one) { return protocol::TimeSpan{.from = time(one.from), .to = time(one.to)}; }),
      .fade_in = time(analysis.fade_in),
      .fade_out = time(analysis.fade_out)};
  for (const auto& one : analysis.loudness_curve) {
    result.curve.at.push_back(time(one.at));
    result.curve.momentary.push_back(level(static_cast<double>(one.momentary_lufs)));
    result.curve.short_term.push_back(level(static_cast<double>(one.short_term_lufs)));
  }
  return result;
}

protocol::FeatureStatistic statistic(const core::Statistic& one) {
  return {.mean = digits(static_cast<double>(one.mean)),
          .deviation = std::max(0.0, digits(static_cast<double>(one.deviation)))};
}
template <std::size_t N>
std::array<protocol::FeatureStatistic, N> statistics(const std::array<core::Statistic, N>& from) {
  std::array<protocol::FeatureStatistic, N> to;
  std::ranges::transform(from, to.begin(), statistic);
  return to;
}

protocol::FeatureResult features_of(const core::Analysis& analysis) {
  const auto& f = analysis.features;
  return {.rms = statistic(f.rms),
          .peak = statistic(f.peak),
          .crest = statistic(f.crest),
          .zero_crossing_rate = statistic(f.zero_crossing_rate),
          .centroid = statistic(f.centroid),
          .bandwidth = statistic(f.bandwidth),
          .rolloff = statistic(f.rolloff),
          .flatness = statistic(f.flatness),
          .flux = statistic(f.flux),
          .complexity = statistic(f.complexity),
          .contrast = statistics(f.contrast),
          .mfcc = statistics(f.mfcc),
          .mfcc_delta = statistics(f.mfcc_delta)};
}

protocol::MoodScore score(const core::Score& one) {
  return {.value = unit(one.value), .confidence = unit(one.confidence)};
}

protocol::MoodResult mood_of(const core::Analysis& analysis) {
  protocol::MoodResult result{.danceability = score(analysis.danceability),
                              .energy = score(analysis.energy),
                              .valence_proxy = score(analysis.valence_proxy)};
  if (analysis.instrumentalness) {
    result.instrumentalness = score(*analysis.instrumentalness);
  }
  return result;
}

/// Calls visit(part, field) for each part and its field.
template <typename Document, typename Visit> void for_each_part(Document& document, Visit&& visit) {
  visit(Part::tempo, document.tempo);
  visit(Part::beats, document.beats);
  visit(Part::onsets, document.onsets);
  visit(Part::key, document.key);
  visit(Part::chords, document.chords);
  visit(Part::pitch, document.pitch);
  visit(Part::sections, document.sections);
  visit(Part::loudness, document.loudness);
  visit(Part::features, document.features);
  visit(Part::mood, document.mood);
}

} // namespace

std::string_view to_string(Part part) noexcept { return kPartNames[static_cast<std::size_t>(part)]; }

core::Result<Parts> parse_parts(std::string_view names) {
  Parts parts{};
  bool any = false;
  while (!names.empty()) {
    const auto comma = std::min(names.find(','), names.size());
    const auto name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 1, names.size()));
    const auto* const found = std::ranges::find(kPartNames, name);
    if (found == kPartNames.end()) {
      return core::fail(
          core::ErrorCode::invalid_argument,
          fmt::format("'{}' is no part of an analysis; expected some of {}", name, fmt::join(kPartNames, ", ")));
    }
    parts.add(static_cast<Part>(found - kPartNames.begin()));
    any = true;
  }
  if (!any) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("no part is named; expected some of {}", fmt::join(kPartNames, ", ")));
  }
  return parts;
}

protocol::AnalysisDocument to_document(const core::Analysis& analysis, protocol::AnalysisSource source, Parts parts) {
  source.length = time(analysis.length);
  source.sample_rate = analysis.source_rate.value;
  source.channels = analysis.source_channels;
  protocol::AnalysisDocument document{.analysis = 1, .engine = AURALIS_VERSION, .source = std::move(source)};
  const auto take = [&](Part part, auto& field, auto make) {
    if (parts.contains(part)) {
      field = make(analysis);
    }
  };
  take(Part::tempo, document.tempo, tempo_of);
  take(Part::beats, document.beats, beats_of);
  take(Part::onsets, document.onsets, [](const core::Analysis& a) {
    return each<protocol::OnsetPoint, core::Onset>(a.onsets, [](const auto& one) {
      return protocol::OnsetPoint{.at = time(one.at),
                                  .strength = unit(one.strength),
                                  .band = static_cast<protocol::OnsetBand>(one.band),
                                  .confidence = unit(one.confidence)};
    });
  });
  take(Part::key, document.key, key_of);
  take(Part::chords, document.chords, [](const core::Analysis& a) {
    return each<protocol::ChordPart, core::ChordSegment>(a.chords, [](const auto& one) {
      return protocol::ChordPart{.from = time(one.from),
                                 .to = time(one.to),
                                 .chord = name_of(one.chord),
                                 .runner_up = name_of(one.runner_up),
                                 .confidence = unit(one.confidence)};
    });
  });
  take(Part::pitch, document.pitch, pitch_of);
  take(Part::sections, document.sections, [](const core::Analysis& a) {
    return each<protocol::SectionPart, core::Section>(a.sections, [](const auto& one) {
      return protocol::SectionPart{.from = time(one.from),
                                   .to = time(one.to),
                                   .label = std::string(1, one.label),
                                   .confidence = unit(one.confidence)};
    });
  });
  take(Part::loudness, document.loudness, loudness_of);
  take(Part::features, document.features, features_of);
  take(Part::mood, document.mood, mood_of);
  return document;
}

Parts parts_of(const protocol::AnalysisDocument& document) noexcept {
  Parts parts{};
  for_each_part(document, [&](Part part, const auto& field) {
    if (field) {
      parts.add(part);
    }
  });
  return parts;
}

protocol::AnalysisDocument only(protocol::AnalysisDocument document, Parts parts) {
  for_each_part(document, [&](Part part, auto& field) {
    if (!parts.contains(part)) {
      field.reset();
    }
  });
  return document;
}

} // namespace auralis::report
