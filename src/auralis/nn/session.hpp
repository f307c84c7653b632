// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "auralis/core/result.hpp"

namespace auralis::nn {

/// A named tensor of 32-bit floats as a model declares it.
struct TensorType {
  std::string name;
  std::vector<std::int64_t> shape; ///< -1 where any length goes
};

/// A tensor's memory, the caller's, and where it goes in a model. Row by row, the last index moving fastest.
struct TensorView {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<float> values;
};

/// A run whose tensors have been named once and for all. Owner: one thread at a time.
class BoundRun {
public:
  BoundRun() = default;
  virtual ~BoundRun() = default;
  BoundRun(const BoundRun&) = delete;
  BoundRun& operator=(const BoundRun&) = delete;

  /// Reads the bound inputs and fills the bound outputs; false if the runtime failed.
  [[nodiscard]] virtual bool run() noexcept = 0;
};

/// A network that is ready to run, whatever library runs it. Thread: any, also at once.
class Session {
public:
  Session() = default;
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] virtual std::span<const TensorType> inputs() const noexcept = 0;
  [[nodiscard]] virtual std::span<const TensorType> outputs() const noexcept = 0;

  /// The memory of the tensors must outlive what comes back.
  [[nodiscard]] virtual core::Result<std::unique_ptr<BoundRun>> bind(std::span<const TensorView> inputs,
                                                                     std::span<const TensorView> outputs) const = 0;
};

} // namespace auralis::nn
