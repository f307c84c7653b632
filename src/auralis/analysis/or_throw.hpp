// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <utility>

#include "auralis/core/result.hpp"

namespace auralis::analysis {

/// For constructors, which have nothing to return an error by. \throws std::invalid_argument with its text
template <typename T> [[nodiscard]] T or_throw(core::Result<T> result) {
  if (!result) {
    throw std::invalid_argument{result.error().what};
  }
  return *std::move(result);
}

} // namespace auralis::analysis
