// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "auralis/core/clock.hpp"
#include "auralis/core/units.hpp"
#include "auralis/stream/chunk.hpp"

namespace auralis::stream {

/// One message on its way to one listener; the bytes are shared with all who get the same.
struct Message {
  std::shared_ptr<const void> owner; ///< keeps `bytes` alive
  std::span<const std::byte> bytes;
  bool text = false;
  ChunkPtr chunk; ///< set when it is sound; null for events, acks and the like

  [[nodiscard]] core::Seconds sound() const noexcept { return chunk ? chunk->duration : core::Seconds{}; }
};
[[nodiscard]] Message message_of(const ChunkPtr& chunk);
[[nodiscard]] Message message_of(std::shared_ptr<const std::string> text);

/// What a listener is still owed, in order, bounded in milliseconds of sound.
///
/// One message at a time is handed out (`sent` or next()); the socket's owner calls next() when it has been written.
/// When more sound waits than the limit, the oldest waiting chunks are dropped, never the newest and never the one
/// being written. Text is not sound: it keeps its place and is dropped, oldest first, only beyond text_limit bytes.
/// Thread: one owner (the listener's strand). Realtime: no.
class ListenerQueue {
public:
  struct Config {
    core::Seconds limit{1.5};            ///< sound that may wait, > 0
    core::Seconds patience{5.0};         ///< how long it may go on losing chunks before behind() says so, > 0
    std::size_t text_limit = 256 * 1024; ///< bytes of text that may wait
  };
  enum class Pushed : std::uint8_t {
    sent,    ///< nothing was before it: write it now
    queued,  ///< it waits
    dropped, ///< it waits, but something older was lost for it
    stale,   ///< ignored: a chunk not newer than one taken before (the join burst overlaps the live chunks)
  };
  struct Counters {
    std::uint64_t sent = 0;    ///< messages handed out
    std::uint64_t dropped = 0; ///< chunks lost
    std::uint64_t dropped_text = 0;
  };

  /// \throws std::invalid_argument if a limit is not positive.
  explicit ListenerQueue(const Config& config);

  [[nodiscard]] Pushed push(Message message, core::TimePoint now);
  /// The message handed out last has been written: gives the next one to write, if any waits.
  [[nodiscard]] std::optional<Message> next(core::TimePoint now);
  [[nodiscard]] bool empty() const noexcept { return messages_.empty(); }

  /// True when the listener has kept losing chunks for longer than the patience, without catching up in between.
  [[nodiscard]] bool behind(core::TimePoint now) const noexcept;
  /// Sound that waits, the chunk being written not counted.
  [[nodiscard]] core::Seconds waiting() const noexcept {
    return core::Seconds{static_cast<double>(waiting_ns_) * 1e-9};
  }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

private:
  Config config_;
  std::deque<Message> messages_;
  std::int64_t waiting_ns_ = 0; // integers, so that adding and taking away never drifts
  std::size_t waiting_text_ = 0;
  bool writing_ = false;
  std::optional<std::uint32_t> last_seq_;
  std::optional<core::TimePoint> losing_since_;
  Counters counters_;
};

} // namespace auralis::stream
