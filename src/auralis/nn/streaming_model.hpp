// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "auralis/nn/model.hpp"

namespace auralis::nn {

/// A live model on its way through one stream: step by step, its state in two buffers that take turns as input and
/// output, bound once.
///
/// Thread: one owner; several streams may share a model. Realtime: nothing of ours allocates or locks in a step. What
/// ONNX Runtime itself does there is bounded, but not nothing: docs/theory/networks.md has the count.
class StreamingModel {
public:
  /// Errors: invalid_argument for a file model; what Session::bind() says.
  [[nodiscard]] static core::Result<StreamingModel> of(std::shared_ptr<const Model> model);

  /// What the next step will be given: [frames_per_step][frame_size]. Filled by the caller.
  [[nodiscard]] std::span<float> frames() noexcept { return frames_; }
  /// Takes what is in frames(). False if the runtime failed; the state is then as after reset().
  [[nodiscard]] bool step() noexcept;
  /// What the last step said: [output_size].
  [[nodiscard]] std::span<const float> output() const noexcept { return output_; }
  /// Zero states, as at first.
  void reset() noexcept;

  [[nodiscard]] const Model& model() const noexcept { return *model_; }

private:
  explicit StreamingModel(std::shared_ptr<const Model> model) : model_{std::move(model)} {}

  std::shared_ptr<const Model> model_; // outlives the runs
  std::vector<float> frames_;
  std::vector<float> output_;
  std::array<std::vector<std::vector<float>>, 2> states_; // [side][state]
  std::array<std::unique_ptr<BoundRun>, 2> runs_;         // run s reads side s and writes the other
  std::size_t side_ = 0;
};

} // namespace auralis::nn
