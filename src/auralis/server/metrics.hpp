// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "auralis/core/clock.hpp"
#include "auralis/protocol/messages.hpp"
#include "auralis/server/counters.hpp"
#include "auralis/stream/metrics.hpp"

namespace auralis::server {

[[nodiscard]] protocol::MetricsDocument metrics_document(const stream::Metrics& metrics,
                                                         const protocol::HearingDocument& hearing);

/// What a scrape sees beyond the streams.
struct Gauges {
  std::size_t stations = 0;
  std::size_t private_stations = 0;
  std::size_t listeners = 0;
  protocol::HearingDocument hearing;
  double uptime_seconds = 0.0;
  std::uint64_t memory_bytes = 0;
  double cpu_seconds = 0.0;
};

/// The Prometheus text format, version 0.0.4. Times are in seconds, as Prometheus wants them.
[[nodiscard]] std::string prometheus_text(const stream::Metrics& metrics, const Counters& counters,
                                          const Gauges& gauges);

/// Resident set of this process in bytes; 0 where /proc does not tell.
[[nodiscard]] std::uint64_t resident_bytes();
/// Processor time this process has used, all threads together.
[[nodiscard]] double cpu_seconds();

} // namespace auralis::server
