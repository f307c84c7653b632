// SPDX-License-Identifier: Apache-2.0
#include "auralis/nn/streaming_model.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <numeric>
#include <utility>

namespace auralis::nn {

core::Result<StreamingModel> StreamingModel::of(std::shared_ptr<const Model> model) {
  if (!model->is_live()) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("model {} is for files and has no state to carry on", model->title()),
                      model->entry().file);
  }
  StreamingModel stream{std::move(model)};
  const auto& session = stream.model_->session();
  const auto inputs = session.inputs();
  const auto outputs = session.outputs();
  const auto size_of = [](const TensorType& tensor) {
    return static_cast<std::size_t>(
        std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1}, std::multiplies<>{}));
  };
  stream.frames_.resize(size_of(inputs.front()));
  stream.output_.resize(size_of(outputs.front()));
  for (auto& side : stream.states_) {
    for (const auto& state : inputs.subspan(1)) {
      side.emplace_back(size_of(state));
    }
  }
  for (std::size_t side = 0; side < 2; ++side) {
    std::vector<TensorView> in{{inputs.front().name, inputs.front().shape, stream.frames_}};
    std::vector<TensorView> out{{outputs.front().name, outputs.front().shape, stream.output_}};
    for (std::size_t n = 1; n < inputs.size(); ++n) {
      in.push_back({inputs[n].name, inputs[n].shape, stream.states_.at(side)[n - 1]});
      out.push_back({outputs[n].name, inputs[n].shape, stream.states_.at(1 - side)[n - 1]});
    }
    auto run = session.bind(in, out);
    if (!run) {
      return tl::unexpected{run.error()};
    }
    stream.runs_.at(side) = *std::move(run);
  }
  // The first runs lay out the runtime's memory; what they say is forgotten.
  static_cast<void>(stream.step() && stream.step());
  stream.reset();
  return stream;
}

bool StreamingModel::step() noexcept {
  if (!runs_[side_]->run()) {
    reset();
    return false;
  }
  side_ = 1 - side_;
  return true;
}

void StreamingModel::reset() noexcept {
  for (auto& side : states_) {
    for (auto& state : side) {
      std::ranges::fill(state, 0.0F);
    }
  }
  std::ranges::fill(frames_, 0.0F);
  std::ranges::fill(output_, 0.0F);
  side_ = 0;
}

} // namespace auralis::nn
