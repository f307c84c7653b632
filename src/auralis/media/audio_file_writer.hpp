// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"

struct sf_private_tag; // libsndfile

namespace auralis::media {

/// Writes stereo sound to a file whose ending names the format: .wav and .flac (16 bits, rounded as to_pcm16 does, so
/// that they hold exactly what a station sends as pcm16), .ogg (Vorbis) and .opus (48 kHz only).
///
/// Thread: one owner. Realtime: no.
class AudioFileWriter {
public:
  /// Creates the file, or empties it. Fails with invalid_argument for an unknown ending or a rate the format cannot
  /// hold, with io where nothing can be written.
  [[nodiscard]] static core::Result<AudioFileWriter> open(const std::filesystem::path& path, core::Hertz sample_rate);

  /// Appends frames, any number of them. After a failure nothing more can be written.
  /// \pre left.size() == right.size(), and close() has not been called
  [[nodiscard]] core::Result<void> write(std::span<const float> left, std::span<const float> right);
  /// Finishes the file; without it the destructor does, and keeps what goes wrong to itself.
  [[nodiscard]] core::Result<void> close();

  [[nodiscard]] core::Frames written() const noexcept { return written_; }

private:
  struct Close {
    void operator()(sf_private_tag* file) const noexcept;
  };

  AudioFileWriter(std::filesystem::path path, std::unique_ptr<sf_private_tag, Close> file, bool lossless);

  std::filesystem::path path_;
  std::unique_ptr<sf_private_tag, Close> file_;
  bool lossless_;
  core::Frames written_;
  std::vector<float> floats_;        // [kChunk][2]
  std::vector<std::int16_t> shorts_; // [kChunk][2]
};

} // namespace auralis::media
