// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "auralis/core/result.hpp"
#include "auralis/nn/manifest.hpp"
#include "auralis/nn/model.hpp"
#include "auralis/nn/runtime.hpp"

namespace auralis::nn {

/// Models made for a newer set of operators than this are refused: what runs here also runs on older runtimes.
inline constexpr int kNewestOpset = 17;

/// The opset an ONNX file was made for, read from its bytes; 0 if that is no ONNX file.
[[nodiscard]] int opset_of(std::span<const std::byte> onnx) noexcept;

/// A folder of models with its manifest. A model is read, checked against the manifest and made ready when asked for.
///
/// Thread: any. Realtime: no.
class ModelStore {
public:
  struct Config {
    std::filesystem::path folder; ///< of the manifest; empty: find_models()
    Runtime::Config runtime;      ///< loaded with the first model
    SessionConfig session;
    std::string precision = "float32"; ///< or "int8": that variant where a model has one, else the model itself
  };

  /// Reads the manifest. Errors: not_found, io, invalid_argument.
  [[nodiscard]] static core::Result<ModelStore> open(Config config);

  [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return config_.folder; }

  /// Checks file, checksum, opset and shapes. Errors: not_found, io, invalid_argument (corrupt or incompatible: `what`
  /// says what was expected), unavailable (no runtime, no such device).
  [[nodiscard]] core::Result<std::shared_ptr<const Model>> load(const ModelEntry& entry) const;

  /// The library, loaded now if it was not. Errors: those of Runtime::load().
  [[nodiscard]] core::Result<std::shared_ptr<const Runtime>> runtime() const { return Runtime::load(config_.runtime); }

private:
  ModelStore(Config config, Manifest manifest) : config_{std::move(config)}, manifest_{std::move(manifest)} {}

  Config config_;
  Manifest manifest_;
};

/// $AURALIS_MODELS, else the models beside an installed program, else those of the source tree it was built in; empty
/// if there are none.
[[nodiscard]] std::filesystem::path find_models();

} // namespace auralis::nn
