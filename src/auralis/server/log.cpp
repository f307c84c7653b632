// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace auralis::server {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 2> kFormats{"text", "json"};

template <typename E, std::size_t N>
std::optional<E> named(std::string_view text, const std::array<std::string_view, N>& names) noexcept {
  const auto found = std::ranges::find(names, text);
  return found == names.end() ? std::nullopt : std::optional{static_cast<E>(found - names.begin())};
}

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  constexpr std::array kMap{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err,
                            spdlog::level::off};
  return kMap[static_cast<std::size_t>(level)];
}

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_plain(std::string_view text) noexcept {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F' && c != '"' && c != '='; });
}

std::string utc_now() {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto ms = now.time_since_epoch().count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

} // namespace

std::string_view to_string(LogLevel level) noexcept { return kLevels[static_cast<std::size_t>(level)]; }
std::optional<LogLevel> parse_log_level(std::string_view text) noexcept { return named<LogLevel>(text, kLevels); }
std::string_view to_string(LogFormat format) noexcept { return kFormats[static_cast<std::size_t>(format)]; }
std::optional<LogFormat> parse_log_format(std::string_view text) noexcept { return named<LogFormat>(text, kFormats); }

std::string format_line(LogFormat format, std::string_view utc, LogLevel level, std::string_view event,
                        Log::Fields fields) {
  const bool json = format == LogFormat::json;
  auto line = json ? fmt::format(R"({{"time":"{}","level":"{}","event":{})", utc, to_string(level), quoted(event))
                   : fmt::format("{} {:<7} {}", utc, to_string(level), event);
  for (const auto& field : fields) {
    const auto value = std::visit(
        [json](const auto& one) -> std::string {
          using T = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<T, std::string_view>) {
            return json || !is_plain(one) ? quoted(one) : std::string{one};
          } else if constexpr (std::is_same_v<T, double>) {
            return std::isfinite(one) ? fmt::format("{}", one) : json ? "null" : fmt::format("{}", one);
          } else {
            return fmt::format("{}", one);
          }
        },
        field.value);
    line += json ? fmt::format(",{}:{}", quoted(field.key), value) : fmt::format(" {}={}", field.key, value);
  }
  return json ? line + "}" : line;
}

// A logger of its own rather than one in spdlog's registry: two servers in one process must not meet there.
struct Log::Sink {
  spdlog::logger logger{"auralis", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log(const Config& config) : config_{config}, sink_{std::make_unique<Sink>()} {
  sink_->logger.set_pattern("%v");
  sink_->logger.set_level(spdlog_level(config.level));
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, Fields fields) {
  if (level >= config_.level) {
    sink_->logger.log(spdlog_level(level), "{}", format_line(config_.format, utc_now(), level, event, fields));
  }
}

} // namespace auralis::server
