// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/core.h>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unistd.h>

#include "auralis/analysis/streaming_analyzer.hpp"
#include "auralis/core/clock.hpp"
#include "auralis/media/audio_source.hpp"
#include "auralis/report/heard_event.hpp"
#include "commands.hpp"
#include "network_options.hpp"
#include "signal_waiter.hpp"

namespace auralis::app {
namespace {

struct Options {
  std::string source;
  std::string raw;
  int sample_rate = 44'100;
  int channels = 2;
  bool frames = false;
  bool pitch = false;
  NetworkOptions networks;
};

constexpr std::string_view kDevice = "device";

media::OpenedSource open(const Options& options, core::Clock& clock, const std::stop_token& stop) {
  const std::string_view source = options.source;
  if (source == "-") {
    std::optional<media::RawPcm> raw;
    if (!options.raw.empty()) {
      raw =
          media::RawPcm{.sample = options.raw == "f32le" ? media::RawPcm::Sample::f32le : media::RawPcm::Sample::s16le,
                        .sample_rate = core::Hertz{static_cast<double>(options.sample_rate)},
                        .channels = options.channels};
    }
    return media::open_pipe(STDIN_FILENO, raw, stop);
  }
  if (source.starts_with("http://") || source.starts_with("https://")) {
    return media::open_url(options.source, {}, stop);
  }
  if (source == kDevice || source.starts_with("device:")) {
    media::DeviceConfig device;
    if (source != kDevice) {
      device.name = source.substr(kDevice.size() + 1);
    }
    return media::open_device(device, stop);
  }
  return media::open_file_at_its_pace(options.source, clock, stop);
}

int run(const Options& options) {
  const auto complain = [&](const core::Error& error) {
    fmt::print(stderr, "auralis listen: {}: {}\n", error.where.empty() ? options.source : error.where, error.what);
    return error.code == core::ErrorCode::invalid_argument ? ExitCode::kUsage : ExitCode::kFailure;
  };
  const SignalWaiter signals;
  core::SystemClock clock;
  auto source = open(options, clock, signals.token());
  if (!source) {
    return complain(source.error());
  }
  analysis::StreamingAnalyzer analyzer{{.sample_rate = (*source)->format().sample_rate,
                                        .channels = (*source)->format().channels,
                                        .parts = {.features = options.frames, .pitch = options.pitch},
                                        .networks = networks_of(options.networks, "listen")}};
  bool writable = true;
  const auto say = [&writable](const core::AnalysisEvent& event) {
    if (const auto message = report::to_message(event)) {
      const auto line = to_json(*message) + '\n';
      writable = writable && std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
    }
  };
  while (writable) {
    const auto block = (*source)->read();
    if (!block) {
      return complain(block.error());
    }
    if (block->frames == 0) {
      break;
    }
    analyzer.push(*block, say);
    writable = writable && std::fflush(stdout) == 0; // a line is worth nothing late
  }
  analyzer.finish(say);
  std::fflush(stdout);
  if (!(*source)->damage().cut.empty()) {
    fmt::print(stderr, "auralis listen: {}: {}\n", options.source, (*source)->damage().cut);
    return ExitCode::kFailure;
  }
  return ExitCode::kSuccess;
}

} // namespace

void add_listen(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("listen", "Say what is heard as it is heard, a line of JSON each");
  command
      ->add_option(
          "source", options->source,
          "A file (at its pace), - (standard input), http(s)://… (a file, stream or HLS list), device or device:NAME")
      ->required();
  command->add_option("--raw", options->raw, "Standard input holds bare samples: s16le or f32le")
      ->check(CLI::IsMember({"s16le", "f32le"}));
  command->add_option("--sample-rate", options->sample_rate, "Of bare samples, in Hz")
      ->check(CLI::Range(8'000, 192'000))
      ->capture_default_str();
  command->add_option("--channels", options->channels, "Of bare samples")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  command->add_flag("--frames", options->frames, "Also the shape of every frame, 100 a second");
  command->add_flag("--pitch", options->pitch, "Also the fundamental of every frame");
  add_network_options(*command, options->networks);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

} // namespace auralis::app
