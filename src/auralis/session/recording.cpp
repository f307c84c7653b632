// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/recording.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "auralis/protocol/messages.hpp"
#include "auralis/session/wire.hpp"

namespace auralis::session {
namespace {

constexpr std::int64_t kVersion = 1;

tl::unexpected<core::Error> at_line(core::Error error, std::size_t line) {
  error.where = error.where.empty() ? fmt::format("line {}", line) : fmt::format("line {}, {}", line, error.where);
  return tl::unexpected{std::move(error)};
}

core::Result<Recording> parse_header(std::string_view line) {
  const auto header = protocol::parse_recording_header(line);
  if (!header) {
    return tl::unexpected{header.error()};
  }
  return Recording{.sample_rate = core::Hertz{static_cast<double>(header->sample_rate)},
                   .seed = static_cast<std::uint64_t>(header->seed),
                   .parameters = to_parameters(header->parameters),
                   .character = to_character(header->character)};
}

core::Result<core::LoggedControl> parse_control(std::string_view line) {
  const auto recorded = protocol::parse_recorded_control(line);
  if (!recorded) {
    return tl::unexpected{recorded.error()};
  }
  auto control = to_control(recorded->control, [](std::string_view /*id*/) { return std::nullopt; });
  if (!control) {
    return tl::unexpected{control.error()};
  }
  if (const auto& character = recorded->character; character) {
    control->character = to_character(*character);
  }
  return core::LoggedControl{core::Frames{recorded->at}, *control};
}

} // namespace

std::string to_json_lines(const Recording& recording) {
  std::string text =
      to_json(protocol::RecordingHeader{.recording = kVersion,
                                        .sample_rate = static_cast<std::int64_t>(recording.sample_rate.value),
                                        .seed = static_cast<std::int64_t>(recording.seed),
                                        .parameters = to_message(recording.parameters),
                                        .character = to_message(recording.character)});
  text += '\n';
  for (const auto& [at, control] : recording.controls) {
    protocol::RecordedControl line{.at = at.value, .control = to_message(control)};
    if (control.character) {
      line.character = to_message(*control.character);
    }
    text += to_json(line);
    text += '\n';
  }
  return text;
}

core::Result<Recording> parse_recording(std::string_view text) {
  std::optional<Recording> recording;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (!recording) {
      auto header = parse_header(line);
      if (!header) {
        return at_line(header.error(), number);
      }
      recording = std::move(*header);
      continue;
    }
    const auto control = parse_control(line);
    if (!control) {
      return at_line(control.error(), number);
    }
    if (!recording->controls.empty() && control->at < recording->controls.back().at) {
      return at_line({core::ErrorCode::invalid_argument, "its time lies before that of the line before", "/at"},
                     number);
    }
    recording->controls.push_back(*control);
  }
  if (!recording) {
    return core::fail(core::ErrorCode::invalid_argument, "the recording is empty; expected a header line");
  }
  return *std::move(recording);
}

} // namespace auralis::session
