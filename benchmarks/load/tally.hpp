// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace auralis::load {

/// Counts durations in steps of 0.1 ms up to 10 s; longer ones go into the last step, the maximum stays exact.
class Distribution {
public:
  void add(double ms) noexcept;
  [[nodiscard]] double quantile(double q) const noexcept; ///< ms; q in [0, 1]
  [[nodiscard]] double max() const noexcept { return max_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
  static constexpr double kStepMs = 0.1;
  std::array<std::uint64_t, 100'000> steps_{};
  std::uint64_t count_ = 0;
  double max_ = 0.0;
};

/// The header of a binary chunk, as protocol/README.md lays it out.
struct ChunkHeader {
  std::uint32_t seq = 0;
  std::uint64_t at = 0; ///< frames
  std::uint32_t frames = 0;
  std::uint32_t sample_rate = 0;
  std::uint64_t generated_us = 0; ///< microseconds since the Unix epoch
  bool valid = false;
};
[[nodiscard]] ChunkHeader read_header(std::span<const std::byte> message) noexcept;

/// What a load run found.
///
/// A chunk is **on time** when both hold:
///   age       arrival - generated_us <= lead + tolerance   (lead: how far the server generates ahead of sending)
///   lateness  arrival - schedule     <= tolerance          (schedule: the pace of the sound, from the earliest chunk)
/// where the tolerance is two chunks, 40 ms: one that is being sent and one of slack. Age alone would not see a
/// generator that stalls, since its time stamps stall with it; lateness alone would not see sound that is always old.
/// The burst of older chunks with which a listener starts is not judged; gaps in the sequence count from the first one.
struct Tally {
  std::uint64_t chunks = 0; ///< judged
  std::uint64_t on_time = 0;
  std::uint64_t too_old = 0;
  std::uint64_t too_late = 0;
  std::uint64_t missing = 0; ///< chunks whose sequence number never came
  std::uint64_t broken = 0;  ///< frames or headers that could not be read
  std::uint64_t bytes = 0;
  std::uint64_t connected = 0;
  std::uint64_t refused = 0;      ///< the handshake failed
  std::uint64_t disconnected = 0; ///< closed by the server although it was to stay
  std::uint64_t churned = 0;      ///< short visits that got sound and left
  std::uint64_t churn_failed = 0;
  Distribution age;
  Distribution lateness;
  Distribution first_chunk; ///< from connect() to the first chunk
};

struct RunFacts {
  double seconds = 0.0;
  double cpu_seconds = 0.0; ///< of the load generator itself
  double on_time_age_ms = 0.0;
  double tolerance_ms = 0.0;
};

[[nodiscard]] std::string as_text(const Tally& tally, const RunFacts& facts);
[[nodiscard]] std::string as_json(const Tally& tally, const RunFacts& facts);

} // namespace auralis::load
