// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/nn/session.hpp"

namespace auralis::nn {

/// Where networks are computed.
enum class Device : std::uint8_t { cpu, cuda };

[[nodiscard]] std::string_view to_string(Device device) noexcept;
/// Errors: invalid_argument.
[[nodiscard]] core::Result<Device> parse_device(std::string_view text);

struct SessionConfig {
  Device device = Device::cpu;
  int threads = 1; ///< that one run is spread over; with one, the same input gives the same bits
};

/// The library that runs networks, loaded when it is first needed and for as long as the program runs.
///
/// Thread: any. Realtime: no.
class Runtime {
public:
  struct Config {
    /// ONNX Runtime's shared library; empty: $AURALIS_ONNXRUNTIME, else one beside the program, else the system's,
    /// else the one that the set-up installed.
    std::filesystem::path library;
  };

  /// Errors: not_found where there is none, unavailable where it is too old or this program was built without.
  [[nodiscard]] static core::Result<std::shared_ptr<const Runtime>> load(const Config& config);

  Runtime() = default;
  virtual ~Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  [[nodiscard]] virtual std::string version() const = 0;
  [[nodiscard]] virtual std::vector<std::string> providers() const = 0; ///< as the library names them
  /// Of the bytes of an ONNX file. Errors: invalid_argument (not a model, or one it cannot run), unavailable (device).
  [[nodiscard]] virtual core::Result<std::unique_ptr<Session>> open(std::span<const std::byte> model,
                                                                    const SessionConfig& config) const = 0;
};

} // namespace auralis::nn
