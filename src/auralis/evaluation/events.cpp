// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/events.hpp"

#include <algorithm>
#include <cassert>

namespace auralis::evaluation {

std::size_t matches(std::span<const double> reference, std::span<const double> estimate,
                    core::Seconds window) noexcept {
  assert(std::ranges::is_sorted(reference) && std::ranges::is_sorted(estimate));
  // All windows are equally wide and both sides in order, so giving each estimate the earliest reference left is a
  // maximum matching: exchanging two crossed pairs never loses one.
  std::size_t count = 0;
  std::size_t next = 0;
  for (const double at : estimate) {
    while (next < reference.size() && reference[next] < at - window.value) {
      ++next;
    }
    if (next < reference.size() && reference[next] <= at + window.value) {
      ++count;
      ++next;
    }
  }
  return count;
}

EventScore score_events(std::span<const double> reference, std::span<const double> estimate,
                        core::Seconds window) noexcept {
  if (reference.empty() || estimate.empty()) {
    return {};
  }
  const auto hits = static_cast<double>(matches(reference, estimate, window));
  const double precision = hits / static_cast<double>(estimate.size());
  const double recall = hits / static_cast<double>(reference.size());
  const double f = hits > 0.0 ? 2.0 * precision * recall / (precision + recall) : 0.0;
  return {.f_measure = f, .precision = precision, .recall = recall};
}

} // namespace auralis::evaluation
