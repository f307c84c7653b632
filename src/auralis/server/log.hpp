// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace auralis::server {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };
/// "debug" … "off", as in the configuration.
[[nodiscard]] std::string_view to_string(LogLevel level) noexcept;
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text) noexcept;

enum class LogFormat : std::uint8_t { text, json };
[[nodiscard]] std::string_view to_string(LogFormat format) noexcept;
[[nodiscard]] std::optional<LogFormat> parse_log_format(std::string_view text) noexcept;

/// One named value of a log line.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, double, std::int64_t, bool> value;

  LogField(std::string_view k, std::string_view v) : key{k}, value{v} {}
  LogField(std::string_view k, const std::string& v) : key{k}, value{std::string_view{v}} {}
  LogField(std::string_view k, const char* v) : key{k}, value{std::string_view{v}} {}
  LogField(std::string_view k, bool v) : key{k}, value{v} {}
  LogField(std::string_view k, std::integral auto v) : key{k}, value{static_cast<std::int64_t>(v)} {}
  LogField(std::string_view k, std::floating_point auto v) : key{k}, value{static_cast<double>(v)} {}
};

/// Structured log lines to standard error: `time level event key=value …`, or one JSON object a line.
///
/// What happened is a fixed word (`listener_joined`); what varies stands in the fields, so that lines can be counted.
/// Thread: any. Realtime: no.
class Log {
public:
  struct Config {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
  };

  explicit Log(const Config& config);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  using Fields = std::initializer_list<LogField>;
  void debug(std::string_view event, Fields fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(LogLevel::info, event, fields); }
  void warning(std::string_view event, Fields fields = {}) { write(LogLevel::warning, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(LogLevel::error, event, fields); }

private:
  void write(LogLevel level, std::string_view event, Fields fields);

  Config config_;
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

/// The line as written, without its end. `utc` is ISO 8601 with milliseconds.
[[nodiscard]] std::string format_line(LogFormat format, std::string_view utc, LogLevel level, std::string_view event,
                                      Log::Fields fields);

} // namespace auralis::server
