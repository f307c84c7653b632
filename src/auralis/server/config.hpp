// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/server/log.hpp"

namespace auralis::server {

/// Everything about a server that can be chosen; docs/configuration.md lists it, and a test holds it to settings().
struct Config {
  using Milliseconds = std::chrono::milliseconds;

  std::string address = "127.0.0.1";        ///< IPv4 or IPv6 to listen on
  std::uint16_t port = 8080;                ///< 0 takes any that is free
  std::filesystem::path web_root;           ///< the built page; empty serves none
  std::filesystem::path data_dir;           ///< where presets and analyses are kept; empty keeps them in memory
  std::vector<std::string> allowed_hosts;   ///< names beyond localhost and addresses, as "radio.example"; "*" is any
  std::vector<std::string> allowed_origins; ///< beyond the server's own, as "https://radio.example"

  std::string soundfont;             ///< path; empty takes the best installed. For the application: the server
                                     ///< itself makes no sound
  std::string preset = "focus";      ///< of the station `main`
  std::string name = "Auralis";      ///< of the station `main`
  std::optional<std::uint64_t> seed; ///< of the station `main`; none draws one
  std::int64_t sample_rate = 48'000; ///< Hz, 44100 or 48000, of `main` and of private stations

  std::size_t max_connections = 8'000;         ///< sockets of all kinds
  std::size_t max_connections_per_address = 0; ///< 0 is without limit
  std::size_t max_listeners = 4'000;           ///< sockets that hear a station
  std::size_t max_stations = 64;               ///< shared and private
  std::size_t max_presets = 200;               ///< beyond the built-in ones
  std::size_t max_microphones = 8;             ///< that are heard live at once
  double control_rate = 50.0;                  ///< messages a second that one listener may send, on average
  double control_burst = 100.0;                ///< messages it may send at once

  Milliseconds request_timeout{10'000};    ///< from a request's first byte to its last, and for the answer
  Milliseconds keep_alive_timeout{30'000}; ///< between requests
  Milliseconds idle_timeout{30'000};       ///< a listener that says nothing, not even pong, for so long is gone
  Milliseconds resume_grace{30'000};       ///< how long a private station waits for its listener
  Milliseconds stop_timeout{1'000};        ///< how long listeners may take to say goodbye

  Milliseconds lead{60};           ///< how far generation runs ahead of the sender
  Milliseconds ring{2'000};        ///< what can wait between generation and sender
  Milliseconds history{400};       ///< what a new listener is given at once
  Milliseconds queue_limit{1'500}; ///< sound that may wait for one slow listener
  Milliseconds patience{5'000};    ///< how long a listener may go on losing chunks
  int opus_bitrate = 128'000;      ///< bits a second
  int opus_complexity = 5;         ///< 0 to 10
  int render_threads = 2;
  int send_threads = 2; ///< a station that is slow holds one of them and no other station

  std::size_t analysis_max_upload_mib = 512;         ///< a file above is refused (413)
  std::int64_t analysis_max_length_s = 4 * 3600;     ///< a recording above is refused (422)
  std::size_t analysis_uploads = 4;                  ///< files that may come in at once
  std::size_t analysis_queue = 32;                   ///< analyses that may wait
  std::size_t analysis_kept = 1'000;                 ///< analyses of every state
  std::size_t analysis_jobs = 1;                     ///< that run at once
  bool analysis_neural = true;                       ///< listen through networks where there are any
  std::string analysis_beat_decoder = "bar-pointer"; ///< or "peaks"
  std::filesystem::path analysis_models;             ///< folder of their manifest; empty searches
  std::string analysis_device = "cpu";               ///< that they run on: "cpu" or "cuda"
  std::vector<std::string> analysis_allowed_hosts;   ///< that may be asked for files: "audio.example", "10.0.0.7:8000"

  Log::Config log;
};

/// One entry of the configuration, under all its names.
struct Setting {
  std::string_view key;         ///< in the file: "server.port"
  std::string_view variable;    ///< in the environment: "AURALIS_PORT"
  std::string_view flag;        ///< on the command line: "--port"
  std::string_view placeholder; ///< what kind of value: "PORT"
  std::string description;      ///< one line, with range and unit
  std::string fallback;         ///< the default, as text
};

/// All of them, in the order of the documentation.
[[nodiscard]] const std::vector<Setting>& settings();

/// What was given on the command line: (flag, value), such as {"--port", "9000"}.
using Flags = std::vector<std::pair<std::string, std::string>>;
using Environment = std::map<std::string, std::string, std::less<>>;

/// Defaults, then the file, then AURALIS_* variables, then flags; the last one wins.
///
/// An Error's `where` names file and line, variable or flag; its `what` says what was found and expected. Unknown keys,
/// variables that begin with AURALIS_ and unknown flags are refused with the nearest name that exists.
[[nodiscard]] core::Result<Config> load_config(const std::optional<std::filesystem::path>& file,
                                               const Environment& environment, const Flags& flags);
/// The same for a file's text; `name` stands for it in messages.
[[nodiscard]] core::Result<Config> parse_config(std::string_view toml, std::string_view name);

/// The process's variables that begin with AURALIS_, but for those that are no settings: AURALIS_CONFIG (where the file
/// is), AURALIS_DATA and AURALIS_SLOW_TESTS (what tests and training look at), AURALIS_ONNXRUNTIME (the library that
/// runs networks) and those of its set-up.
[[nodiscard]] Environment environment_of_process();

} // namespace auralis::server
