// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/analyses_api.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "auralis/report/formats.hpp"

namespace auralis::server {
namespace {

using core::ErrorCode;

/// As many as Spotify's interface takes.
constexpr std::size_t kMostIds = 100;

/// Refuses what an address's query does not know.
std::optional<core::Error> stray_field(const Target& target, std::string_view known) {
  for (const auto& [name, value] : target.query) {
    if (name != known) {
      return core::Error{ErrorCode::invalid_argument,
                         fmt::format("unknown field '{}', expected {}", name.substr(0, 60), known), "query"};
    }
  }
  return std::nullopt;
}

Response text_body(std::string text, std::string type) {
  auto response = text_response(200, std::move(text));
  response.content_type = std::move(type);
  return response;
}

} // namespace

bool is_upload(std::string_view method, const Target& target, std::string_view content_type) noexcept {
  return method == "POST" && target.path.size() == 2 && target.path[0] == "api" && target.path[1] == "analyses" &&
         !is_json(content_type);
}

core::Result<std::string> recording_name(const Target& target, std::string_view fallback) {
  if (auto error = stray_field(target, "name")) {
    return tl::unexpected{std::move(*error)};
  }
  const auto given = target.field("name").value_or(std::string_view{});
  const auto name = given.substr(given.find_last_of("/\\") + 1); // some clients send the whole path
  if (name.size() > 255) {
    return core::fail(ErrorCode::invalid_argument, fmt::format("name has {} bytes, expected at most 255", name.size()),
                      "name");
  }
  return std::string{name.empty() ? fallback : name};
}

Response analysis_error(const core::Error& error) {
  if (error.code == ErrorCode::unavailable && error.where == "path") {
    return error_response(409, error); // not done yet
  }
  if (error.code == ErrorCode::limit_exceeded) {
    if (error.where == "body") {
      return error_response(422, error); // the recording is too long
    }
    if (error.where.empty()) {
      return error_response(507, error); // the disk is full
    }
    auto response = error_response(error.where == "analysis.uploads" ? 429 : 503, error);
    response.headers.emplace_back("Retry-After", error.where == "analysis.uploads" ? "2" : "30");
    return response;
  }
  return error_response(status_of(error.code), error);
}

Response accepted(const protocol::AnalysisStatus& status) {
  auto response = json_response(202, protocol::to_json(status));
  response.headers.emplace_back("Location", "/api/analyses/" + status.id);
  return response;
}

void AnalysesApi::list(const Request& request, const Respond& respond) {
  if (request.method != "POST") {
    return respond(json_response(200, protocol::to_json(analyses_.list())));
  }
  const auto wanted = body_as(request, &protocol::parse_analysis_request, respond);
  if (!wanted) {
    return;
  }
  auto address = store::parse_web_address(wanted->url);
  if (!address) {
    return respond(error_response(422, address.error()));
  }
  if (!store::host_listed(*address, analyses_.config().analysis_allowed_hosts)) {
    return respond(error_response(
        403, {ErrorCode::invalid_argument,
              fmt::format("files of {}{} are not fetched: it is not among the hosts of analysis.allowed_hosts",
                          address->host, address->usual_port ? std::string{} : fmt::format(":{}", address->port)),
              "/url"}));
  }
  auto name = recording_name(request.target, address->file_name.empty() ? address->host : address->file_name);
  if (!name) {
    return respond(error_response(400, name.error()));
  }
  auto place = analyses_.reserve(false);
  if (!place) {
    return respond(analysis_error(place.error()));
  }
  analyses_.submit(std::move(*address), std::move(*name), std::move(*place),
                   [respond](const core::Result<protocol::AnalysisStatus>& status) {
                     respond(status ? accepted(*status) : analysis_error(status.error()));
                   });
}

void AnalysesApi::one(const Request& request, const Respond& respond) {
  const auto& id = request.target.path[2];
  if (request.method == "DELETE") {
    return analyses_.remove(id, [respond](const core::Result<void>& removed) {
      respond(removed ? Response{.status = 204} : analysis_error(removed.error()));
    });
  }
  const auto found = analyses_.find(id);
  respond(found ? json_response(200, protocol::to_json(*found))
                : error_response(404, {ErrorCode::not_found, "there is no such analysis", "path"}));
}

void AnalysesApi::result(const Request& request, const Respond& respond) {
  analyses_.document(request.target.path[2], [respond](core::Result<std::string> text) {
    respond(text ? json_response(200, std::move(*text)) : analysis_error(text.error()));
  });
}

void AnalysesApi::csv(const Request& request, const Respond& respond) {
  const auto& id = request.target.path[2];
  analyses_.document(id, [this, id, respond](core::Result<std::string> text) {
    if (!text) {
      return respond(analysis_error(text.error()));
    }
    // Reading megabytes of JSON is no work for this thread.
    analyses_.on_clerk([this, id, respond, json = std::move(*text)] {
      const auto document = protocol::parse_analysis_document(json);
      Response response;
      if (document) {
        report::Collection table{report::Format::csv};
        table.add(*document, document->source.name);
        response = text_body(table.text(), "text/csv; charset=utf-8");
        response.headers.emplace_back("Content-Disposition", fmt::format("attachment; filename=\"{}.csv\"", id));
      } else {
        response = error_response(500, document.error());
      }
      analyses_.on_network([respond, response = std::move(response)] { respond(response); });
    });
  });
}

void AnalysesApi::peaks(const Request& request, const Respond& respond) {
  analyses_.peaks(request.target.path[2], [respond](core::Result<std::string> bytes) {
    respond(bytes ? text_body(std::move(*bytes), "application/octet-stream") : analysis_error(bytes.error()));
  });
}

void AnalysesApi::features(const Request& request, const Respond& respond) {
  analyses_.features(request.target.path[2], [respond](core::Result<std::string> text) {
    respond(text ? json_response(200, std::move(*text)) : analysis_error(text.error()));
  });
}

void AnalysesApi::many_features(const Request& request, const Respond& respond) {
  const auto refuse = [&](std::string what) {
    respond(error_response(400, {ErrorCode::invalid_argument, std::move(what), "ids"}));
  };
  if (const auto error = stray_field(request.target, "ids")) {
    return respond(error_response(400, *error));
  }
  std::vector<std::string> ids;
  auto rest = request.target.field("ids").value_or(std::string_view{});
  for (bool more = !rest.empty(); more;) {
    const auto comma = rest.find(',');
    const auto id = rest.substr(0, comma);
    if (!protocol::is_analysis_id(id)) {
      return refuse(fmt::format("'{}' is no analysis's id", id.substr(0, 60)));
    }
    ids.emplace_back(id);
    more = comma != rest.npos;
    rest = more ? rest.substr(comma + 1) : std::string_view{};
  }
  if (ids.empty() || ids.size() > kMostIds) {
    return refuse(fmt::format("expected 1 to {} ids with commas between them", kMostIds));
  }
  struct Gathered {
    std::vector<std::string> texts;
    std::size_t missing = 0;
  };
  const auto gathered = std::make_shared<Gathered>(Gathered{std::vector<std::string>(ids.size(), "null"), ids.size()});
  for (std::size_t i = 0; i < ids.size(); ++i) {
    analyses_.features(ids[i], [gathered, i, respond](core::Result<std::string> text) {
      if (text) {
        gathered->texts[i] = std::move(*text);
      }
      if (--gathered->missing == 0) {
        respond(json_response(200, fmt::format(R"({{"audio_features":[{}]}})", fmt::join(gathered->texts, ","))));
      }
    });
  }
}

} // namespace auralis::server
