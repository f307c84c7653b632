// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "auralis/analysis/networks.hpp"
#include "auralis/core/units.hpp"
#include "auralis/protocol/messages.hpp"

namespace auralis::session {

/// Hears 16-bit sound as it comes and says in messages what a live picture shows: onsets, beats, chords, key,
/// parts of the form, loudness, and a voice where there is one.
///
/// How the sound is cut into calls changes nothing that is said. Thread: one owner. Realtime: no, messages allocate.
class LiveEar {
public:
  struct Config {
    core::Hertz sample_rate{48'000.0}; ///< whole hertz, [8000, 192000]
    int channels = 2;                  ///< [1, 8]
    analysis::Networks networks{};     ///< listened through where there is one
  };
  using Say = std::function<void(const protocol::HeardEvent&)>;

  /// \throws std::invalid_argument if a setting is out of its range.
  explicit LiveEar(const Config& config);
  ~LiveEar();
  LiveEar(const LiveEar&) = delete;
  LiveEar& operator=(const LiveEar&) = delete;

  /// Interleaved samples, little-endian; what does not fill a frame at the end is left out.
  void hear(std::span<const std::byte> pcm16, const Say& say);
  /// No more comes: says what was held back. Nothing may follow.
  void finish(const Say& say);

private:
  struct Parts;

  std::unique_ptr<Parts> parts_;
};

} // namespace auralis::session
