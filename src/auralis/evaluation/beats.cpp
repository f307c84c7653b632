// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/beats.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace auralis::evaluation {
namespace {

constexpr double kTolerance = 0.175; // of the annotated beat, for phase and period

std::size_t nearest_to(double at, std::span<const double> beats) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < beats.size(); ++i) {
    if (std::abs(at - beats[i]) < std::abs(at - beats[best])) {
      best = i;
    }
  }
  return best;
}

/// Is estimate[m] right against reference[nearest]? The first beat looks forward, the others back.
bool beat_is_right(std::span<const double> reference, std::span<const double> estimate, std::size_t m,
                   std::size_t nearest) {
  const double error = std::abs(estimate[m] - reference[nearest]);
  if (m > 0 && nearest > 0) {
    const double annotated = reference[nearest] - reference[nearest - 1];
    const double period = std::abs(1.0 - (estimate[m] - estimate[m - 1]) / annotated);
    return std::abs(error / annotated) < kTolerance && period < kTolerance; // false for NaN: beats that coincide
  }
  double annotated = 0.0; // a reference of one beat has no interval
  if (nearest + 1 < reference.size()) {
    annotated = reference[nearest + 1] - reference[nearest];
  } else if (nearest > 0) {
    annotated = reference[nearest] - reference[nearest - 1];
  }
  const double estimated = m + 1 < estimate.size() ? estimate[m + 1] - estimate[m] : estimate[m] - estimate[m - 1];
  if (annotated == 0.0) {
    // As mir_eval has it: a phase of 1 at best, so that beats that coincide are never right.
    return false;
  }
  const double period = std::abs(1.0 - estimated / annotated);
  return std::abs(error / annotated) < kTolerance && period < kTolerance;
}

struct Share {
  double in_a_row = 0.0;
  double total = 0.0;
};

Share share_right(std::span<const double> reference, std::span<const double> estimate) {
  const std::size_t size = std::max(reference.size(), estimate.size());
  std::vector<char> used(reference.size(), 0);
  std::size_t right = 0;
  std::size_t row = 0;
  std::size_t longest = 0;
  for (std::size_t m = 0; m < estimate.size(); ++m) {
    const std::size_t nearest = nearest_to(estimate[m], reference);
    if (used[nearest] == 0 && beat_is_right(reference, estimate, m, nearest)) {
      used[nearest] = 1;
      ++right;
      longest = std::max(longest, ++row);
    } else {
      row = 0;
    }
  }
  return {.in_a_row = static_cast<double>(longest) / static_cast<double>(size),
          .total = static_cast<double>(right) / static_cast<double>(size)};
}

std::vector<double> every_second(std::span<const double> beats, std::size_t from) {
  std::vector<double> chosen;
  for (std::size_t i = from; i < beats.size(); i += 2) {
    chosen.push_back(beats[i]);
  }
  return chosen;
}

} // namespace

std::span<const double> without_start(std::span<const double> beats, core::Seconds from) noexcept {
  const auto first = std::ranges::lower_bound(beats, from.value);
  return beats.subspan(static_cast<std::size_t>(first - beats.begin()));
}

Continuity continuity(std::span<const double> reference, std::span<const double> estimate) {
  if (reference.size() < 2 || estimate.size() < 2) {
    return {};
  }
  std::vector<double> twice;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    twice.push_back(reference[i]);
    if (i + 1 < reference.size()) {
      twice.push_back(reference[i] + 0.5 * (reference[i + 1] - reference[i]));
    }
  }
  const Share annotated = share_right(reference, estimate);
  Continuity result{
      .cmlc = annotated.in_a_row, .cmlt = annotated.total, .amlc = annotated.in_a_row, .amlt = annotated.total};
  for (const auto& level : {every_second(twice, 1), twice, every_second(reference, 0), every_second(reference, 1)}) {
    const Share share = share_right(level, estimate);
    result.amlc = std::max(result.amlc, share.in_a_row);
    result.amlt = std::max(result.amlt, share.total);
  }
  return result;
}

} // namespace auralis::evaluation
