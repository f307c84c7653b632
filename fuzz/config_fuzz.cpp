// SPDX-License-Identifier: Apache-2.0
// The configuration file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "auralis/server/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = auralis::server::parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  if (!config && (config.error().what.empty() || config.error().where.empty())) {
    std::abort(); // a message must say what and where
  }
  if (config && (config->max_listeners == 0 || config->lead + config->history > config->ring)) {
    std::abort();
  }
  return 0;
}
