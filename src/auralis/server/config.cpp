// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/config.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <toml++/toml.h>
#include <variant>

extern char** environ; // NOLINT: POSIX gives it no header of its own

namespace auralis::server {
namespace {

using List = std::vector<std::string>;
/// Text from the environment or the command line, which know no types.
struct Untyped {
  std::string text;
};
using Value = std::variant<std::string, Untyped, std::int64_t, double, bool, List>;
/// Empty when taken; else what was expected.
using Take = std::function<std::string(Config&, const Value&)>;

struct Entry {
  Setting setting;
  Take take;
  bool list = false; ///< text is cut at commas
};

std::string shown(const Value& value) {
  return std::visit(
      [](const auto& one) -> std::string {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, List>) {
          return "a list";
        } else if constexpr (std::is_same_v<T, std::string>) {
          return fmt::format("\"{}\"", one.size() > 60 ? one.substr(0, 57) + "..." : one);
        } else if constexpr (std::is_same_v<T, Untyped>) {
          return shown(one.text);
        } else {
          return fmt::format("{}", one);
        }
      },
      value);
}

std::optional<std::int64_t> integer(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return *number;
  }
  if (const auto* given = std::get_if<Untyped>(&value)) {
    std::int64_t number = 0;
    const auto* end = given->text.data() + given->text.size();
    if (const auto [rest, error] = std::from_chars(given->text.data(), end, number);
        error == std::errc{} && rest == end) {
      return number;
    }
  }
  return std::nullopt;
}

std::optional<double> real(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    return *number;
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*number);
  }
  if (const auto* given = std::get_if<Untyped>(&value)) {
    double number = 0.0;
    const auto* end = given->text.data() + given->text.size();
    if (const auto [rest, error] = std::from_chars(given->text.data(), end, number);
        error == std::errc{} && rest == end) {
      return number;
    }
  }
  return std::nullopt;
}

const std::string* text_of(const Value& value) {
  const auto* given = std::get_if<Untyped>(&value);
  return given == nullptr ? std::get_if<std::string>(&value) : &given->text;
}

template <typename T> Take integer_in(T Config::* member, std::int64_t low, std::int64_t high) {
  return [=](Config& config, const Value& value) -> std::string {
    const auto number = integer(value);
    if (!number || *number < low || *number > high) {
      return fmt::format("an integer from {} to {}", low, high);
    }
    config.*member = static_cast<T>(*number);
    return {};
  };
}

Take milliseconds_in(Config::Milliseconds Config::* member, std::int64_t low, std::int64_t high) {
  return [=](Config& config, const Value& value) -> std::string {
    const auto number = integer(value);
    if (!number || *number < low || *number > high) {
      return fmt::format("milliseconds from {} to {}", low, high);
    }
    config.*member = Config::Milliseconds{*number};
    return {};
  };
}

Take real_in(double Config::* member, double low, double high) {
  return [=](Config& config, const Value& value) -> std::string {
    const auto number = real(value);
    if (!number || !(*number >= low && *number <= high)) {
      return fmt::format("a number from {} to {}", low, high);
    }
    config.*member = *number;
    return {};
  };
}

template <typename T> Take text_into(T Config::* member, const std::string& expected, bool (*holds)(std::string_view)) {
  return [=](Config& config, const Value& value) -> std::string {
    const auto* text = text_of(value);
    if (text == nullptr || !holds(*text)) {
      return expected;
    }
    config.*member = *text;
    return {};
  };
}

Take boolean(bool Config::* member) {
  return [member](Config& config, const Value& value) -> std::string {
    const auto* const text = text_of(value);
    const auto* const given = std::get_if<bool>(&value);
    if (given == nullptr && (text == nullptr || (*text != "true" && *text != "false"))) {
      return "true or false";
    }
    config.*member = given != nullptr ? *given : *text == "true";
    return {};
  };
}

bool any(std::string_view /*text*/) { return true; }
bool is_device(std::string_view text) { return text == "cpu" || text == "cuda"; }
bool is_beat_decoder(std::string_view text) { return text == "bar-pointer" || text == "peaks"; }
bool some(std::string_view text) { return !text.empty() && text.size() <= 80; }
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 31 && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}
/// Scheme and host, and no path: what a browser sends as Origin.
bool is_origin(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == text.npos || (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https")) {
    return false;
  }
  const auto host = text.substr(scheme + 3);
  return !host.empty() && host.find_first_of("/?#@ ,") == host.npos;
}
bool is_host(std::string_view text) {
  return text == "*" || (!text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         }));
}
/// A host, with a port where it is not the usual one.
bool is_host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) {
    return text != "*" && is_host(text);
  }
  std::uint16_t port = 0;
  const auto digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() && port > 0 && text != "*" &&
         is_host(text.substr(0, colon));
}
Take analysis_hosts() {
  return [](Config& config, const Value& value) -> std::string {
    const auto* list = std::get_if<List>(&value);
    if (list == nullptr || !std::ranges::all_of(*list, is_host_and_port)) {
      return "a list of hosts such as \"audio.example\" or \"audio.example:8000\"";
    }
    config.analysis_allowed_hosts = *list;
    return {};
  };
}
Take hosts() {
  return [](Config& config, const Value& value) -> std::string {
    const auto* list = std::get_if<List>(&value);
    if (list == nullptr || !std::ranges::all_of(*list, is_host)) {
      return "a list of names such as \"radio.example\", without scheme and port";
    }
    config.allowed_hosts = *list;
    return {};
  };
}
Take origins() {
  return [](Config& config, const Value& value) -> std::string {
    const auto* list = std::get_if<List>(&value);
    if (list == nullptr || !std::ranges::all_of(*list, is_origin)) {
      return "a list of origins such as \"https://radio.example\"";
    }
    config.allowed_origins = *list;
    return {};
  };
}
Take seed() {
  return [](Config& config, const Value& value) -> std::string {
    constexpr std::int64_t kHighest = (std::int64_t{1} << 53) - 1; // what a browser's number carries
    const auto number = integer(value);
    if (!number || *number < 0 || *number > kHighest) {
      return fmt::format("an integer from 0 to {}", kHighest);
    }
    config.seed = static_cast<std::uint64_t>(*number);
    return {};
  };
}
Take sample_rate() {
  return [](Config& config, const Value& value) -> std::string {
    const auto number = integer(value);
    if (!number || (*number != 44'100 && *number != 48'000)) {
      return "44100 or 48000";
    }
    config.sample_rate = *number;
    return {};
  };
}
Take log_level() {
  return [](Config& config, const Value& value) -> std::string {
    const auto* text = text_of(value);
    const auto level = text == nullptr ? std::nullopt : parse_log_level(*text);
    if (!level) {
      return "debug, info, warning, error or off";
    }
    config.log.level = *level;
    return {};
  };
}
Take log_format() {
  return [](Config& config, const Value& value) -> std::string {
    const auto* text = text_of(value);
    const auto format = text == nullptr ? std::nullopt : parse_log_format(*text);
    if (!format) {
      return "text or json";
    }
    config.log.format = *format;
    return {};
  };
}

// Upper bounds are where a value is more likely a slip of the finger than a wish.
const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
      {{"server.address", "AURALIS_ADDRESS", "--address", "IP", "address to listen on", "127.0.0.1"},
       text_into(&Config::address, "an IP address", some)},
      {{"server.port", "AURALIS_PORT", "--port", "PORT", "port to listen on; 0 takes any that is free", "8080"},
       integer_in(&Config::port, 0, 65'535)},
      {{"server.web_root", "AURALIS_WEB_ROOT", "--web-root", "DIR", "folder of the built page; empty serves none", ""},
       text_into(&Config::web_root, "a path", any)},
      {{"server.data_dir", "AURALIS_DATA_DIR", "--data-dir", "DIR",
        "folder where presets and analyses are kept; empty keeps them in memory", ""},
       text_into(&Config::data_dir, "a path", any)},
      {{"server.allowed_hosts", "AURALIS_ALLOWED_HOSTS", "--allowed-hosts", "NAMES",
        "names by which the server may be called beyond localhost and IP addresses, or * for any; on the command line "
        "separated by commas",
        ""},
       hosts(),
       true},
      {{"server.allowed_origins", "AURALIS_ALLOWED_ORIGINS", "--allowed-origins", "ORIGINS",
        "origins beyond the server's own whose pages may use it; on the command line separated by commas", ""},
       origins(),
       true},
      {{"server.request_timeout_ms", "AURALIS_REQUEST_TIMEOUT_MS", "--request-timeout-ms", "MS",
        "time from a request's first byte to its last, 10 to 600000", "10000"},
       milliseconds_in(&Config::request_timeout, 10, 600'000)},
      {{"server.keep_alive_timeout_ms", "AURALIS_KEEP_ALIVE_TIMEOUT_MS", "--keep-alive-timeout-ms", "MS",
        "time between two requests on one connection, 10 to 600000", "30000"},
       milliseconds_in(&Config::keep_alive_timeout, 10, 600'000)},
      {{"server.idle_timeout_ms", "AURALIS_IDLE_TIMEOUT_MS", "--idle-timeout-ms", "MS",
        "a listener that answers no ping for so long is gone, 100 to 600000", "30000"},
       milliseconds_in(&Config::idle_timeout, 100, 600'000)},
      {{"server.stop_timeout_ms", "AURALIS_STOP_TIMEOUT_MS", "--stop-timeout-ms", "MS",
        "time that listeners get to say goodbye when the server stops, 0 to 60000", "1000"},
       milliseconds_in(&Config::stop_timeout, 0, 60'000)},

      {{"station.preset", "AURALIS_PRESET", "--preset", "ID", "preset with which the main station starts", "focus"},
       text_into(&Config::preset, "a preset's id: lower-case letters, digits and dashes", is_id)},
      {{"station.name", "AURALIS_NAME", "--name", "NAME", "name of the main station, 1 to 80 bytes", "Auralis"},
       text_into(&Config::name, "1 to 80 bytes of text", some)},
      {{"station.seed", "AURALIS_SEED", "--seed", "N", "seed of the main station; drawn if none is given", ""}, seed()},
      {{"station.sample_rate", "AURALIS_SAMPLE_RATE", "--sample-rate", "HZ", "44100 or 48000", "48000"}, sample_rate()},
      {{"station.soundfont", "AURALIS_SOUNDFONT", "--soundfont", "FILE",
        "SoundFont to play; empty takes the best installed", ""},
       text_into(&Config::soundfont, "a path", any)},
      {{"station.resume_grace_ms", "AURALIS_RESUME_GRACE_MS", "--resume-grace-ms", "MS",
        "how long a private station waits for its listener to come back, 0 to 3600000", "30000"},
       milliseconds_in(&Config::resume_grace, 0, 3'600'000)},

      {{"limits.connections", "AURALIS_MAX_CONNECTIONS", "--max-connections", "N", "sockets of all kinds, 1 to 1000000",
        "8000"},
       integer_in(&Config::max_connections, 1, 1'000'000)},
      {{"limits.connections_per_address", "AURALIS_MAX_CONNECTIONS_PER_ADDRESS", "--max-connections-per-address", "N",
        "sockets from one address; 0 is without limit", "0"},
       integer_in(&Config::max_connections_per_address, 0, 1'000'000)},
      {{"limits.listeners", "AURALIS_MAX_LISTENERS", "--max-listeners", "N", "listeners of all stations, 1 to 1000000",
        "4000"},
       integer_in(&Config::max_listeners, 1, 1'000'000)},
      {{"limits.stations", "AURALIS_MAX_STATIONS", "--max-stations", "N", "stations, shared and private, 1 to 10000",
        "64"},
       integer_in(&Config::max_stations, 1, 10'000)},
      {{"limits.presets", "AURALIS_MAX_PRESETS", "--max-presets", "N", "presets beyond the built-in ones, 0 to 100000",
        "200"},
       integer_in(&Config::max_presets, 0, 100'000)},
      {{"limits.microphones", "AURALIS_MAX_MICROPHONES", "--max-microphones", "N",
        "microphones that are heard live at once, 0 to 1000", "8"},
       integer_in(&Config::max_microphones, 0, 1'000)},
      {{"limits.control_rate", "AURALIS_CONTROL_RATE", "--control-rate", "N",
        "messages a second that one listener may send on average, 1 to 10000", "50"},
       real_in(&Config::control_rate, 1.0, 10'000.0)},
      {{"limits.control_burst", "AURALIS_CONTROL_BURST", "--control-burst", "N",
        "messages that one listener may send at once, 1 to 10000", "100"},
       real_in(&Config::control_burst, 1.0, 10'000.0)},

      {{"stream.lead_ms", "AURALIS_LEAD_MS", "--lead-ms", "MS",
        "how far generation runs ahead of the sender, 20 to 1000", "60"},
       milliseconds_in(&Config::lead, 20, 1'000)},
      {{"stream.ring_ms", "AURALIS_RING_MS", "--ring-ms", "MS",
        "what can wait between generation and sender, 100 to 10000", "2000"},
       milliseconds_in(&Config::ring, 100, 10'000)},
      {{"stream.history_ms", "AURALIS_HISTORY_MS", "--history-ms", "MS",
        "sound that a new listener is given at once, 0 to 5000", "400"},
       milliseconds_in(&Config::history, 0, 5'000)},
      {{"stream.queue_limit_ms", "AURALIS_QUEUE_LIMIT_MS", "--queue-limit-ms", "MS",
        "sound that may wait for one slow listener, 100 to 60000", "1500"},
       milliseconds_in(&Config::queue_limit, 100, 60'000)},
      {{"stream.patience_ms", "AURALIS_PATIENCE_MS", "--patience-ms", "MS",
        "how long a listener may go on losing sound before it is closed, 10 to 600000", "5000"},
       milliseconds_in(&Config::patience, 10, 600'000)},
      {{"stream.opus_bitrate", "AURALIS_OPUS_BITRATE", "--opus-bitrate", "BPS", "bits a second, 6000 to 510000",
        "128000"},
       integer_in(&Config::opus_bitrate, 6'000, 510'000)},
      {{"stream.opus_complexity", "AURALIS_OPUS_COMPLEXITY", "--opus-complexity", "N", "0 to 10", "5"},
       integer_in(&Config::opus_complexity, 0, 10)},
      {{"stream.render_threads", "AURALIS_RENDER_THREADS", "--render-threads", "N", "threads that generate, 1 to 64",
        "2"},
       integer_in(&Config::render_threads, 1, 64)},
      {{"stream.send_threads", "AURALIS_SEND_THREADS", "--send-threads", "N", "threads that encode, 1 to 64", "2"},
       integer_in(&Config::send_threads, 1, 64)},

      {{"analysis.max_upload", "AURALIS_ANALYSIS_MAX_UPLOAD", "--analysis-max-upload", "MIB",
        "largest file that is analysed, in MiB, 1 to 65536", "512"},
       integer_in(&Config::analysis_max_upload_mib, 1, 65'536)},
      {{"analysis.max_length", "AURALIS_ANALYSIS_MAX_LENGTH", "--analysis-max-length", "SECONDS",
        "longest recording that is analysed, in seconds, 1 to 360000", "14400"},
       integer_in(&Config::analysis_max_length_s, 1, 360'000)},
      {{"analysis.uploads", "AURALIS_ANALYSIS_UPLOADS", "--analysis-uploads", "N",
        "files that may be uploaded at once, 1 to 1000", "4"},
       integer_in(&Config::analysis_uploads, 1, 1'000)},
      {{"analysis.queue", "AURALIS_ANALYSIS_QUEUE", "--analysis-queue", "N", "analyses that may wait, 1 to 10000",
        "32"},
       integer_in(&Config::analysis_queue, 1, 10'000)},
      {{"analysis.kept", "AURALIS_ANALYSIS_KEPT", "--analysis-kept", "N", "analyses that are kept, 1 to 100000",
        "1000"},
       integer_in(&Config::analysis_kept, 1, 100'000)},
      {{"analysis.jobs", "AURALIS_ANALYSIS_JOBS", "--analysis-jobs", "N",
        "analyses that run at once, below the music in priority, 1 to 64", "1"},
       integer_in(&Config::analysis_jobs, 1, 64)},
      {{"analysis.neural", "AURALIS_ANALYSIS_NEURAL", "--analysis-neural", "BOOL",
        "listen through networks where there are any: true or false, which is signal processing alone", "true"},
       boolean(&Config::analysis_neural)},
      {{"analysis.beat_decoder", "AURALIS_ANALYSIS_BEAT_DECODER", "--analysis-beat-decoder", "NAME",
        "how beats are found in what is heard: bar-pointer, by the tempi and bars that explain it best, or peaks, "
        "where it is highest",
        "bar-pointer"},
       text_into(&Config::analysis_beat_decoder, "bar-pointer or peaks", is_beat_decoder)},
      {{"analysis.models", "AURALIS_MODELS", "--models", "DIR",
        "folder of the networks' manifest; empty takes the installed one", ""},
       text_into(&Config::analysis_models, "a path", any)},
      {{"analysis.device", "AURALIS_ANALYSIS_DEVICE", "--analysis-device", "DEVICE", "where networks run, cpu or cuda",
        "cpu"},
       text_into(&Config::analysis_device, "cpu or cuda", is_device)},
      {{"analysis.allowed_hosts", "AURALIS_ANALYSIS_ALLOWED_HOSTS", "--analysis-allowed-hosts", "HOSTS",
        "hosts whose files are fetched and analysed, with a port where it is not the usual one; on the command line "
        "separated by commas",
        ""},
       analysis_hosts(),
       true},

      {{"log.level", "AURALIS_LOG_LEVEL", "--log-level", "LEVEL", "debug, info, warning, error or off", "info"},
       log_level()},
      {{"log.format", "AURALIS_LOG_FORMAT", "--log-format", "FORMAT", "text or json", "text"}, log_format()},
  };
  return all;
}

/// Insertions, deletions and replacements from one to the other (Levenshtein 1966).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

using Name = std::string_view Setting::*;

/// " Did you mean …?", or nothing when no name is near.
std::string suggestion(std::string_view unknown, Name name) {
  std::string_view best;
  auto least = std::max<std::size_t>(3, unknown.size() / 2);
  // A name without its table is as likely a slip as a wrong letter.
  for (const auto& entry : entries()) {
    const auto candidate = entry.setting.*name;
    const auto dot = candidate.find('.');
    const auto bare = dot == candidate.npos ? candidate : candidate.substr(dot + 1);
    const auto near = std::min(distance(unknown, candidate), distance(unknown, bare) + 1);
    if (near < least) {
      least = near;
      best = candidate;
    }
  }
  return best.empty() ? std::string{} : fmt::format(" Did you mean {}?", best);
}

const Entry* find(std::string_view text, Name name) {
  const auto found = std::ranges::find_if(entries(), [&](const Entry& entry) { return entry.setting.*name == text; });
  return found == entries().end() ? nullptr : &*found;
}

core::Result<void> take(Config& config, const Entry& entry, const Value& value, std::string_view name,
                        std::string where) {
  if (const auto expected = entry.take(config, value); !expected.empty()) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("{} is {}, expected {}", name, shown(value), expected), std::move(where));
  }
  return {};
}

core::Result<void> take_text(Config& config, const Entry& entry, const std::string& text, std::string_view name) {
  if (!entry.list) {
    return take(config, entry, Untyped{text}, name, std::string{name});
  }
  List list;
  std::istringstream parts{text};
  for (std::string part; std::getline(parts, part, ',');) {
    list.push_back(part);
  }
  return take(config, entry, list, name, std::string{name});
}

std::optional<Value> value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return Value{text->get()};
  }
  if (const auto* number = node.as_integer()) {
    return Value{number->get()};
  }
  if (const auto* number = node.as_floating_point()) {
    return Value{number->get()};
  }
  if (const auto* flag = node.as_boolean()) {
    return Value{flag->get()};
  }
  if (const auto* array = node.as_array()) {
    List list;
    for (const auto& element : *array) {
      if (!element.is_string()) {
        return std::nullopt;
      }
      list.push_back(element.as_string()->get());
    }
    return Value{std::move(list)};
  }
  return std::nullopt;
}

core::Result<void> take_table(Config& config, const toml::table& table, const std::string& prefix,
                              std::string_view file) {
  for (const auto& [key, node] : table) {
    const auto name = prefix + std::string{key.str()};
    const auto where = fmt::format("{}:{}", file, node.source().begin.line);
    const auto* entry = find(name, &Setting::key);
    if (entry == nullptr && node.is_table() && prefix.empty() &&
        std::ranges::any_of(entries(), [&](const Entry& one) { return one.setting.key.starts_with(name + "."); })) {
      if (auto taken = take_table(config, *node.as_table(), name + ".", file); !taken) {
        return taken;
      }
      continue;
    }
    if (entry == nullptr) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("{} is no setting.{}", name, suggestion(name, &Setting::key)), where);
    }
    const auto value = value_of(node);
    if (!value) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("{} is of a kind that no setting takes; {}", name, entry->setting.description),
                        where);
    }
    if (auto taken = take(config, *entry, *value, name, where); !taken) {
      return taken;
    }
  }
  return {};
}

/// The line of the first character beyond ASCII that stands outside comments and one-line strings; 0 if there is none.
///
/// There TOML allows none but spaces, and toml++ 3.3.0 runs into undefined behaviour on U+00A1 to U+0499 when it asks
/// whether one is a space (its is_non_ascii_horizontal_whitespace; found by fuzz/config_fuzz.cpp). Strings of many
/// lines may hold them by the standard, but the library asks there as well, and no setting needs one.
std::size_t misplaced_non_ascii(std::string_view text) noexcept {
  std::size_t line = 1;
  char until = '\0'; // what ends the comment or string that we are in
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      until = '\0';
    } else if (until == '\0') {
      if (static_cast<unsigned char>(c) >= 0x80U) {
        return line;
      }
      if (c == '#') {
        until = '\n';
      } else if (text.substr(i, 3) == "\"\"\"" || text.substr(i, 3) == "'''") {
        i += 2; // of many lines: its content is treated as if it stood outside
      } else if (c == '"' || c == '\'') {
        until = c;
      }
    } else if (c == '\\' && until == '"' && text.substr(i + 1, 1) != "\n") {
      ++i;
    } else if (c == until) {
      until = '\0';
    }
  }
  return 0;
}

core::Result<void> take_file(Config& config, std::string_view text, std::string_view name) {
  if (const auto line = misplaced_non_ascii(text); line > 0) {
    return core::fail(core::ErrorCode::invalid_argument,
                      "a character beyond ASCII stands outside a comment and a string of one line",
                      fmt::format("{}:{}", name, line));
  }
  try {
    return take_table(config, toml::parse(text, name), "", name);
  } catch (const toml::parse_error& error) {
    return core::fail(core::ErrorCode::invalid_argument, std::string{error.description()},
                      fmt::format("{}:{}", name, error.source().begin.line));
  }
}

/// What no single setting can know.
core::Result<Config> checked(Config config) {
  if (config.lead + config.history + std::chrono::milliseconds{20} > config.ring) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("stream.lead_ms ({}) and stream.history_ms ({}) do not fit into stream.ring_ms ({}) "
                                  "with 20 ms to spare",
                                  config.lead.count(), config.history.count(), config.ring.count()),
                      "stream.ring_ms");
  }
  if (config.max_listeners > config.max_connections) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("limits.listeners ({}) is above limits.connections ({})", config.max_listeners,
                                  config.max_connections),
                      "limits.listeners");
  }
  return config;
}

} // namespace

const std::vector<Setting>& settings() {
  static const auto all = [] {
    std::vector<Setting> list;
    for (const auto& entry : entries()) {
      list.push_back(entry.setting);
    }
    return list;
  }();
  return all;
}

core::Result<Config> load_config(const std::optional<std::filesystem::path>& file, const Environment& environment,
                                 const Flags& flags) {
  Config config;
  if (file) {
    std::ifstream stream{*file, std::ios::binary};
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf())) {
      return core::fail(core::ErrorCode::io, "the configuration file cannot be read", file->string());
    }
    if (auto taken = take_file(config, text.str(), file->string()); !taken) {
      return tl::unexpected{taken.error()};
    }
  }
  for (const auto& [variable, value] : environment) {
    const auto* entry = find(variable, &Setting::variable);
    if (entry == nullptr) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("{} is no setting.{}", variable, suggestion(variable, &Setting::variable)),
                        variable);
    }
    if (auto taken = take_text(config, *entry, value, variable); !taken) {
      return tl::unexpected{taken.error()};
    }
  }
  for (const auto& [flag, value] : flags) {
    const auto* entry = find(flag, &Setting::flag);
    if (entry == nullptr) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("{} is no flag.{}", flag, suggestion(flag, &Setting::flag)), flag);
    }
    if (auto taken = take_text(config, *entry, value, flag); !taken) {
      return tl::unexpected{taken.error()};
    }
  }
  return checked(std::move(config));
}

core::Result<Config> parse_config(std::string_view toml, std::string_view name) {
  Config config;
  if (auto taken = take_file(config, toml, name); !taken) {
    return tl::unexpected{taken.error()};
  }
  return checked(std::move(config));
}

Environment environment_of_process() {
  Environment found;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    const std::string_view text{*one};
    if (const auto equals = text.find('='); text.starts_with("AURALIS_") && equals != text.npos) {
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  for (const auto* other : {"AURALIS_CONFIG", "AURALIS_DATA", "AURALIS_SLOW_TESTS", "AURALIS_ONNXRUNTIME",
                            "AURALIS_NO_ONNXRUNTIME", "AURALIS_PRIVATE_ONNXRUNTIME"}) {
    found.erase(other);
  }
  return found;
}

} // namespace auralis::server
