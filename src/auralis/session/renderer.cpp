// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/renderer.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <system_error>
#include <vector>

#include "auralis/dsp/loudness_meter.hpp"
#include "auralis/media/audio_file_writer.hpp"
#include "auralis/media/midi_file_writer.hpp"
#include "auralis/session/labels.hpp"
#include "auralis/session/performer.hpp"

namespace auralis::session {
namespace {

constexpr core::Seconds kLongest{86'400.0};
constexpr std::size_t kBlock = 1024;

/// Removes the file unless it was finished.
class Unfinished {
public:
  explicit Unfinished(std::filesystem::path path) : path_{std::move(path)} {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (!path_.empty()) {
      std::error_code ignored; // nothing more can be done about it
      std::filesystem::remove(path_, ignored);
    }
  }
  void finished() noexcept { path_.clear(); }

private:
  std::filesystem::path path_;
};

/// Frames until the next control, at most a block: a control takes effect where it did live.
std::size_t frames_until_control(const std::vector<core::LoggedControl>& controls, std::size_t next, core::Frames now) {
  if (next == controls.size()) {
    return kBlock;
  }
  return static_cast<std::size_t>(std::clamp<std::int64_t>((controls[next].at - now).value, 1, kBlock));
}

core::Result<RenderReport> perform(const RenderRequest& request, Performer& performer,
                                   const std::function<void(double)>& progress) {
  const auto total = core::to_frames(request.length, request.recording.sample_rate);
  std::optional<media::AudioFileWriter> writer;
  std::optional<Unfinished> unfinished;
  if (request.audio) {
    auto opened = media::AudioFileWriter::open(*request.audio, request.recording.sample_rate);
    if (!opened) {
      return tl::unexpected{opened.error()};
    }
    writer = std::move(*opened);
    unfinished.emplace(*request.audio);
  }
  dsp::LoudnessMeter meter{request.recording.sample_rate};
  RenderReport report;
  std::vector<core::PerformanceEvent> events;
  std::array<float, kBlock> left{};
  std::array<float, kBlock> right{};
  const auto& controls = request.recording.controls;
  std::size_t next_control = 0;
  const std::int64_t step = std::max<std::int64_t>(total.value / 100, 1);
  std::int64_t next_report = step;
  while (performer.now() < total) {
    while (next_control < controls.size() && controls[next_control].at <= performer.now()) {
      performer.apply(controls[next_control++].control);
    }
    const auto count = std::min(frames_until_control(controls, next_control, performer.now()),
                                static_cast<std::size_t>((total - performer.now()).value));
    const core::StereoBlock block{std::span{left}.first(count), std::span{right}.first(count)};
    for (const auto& event : performer.render(block)) {
      report.notes += std::holds_alternative<core::NoteOn>(event.what) ? 1 : 0;
      if (request.midi || request.labels) {
        events.push_back(event);
      }
    }
    meter.add(block);
    if (writer) {
      if (const auto written = writer->write(block.left, block.right); !written) {
        return tl::unexpected{written.error()};
      }
    }
    if (progress && (performer.now().value >= next_report || performer.now() == total)) {
      progress(static_cast<double>(performer.now().value) / static_cast<double>(total.value));
      next_report += step;
    }
  }
  if (writer) {
    if (const auto closed = writer->close(); !closed) {
      return tl::unexpected{closed.error()};
    }
  }
  if (request.midi) {
    const auto written =
        media::write_midi_file(*request.midi, events, {.sample_rate = request.recording.sample_rate, .end = total});
    if (!written) {
      return tl::unexpected{written.error()};
    }
  }
  if (request.labels && request.audio) {
    const auto labels = labels_of(events, request.recording.sample_rate, total);
    if (const auto written = write_labels(*request.labels, request.audio->stem().string(), labels); !written) {
      return tl::unexpected{written.error()};
    }
  }
  if (unfinished) {
    unfinished->finished();
  }
  report.frames = total;
  report.loudness = core::Decibels{meter.integrated_lufs()};
  report.true_peak = meter.true_peak();
  return report;
}

} // namespace

core::Result<RenderReport> render(const RenderRequest& request, const std::function<void(double)>& progress) {
  if (!(request.length > core::Seconds{0.0}) || request.length > kLongest) {
    return core::fail(
        core::ErrorCode::invalid_argument,
        fmt::format("the length is {} s; expected more than 0 and at most {} s", request.length.value, kLongest.value),
        "length");
  }
  if (request.labels && !request.audio) {
    return core::fail(core::ErrorCode::invalid_argument, "labels go by the name of a sound file; there is none",
                      "labels");
  }
  const auto performer =
      make_performer({.sample_rate = request.recording.sample_rate,
                      .seed = request.recording.seed,
                      .preset = {.parameters = request.recording.parameters, .character = request.recording.character},
                      .soundfont = request.soundfont});
  if (!performer) {
    return tl::unexpected{performer.error()};
  }
  return perform(request, **performer, progress);
}

} // namespace auralis::session
