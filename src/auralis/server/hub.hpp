// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "auralis/server/listener.hpp"
#include "auralis/stream/listener_queue.hpp"

namespace auralis::server {

/// Those who hear one station in one codec, and what has been said to them.
///
/// A call into the kernel costs the same whatever it carries, and in a crowd it is nearly all that a listener costs. So
/// listeners take turns: with a group of four, each chunk is the turn of every fourth listener, who is sent all that
/// has been said since his last turn. Thread: network.
class Hub {
public:
  enum class Kind : std::uint8_t {
    sound,
    event, ///< for those who asked for notes, chords and beats
    state, ///< nothing new for one whose hello came later
  };

  /// What is said from now on is for this listener too.
  void join(Listener& listener);
  void leave(Listener& listener);
  [[nodiscard]] bool empty() const noexcept { return listeners_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return listeners_.size(); }
  [[nodiscard]] auto begin() const noexcept { return listeners_.begin(); }
  [[nodiscard]] auto end() const noexcept { return listeners_.end(); }

  /// Notes the message for all who are here; take_turns() sends it. Nothing is kept for an empty hub.
  void say(const stream::Message& message, Kind kind);
  /// Sends to those whose turn it is: to all with a group of one. Nobody waits for more than `group` chunks. Who has
  /// not been greeted is left out.
  void take_turns(std::size_t group, core::TimePoint now);
  /// Queues what this listener has not been sent yet; the caller flushes.
  void catch_up(Listener& listener, core::TimePoint now) const;
  /// The listener gets its hello now.
  void greeted(Listener& listener) const noexcept;

private:
  struct Said {
    stream::Message message;
    Kind kind = Kind::event;
  };

  [[nodiscard]] std::uint64_t said() const noexcept { return first_ + said_.size(); }

  std::vector<Listener*> listeners_;
  std::deque<Said> said_;    // what somebody has still to get
  std::uint64_t first_ = 0;  // how many messages were said before said_.front()
  std::uint64_t chunks_ = 0; // said, ever
  std::uint64_t places_ = 0; // given, ever
};

} // namespace auralis::server
