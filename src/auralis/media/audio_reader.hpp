// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"
#include "auralis/media/audio_format.hpp"

namespace auralis::media {

class LibavInput;

/// The sound of a file as a stream of planar blocks: whatever libav reads, the first or best audio stream of it.
///
/// Sample-accurate: where the file says how much the encoder added before and after the music (LAME's header in MP3,
/// the edit list or iTunes' comment in MP4, pre-skip and granule positions in Ogg), that is taken away, so that frame 0
/// is the first of the music. A file that does not say it (MP3 without LAME's header, AAC in ADTS or MPEG-TS) begins
/// with its encoder's delay, 20 to 60 ms, because nobody can know how long it is.
///
/// Memory does not depend on the length, but for the index that MP4 files carry (1 MB for 20 minutes). Nothing beside
/// the file is ever opened: what is a list of other files is refused.
///
/// Thread: one owner. Realtime: no.
class AudioReader {
public:
  /// Opens the file and decodes its first frame. Fails with not_found or io where it cannot be read, and with
  /// invalid_argument where it is empty, is no sound, or has other than 1 to 8 channels or 8 to 192 kHz. A container
  /// that holds no frame at all opens, and ends at once.
  [[nodiscard]] static core::Result<AudioReader> open(const std::filesystem::path& path);
  /// Reads bytes that stay the caller's and outlive the reader. `name` is for messages; its ending helps to tell
  /// formats apart that have no signature.
  [[nodiscard]] static core::Result<AudioReader> from_memory(std::span<const std::byte> bytes, std::string name);

  /// The next frames, as many as it likes up to kMaxBlock; none at the end and ever after. Valid until the next call.
  /// Sound that is damaged or ends early is no error: damage() and truncated() tell.
  [[nodiscard]] core::Result<core::AudioBlock> read();
  static constexpr std::size_t kMaxBlock = 4096;

  /// Reads to the end and gives every block to on_block(const core::AudioBlock&). True at the end; false where `stop`
  /// was requested first. Errors: those of read().
  template <typename OnBlock>
  [[nodiscard]] core::Result<bool> read_all(OnBlock&& on_block, const std::stop_token& stop = {}) {
    while (!stop.stop_requested()) {
      const auto block = read();
      if (!block) {
        return tl::unexpected{block.error()};
      }
      if (block->frames == 0) {
        return true;
      }
      on_block(*block);
    }
    return false;
  }

  [[nodiscard]] const AudioFormat& format() const noexcept;
  [[nodiscard]] const AudioTags& tags() const noexcept;
  /// How much of the sound has been read, [0, 1]; 0 where the length is not known.
  [[nodiscard]] double share() const noexcept {
    const auto whole = length();
    return whole && whole->value > 0
               ? std::min(1.0, static_cast<double>(position_.value) / static_cast<double>(whole->value))
               : 0.0;
  }
  /// Frames read so far.
  [[nodiscard]] core::Frames position() const noexcept { return position_; }
  /// What the container says, off by a few hundredths of a second for some, an estimate from the bit rate for others,
  /// none where it is silent; exact once the end was read.
  [[nodiscard]] std::optional<core::Frames> length() const noexcept;

  /// What went wrong so far.
  [[nodiscard]] const AudioDamage& damage() const noexcept;
  /// True once the sound has ended before the file says it should; damage().cut says why.
  [[nodiscard]] bool truncated() const noexcept { return !damage().cut.empty(); }

private:
  struct Close {
    void operator()(LibavInput* input) const noexcept;
  };

  explicit AudioReader(std::unique_ptr<LibavInput> input);

  std::unique_ptr<LibavInput, Close> input_;
  core::Frames position_;
};

} // namespace auralis::media
