// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/hub.hpp"

#include <algorithm>

namespace auralis::server {

void Hub::join(Listener& listener) {
  listener.seat.place = places_++;
  listener.seat.sent = said();
  listener.seat.chunks_sent = chunks_;
  listeners_.push_back(&listener);
}

void Hub::leave(Listener& listener) {
  std::erase(listeners_, &listener);
  if (listeners_.empty()) {
    first_ = said();
    said_.clear();
  }
}

void Hub::say(const stream::Message& message, Kind kind) {
  if (listeners_.empty()) {
    return;
  }
  said_.push_back({message, kind});
  chunks_ += kind == Kind::sound ? 1 : 0;
}

void Hub::take_turns(std::size_t group, core::TimePoint now) {
  auto oldest = said();
  for (auto* listener : listeners_) {
    auto& seat = listener->seat;
    const bool turn = (chunks_ + seat.place) % group == 0 || chunks_ - seat.chunks_sent >= group;
    if (turn && seat.greeted) {
      catch_up(*listener, now);
      listener->flush(now);
    }
    oldest = std::min(oldest, seat.sent);
  }
  said_.erase(said_.begin(), said_.begin() + static_cast<std::ptrdiff_t>(oldest - first_));
  first_ = oldest;
}

void Hub::catch_up(Listener& listener, core::TimePoint now) const {
  auto& seat = listener.seat;
  for (auto at = seat.sent; at < said(); ++at) {
    const auto& [message, kind] = said_[at - first_];
    if (kind == Kind::sound || (kind == Kind::event && seat.events) || (kind == Kind::state && at >= seat.hello_at)) {
      listener.take(message, now);
    }
  }
  seat.sent = said();
  seat.chunks_sent = chunks_;
}

void Hub::greeted(Listener& listener) const noexcept {
  listener.seat.greeted = true;
  listener.seat.hello_at = said();
}

} // namespace auralis::server
