// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "auralis/core/histogram.hpp"

namespace auralis::stream {

/// What all stations of an engine measure together; the server adds what it sees at the sockets.
///
/// Thread: any. Realtime: recording. Counters are statistics, so every access to them may be relaxed.
struct Metrics {
  core::Histogram render_ms;     ///< time to generate one 20 ms block
  core::Histogram encode_ms;     ///< time to encode one chunk
  core::Histogram buffer_ms;     ///< generated and not yet sent, per playing station and block
  core::Histogram control_ms;    ///< from a control's arrival to the generator taking it
  core::Histogram publish_ms;    ///< from when a chunk was due to when the sink had it
  core::Histogram send_delay_ms; ///< from when a chunk was due to when the socket took it; filled by the server

  std::atomic<std::uint64_t> blocks{0};         ///< 20 ms blocks sent by stations
  std::atomic<std::uint64_t> underruns{0};      ///< times a sender found its ring empty
  std::atomic<std::uint64_t> skipped_blocks{0}; ///< given up after a stall too long to catch up
  std::atomic<std::uint64_t> lost_events{0};    ///< events that found their queue full: drawn by nobody, still heard

  std::atomic<std::uint64_t> chunks_sent{0};    ///< taken by sockets; filled by the server
  std::atomic<std::uint64_t> chunks_on_time{0}; ///< of these, within 100 ms of being due; filled by the server
  std::atomic<std::uint64_t> chunks_dropped{0}; ///< lost to slow listeners; filled by the server
};

} // namespace auralis::stream
