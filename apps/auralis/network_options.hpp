// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "auralis/analysis/networks.hpp"
#include "auralis/nn/model_store.hpp"

namespace auralis::app {

/// What a command that listens is told about networks.
struct NetworkOptions {
  bool none = false;
  std::string beat_decoder = "bar-pointer";
  std::string models;
  std::string device = "cpu";
  std::string precision = "float32";
  int threads = 1;
};

/// --models, --device, --precision and --network-threads.
void add_model_options(CLI::App& command, NetworkOptions& options);
/// Those, --no-neural and --beat-decoder.
void add_network_options(CLI::App& command, NetworkOptions& options);

[[nodiscard]] nn::ModelStore::Config store_config(const NetworkOptions& options);

/// Loads them; what keeps one from being used goes to standard error, once.
[[nodiscard]] analysis::Networks networks_of(const NetworkOptions& options, std::string_view command);

} // namespace auralis::app
