// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/clock.hpp"
#include "auralis/stream/listener_queue.hpp"

namespace auralis::server {

class StationEntry;

/// Codes with which a socket is closed (RFC 6455, 7.4, and protocol/README.md).
enum class CloseCode : std::uint16_t {
  done = 1000,
  going_away = 1001,
  policy = 1008,
  try_again_later = 1013,
  not_there = 4004,
};

/// One who hears a station. Thread: network.
class Listener {
public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  /// Queues the message. Never calls back into the station.
  virtual void take(const stream::Message& message, core::TimePoint now) = 0;
  /// Begins to write what is queued, together as far as it goes. Never calls back into the station.
  virtual void flush(core::TimePoint now) = 0;
  /// Sends `last_words` if there are any, drops what else waits, and closes. Never calls back into the station.
  virtual void finish(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) = 0;

  /// Where it sits; kept by Stations and Hub alone.
  struct Seat {
    std::shared_ptr<StationEntry> station;
    stream::Codec codec = stream::Codec::opus;
    bool counted = false;                   ///< among the server's listeners
    bool events = true;                     ///< wants notes, chords and beats
    bool ear = false;                       ///< the server's own
    bool greeted = false;                   ///< hello has been sent; until then everything else waits
    std::vector<stream::Message> held;      ///< said to it alone, until it is greeted
    std::optional<std::uint32_t> burst_end; ///< the last chunk that was past when the listener came
    // Kept by Hub.
    std::uint64_t place = 0;       ///< decides when its turn is
    std::uint64_t sent = 0;        ///< how much of what the hub said
    std::uint64_t chunks_sent = 0; ///< how many of these were chunks
    std::uint64_t hello_at = 0;    ///< how much had been said at its hello
  };
  Seat seat;
};

} // namespace auralis::server
