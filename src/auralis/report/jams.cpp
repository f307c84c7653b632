// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "auralis/core/harte_label.hpp"
#include "auralis/report/writers.hpp"

namespace auralis::report {
namespace {

using Json = nlohmann::json;

std::string harte(const std::optional<std::string>& name) {
  const auto chord = name ? core::parse_chord(*name) : std::nullopt;
  return chord ? core::harte_label(*chord) : "N";
}

Json point(double at, double length, Json value, Json confidence) {
  return {{"time", at}, {"duration", length}, {"value", std::move(value)}, {"confidence", std::move(confidence)}};
}

} // namespace

std::string jams(const protocol::AnalysisDocument& document) {
  const auto& source = document.source;
  Json annotations = Json::array();
  const auto annotate = [&](std::string_view space, Json data) {
    annotations.push_back({{"namespace", space},
                           {"data", std::move(data)},
                           {"annotation_metadata",
                            {{"annotation_tools", "Auralis"},
                             {"version", document.engine},
                             {"data_source", "program"},
                             {"corpus", ""},
                             {"annotation_rules", ""},
                             {"annotator", Json::object()},
                             {"curator", {{"name", ""}, {"email", ""}}},
                             {"validation", ""}}},
                           {"sandbox", Json::object()},
                           {"time", 0.0},
                           {"duration", source.length}});
  };
  if (document.tempo) {
    Json data = Json::array();
    for (const auto& one : document.tempo->candidates) {
      data.push_back(point(0.0, source.length, one.bpm, one.confidence));
    }
    annotate("tempo", std::move(data));
  }
  if (document.beats) {
    Json data = Json::array();
    for (const auto& one : document.beats->grid) {
      data.push_back(point(one.at, 0.0, one.position, one.confidence));
    }
    annotate("beat", std::move(data));
  }
  if (document.onsets) {
    Json data = Json::array();
    for (const auto& one : *document.onsets) {
      data.push_back(point(one.at, 0.0, nullptr, one.confidence));
    }
    annotate("onset", std::move(data));
  }
  if (document.key) {
    Json data = Json::array();
    for (const auto& one : document.key->parts) {
      data.push_back(point(one.from, one.to - one.from, one.best.tonic + ':' + std::string{to_string(one.best.mode)},
                           one.best.confidence));
    }
    annotate("key_mode", std::move(data));
  }
  if (document.chords) {
    Json data = Json::array();
    for (const auto& one : *document.chords) {
      data.push_back(point(one.from, one.to - one.from, harte(one.chord), one.confidence));
    }
    annotate("chord", std::move(data));
  }
  if (document.pitch) {
    Json data = Json::array();
    for (std::size_t i = 0; i < document.pitch->at.size(); ++i) {
      const double f0 = document.pitch->f0[i];
      data.push_back(point(document.pitch->at[i], 0.0,
                           {{"index", 0}, {"frequency", std::abs(f0)}, {"voiced", f0 > 0.0}},
                           document.pitch->voicing[i]));
    }
    annotate("pitch_contour", std::move(data));
  }
  if (document.sections) {
    Json data = Json::array();
    for (const auto& one : *document.sections) {
      data.push_back(point(one.from, one.to - one.from, one.label, one.confidence));
    }
    annotate("segment_open", std::move(data));
  }
  const Json whole{{"file_metadata",
                    {{"title", title_of(source)},
                     {"artist", source.artist.value_or("")},
                     {"release", source.album.value_or("")},
                     {"duration", source.length},
                     {"identifiers", {{"sha256", source.sha256}}},
                     {"jams_version", "0.3.4"}}},
                   {"annotations", std::move(annotations)},
                   {"sandbox", Json::object()}};
  return whole.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace auralis::report
