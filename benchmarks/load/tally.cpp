// SPDX-License-Identifier: Apache-2.0
#include "tally.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace auralis::load {
namespace {

constexpr std::size_t kHeaderBytes = 32;

template <typename Value> Value little_endian(std::span<const std::byte> bytes, std::size_t at) {
  Value value = 0;
  for (std::size_t i = 0; i < sizeof(Value); ++i) {
    value |= static_cast<Value>(bytes[at + i]) << (8U * i);
  }
  return value;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string as_text(const Distribution& distribution) {
  return fmt::format("p50 {:.1f}  p95 {:.1f}  p99 {:.1f}  p99.9 {:.1f}  max {:.1f} ms", distribution.quantile(0.5),
                     distribution.quantile(0.95), distribution.quantile(0.99), distribution.quantile(0.999),
                     distribution.max());
}

std::string as_json(const Distribution& distribution) {
  return fmt::format(R"({{"p50": {:.2f}, "p95": {:.2f}, "p99": {:.2f}, "p999": {:.2f}, "max": {:.2f}}})",
                     distribution.quantile(0.5), distribution.quantile(0.95), distribution.quantile(0.99),
                     distribution.quantile(0.999), distribution.max());
}

} // namespace

void Distribution::add(double ms) noexcept {
  const auto step = static_cast<std::size_t>(std::max(0.0, ms) / kStepMs);
  ++steps_[std::min(step, steps_.size() - 1)];
  ++count_;
  max_ = std::max(max_, ms);
}

double Distribution::quantile(double q) const noexcept {
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    seen += steps_[step];
    if (seen >= rank && seen > 0) {
      return std::min(static_cast<double>(step + 1) * kStepMs, max_);
    }
  }
  return max_;
}

ChunkHeader read_header(std::span<const std::byte> message) noexcept {
  constexpr std::byte magic{0xA7};
  constexpr std::byte version{1};
  if (message.size() <= kHeaderBytes || message[0] != magic || message[1] != version) {
    return {};
  }
  return {.seq = little_endian<std::uint32_t>(message, 4),
          .at = little_endian<std::uint64_t>(message, 8),
          .frames = little_endian<std::uint32_t>(message, 16),
          .sample_rate = little_endian<std::uint32_t>(message, 20),
          .generated_us = little_endian<std::uint64_t>(message, 24),
          .valid = little_endian<std::uint32_t>(message, 20) != 0};
}

std::string as_text(const Tally& tally, const RunFacts& facts) {
  return fmt::format("connected {}, refused {}, lost {}; visits {}, failed visits {}\n"
                     "chunks {} in {:.1f} s ({:.1f} Mbit/s), missing {}, broken {}\n"
                     "on time {:.4f} %: older than {:.0f} ms {}, later than {:.0f} ms {}\n"
                     "age       {}\nlateness  {}\nconnect to first chunk  {}\nload generator CPU {:.1f} s\n",
                     tally.connected, tally.refused, tally.disconnected, tally.churned, tally.churn_failed,
                     tally.chunks, facts.seconds, static_cast<double>(tally.bytes) * 8e-6 / facts.seconds,
                     tally.missing, tally.broken, share(tally.on_time, tally.chunks), facts.on_time_age_ms,
                     tally.too_old, facts.tolerance_ms, tally.too_late, as_text(tally.age), as_text(tally.lateness),
                     as_text(tally.first_chunk), facts.cpu_seconds);
}

std::string as_json(const Tally& tally, const RunFacts& facts) {
  return fmt::format(R"({{"connected": {}, "refused": {}, "disconnected": {}, "churned": {}, "churn_failed": {},
 "chunks": {}, "seconds": {:.3f}, "mbit_per_second": {:.2f}, "missing": {}, "broken": {},
 "on_time_percent": {:.5f}, "too_old": {}, "too_late": {}, "age_limit_ms": {:.1f}, "tolerance_ms": {:.1f},
 "age_ms": {},
 "lateness_ms": {},
 "first_chunk_ms": {},
 "cpu_seconds": {:.2f}}}
)",
                     tally.connected, tally.refused, tally.disconnected, tally.churned, tally.churn_failed,
                     tally.chunks, facts.seconds, static_cast<double>(tally.bytes) * 8e-6 / facts.seconds,
                     tally.missing, tally.broken, share(tally.on_time, tally.chunks), tally.too_old, tally.too_late,
                     facts.on_time_age_ms, facts.tolerance_ms, as_json(tally.age), as_json(tally.lateness),
                     as_json(tally.first_chunk), facts.cpu_seconds);
}

} // namespace auralis::load
