// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace auralis::app {

/// Exit codes, as scripts may rely on them.
enum ExitCode : int {
  kSuccess = 0,
  kFailure = 1, ///< the work could not be done; the message says why
  kUsage = 2,   ///< the command line or a setting is wrong
};

// Each adds one subcommand to `app`; running it stores its exit code in `exit_code`.
void add_analyze(CLI::App& app, int& exit_code);
void add_eval(CLI::App& app, int& exit_code);
void add_listen(CLI::App& app, int& exit_code);
void add_models(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_render(CLI::App& app, int& exit_code);
void add_soak(CLI::App& app, int& exit_code);

} // namespace auralis::app
