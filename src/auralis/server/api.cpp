// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/api.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <span>

#include "auralis/server/documents.hpp"
#include "auralis/server/metrics.hpp"
#include "auralis/server/static_files.hpp"

namespace auralis::server {
namespace {

using core::ErrorCode;

enum class Route {
  status,
  metrics,
  prometheus,
  health,
  ready,
  stations,
  station,
  control,
  recording,
  presets,
  preset,
  openapi,
  docs,
  docs_js,
  docs_css,
  analyses,
  analysis,
  result,
  csv,
  peaks,
  features,
  many_features
};

struct Pattern {
  Route route;
  std::vector<std::string_view> path; ///< "*" stands for any one segment that is not empty
  std::string_view methods;
};

const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all{
      {Route::status, {"api", "status"}, "GET, HEAD, OPTIONS"},
      {Route::metrics, {"api", "metrics"}, "GET, HEAD, OPTIONS"},
      {Route::stations, {"api", "stations"}, "GET, HEAD, POST, OPTIONS"},
      {Route::station, {"api", "stations", "*"}, "GET, HEAD, PATCH, DELETE, OPTIONS"},
      {Route::control, {"api", "stations", "*", "control"}, "POST, OPTIONS"},
      {Route::recording, {"api", "stations", "*", "recording"}, "GET, HEAD, OPTIONS"},
      {Route::presets, {"api", "presets"}, "GET, HEAD, POST, OPTIONS"},
      {Route::preset, {"api", "presets", "*"}, "GET, HEAD, PUT, DELETE, OPTIONS"},
      {Route::analyses, {"api", "analyses"}, "GET, HEAD, POST, OPTIONS"},
      {Route::analysis, {"api", "analyses", "*"}, "GET, HEAD, DELETE, OPTIONS"},
      {Route::result, {"api", "analyses", "*", "result"}, "GET, HEAD, OPTIONS"},
      {Route::csv, {"api", "analyses", "*", "csv"}, "GET, HEAD, OPTIONS"},
      {Route::peaks, {"api", "analyses", "*", "peaks"}, "GET, HEAD, OPTIONS"},
      {Route::many_features, {"v1", "audio-features"}, "GET, HEAD, OPTIONS"},
      {Route::features, {"v1", "audio-features", "*"}, "GET, HEAD, OPTIONS"},
      {Route::openapi, {"api", "openapi.json"}, "GET, HEAD, OPTIONS"},
      {Route::prometheus, {"metrics"}, "GET, HEAD, OPTIONS"},
      {Route::health, {"healthz"}, "GET, HEAD, OPTIONS"},
      {Route::ready, {"readyz"}, "GET, HEAD, OPTIONS"},
      {Route::docs, {"docs"}, "GET, HEAD, OPTIONS"},
      {Route::docs_js, {"docs", "docs.js"}, "GET, HEAD, OPTIONS"},
      {Route::docs_css, {"docs", "docs.css"}, "GET, HEAD, OPTIONS"},
  };
  return all;
}

const Pattern* pattern_of(const Target& target) {
  const auto found = std::ranges::find_if(patterns(), [&](const Pattern& pattern) {
    return std::ranges::equal(pattern.path, target.path, [](std::string_view wanted, const std::string& given) {
      return wanted == "*" ? !given.empty() : wanted == given;
    });
  });
  return found == patterns().end() ? nullptr : &*found;
}

/// Whether `method` stands in a list such as "GET, HEAD".
bool lists(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const auto comma = methods.find(", ");
    if (methods.substr(0, comma) == method) {
      return true;
    }
    methods = comma == methods.npos ? std::string_view{} : methods.substr(comma + 2);
  }
  return false;
}

/// A pointer into the body or a conflict with what is there are the caller's to mend; the rest is as the code says.
Response station_error(const core::Error& error) {
  const bool points_into_body = error.where.starts_with('/');
  if (error.code == ErrorCode::unavailable && !error.where.empty()) {
    return error_response(409, error);
  }
  if (error.code == ErrorCode::not_found && points_into_body) {
    return error_response(422, error);
  }
  return error_response(status_of(error.code), error);
}

Response preset_error(const PresetStore::Refused& refused) {
  switch (refused.why) {
  case PresetStore::Refusal::exists:
  case PresetStore::Refusal::read_only:
    return error_response(409, refused.error);
  case PresetStore::Refusal::missing:
    return error_response(404, refused.error);
  case PresetStore::Refusal::full:
    return error_response(503, refused.error);
  case PresetStore::Refusal::failed:
    return error_response(500, refused.error);
  }
  return error_response(500, refused.error);
}

Response document(const Request& request, std::string_view text, std::string_view type) {
  // These live as long as the program and never change while it runs.
  const auto etag = entity_tag(text);
  Response response{.headers = {{"ETag", etag}, {"Cache-Control", "no-cache"}}};
  if (tag_matches(request.if_none_match, etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = type;
  response.body = std::make_shared<const std::string>(text);
  return response;
}

} // namespace

Api::Api(const Config& config, Stations& stations, PresetStore& presets, Analyses& analyses, const LiveHearing& hearing,
         Scheduler& scheduler, const core::Clock& clock, const Counters& counters)
    : config_{config}, stations_{stations}, presets_{presets}, analyses_{analyses}, analyses_api_{analyses},
      hearing_{hearing}, scheduler_{scheduler}, clock_{clock}, counters_{counters}, started_{clock.now()},
      asked_at_{started_}, cpu_at_asking_{cpu_seconds()} {}

bool Api::handles(const Target& target) {
  static constexpr std::array<std::string_view, 6> kRoots{"api", "metrics", "healthz", "readyz", "docs", "v1"};
  return !target.path.empty() && std::ranges::find(kRoots, target.path.front()) != kRoots.end();
}

std::string Api::allowed(const Target& target) {
  const auto* pattern = pattern_of(target);
  return pattern == nullptr ? std::string{} : std::string{pattern->methods};
}

void Api::handle(const Request& request, const Respond& respond) {
  const auto* pattern = pattern_of(request.target);
  if (pattern == nullptr) {
    return respond(
        error_response(404, {ErrorCode::not_found, "there is nothing here; /docs lists what there is", "path"}));
  }
  if (!lists(pattern->methods, request.method)) {
    return respond(not_allowed(request.method, pattern->methods));
  }
  switch (pattern->route) {
  case Route::status:
    return respond(status());
  case Route::metrics:
    return respond(json_response(200, protocol::to_json(metrics_document(stations_.metrics(), hearing()))));
  case Route::prometheus:
    return respond(prometheus());
  case Route::health:
    return respond(text_response(200, "ok\n"));
  case Route::ready:
    return respond(stations_.ready()
                       ? text_response(200, "ready\n")
                       : error_response(503, {ErrorCode::unavailable, "the main station is not made yet", ""}));
  case Route::stations:
    return list_stations(request, respond);
  case Route::station:
    return one_station(request, respond);
  case Route::control:
    return control_station(request, respond);
  case Route::recording:
    return respond(recording(request.target.path[2]));
  case Route::presets:
    return all_presets(request, respond);
  case Route::preset:
    return one_preset(request, respond);
  case Route::analyses:
    return analyses_api_.list(request, respond);
  case Route::analysis:
    return analyses_api_.one(request, respond);
  case Route::result:
    return analyses_api_.result(request, respond);
  case Route::csv:
    return analyses_api_.csv(request, respond);
  case Route::peaks:
    return analyses_api_.peaks(request, respond);
  case Route::features:
    return analyses_api_.features(request, respond);
  case Route::many_features:
    return analyses_api_.many_features(request, respond);
  case Route::openapi:
    return respond(document(request, documents::openapi_json(), "application/json"));
  case Route::docs:
    return respond(document(request, documents::docs_html(), "text/html; charset=utf-8"));
  case Route::docs_js:
    return respond(document(request, documents::docs_js(), "text/javascript; charset=utf-8"));
  case Route::docs_css:
    return respond(document(request, documents::docs_css(), "text/css; charset=utf-8"));
  }
}

protocol::HearingDocument Api::hearing() const {
  return {.stations = static_cast<std::int64_t>(hearing_.stations_heard()),
          .watchers = static_cast<std::int64_t>(hearing_.watchers()),
          .microphones = static_cast<std::int64_t>(hearing_.microphones()),
          .analyses = static_cast<std::int64_t>(analyses_.running())};
}

Response Api::status() {
  const auto now = clock_.now();
  const double cpu = cpu_seconds();
  const double elapsed = core::to_seconds(now - asked_at_).value;
  protocol::StatusDocument status{.version = AURALIS_VERSION,
                                  .uptime_seconds = core::to_seconds(now - started_).value,
                                  .stations = stations_.list(),
                                  .listeners = static_cast<std::int64_t>(stations_.listeners()),
                                  .hearing = hearing(),
                                  .soundfont = config_.soundfont,
                                  .cpu_percent =
                                      elapsed > 0.0 ? std::max(0.0, 100.0 * (cpu - cpu_at_asking_) / elapsed) : 0.0,
                                  .memory_bytes = static_cast<std::int64_t>(resident_bytes())};
  asked_at_ = now;
  cpu_at_asking_ = cpu;
  return json_response(200, protocol::to_json(status));
}

Response Api::prometheus() const {
  auto response = text_response(200, prometheus_text(stations_.metrics(), counters_,
                                                     {.stations = stations_.count(),
                                                      .private_stations = stations_.private_count(),
                                                      .listeners = stations_.listeners(),
                                                      .hearing = hearing(),
                                                      .uptime_seconds = core::to_seconds(clock_.now() - started_).value,
                                                      .memory_bytes = resident_bytes(),
                                                      .cpu_seconds = cpu_seconds()}));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

void Api::list_stations(const Request& request, const Respond& respond) {
  if (request.method != "POST") {
    return respond(json_response(200, protocol::to_json(stations_.list())));
  }
  const auto wanted = body_as(request, &protocol::parse_station_request, respond);
  if (!wanted) {
    return;
  }
  stations_.create(*wanted, [respond](const core::Result<protocol::StationDocument>& made) {
    if (!made) {
      return respond(station_error(made.error()));
    }
    auto response = json_response(201, protocol::to_json(*made));
    response.headers.emplace_back("Location", "/api/stations/" + made->id);
    respond(std::move(response));
  });
}

void Api::one_station(const Request& request, const Respond& respond) {
  const auto& id = request.target.path[2];
  if (request.method == "DELETE") {
    return stations_.remove(id, [respond](const core::Result<void>& removed) {
      respond(removed ? Response{.status = 204} : station_error(removed.error()));
    });
  }
  if (request.method == "PATCH") {
    const auto wanted = body_as(request, &protocol::parse_station_request, respond);
    if (!wanted) {
      return;
    }
    return stations_.change(id, *wanted, [respond](const core::Result<protocol::StationDocument>& changed) {
      respond(changed ? json_response(200, protocol::to_json(*changed)) : station_error(changed.error()));
    });
  }
  const auto found = stations_.find(id);
  respond(found ? json_response(200, protocol::to_json(*found))
                : error_response(404, {ErrorCode::not_found, "there is no such station", "path"}));
}

void Api::control_station(const Request& request, const Respond& respond) {
  const auto message = body_as(request, &protocol::parse_control_message, respond);
  if (!message) {
    return;
  }
  stations_.control(request.target.path[2], *message, [respond](const core::Result<protocol::AckMessage>& ack) {
    if (!ack) {
      return respond(ack.error().code == ErrorCode::limit_exceeded ? error_response(429, ack.error())
                                                                   : station_error(ack.error()));
    }
    respond(json_response(200, protocol::to_json(*ack)));
  });
}

Response Api::recording(std::string_view id) const {
  auto lines = stations_.recording(id);
  if (!lines) {
    return station_error(lines.error());
  }
  auto response = text_response(200, std::move(*lines));
  response.content_type = "application/x-ndjson";
  response.headers.emplace_back("Content-Disposition", fmt::format("attachment; filename=\"{}.jsonl\"", id));
  return response;
}

void Api::all_presets(const Request& request, const Respond& respond) {
  if (request.method != "POST") {
    return respond(json_response(200, protocol::to_json(presets_.list())));
  }
  auto preset = body_as(request, &protocol::parse_preset_document, respond);
  if (!preset) {
    return;
  }
  scheduler_.work([this, preset = std::move(*preset), respond] {
    auto made = presets_.create(preset);
    scheduler_.post([made = std::move(made), respond] {
      if (!made) {
        return respond(preset_error(made.error()));
      }
      auto response = json_response(201, protocol::to_json(*made));
      response.headers.emplace_back("Location", "/api/presets/" + made->id);
      respond(std::move(response));
    });
  });
}

void Api::one_preset(const Request& request, const Respond& respond) {
  const auto& id = request.target.path[2];
  if (request.method == "PUT") {
    auto preset = body_as(request, &protocol::parse_preset_document, respond);
    if (!preset) {
      return;
    }
    if (preset->id != id) {
      return respond(
          error_response(422, {ErrorCode::invalid_argument,
                               "id is '" + preset->id + "', expected '" + id + "' as in the address", "/id"}));
    }
    scheduler_.work([this, preset = std::move(*preset), respond] {
      auto put = presets_.put(preset);
      auto now = presets_.find(preset.id);
      scheduler_.post([put = std::move(put), now = std::move(now), respond] {
        if (!put || !now) {
          return respond(preset_error(put ? PresetStore::Refused{PresetStore::Refusal::missing, {}} : put.error()));
        }
        respond(json_response(*put ? 201 : 200, protocol::to_json(*now)));
      });
    });
    return;
  }
  if (request.method == "DELETE") {
    scheduler_.work([this, id, respond] {
      auto erased = presets_.erase(id);
      scheduler_.post([erased = std::move(erased), respond] {
        respond(erased ? Response{.status = 204} : preset_error(erased.error()));
      });
    });
    return;
  }
  const auto found = presets_.find(id);
  respond(found ? json_response(200, protocol::to_json(*found))
                : error_response(404, {ErrorCode::not_found, "there is no such preset", "path"}));
}

} // namespace auralis::server
