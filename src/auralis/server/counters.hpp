// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace auralis::server {

/// What the server counts at its sockets since it began. Thread: network.
struct Counters {
  std::uint64_t connections = 0;          ///< accepted
  std::uint64_t connections_open = 0;     ///< now
  std::uint64_t connections_refused = 0;  ///< above a limit
  std::array<std::uint64_t, 6> answers{}; ///< HTTP answers by the first digit of their status
  std::uint64_t requests_timed_out = 0;   ///< begun and not finished in time
  std::uint64_t sockets_opened = 0;       ///< WebSocket handshakes done
  std::uint64_t messages_received = 0;    ///< from listeners
  std::uint64_t messages_refused = 0;     ///< of these, answered with an error
  std::uint64_t closed_for_flood = 0;
  std::uint64_t closed_as_slow = 0;
  std::uint64_t closed_as_idle = 0; ///< half-open peers
  std::uint64_t closed_for_origin = 0;
};

} // namespace auralis::server
