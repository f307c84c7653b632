// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <fmt/core.h>

#include "auralis/compose/presets.hpp"
#include "commands.hpp"

namespace {

using auralis::app::ExitCode;

void add_presets(CLI::App& app) {
  auto* command = app.add_subcommand("presets", "List the built-in presets");
  command->callback([] {
    for (const auto& preset : auralis::compose::presets()) {
      const auto& parameters = preset.parameters;
      fmt::print("{:<12} {:<18} {:>3.0f} BPM  intensity {:.2f}  density {:.2f}  brightness {:.2f}\n",
                 preset.name.view(), to_string(parameters.key), parameters.tempo.value, parameters.intensity,
                 parameters.density, parameters.brightness);
    }
  });
}

/// What a wrong command line is answered with: all help would push the reason off the screen.
std::string why_not(const CLI::App* app, const CLI::Error& error) {
  const auto chosen = app->get_subcommands();
  if (chosen.empty()) {
    const auto unknown = app->remaining();
    return fmt::format(
        "auralis: {}\n\n{}",
        unknown.empty() ? error.what() : fmt::format("there is no command or flag '{}'", unknown.front()), app->help());
  }
  return fmt::format("auralis: {}\n`auralis {} --help` tells what it takes\n", error.what(),
                     chosen.front()->get_name());
}

int run(int argc, char** argv) {
  CLI::App app{"Auralis: a real-time music engine", "auralis"};
  app.set_version_flag("--version", "auralis " AURALIS_VERSION);
  app.require_subcommand(1);
  app.failure_message(why_not);
  int exit_code = ExitCode::kSuccess;
  auralis::app::add_serve(app, exit_code);
  auralis::app::add_render(app, exit_code);
  auralis::app::add_analyze(app, exit_code);
  auralis::app::add_listen(app, exit_code);
  auralis::app::add_eval(app, exit_code);
  auralis::app::add_models(app, exit_code);
  add_presets(app);
  auralis::app::add_soak(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kSuccess : ExitCode::kUsage;
  }
  return exit_code;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "auralis: {}\n", error.what());
    return ExitCode::kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "auralis: {}\n", error.what());
    return ExitCode::kFailure;
  }
}
