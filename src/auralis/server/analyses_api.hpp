// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "auralis/server/analyses.hpp"
#include "auralis/server/http.hpp"

namespace auralis::server {

/// Analyses by address: what protocol/openapi.json says below /api/analyses and /v1. Thread: network.
class AnalysesApi {
public:
  /// `analyses` must outlive it.
  explicit AnalysesApi(Analyses& analyses) : analyses_{analyses} {}

  /// POST /api/analyses with a JSON body; a file's bytes go through upload_of().
  void list(const Request& request, const Respond& respond);
  void one(const Request& request, const Respond& respond);
  void result(const Request& request, const Respond& respond);
  void csv(const Request& request, const Respond& respond);
  void peaks(const Request& request, const Respond& respond);
  void features(const Request& request, const Respond& respond);
  void many_features(const Request& request, const Respond& respond);

private:
  Analyses& analyses_;
};

/// Whether a request brings a file to be analysed in its body.
[[nodiscard]] bool is_upload(std::string_view method, const Target& target, std::string_view content_type) noexcept;
/// The name that the query gives to a recording, without folders; `fallback` where it gives none. Errors:
/// invalid_argument.
[[nodiscard]] core::Result<std::string> recording_name(const Target& target, std::string_view fallback);
/// What a failure of an analysis is answered with.
[[nodiscard]] Response analysis_error(const core::Error& error);
/// 202, and where to look.
[[nodiscard]] Response accepted(const protocol::AnalysisStatus& status);

} // namespace auralis::server
