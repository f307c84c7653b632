// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "auralis/core/audio_block.hpp"
#include "auralis/core/clock.hpp"
#include "auralis/core/result.hpp"
#include "auralis/core/units.hpp"
#include "auralis/media/audio_format.hpp"

namespace auralis::media {

/// Sound that comes in its own time: a pipe, an address, a device, a file played at its pace.
///
/// Every open_… function takes a stop token. A stop, requested from any thread, ends what waits, within 0.1 s: an
/// opening fails with unavailable, a reading is at its end.
///
/// Thread: one owner. Realtime: no; read() blocks.
class AudioSource {
public:
  AudioSource() = default;
  AudioSource(const AudioSource&) = delete;
  AudioSource& operator=(const AudioSource&) = delete;
  virtual ~AudioSource() = default;

  /// Waits for the next frames, at most 4,096; none at the end and ever after. Valid until the next call. A connection
  /// that is lost for good is an end, and damage().cut says so.
  [[nodiscard]] virtual core::Result<core::AudioBlock> read() = 0;

  [[nodiscard]] virtual const AudioFormat& format() const noexcept = 0;
  [[nodiscard]] virtual const AudioTags& tags() const noexcept = 0;
  [[nodiscard]] virtual const AudioDamage& damage() const noexcept = 0;
  /// True where the sound cannot be had faster than it is made, so that falling behind means losing some.
  [[nodiscard]] virtual bool is_live() const noexcept = 0;
  /// Frames read so far.
  [[nodiscard]] virtual core::Frames position() const noexcept = 0;
  /// None where the end is not known.
  [[nodiscard]] virtual std::optional<core::Frames> length() const noexcept = 0;
};

using OpenedSource = core::Result<std::unique_ptr<AudioSource>>;

/// A file as if it were recorded now: each block comes when its last frame would have sounded, counted from the first
/// read. `clock` outlives the source.
[[nodiscard]] OpenedSource open_file_at_its_pace(const std::filesystem::path& path, core::Clock& clock,
                                                 std::stop_token stop = {});

/// Interleaved samples without a header.
struct RawPcm {
  enum class Sample : std::uint8_t { s16le, f32le };
  Sample sample = Sample::s16le;
  core::Hertz sample_rate{44'100.0}; ///< [8000, 192000], whole
  int channels = 2;                  ///< [1, 8]
};

/// What comes through a descriptor (0 is standard input), which stays the caller's: samples as `raw` says, or else any
/// container that can be read from front to back. The padding at the end of an MP3, up to 50 ms, stays: libav takes it
/// away only where it can seek.
[[nodiscard]] OpenedSource open_pipe(int descriptor, const std::optional<RawPcm>& raw = std::nullopt,
                                     std::stop_token stop = {});

struct UrlConfig {
  core::Seconds timeout{10.0};         ///< of one connection, request or wait for bytes; > 0
  core::Seconds reconnect_within{4.0}; ///< longest pause before another attempt, whole seconds; 0 never tries again
  std::string user_agent = "auralis";
  /// Asked for the address and for every list, segment and key that it leads to, as they are written there; none
  /// permits all. A redirection's target is asked for when it has been reached, before a byte of its answer is used.
  std::function<bool(std::string_view url)> permit;
};

/// A file, an endless stream or an HLS list behind http:// or https://. Nothing else is opened, whatever a list says.
[[nodiscard]] OpenedSource open_url(const std::string& url, UrlConfig config = {}, std::stop_token stop = {});

struct DeviceConfig {
  std::string system = "alsa"; ///< or "pulse"
  std::string name = "default";
};

/// The machine's own sound input. Fails with unavailable where there is none.
[[nodiscard]] OpenedSource open_device(const DeviceConfig& config, std::stop_token stop = {});

} // namespace auralis::media
