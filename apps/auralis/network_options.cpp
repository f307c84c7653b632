// SPDX-License-Identifier: Apache-2.0
#include "network_options.hpp"

#include <cstdio>
#include <fmt/core.h>

namespace auralis::app {

void add_model_options(CLI::App& command, NetworkOptions& options) {
  command.add_option("--models", options.models, "Folder of the networks' manifest; the installed one if not given")
      ->envname("AURALIS_MODELS");
  command.add_option("--device", options.device, "Where networks run")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  command.add_option("--precision", options.precision, "float32, or int8 where a network has that variant")
      ->check(CLI::IsMember({"float32", "int8"}))
      ->capture_default_str();
  command.add_option("--network-threads", options.threads, "Threads that one network is spread over")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void add_network_options(CLI::App& command, NetworkOptions& options) {
  command.add_flag("--no-neural", options.none, "Listen by signal processing alone");
  command
      .add_option("--beat-decoder", options.beat_decoder,
                  "Beats by the tempi and bars that explain what is heard best, or where it is highest")
      ->check(CLI::IsMember({"bar-pointer", "peaks"}))
      ->capture_default_str();
  add_model_options(command, options);
}

nn::ModelStore::Config store_config(const NetworkOptions& options) {
  return {.folder = options.models,
          .session = {.device = nn::parse_device(options.device).value_or(nn::Device::cpu), .threads = options.threads},
          .precision = options.precision};
}

analysis::Networks networks_of(const NetworkOptions& options, std::string_view command) {
  const auto method = options.beat_decoder == "peaks" ? core::BeatMethod::peaks : core::BeatMethod::bar_pointer;
  if (options.none) {
    return {.beat_method = method};
  }
  auto networks = analysis::load_networks(store_config(options));
  networks.beat_method = method;
  for (const auto& why : networks.why_not()) {
    fmt::print(stderr, "auralis {}: by signal processing: {}\n", command, why);
  }
  return networks;
}

} // namespace auralis::app
