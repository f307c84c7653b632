// SPDX-License-Identifier: Apache-2.0
#include "auralis/nn/runtime.hpp"

#include <fmt/format.h>

namespace auralis::nn {

std::string_view to_string(Device device) noexcept { return device == Device::cpu ? "cpu" : "cuda"; }

core::Result<Device> parse_device(std::string_view text) {
  for (const auto device : {Device::cpu, Device::cuda}) {
    if (text == to_string(device)) {
      return device;
    }
  }
  return core::fail(core::ErrorCode::invalid_argument, fmt::format("'{}' is no device; cpu and cuda are", text));
}

} // namespace auralis::nn
