// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/listener_queue.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace auralis::stream {
namespace {

std::int64_t sound_ns(const Message& message) noexcept { return core::to_duration(message.sound()).count(); }

} // namespace

Message message_of(const ChunkPtr& chunk) {
  return {.owner = chunk, .bytes = chunk->bytes, .text = chunk->codec == Codec::json, .chunk = chunk};
}

Message message_of(std::shared_ptr<const std::string> text) {
  const auto bytes = std::as_bytes(std::span{*text});
  return {.owner = std::move(text), .bytes = bytes, .text = true, .chunk = nullptr};
}

ListenerQueue::ListenerQueue(const Config& config) : config_{config} {
  if (!(config.limit.value > 0.0) || !(config.patience.value > 0.0) || config.text_limit == 0) {
    throw std::invalid_argument{"listener queue: limit, patience and text_limit must be above 0"};
  }
}

ListenerQueue::Pushed ListenerQueue::push(Message message, core::TimePoint now) {
  if (message.chunk) {
    // Serial-number arithmetic, so that the order survives the wrap after 2.7 years of 20 ms chunks.
    if (last_seq_ && static_cast<std::int32_t>(message.chunk->seq - *last_seq_) <= 0) {
      return Pushed::stale;
    }
    last_seq_ = message.chunk->seq;
  }
  if (!writing_) {
    writing_ = true;
    ++counters_.sent;
    return Pushed::sent;
  }
  waiting_ns_ += sound_ns(message);
  waiting_text_ += message.chunk ? 0 : message.bytes.size();
  messages_.push_back(std::move(message));

  bool lost = false;
  const auto drop_oldest = [&](bool sound) {
    const auto oldest =
        std::ranges::find_if(messages_, [&](const Message& m) { return (m.chunk != nullptr) == sound; });
    waiting_ns_ -= sound_ns(*oldest);
    waiting_text_ -= sound ? 0 : oldest->bytes.size();
    messages_.erase(oldest);
    ++(sound ? counters_.dropped : counters_.dropped_text);
    lost = true;
  };
  const std::int64_t limit_ns = core::to_duration(config_.limit).count();
  while (waiting_ns_ > limit_ns) {
    drop_oldest(true);
    losing_since_ = losing_since_.value_or(now);
  }
  while (waiting_text_ > config_.text_limit) {
    drop_oldest(false);
    losing_since_ = losing_since_.value_or(now);
  }
  return lost ? Pushed::dropped : Pushed::queued;
}

std::optional<Message> ListenerQueue::next(core::TimePoint /*now*/) {
  if (messages_.empty()) {
    writing_ = false;
    losing_since_.reset(); // caught up
    return std::nullopt;
  }
  Message message = std::move(messages_.front());
  messages_.pop_front();
  waiting_ns_ -= sound_ns(message);
  waiting_text_ -= message.chunk ? 0 : message.bytes.size();
  if (2 * waiting_ns_ < core::to_duration(config_.limit).count()) {
    losing_since_.reset(); // half empty: it keeps up again
  }
  ++counters_.sent;
  return message;
}

bool ListenerQueue::behind(core::TimePoint now) const noexcept {
  return losing_since_ && now - *losing_since_ > core::to_duration(config_.patience);
}

} // namespace auralis::stream
