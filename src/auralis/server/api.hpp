// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auralis/server/analyses_api.hpp"
#include "auralis/server/config.hpp"
#include "auralis/server/counters.hpp"
#include "auralis/server/http.hpp"
#include "auralis/server/live_hearing.hpp"
#include "auralis/server/preset_store.hpp"
#include "auralis/server/scheduler.hpp"
#include "auralis/server/stations.hpp"

namespace auralis::server {

/// Everything that is asked for by address and is no file: what protocol/openapi.json describes.
/// Thread: network.
class Api {
public:
  /// All must outlive it.
  Api(const Config& config, Stations& stations, PresetStore& presets, Analyses& analyses, const LiveHearing& hearing,
      Scheduler& scheduler, const core::Clock& clock, const Counters& counters);

  /// Whether the address is the API's rather than a file's.
  [[nodiscard]] static bool handles(const Target& target);
  /// Answers at once or later. \pre handles(request.target)
  void handle(const Request& request, const Respond& respond);
  /// The methods of an address for OPTIONS: "GET, HEAD, OPTIONS"; empty if there is no such address.
  [[nodiscard]] static std::string allowed(const Target& target);

private:
  void list_stations(const Request& request, const Respond& respond);
  void one_station(const Request& request, const Respond& respond);
  void control_station(const Request& request, const Respond& respond);
  [[nodiscard]] Response recording(std::string_view id) const;
  void all_presets(const Request& request, const Respond& respond);
  void one_preset(const Request& request, const Respond& respond);
  [[nodiscard]] protocol::HearingDocument hearing() const;
  [[nodiscard]] Response status();
  [[nodiscard]] Response prometheus() const;

  const Config& config_;
  Stations& stations_;
  PresetStore& presets_;
  const Analyses& analyses_;
  AnalysesApi analyses_api_;
  const LiveHearing& hearing_;
  Scheduler& scheduler_;
  const core::Clock& clock_;
  const Counters& counters_;
  core::TimePoint started_;
  core::TimePoint asked_at_; // when the status was asked for last
  double cpu_at_asking_ = 0.0;
};

} // namespace auralis::server
