// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswresample/swresample.h>
}

#include "auralis/core/audio_block.hpp"
#include "auralis/core/result.hpp"
#include "auralis/media/audio_format.hpp"
#include "auralis/media/byte_source.hpp"

/// The one place that knows libav. Not a public header of the module.
namespace auralis::media {

struct FreeIo {
  bool opened_by_libav = false;
  void operator()(AVIOContext* io) const noexcept;
};

/// A container and the decoder of its best audio stream, as blocks on one timeline that starts with the first decoded
/// sample: encoder delay and padding taken away, gaps filled, one format from beginning to end.
///
/// Thread: one owner; a stop may be requested from any, and is an end. Realtime: no.
class LibavInput {
public:
  /// Of an address. Time limits are of one network operation, not of the whole.
  struct Network {
    std::int64_t timeout_us = 10'000'000;
    int reconnect_delay_s = 4; ///< the longest pause between attempts; 0 never reconnects
    std::string user_agent = "auralis";
    std::function<bool(std::string_view)> permit; ///< asked for every address that is opened; none permits all
  };

  /// A container in bytes. It opens nothing beside them: a playlist is refused.
  [[nodiscard]] static core::Result<std::unique_ptr<LibavInput>>
  open_bytes(std::unique_ptr<ByteSource> bytes, std::string where, std::stop_token stop = {});
  [[nodiscard]] static core::Result<std::unique_ptr<LibavInput>> open_url(const std::string& url, Network network,
                                                                          std::stop_token stop);
  /// Interleaved samples without a header; `format` is libav's name of them, such as "s16le".
  [[nodiscard]] static core::Result<std::unique_ptr<LibavInput>> open_raw(std::unique_ptr<ByteSource> bytes,
                                                                          std::string where, const char* format,
                                                                          int rate, int channels, std::stop_token stop);
  /// A device of libavdevice: `system` is "alsa" or "pulse".
  [[nodiscard]] static core::Result<std::unique_ptr<LibavInput>>
  open_device(const std::string& system, const std::string& name, std::stop_token stop);

  LibavInput(const LibavInput&) = delete;
  LibavInput& operator=(const LibavInput&) = delete;
  ~LibavInput();

  /// The next frames, never more than kMaxBlock, or none at the end and ever after. Valid until the next call.
  [[nodiscard]] core::Result<core::AudioBlock> read();
  static constexpr std::size_t kMaxBlock = 4096;

  [[nodiscard]] const AudioFormat& format() const noexcept { return format_; }
  [[nodiscard]] const AudioTags& tags() const noexcept { return tags_; }
  [[nodiscard]] const AudioDamage& damage() const noexcept { return damage_; }
  /// What the container says; exact once the end was read.
  [[nodiscard]] std::optional<core::Frames> length() const noexcept { return length_; }

private:
  struct FreeContext {
    void operator()(AVFormatContext* context) const noexcept;
  };
  struct FreeCodec {
    void operator()(AVCodecContext* codec) const noexcept { avcodec_free_context(&codec); }
  };
  struct FreePacket {
    void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
  };
  struct FreeFrame {
    void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
  };
  struct FreeResampler {
    void operator()(SwrContext* resampler) const noexcept { swr_free(&resampler); }
  };
  /// What decides whether frames can be joined as they are.
  struct FrameShape {
    int rate = 0;
    int channels = 0;
    std::uint64_t mask = 0; ///< of the speakers; 0 where the stream does not say
    int sample_format = AV_SAMPLE_FMT_NONE;
    friend bool operator==(const FrameShape&, const FrameShape&) = default;
  };

  LibavInput(std::string where, std::stop_token stop);

  using Options = std::vector<std::pair<const char*, std::string>>;

  void use(std::unique_ptr<ByteSource> bytes);
  core::Result<void> open_container(const std::string& address, const AVInputFormat* format, const Options& own = {});
  core::Result<void> prepare(); // finds the stream, opens its decoder, decodes the first frame
  core::Result<void> open_decoder();
  core::Result<void> set_format(const AVFrame& frame);
  void read_tags();
  void read_length();
  void decode(); // more into planes_, or ended_
  void feed();   // one packet to the decoder
  void take(const AVFrame& frame);
  void place(const AVFrame& frame); // on the timeline
  bool convert(const AVFrame& frame);
  void append(const std::uint8_t* const* data, int frames); // through resampler_
  void repair(std::size_t from);
  void cut(std::string why);
  void end();
  [[nodiscard]] bool ogg_is_whole();
  [[nodiscard]] bool is_cancelled() const noexcept;
  [[nodiscard]] core::Error failed(int code, std::string_view doing) const;

  static int read_bytes(void* self, std::uint8_t* out, int size);
  static std::int64_t seek_bytes(void* self, std::int64_t to, int whence);
  static int interrupted(void* self);
  static int open_nested(AVFormatContext* context, AVIOContext** io, const char* url, int flags,
                         AVDictionary** options);

  std::string where_;
  std::stop_token stop_;
  std::optional<Network> network_; // none: nothing may be opened beside the bytes
  std::unique_ptr<ByteSource> bytes_;
  std::unique_ptr<AVIOContext, FreeIo> io_; // freed after context_, which uses it
  std::unique_ptr<AVFormatContext, FreeContext> context_;
  std::unique_ptr<AVCodecContext, FreeCodec> codec_;
  std::unique_ptr<AVPacket, FreePacket> packet_;
  std::unique_ptr<AVFrame, FreeFrame> frame_;
  std::unique_ptr<SwrContext, FreeResampler> resampler_;
  AVStream* stream_ = nullptr; // context_'s

  AudioFormat format_;
  AVChannelLayout layout_{};
  AudioTags tags_;
  AudioDamage damage_;
  std::optional<core::Frames> length_;
  std::int64_t position_ = 0;           // frames handed out
  std::optional<std::int64_t> claimed_; // frames the container promises, where it can be relied on
  std::int64_t claim_slack_ = 0;        // how many fewer are still all
  std::optional<std::int64_t> trim_to_; // frames after which only an encoder's padding follows

  FrameShape shape_;                       // of the frames that resampler_ takes
  std::vector<std::vector<float>> planes_; // decoded, not yet handed out from handed_ on
  std::vector<const float*> channels_;     // of the block last handed out
  std::vector<float> zeros_;
  std::size_t handed_ = 0;
  std::int64_t silence_ = 0;  // frames to hand out before planes_
  std::int64_t produced_ = 0; // frames on the timeline, silence included
  std::int64_t skipped_ = 0;  // encoder delay that the decoder takes away
  std::int64_t anchor_pts_ = AV_NOPTS_VALUE;
  std::int64_t anchor_frame_ = 0;
  std::int64_t packets_without_sound_ = 0;
  bool draining_ = false;
  bool ended_ = false;
  bool last_packet_bad_ = false;
  std::string complaint_; // libav's, about the last packet that was bad
};

} // namespace auralis::media
