// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/audio_source.hpp"

#include <cmath>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <utility>

#include "auralis/media/byte_source.hpp"
#include "auralis/media/libav_input.hpp"

namespace auralis::media {
namespace {

using core::ErrorCode;
using core::Frames;

/// As fast as it comes.
class LibavSource : public AudioSource {
public:
  LibavSource(std::unique_ptr<LibavInput> input, bool live) : input_{std::move(input)}, live_{live} {}

  [[nodiscard]] core::Result<core::AudioBlock> read() override {
    auto block = input_->read();
    if (block) {
      position_ += Frames{static_cast<std::int64_t>(block->frames)};
    }
    return block;
  }
  [[nodiscard]] const AudioFormat& format() const noexcept override { return input_->format(); }
  [[nodiscard]] const AudioTags& tags() const noexcept override { return input_->tags(); }
  [[nodiscard]] const AudioDamage& damage() const noexcept override { return input_->damage(); }
  [[nodiscard]] bool is_live() const noexcept override { return live_; }
  [[nodiscard]] Frames position() const noexcept override { return position_; }
  [[nodiscard]] std::optional<Frames> length() const noexcept override { return input_->length(); }

private:
  std::unique_ptr<LibavInput> input_;
  bool live_;
  Frames position_;
};

/// Each block when its last frame is due.
class PacedSource final : public LibavSource {
public:
  PacedSource(std::unique_ptr<LibavInput> input, core::Clock& clock, std::stop_token stop)
      : LibavSource{std::move(input), true}, clock_{&clock}, stop_{std::move(stop)}, wake_{stop_, Wake{this}} {}

  [[nodiscard]] core::Result<core::AudioBlock> read() override {
    if (!started_) {
      started_ = clock_->now();
    }
    auto block = LibavSource::read();
    if (!block || block->frames == 0) {
      return block;
    }
    const auto due = *started_ + core::to_duration(core::to_seconds(position(), format().sample_rate));
    std::unique_lock lock{mutex_};
    while (clock_->now() < due && !stop_.stop_requested()) {
      clock_->wait_until(due_or_stopped_, lock, due);
    }
    return stop_.stop_requested() ? core::AudioBlock{} : *block;
  }

private:
  struct Wake {
    PacedSource* source;
    void operator()() const {
      const std::lock_guard lock{source->mutex_};
      source->due_or_stopped_.notify_all();
    }
  };

  core::Clock* clock_;
  std::stop_token stop_;
  std::optional<core::TimePoint> started_;
  std::mutex mutex_; // guards nothing but the wait
  std::condition_variable due_or_stopped_;
  std::stop_callback<Wake> wake_; // last: it uses the two above
};

OpenedSource opened(core::Result<std::unique_ptr<LibavInput>> input, bool live) {
  if (!input) {
    return tl::unexpected{input.error()};
  }
  return std::make_unique<LibavSource>(std::move(*input), live);
}

} // namespace

OpenedSource open_file_at_its_pace(const std::filesystem::path& path, core::Clock& clock, std::stop_token stop) {
  auto bytes = FileBytes::open(path);
  if (!bytes) {
    return tl::unexpected{bytes.error()};
  }
  auto input = LibavInput::open_bytes(std::move(*bytes), path.string(), stop);
  if (!input) {
    return tl::unexpected{input.error()};
  }
  return std::make_unique<PacedSource>(std::move(*input), clock, std::move(stop));
}

OpenedSource open_pipe(int descriptor, const std::optional<RawPcm>& raw, std::stop_token stop) {
  const std::string where = descriptor == 0 ? "standard input" : fmt::format("descriptor {}", descriptor);
  auto bytes = std::make_unique<PipeBytes>(descriptor, stop);
  if (!raw) {
    return opened(LibavInput::open_bytes(std::move(bytes), where, std::move(stop)), true);
  }
  const double rate = raw->sample_rate.value;
  if (!(rate >= 8'000.0 && rate <= 192'000.0) || rate != std::round(rate) || raw->channels < 1 || raw->channels > 8) {
    return core::fail(
        ErrorCode::invalid_argument,
        fmt::format("raw samples need 1 to 8 channels and 8000 to 192000 Hz, not {} and {}", raw->channels, rate),
        where);
  }
  return opened(LibavInput::open_raw(std::move(bytes), where, raw->sample == RawPcm::Sample::s16le ? "s16le" : "f32le",
                                     static_cast<int>(rate), raw->channels, std::move(stop)),
                true);
}

OpenedSource open_url(const std::string& url, UrlConfig config, std::stop_token stop) {
  if (!(config.timeout.value > 0.0) || !(config.reconnect_within.value >= 0.0)) {
    return core::fail(ErrorCode::invalid_argument, "a timeout must be greater than 0, a pause not negative", url);
  }
  LibavInput::Network network;
  network.timeout_us = std::llround(config.timeout.value * 1e6);
  network.reconnect_delay_s = static_cast<int>(std::lround(std::min(config.reconnect_within.value, 3'600.0)));
  network.user_agent = std::move(config.user_agent);
  network.permit = std::move(config.permit);
  auto input = LibavInput::open_url(url, std::move(network), std::move(stop));
  const bool live = input && !(*input)->length();
  return opened(std::move(input), live);
}

OpenedSource open_device(const DeviceConfig& config, std::stop_token stop) {
  return opened(LibavInput::open_device(config.system, config.name, std::move(stop)), true);
}

} // namespace auralis::media
