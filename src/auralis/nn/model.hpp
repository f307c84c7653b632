// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/nn/manifest.hpp"
#include "auralis/nn/session.hpp"

namespace auralis::nn {

/// A network that was found sound: its bytes are those that the manifest names, it runs here, and its tensors have the
/// shapes that its kind asks for.
///
/// Live models take `frame` [1, F] or, at k frames a step, [1, k, F], then `state_0` …; they give `activation` [1, A],
/// then `next_state_0` …, shaped like the states. File models take `frames` [batch, T, F] and give `activation` [batch,
/// T / k, A]. Thread: any, also at once. Realtime: no.
class Model {
public:
  /// Errors: invalid_argument where the tensors are not as above.
  [[nodiscard]] static core::Result<std::shared_ptr<const Model>> of(ModelEntry entry, std::string precision,
                                                                     std::unique_ptr<const Session> session);

  [[nodiscard]] const ModelEntry& entry() const noexcept { return entry_; }
  [[nodiscard]] const std::string& precision() const noexcept { return precision_; } ///< "float32" or a variant's
  [[nodiscard]] bool is_live() const noexcept { return live_; }
  [[nodiscard]] std::size_t frame_size() const noexcept { return static_cast<std::size_t>(entry_.features.size); }
  [[nodiscard]] std::size_t output_size() const noexcept { return output_size_; }
  [[nodiscard]] const Session& session() const noexcept { return *session_; }
  /// How a result says what it was made by: "beats-live 1.0.0", and the precision if it is not the usual one.
  [[nodiscard]] std::string title() const;

  /// Runs a file model. `frames` is [batch][length][frame_size()]; what comes back [batch][length /
  /// frames_per_step][output_size()]. \pre !is_live(), length is a whole number of steps
  [[nodiscard]] core::Result<std::vector<float>> run(std::span<const float> frames, std::size_t batch) const;

private:
  Model(ModelEntry entry, std::string precision, std::unique_ptr<const Session> session);
  [[nodiscard]] std::optional<core::Error> check();

  ModelEntry entry_;
  std::string precision_;
  std::unique_ptr<const Session> session_;
  bool live_ = false;
  std::size_t output_size_ = 0;
};

} // namespace auralis::nn
