// SPDX-License-Identifier: Apache-2.0
#include "auralis/nn/model.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace auralis::nn {
namespace {

std::string shape_text(std::span<const std::int64_t> shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

/// Whether `shape` is `wanted`; where that says -1 any length, open or not, will do.
bool fits(std::span<const std::int64_t> shape, std::span<const std::int64_t> wanted) {
  return std::ranges::equal(shape, wanted,
                            [](std::int64_t is, std::int64_t wants) { return wants == -1 || is == wants; });
}

} // namespace

Model::Model(ModelEntry entry, std::string precision, std::unique_ptr<const Session> session)
    : entry_{std::move(entry)}, precision_{std::move(precision)}, session_{std::move(session)},
      live_{!session_->inputs().empty() && session_->inputs().front().name == "frame"},
      output_size_{nn::output_size(entry_)} {}

core::Result<std::shared_ptr<const Model>> Model::of(ModelEntry entry, std::string precision,
                                                     std::unique_ptr<const Session> session) {
  std::shared_ptr<Model> model{new Model{std::move(entry), std::move(precision), std::move(session)}};
  if (auto error = model->check()) {
    return tl::unexpected{*std::move(error)};
  }
  return model;
}

std::optional<core::Error> Model::check() {
  const auto complain = [this](std::string what) {
    return core::Error{core::ErrorCode::invalid_argument,
                       fmt::format("model {} {} does not fit this engine: {}", entry_.name, entry_.version, what),
                       entry_.file};
  };
  const auto differs = [&complain](const TensorType& tensor, std::span<const std::int64_t> wanted) {
    return complain(
        fmt::format("'{}' is {}, expected {} (-1 is any)", tensor.name, shape_text(tensor.shape), shape_text(wanted)));
  };
  const auto inputs = session_->inputs();
  const auto outputs = session_->outputs();
  if (inputs.empty() || (inputs.front().name != "frame" && inputs.front().name != "frames")) {
    return complain("its first input is neither 'frame' (live) nor 'frames' (files)");
  }
  if (outputs.empty() || outputs.front().name != "activation") {
    return complain("its first output is not 'activation'");
  }
  const std::int64_t size = entry_.features.size;
  const std::int64_t step = entry_.frames_per_step;
  const auto answers = static_cast<std::int64_t>(output_size_);
  const auto& in = inputs.front();
  const auto& out = outputs.front();
  if (!live_) {
    if (inputs.size() != 1 || outputs.size() != 1) {
      return complain("a file model has one input and one output");
    }
    if (const std::vector<std::int64_t> wanted{-1, -1, size}; !fits(in.shape, wanted)) {
      return differs(in, wanted);
    }
    if (const std::vector<std::int64_t> wanted{-1, -1, -1}; !fits(out.shape, wanted)) {
      return differs(out, wanted);
    }
    if (out.shape.back() != -1 && out.shape.back() != answers) {
      return differs(out, std::vector<std::int64_t>{-1, -1, answers});
    }
    return std::nullopt;
  }
  const std::vector<std::int64_t> one{1, size};
  const std::vector<std::int64_t> many{1, step, size};
  if (!fits(in.shape, many) && !(step == 1 && fits(in.shape, one))) {
    return differs(in, step == 1 ? one : many);
  }
  if (const std::vector<std::int64_t> wanted{1, answers}; !fits(out.shape, wanted)) {
    return differs(out, wanted);
  }
  if (inputs.size() != outputs.size()) {
    return complain(fmt::format("it has {} states and gives {} back", inputs.size() - 1, outputs.size() - 1));
  }
  for (std::size_t n = 1; n < inputs.size(); ++n) {
    if (inputs[n].name != fmt::format("state_{}", n - 1) || outputs[n].name != fmt::format("next_state_{}", n - 1)) {
      return complain(fmt::format("state {} goes in as '{}' and comes out as '{}', expected 'state_{}' and "
                                  "'next_state_{}'",
                                  n - 1, inputs[n].name, outputs[n].name, n - 1, n - 1));
    }
    if (!std::ranges::all_of(inputs[n].shape, [](std::int64_t length) { return length > 0; })) {
      return complain(
          fmt::format("'{}' is {}: a state's shape must be fixed", inputs[n].name, shape_text(inputs[n].shape)));
    }
    if (!fits(outputs[n].shape, inputs[n].shape)) {
      return differs(outputs[n], inputs[n].shape);
    }
  }
  return std::nullopt;
}

std::string Model::title() const {
  return precision_ == "float32" ? fmt::format("{} {}", entry_.name, entry_.version)
                                 : fmt::format("{} {} ({})", entry_.name, entry_.version, precision_);
}

core::Result<std::vector<float>> Model::run(std::span<const float> frames, std::size_t batch) const {
  const std::size_t length = batch == 0 ? 0 : frames.size() / (batch * frame_size());
  const auto steps = length / static_cast<std::size_t>(entry_.frames_per_step);
  assert(!live_ && batch * length * frame_size() == frames.size());
  assert(steps * static_cast<std::size_t>(entry_.frames_per_step) == length);
  if (steps == 0) {
    return std::vector<float>{};
  }
  const auto as_length = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  std::vector<float> answers(batch * steps * output_size());
  std::vector<float> given{frames.begin(), frames.end()}; // the runtime's interface wants what it may write to
  const std::vector<TensorView> in{{"frames", {as_length(batch), as_length(length), as_length(frame_size())}, given}};
  const std::vector<TensorView> out{
      {"activation", {as_length(batch), as_length(steps), as_length(output_size())}, answers}};
  const auto bound = session_->bind(in, out);
  if (!bound) {
    return tl::unexpected{bound.error()};
  }
  if (!(*bound)->run()) {
    return core::fail(core::ErrorCode::internal, fmt::format("model {} could not be run", title()), entry_.file);
  }
  return answers;
}

} // namespace auralis::nn
