// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/engine.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace auralis::stream {
namespace {

constexpr int kMaxThreads = 64;

int checked(const char* what, int count) {
  if (count < 1 || count > kMaxThreads) {
    throw std::invalid_argument{fmt::format("engine: {} is {}, must be 1 to {}", what, count, kMaxThreads)};
  }
  return count;
}

} // namespace

Engine::Engine(const Config& config, core::Clock& clock) : clock_{clock} {
  const int renderers = checked("render_threads", config.render_threads);
  const int senders = checked("send_threads", config.send_threads);
  for (int i = 0; i < renderers; ++i) {
    threads_.emplace_back([this] { render_loop(); });
  }
  for (int i = 0; i < senders; ++i) {
    threads_.emplace_back([this] { send_loop(); });
  }
}

Engine::~Engine() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  render_work_.notify_all();
  send_work_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

std::shared_ptr<Station> Engine::add(Station::Config config, std::unique_ptr<core::Generator> generator,
                                     StationSink& sink) {
  auto station = std::make_shared<Station>(std::move(config), std::move(generator), sink, clock_, metrics_);
  auto slot = std::make_unique<Slot>();
  slot->station = station;
  slot->send_at = clock_.now();
  {
    const std::lock_guard lock{mutex_};
    slots_.push_back(std::move(slot));
  }
  send_work_.notify_one();
  return station;
}

void Engine::remove(const std::shared_ptr<Station>& station) {
  std::unique_lock lock{mutex_};
  const auto find = [&] {
    return std::ranges::find_if(slots_, [&](const auto& slot) { return slot->station == station; });
  };
  if (const auto found = find(); found != slots_.end()) {
    (*found)->removed = true; // nobody takes it up again
  }
  // Looked up again each time: another thread may remove the same station meanwhile.
  released_.wait(lock, [&] {
    const auto found = find();
    return found == slots_.end() || (!(*found)->rendering && !(*found)->sending);
  });
  if (const auto found = find(); found != slots_.end()) {
    slots_.erase(found);
    released_.notify_all();
  }
}

void Engine::wake(const std::shared_ptr<Station>& station) {
  {
    const std::lock_guard lock{mutex_};
    const auto found = std::ranges::find_if(slots_, [&](const auto& slot) { return slot->station == station; });
    if (found == slots_.end()) {
      return;
    }
    (*found)->send_at = std::min((*found)->send_at, clock_.now());
  }
  render_work_.notify_one();
  send_work_.notify_one();
}

Engine::Slot* Engine::most_starved() {
  Slot* chosen = nullptr;
  double least = 0.0;
  for (const auto& slot : slots_) {
    if (slot->rendering || slot->removed || !slot->station->wants_render()) {
      continue;
    }
    const double buffered = core::to_seconds(slot->station->buffered(), slot->station->sample_rate()).value;
    if (chosen == nullptr || buffered < least) {
      chosen = slot.get();
      least = buffered;
    }
  }
  return chosen;
}

Engine::Slot* Engine::earliest_due() {
  Slot* chosen = nullptr;
  for (const auto& slot : slots_) {
    if (!slot->sending && !slot->removed && (chosen == nullptr || slot->send_at < chosen->send_at)) {
      chosen = slot.get();
    }
  }
  return chosen;
}

void Engine::render_loop() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    Slot* slot = most_starved();
    if (slot == nullptr) {
      render_work_.wait(lock);
      continue;
    }
    slot->rendering = true;
    lock.unlock();
    slot->station->render_step();
    lock.lock();
    slot->rendering = false;
    if (slot->station->wants_send()) {
      slot->send_at = std::min(slot->send_at, clock_.now());
      send_work_.notify_one();
    }
    if (slot->removed) {
      released_.notify_all();
    }
  }
}

void Engine::send_loop() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    Slot* slot = earliest_due();
    if (slot == nullptr || slot->send_at > clock_.now()) {
      // One thread sleeps towards the earliest deadline; the others until somebody needs them. So a deadline wakes one
      // thread, not all.
      if (slot == nullptr || slot->send_at >= watched_) {
        send_work_.wait(lock);
      } else {
        const core::TimePoint deadline = slot->send_at;
        watched_ = deadline;
        clock_.wait_until(send_work_, lock, deadline);
        if (watched_ == deadline) {
          watched_ = core::TimePoint::max();
        }
      }
      continue;
    }
    slot->sending = true;
    slot->send_at = core::TimePoint::max(); // wake() during the step lowers it again
    if (watched_ == core::TimePoint::max()) {
      send_work_.notify_one(); // this step may be slow: somebody else keeps the time of the other stations
    }
    lock.unlock();
    const core::TimePoint next = slot->station->send_step();
    lock.lock();
    slot->sending = false;
    slot->send_at = std::min(slot->send_at, next);
    if (slot->station->wants_render()) {
      render_work_.notify_one();
    }
    if (slot->removed) {
      released_.notify_all();
    }
  }
}

} // namespace auralis::stream
