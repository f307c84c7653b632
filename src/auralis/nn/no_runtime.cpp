// SPDX-License-Identifier: Apache-2.0
// What there is of the runtime where ONNX Runtime's header was not found when this was built.
#include "auralis/nn/runtime.hpp"

namespace auralis::nn {

core::Result<std::shared_ptr<const Runtime>> Runtime::load(const Config& /*config*/) {
  return core::fail(core::ErrorCode::unavailable,
                    "this program was built without ONNX Runtime: run tools/setup/onnxruntime.sh and build it again");
}

} // namespace auralis::nn
