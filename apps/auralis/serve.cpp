// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <filesystem>
#include <fmt/core.h>
#include <memory>
#include <optional>
#include <pthread.h>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "auralis/server/config.hpp"
#include "auralis/server/server.hpp"
#include "auralis/session/performer.hpp"
#include "auralis/synth/soundfont.hpp"
#include "commands.hpp"
#include "network_options.hpp"
#include "recording_analyser.hpp"
#include "signal_waiter.hpp"

namespace auralis::app {
namespace {

namespace fs = std::filesystem;

/// The built page: beside an installed program, or in the tree it was built in. Empty if neither is there.
fs::path find_web_root() {
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (error) {
    return {};
  }
  const auto folder = program.parent_path();
  // build/<preset>/apps/auralis lies four levels below the repository's root.
  for (const auto& candidate : {folder / "../share/auralis/web", folder / "../../../../web/dist"}) {
    if (fs::exists(candidate / "index.html", error)) {
      return fs::weakly_canonical(candidate, error);
    }
  }
  return {};
}

server::GeneratorFactory performer_factory(const std::string& soundfont) {
  return [soundfont](const server::GeneratorSpec& spec) -> core::Result<std::unique_ptr<core::Generator>> {
    return session::make_performer({.sample_rate = spec.sample_rate,
                                    .seed = spec.seed,
                                    .preset = {.parameters = spec.parameters, .character = spec.character},
                                    .soundfont = soundfont});
  };
}

int run(const std::optional<fs::path>& file, const server::Flags& flags) {
  auto config = server::load_config(file, server::environment_of_process(), flags);
  if (!config) {
    fmt::print(stderr, "auralis serve: {}: {}\n", config.error().where, config.error().what);
    return ExitCode::kUsage;
  }
  const auto soundfont = synth::find_soundfont(config->soundfont);
  if (!soundfont) {
    fmt::print(stderr, "auralis serve: {}\n", soundfont.error().what);
    return ExitCode::kFailure;
  }
  config->soundfont = soundfont->path;
  if (config->web_root.empty()) {
    config->web_root = find_web_root();
  }
  const bool has_page = !config->web_root.empty();

  const SignalWaiter signals; // before the networks, whose runtime starts threads of its own
  auto networks = networks_of({.none = !config->analysis_neural,
                               .beat_decoder = config->analysis_beat_decoder,
                               .models = config->analysis_models.string(),
                               .device = config->analysis_device},
                              "serve");

  server::Server server{*config, performer_factory(soundfont->path), recording_analyser(std::move(networks))};
  const std::stop_callback at_signal{signals.token(), [&server] { server.stop(); }};
  fmt::print("Auralis plays {} at {}{} (Ctrl-C ends it)\n", soundfont->name, server.url(),
             has_page ? "" : " (no page: build it with `npm run build` in web/, or give --web-root)");
  std::fflush(stdout);
  server.run();
  return ExitCode::kSuccess;
}

} // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("serve", "Play for browsers: stations, page and API");
  const auto file = std::make_shared<std::string>();
  command->add_option("--config", *file, "Settings in TOML; variables and flags go over it")
      ->envname("AURALIS_CONFIG")
      ->check(CLI::ExistingFile);
  // Every setting is a flag; load_config() checks the values, as it does those of the file and the environment.
  std::vector<const CLI::Option*> flags; // the app owns the options
  for (const auto& setting : server::settings()) {
    const auto help = fmt::format("{} [{}] (Env:{})", setting.description, setting.fallback, setting.variable);
    flags.push_back(command->add_option(std::string{setting.flag}, help)->type_name(std::string{setting.placeholder}));
  }
  command->callback([file, flags = std::move(flags), &exit_code] {
    server::Flags given;
    for (const auto* option : flags) {
      if (!option->empty()) {
        given.emplace_back(option->get_name(), option->as<std::string>());
      }
    }
    exit_code = run(file->empty() ? std::nullopt : std::optional<fs::path>{*file}, given);
  });
}

} // namespace auralis::app
