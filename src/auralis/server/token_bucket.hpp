// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "auralis/core/clock.hpp"

namespace auralis::server {

/// Lets `burst` things pass at once and `rate` a second in the long run. Thread: one owner. Realtime: yes.
class TokenBucket {
public:
  /// \pre rate > 0 and burst >= 1
  TokenBucket(double rate, double burst, core::TimePoint now) noexcept
      : rate_{rate}, burst_{burst}, tokens_{burst}, last_{now} {}

  [[nodiscard]] bool take(core::TimePoint now) noexcept {
    tokens_ = std::min(burst_, tokens_ + rate_ * core::to_seconds(now - last_).value);
    last_ = now;
    if (tokens_ < 1.0) {
      return false;
    }
    tokens_ -= 1.0;
    return true;
  }

private:
  double rate_;
  double burst_;
  double tokens_;
  core::TimePoint last_;
};

} // namespace auralis::server
