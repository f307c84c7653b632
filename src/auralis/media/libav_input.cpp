// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/libav_input.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <dlfcn.h>
#include <fmt/format.h>
#include <limits>
#include <thread>
#include <utility>

extern "C" {
#include <libavdevice/avdevice.h>
#include <libavutil/channel_layout.h>
#include <libavutil/mathematics.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
}

#include "auralis/media/libav_log.hpp"

namespace auralis::media {
namespace {

using core::Error;
using core::ErrorCode;
using core::Frames;

constexpr int kIoBuffer = 64 * 1024;
constexpr int kPcmPacket = 32 * 1024; ///< bytes of uncompressed sound decoded at once
/// libav tries its hundreds of formats on what a WAV file says is PCM, as it may be DTS: on its first 32 packets, which
/// are 128 kB by its own measure.
constexpr int kPacketsProbed = 128 * 1024 / kPcmPacket;
constexpr int kMinRate = 8'000;
constexpr int kMaxRate = 192'000;
constexpr int kMaxChannels = 8;
/// No encoder pads by more: AAC by up to 2 frames of 2,048, MP3 by up to 2 of 1,152.
constexpr std::int64_t kLongestPadding = 8'192;
/// A longer hole in the timestamps is a jump of the clock, not lost sound.
constexpr std::int64_t kLongestGapSeconds = 60;
/// A codec with frames of its own may end so much before the length in the header: padding taken off, rounding.
constexpr double kLossySlackSeconds = 0.1;
/// A file that gives nothing in so many packets will not give anything.
constexpr std::int64_t kMostPacketsWithoutSound = 20'000;
/// libav's answer to hostile sizes in headers; the index of ten hours of AAC takes 40 MB.
constexpr std::size_t kLargestAllocation = std::size_t{256} * 1024 * 1024;
constexpr std::size_t kLongestTag = 1'000;

// Formats that are lists of other addresses, or talk to devices or networks themselves; and one that never ends.
constexpr std::array<std::string_view, 14> kNotContainers{
    "concat", "concatf", "dash", "hls", "image2", "imf",      "lavfi",
    "libgme", "rtp",     "rtsp", "sdp", "sap",    "rawvideo", "webm_dash_manifest"};

constexpr std::array<std::string_view, 6> kBareStreams{"aac", "ac3", "dts", "eac3", "loas", "mp3"};

extern "C" void say_nothing(const char*, int, const char*, int, const char*, ...) {}

/// libavdevice and the dozens of libraries behind it, loaded when a device is asked for: loading them at every start
/// takes as long as analysing half a minute of sound. Null if it is not there.
void* load_devices() {
  static void* const library = dlopen("libavdevice.so." AV_STRINGIFY(LIBAVDEVICE_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
  return library;
}

/// What `library`, or one that it has brought along, calls by this name.
template <typename Function> Function* find_function(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

/// libasound prints to stderr unless it is told where else to.
void silence_alsa(void* devices) {
  using Handler = void (*)(const char* file, int line, const char* function, int error, const char* format, ...);
  if (auto* const set = find_function<int(Handler)>(devices, "snd_lib_error_set_handler"); set != nullptr) {
    set(&say_nothing);
  }
}

bool is_one_of(const char* names, std::string_view wanted) {
  std::string_view rest{names};
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == wanted) {
      return true;
    }
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

std::string describe(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

ErrorCode kind_of(int code) {
  switch (code) {
  case AVERROR_INVALIDDATA:
  case AVERROR_DECODER_NOT_FOUND:
  case AVERROR_DEMUXER_NOT_FOUND:
  case AVERROR_STREAM_NOT_FOUND:
  case AVERROR_PATCHWELCOME:
  case AVERROR_PROTOCOL_NOT_FOUND:
  case AVERROR(EPERM):
  case AVERROR(EINVAL):
    return ErrorCode::invalid_argument;
  case AVERROR_HTTP_NOT_FOUND:
  case AVERROR(ENOENT):
    return ErrorCode::not_found;
  case AVERROR_HTTP_SERVER_ERROR:
  case AVERROR_EXIT:
  case AVERROR(ETIMEDOUT):
  case AVERROR(ECONNREFUSED):
  case AVERROR(EHOSTUNREACH):
  case AVERROR(ENETUNREACH):
  case AVERROR(ENODEV):
  case AVERROR(EBUSY):
    return ErrorCode::unavailable;
  default:
    return ErrorCode::io;
  }
}

/// The text with whatever is not UTF-8 as U+FFFD, so that it can stand in JSON; cut at a letter's edge.
std::string to_utf8(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < kLongestTag - 4;) {
    const auto byte = [&](std::size_t k) {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : static_cast<unsigned char>(0);
    };
    const unsigned first = byte(0);
    const std::size_t length = first < 0x80U                     ? 1
                               : first >= 0xC2U && first < 0xE0U ? 2
                               : first >= 0xE0U && first < 0xF0U ? 3
                               : first >= 0xF0U && first < 0xF5U ? 4
                                                                 : 0;
    bool valid = length > 0;
    for (std::size_t k = 1; k < length; ++k) {
      valid = valid && (byte(k) & 0xC0U) == 0x80U;
    }
    // Overlong forms, surrogates and what lies beyond U+10FFFF.
    valid = valid && !(first == 0xE0U && byte(1) < 0xA0U) && !(first == 0xEDU && byte(1) > 0x9FU) &&
            !(first == 0xF0U && byte(1) < 0x90U) && !(first == 0xF4U && byte(1) > 0x8FU);
    if (valid) {
      out.append(text.substr(i, length));
      i += length;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  return out;
}

} // namespace

// ---- opening

void LibavInput::FreeContext::operator()(AVFormatContext* context) const noexcept { avformat_close_input(&context); }

void FreeIo::operator()(AVIOContext* io) const noexcept {
  if (opened_by_libav) {
    avio_close(io);
    return;
  }
  av_freep(&io->buffer);
  avio_context_free(&io);
}

LibavInput::LibavInput(std::string where, std::stop_token stop)
    : where_{std::move(where)}, stop_{std::move(stop)}, zeros_(kMaxBlock) {
  silence_libav();
  static_cast<void>(take_libav_message());
  av_max_alloc(kLargestAllocation);
  packet_.reset(av_packet_alloc());
  frame_.reset(av_frame_alloc());
  if (!packet_ || !frame_) {
    throw std::bad_alloc{};
  }
}

LibavInput::~LibavInput() { av_channel_layout_uninit(&layout_); }

bool LibavInput::is_cancelled() const noexcept { return stop_.stop_requested(); }

int LibavInput::interrupted(void* self) { return static_cast<LibavInput*>(self)->is_cancelled() ? 1 : 0; }

int LibavInput::read_bytes(void* self, std::uint8_t* out, int size) {
  auto& bytes = *static_cast<LibavInput*>(self)->bytes_;
  const auto count = bytes.read(std::as_writable_bytes(std::span{out, static_cast<std::size_t>(size)}));
  return count == ByteSource::kFailed ? AVERROR(EIO) : (count == 0 ? AVERROR_EOF : static_cast<int>(count));
}

std::int64_t LibavInput::seek_bytes(void* self, std::int64_t to, int whence) {
  auto& bytes = *static_cast<LibavInput*>(self)->bytes_;
  if (whence == AVSEEK_SIZE) {
    return bytes.size().value_or(-1);
  }
  return whence == SEEK_SET && bytes.seek(to) ? to : AVERROR(EINVAL); // libav asks for nothing else
}

/// Playlists open their segments here; bytes that are no playlist have nothing to open.
int LibavInput::open_nested(AVFormatContext* context, AVIOContext** io, const char* url, int flags,
                            AVDictionary** options) {
  const auto& self = *static_cast<const LibavInput*>(context->opaque);
  if (!self.network_ || (flags & AVIO_FLAG_WRITE) != 0) {
    return AVERROR(EPERM);
  }
  std::string_view plain{url};
  if (plain.starts_with("crypto+")) { // an encrypted segment: the address behind it is what counts
    plain.remove_prefix(7);
  }
  const bool http = plain.starts_with("http://") || plain.starts_with("https://");
  if (!http || (self.network_->permit && !self.network_->permit(plain))) {
    av_log(nullptr, AV_LOG_ERROR, "the address %s is not permitted", url);
    return AVERROR(EPERM);
  }
  AVDictionary* none = nullptr;
  AVDictionary** settings = options != nullptr ? options : &none;
  const auto timeout = std::to_string(self.network_->timeout_us);
  av_dict_set(settings, "protocol_whitelist", "http,https,tls,tcp,crypto", 0);
  av_dict_set(settings, "rw_timeout", timeout.c_str(), 0);
  av_dict_set(settings, "timeout", timeout.c_str(), 0);
  av_dict_set(settings, "user_agent", self.network_->user_agent.c_str(), 0);
  av_dict_set(settings, "tls_verify", "1", 0);
  if (self.network_->reconnect_delay_s > 0) {
    av_dict_set(settings, "reconnect", "1", 0);
    av_dict_set(settings, "reconnect_streamed", "1", 0);
    av_dict_set(settings, "reconnect_on_http_error", "5xx", 0);
    av_dict_set_int(settings, "reconnect_delay_max", self.network_->reconnect_delay_s, 0);
  }
  int code = avio_open2(io, url, flags, &context->interrupt_callback, settings);
  av_dict_free(&none);
  std::uint8_t* reached = nullptr; // where redirections led to
  if (code >= 0 && av_opt_get(*io, "location", AV_OPT_SEARCH_CHILDREN, &reached) >= 0 && reached != nullptr) {
    const std::string target{reinterpret_cast<const char*>(reached)};
    if (!target.empty() && target != plain && self.network_->permit && !self.network_->permit(target)) {
      avio_closep(io);
      av_log(nullptr, AV_LOG_ERROR, "the address %s, to which it leads, is not permitted", target.c_str());
      code = AVERROR(EPERM);
    }
  }
  av_free(reached);
  return code;
}

Error LibavInput::failed(int code, std::string_view doing) const {
  const std::string message = take_libav_message();
  return Error{kind_of(code),
               message.empty() ? fmt::format("{}: {}", doing, describe(code))
                               : fmt::format("{}: {} ({})", doing, describe(code), message),
               where_};
}

core::Result<std::unique_ptr<LibavInput>> LibavInput::open_bytes(std::unique_ptr<ByteSource> bytes, std::string where,
                                                                 std::stop_token stop) {
  if (bytes->size() == 0) {
    return core::fail(ErrorCode::invalid_argument, "the file is empty", std::move(where));
  }
  std::unique_ptr<LibavInput> input{new LibavInput{std::move(where), std::move(stop)}};
  input->use(std::move(bytes));
  if (auto ready = input->open_container(input->where_, nullptr); !ready) {
    return tl::unexpected{ready.error()};
  }
  return input;
}

core::Result<std::unique_ptr<LibavInput>> LibavInput::open_raw(std::unique_ptr<ByteSource> bytes, std::string where,
                                                               const char* format, int rate, int channels,
                                                               std::stop_token stop) {
  std::unique_ptr<LibavInput> input{new LibavInput{std::move(where), std::move(stop)}};
  input->use(std::move(bytes));
  if (auto ready =
          input->open_container(input->where_, av_find_input_format(format),
                                {{"sample_rate", std::to_string(rate)}, {"ch_layout", fmt::format("{}C", channels)}});
      !ready) {
    return tl::unexpected{ready.error()};
  }
  return input;
}

core::Result<std::unique_ptr<LibavInput>> LibavInput::open_device(const std::string& system, const std::string& name,
                                                                  std::stop_token stop) {
  void* const devices = load_devices();
  auto* const register_all =
      devices != nullptr ? find_function<decltype(avdevice_register_all)>(devices, "avdevice_register_all") : nullptr;
  if (register_all == nullptr) {
    return core::fail(ErrorCode::unavailable, "libavdevice, which reads sound devices, cannot be loaded",
                      system + ":" + name);
  }
  register_all(); // idempotent
  silence_alsa(devices);
  std::unique_ptr<LibavInput> input{new LibavInput{system + ":" + name, std::move(stop)}};
  const AVInputFormat* const format =
      system == "alsa" || system == "pulse" ? av_find_input_format(system.c_str()) : nullptr;
  if (format == nullptr) {
    return core::fail(
        ErrorCode::invalid_argument,
        fmt::format("there is no sound system \"{}\" in this build; \"alsa\" and \"pulse\" are known", system),
        input->where_);
  }
  if (auto ready = input->open_container(name, format); !ready) {
    core::Error error = ready.error();
    if (error.code != ErrorCode::invalid_argument) {
      error.code = ErrorCode::unavailable;
    }
    return tl::unexpected{std::move(error)};
  }
  return input;
}

void LibavInput::use(std::unique_ptr<ByteSource> bytes) {
  bytes_ = std::move(bytes);
  auto* const buffer = static_cast<unsigned char*>(av_malloc(kIoBuffer));
  io_.reset(
      avio_alloc_context(buffer, kIoBuffer, 0, this, &read_bytes, nullptr, bytes_->size() ? &seek_bytes : nullptr));
}

core::Result<std::unique_ptr<LibavInput>> LibavInput::open_url(const std::string& url, Network network,
                                                               std::stop_token stop) {
  std::unique_ptr<LibavInput> input{new LibavInput{url, std::move(stop)}};
  input->network_ = std::move(network);
  const std::unique_ptr<AVFormatContext, FreeContext> opener{avformat_alloc_context()};
  opener->opaque = input.get();
  opener->interrupt_callback = {&interrupted, input.get()};
  AVIOContext* io = nullptr;
  const int code = open_nested(opener.get(), &io, url.c_str(), AVIO_FLAG_READ, nullptr);
  if (code < 0) {
    return tl::unexpected{input->failed(code, "cannot open the address")};
  }
  input->io_ = {io, FreeIo{true}};
  if (auto ready = input->open_container(url, nullptr); !ready) {
    return tl::unexpected{ready.error()};
  }
  return input;
}

core::Result<void> LibavInput::open_container(const std::string& address, const AVInputFormat* format,
                                              const Options& own) {
  if (format == nullptr) {
    const int code = av_probe_input_buffer2(io_.get(), &format, address.c_str(), nullptr, 0, 0);
    if (code < 0) {
      return tl::unexpected{is_cancelled() ? Error{ErrorCode::unavailable, "cancelled", where_}
                                           : failed(code, "is no sound that can be read")};
    }
    for (const auto name : kNotContainers) {
      if (is_one_of(format->name, name) && !(network_ && name == "hls")) {
        return core::fail(ErrorCode::invalid_argument,
                          fmt::format("is a list or script ({}), not sound; a playlist is read by its address", name),
                          where_);
      }
    }
  }
  AVFormatContext* context = avformat_alloc_context();
  context->opaque = this;
  context->pb = io_.get();
  context->io_open = &open_nested;
  context->interrupt_callback = {&interrupted, this};
  AVDictionary* options = nullptr;
  for (const auto& [name, value] : own) {
    av_dict_set(&options, name, value.c_str(), 0);
  }
  if (bytes_ && bytes_->size()) { // a file may be read in larger pieces than a stream, whose listeners wait
    av_dict_set_int(&options, "max_size", kPcmPacket, 0);
    if (is_one_of(format->name, "wav") || is_one_of(format->name, "w64")) {
      av_dict_set_int(&options, "max_probe_packets", kPacketsProbed, 0);
    }
  }
  if (!io_) { // a device: what it holds back must not keep a cancelled reader waiting
    context->flags |= AVFMT_FLAG_NONBLOCK;
  }
  if (network_) {
    // Each segment through open_nested, which asks whether it may; a live list that no longer grows is an end.
    av_dict_set(&options, "protocol_whitelist", "http,https,tls,tcp,crypto", 0);
    av_dict_set(&options, "http_persistent", "0", 0);
    av_dict_set(&options, "http_multiple", "0", 0);
    av_dict_set(&options, "max_reload", "10", 0);
    av_dict_set(&options, "m3u8_hold_counters", "10", 0);
  } else {
    av_dict_set(&options, "protocol_whitelist", "none", 0);
  }
  const int code = avformat_open_input(&context, address.c_str(), format, &options);
  av_dict_free(&options);
  if (code < 0) { // the context is gone
    return tl::unexpected{is_cancelled() ? Error{ErrorCode::unavailable, "cancelled", where_}
                                         : failed(code, fmt::format("cannot be read as {}", format->name))};
  }
  context_.reset(context);
  return prepare();
}

core::Result<void> LibavInput::prepare() {
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    if (context_->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) {
      context_->streams[i]->discard = AVDISCARD_ALL; // no picture is decoded to learn about the sound
    }
  }
  const int found = avformat_find_stream_info(context_.get(), nullptr);
  if (is_cancelled()) {
    return core::fail(ErrorCode::unavailable, "cancelled", where_);
  }
  if (found < 0) {
    return tl::unexpected{failed(found, "its streams cannot be read")};
  }
  const int best = av_find_best_stream(context_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  if (best < 0) {
    return core::fail(ErrorCode::invalid_argument, fmt::format("holds no sound ({})", context_->iformat->name), where_);
  }
  stream_ = context_->streams[best];
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    context_->streams[i]->discard = context_->streams[i] == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  if (auto opened = open_decoder(); !opened) {
    return opened;
  }
  read_tags();
  static_cast<void>(take_libav_message());
  // The format is what the decoder gives, not what the header promises: HE-AAC doubles the rate of its header.
  while (true) {
    const int code = avcodec_receive_frame(codec_.get(), frame_.get());
    if (code == 0) {
      if (auto known = set_format(*frame_); !known) {
        return known;
      }
      break;
    }
    if (code == AVERROR_EOF || ended_) {
      if (is_cancelled()) {
        return core::fail(ErrorCode::unavailable, "cancelled", where_);
      }
      if (damage_.bad_packets > 0 || !damage_.cut.empty() || stream_->codecpar->sample_rate <= 0) {
        return core::fail(
            ErrorCode::invalid_argument,
            fmt::format("no sound could be decoded from it{}{}", complaint_.empty() ? "" : ": ", complaint_), where_);
      }
      // A container without a single frame: that is what it holds.
      frame_->sample_rate = stream_->codecpar->sample_rate;
      av_channel_layout_copy(&frame_->ch_layout, &stream_->codecpar->ch_layout);
      if (auto known = set_format(*frame_); !known) {
        return known;
      }
      read_length();
      end();
      return {};
    }
    feed();
  }
  read_length();
  take(*frame_);
  return {};
}

core::Result<void> LibavInput::open_decoder() {
  const AVCodecID id = stream_->codecpar->codec_id;
  const AVCodec* decoder = avcodec_find_decoder(id);
  if (decoder == nullptr) {
    return core::fail(ErrorCode::invalid_argument, fmt::format("no decoder for its sound ({})", avcodec_get_name(id)),
                      where_);
  }
  codec_.reset(avcodec_alloc_context3(decoder));
  int code = avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
  if (code >= 0) {
    codec_->pkt_timebase = stream_->time_base;
    codec_->thread_count = 1; // the callers' jobs are the threads
    codec_->request_sample_fmt = AV_SAMPLE_FMT_FLTP;
    if (id == AV_CODEC_ID_FLAC) {
      // A frame that fails its checksum is noise at full scale: better silence in its place.
      codec_->err_recognition = AV_EF_CRCCHECK | AV_EF_EXPLODE;
    }
    code = avcodec_open2(codec_.get(), decoder, nullptr);
  }
  if (code < 0) {
    return tl::unexpected{failed(code, fmt::format("its sound ({}) cannot be decoded", avcodec_get_name(id)))};
  }
  return {};
}

core::Result<void> LibavInput::set_format(const AVFrame& frame) {
  const int channels = frame.ch_layout.nb_channels;
  if (channels < 1 || channels > kMaxChannels) {
    return core::fail(ErrorCode::invalid_argument,
                      fmt::format("has {} channels; 1 to {} can be read", channels, kMaxChannels), where_);
  }
  if (frame.sample_rate < kMinRate || frame.sample_rate > kMaxRate) {
    return core::fail(
        ErrorCode::invalid_argument,
        fmt::format("has {} samples a second; {} to {} can be read", frame.sample_rate, kMinRate, kMaxRate), where_);
  }
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_NATIVE) {
    av_channel_layout_copy(&layout_, &frame.ch_layout);
  } else {
    av_channel_layout_default(&layout_, channels);
  }
  std::array<char, 64> name{};
  av_channel_layout_describe(&layout_, name.data(), name.size());
  format_ = {core::Hertz{static_cast<double>(frame.sample_rate)}, channels, name.data()};
  planes_.resize(static_cast<std::size_t>(channels));
  channels_.resize(static_cast<std::size_t>(channels));
  return {};
}

void LibavInput::read_tags() {
  const auto tag = [this](const char* name) {
    for (const AVDictionary* from : {context_->metadata, stream_->metadata}) {
      if (const auto* const entry = av_dict_get(from, name, nullptr, 0); entry != nullptr && *entry->value != '\0') {
        return to_utf8(entry->value);
      }
    }
    return std::string{};
  };
  tags_ = {tag("title"), tag("artist"), tag("album")};
}

// ---- how long it is

void LibavInput::read_length() {
  const auto rate = static_cast<int>(format_.sample_rate.value);
  const AVRational frames{1, rate};
  const bool own = stream_->duration > 0;
  const bool whole = !own && context_->nb_streams == 1 && context_->duration > 0;
  std::int64_t length = 0;
  if (own) {
    length = av_rescale_q(stream_->duration, stream_->time_base, frames);
  } else if (context_->duration > 0) {
    length = av_rescale_q(context_->duration, AV_TIME_BASE_Q, frames);
  }
  const char* const container = context_->iformat->name;
  const bool estimated = context_->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
  const bool mp4 = is_one_of(container, "mp4");

  if (mp4 && own && length > 0) {
    // The edit list says where the music ends; libav takes away the beginning by it, not the end.
    // iTunes says it in a comment instead: zero, delay, padding, frames, all hexadecimal.
    if (const auto* const entry = av_dict_get(context_->metadata, "iTunSMPB", nullptr, 0); entry != nullptr) {
      unsigned long long count = 0;
      if (std::sscanf(entry->value, "%*x %*x %*x %llx", &count) == 1 && count > 0 &&
          count <= static_cast<unsigned long long>(length)) {
        length = static_cast<std::int64_t>(count);
      }
    }
    trim_to_ = length;
  } else if (length > skipped_) {
    length -= skipped_;
  }

  const auto* const codec = avcodec_descriptor_get(stream_->codecpar->codec_id);
  const bool exact = own && codec != nullptr && (codec->props & AV_CODEC_PROP_LOSSY) == 0;
  // A recorder that wrote into a pipe could not go back to fill in the size: it left the largest one.
  const bool streamed_wave = is_one_of(container, "wav") && bytes_ && stream_->codecpar->block_align > 0 &&
                             length >= 0x7FFF'0000 / stream_->codecpar->block_align &&
                             bytes_->size().value_or(0) < 0x7FFF'0000;
  if (length > 0 && !streamed_wave) {
    length_ = Frames{length};
    if ((own || whole) && !estimated && !network_ && bytes_ && bytes_->size()) {
      claimed_ = length;
      claim_slack_ = exact ? 0 : static_cast<std::int64_t>(kLossySlackSeconds * rate) + skipped_;
    }
  }
}

/// The last page of an Ogg file carries the mark of the end, and is complete (RFC 3533, 6).
bool LibavInput::ogg_is_whole() {
  constexpr std::int64_t kLargestPage = 27 + 255 + 255 * 255;
  const std::int64_t size = bytes_->size().value_or(0);
  std::vector<std::byte> tail(static_cast<std::size_t>(std::min(size, kLargestPage + 1)));
  if (!bytes_->seek(size - static_cast<std::int64_t>(tail.size()))) {
    return false;
  }
  std::size_t filled = 0;
  while (filled < tail.size()) {
    const auto count = bytes_->read(std::span{tail}.subspan(filled));
    if (count <= 0) {
      return false;
    }
    filled += static_cast<std::size_t>(count);
  }
  constexpr std::array kCapture{std::byte{'O'}, std::byte{'g'}, std::byte{'g'}, std::byte{'S'}, std::byte{0}};
  const auto page = std::ranges::find_end(tail, kCapture);
  const auto left = static_cast<std::size_t>(page.empty() ? 0 : tail.end() - page.begin());
  if (left < 27) {
    return false;
  }
  const auto at = [&](std::size_t i) {
    return std::to_integer<std::size_t>(page.begin()[static_cast<std::ptrdiff_t>(i)]);
  };
  std::size_t needed = 27 + at(26);
  for (std::size_t i = 27; i < 27 + at(26) && i < left; ++i) {
    needed += at(i);
  }
  return (at(5) & 4U) != 0 && needed <= left;
}

// ---- decoding

void LibavInput::cut(std::string why) {
  if (damage_.cut.empty() && !is_cancelled()) {
    damage_.cut = std::move(why);
  }
}

void LibavInput::feed() {
  if (ended_) {
    return;
  }
  if (draining_ || ++packets_without_sound_ > kMostPacketsWithoutSound) {
    if (!draining_) {
      cut("nothing more can be decoded");
    }
    ended_ = true;
    return;
  }
  const int code = av_read_frame(context_.get(), packet_.get());
  if (code == AVERROR(EAGAIN)) { // a device that was asked not to block
    if (is_cancelled()) {
      ended_ = true;
      return;
    }
    --packets_without_sound_;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    return;
  }
  if (code < 0) {
    const bool failing = context_->pb != nullptr && context_->pb->error < 0 && context_->pb->error != AVERROR_EOF;
    if (code != AVERROR_EOF || failing) {
      cut(failed(code != AVERROR_EOF ? code : context_->pb->error, "reading stopped").what);
    }
    draining_ = true;
    avcodec_send_packet(codec_.get(), nullptr);
    return;
  }
  if (packet_->stream_index == stream_->index) {
    std::size_t size = 0;
    const auto* const skip = av_packet_get_side_data(packet_.get(), AV_PKT_DATA_SKIP_SAMPLES, &size);
    if (produced_ == 0 && skip != nullptr && size >= 4) {
      skipped_ = skip[0] | skip[1] << 8 | skip[2] << 16;
    }
    const int sent = avcodec_send_packet(codec_.get(), packet_.get());
    if (sent < 0 && sent != AVERROR(EAGAIN)) {
      ++damage_.bad_packets;
      last_packet_bad_ = true;
      complaint_ = take_libav_message();
    } else {
      last_packet_bad_ = false;
    }
  }
  av_packet_unref(packet_.get());
}

void LibavInput::decode() {
  while (!ended_) {
    if (is_cancelled()) {
      ended_ = true;
      return;
    }
    const int code = avcodec_receive_frame(codec_.get(), frame_.get());
    if (code == 0) {
      packets_without_sound_ = 0;
      take(*frame_);
      if (silence_ > 0 || handed_ < planes_.front().size()) {
        return;
      }
    } else if (code == AVERROR_EOF) {
      end();
    } else {
      if (code != AVERROR(EAGAIN)) {
        ++damage_.bad_packets;
        last_packet_bad_ = true;
        complaint_ = take_libav_message();
      }
      feed();
      if (ended_) {
        end();
      }
    }
  }
}

void LibavInput::take(const AVFrame& frame) {
  if (frame.nb_samples <= 0) {
    return;
  }
  if (planes_.front().empty() || handed_ == planes_.front().size()) {
    for (auto& plane : planes_) {
      plane.clear();
    }
    handed_ = 0;
    place(frame);
  } // else padding is held back, and a gap within it means nothing
  const std::size_t before = planes_.front().size();
  if (!convert(frame)) {
    ++damage_.bad_packets;
    return;
  }
  repair(before);
  produced_ += static_cast<std::int64_t>(planes_.front().size() - before);
}

void LibavInput::place(const AVFrame& frame) {
  const std::int64_t pts = frame.best_effort_timestamp;
  // A stream without a container has no clock: libav counts its frames, all at the rate of the first.
  const bool counted = frame.sample_rate != static_cast<int>(format_.sample_rate.value) &&
                       std::ranges::any_of(kBareStreams, [&](std::string_view name) {
                         return is_one_of(context_->iformat->name, name);
                       });
  if (pts == AV_NOPTS_VALUE || counted) {
    anchor_pts_ = AV_NOPTS_VALUE;
    return;
  }
  if (anchor_pts_ == AV_NOPTS_VALUE) {
    anchor_pts_ = pts;
    anchor_frame_ = produced_;
    return;
  }
  const auto rate = static_cast<int>(format_.sample_rate.value);
  const AVRational frames{1, rate};
  const std::int64_t since = av_rescale_q(av_sat_sub64(pts, anchor_pts_), stream_->time_base, frames);
  const std::int64_t gap = av_sat_sub64(av_sat_add64(anchor_frame_, since), produced_);
  // Less than most of a frame cannot be a lost one: it is rounding, or a writer with an unsteady hand.
  const std::int64_t own = av_rescale(frame.nb_samples, rate, std::max(frame.sample_rate, 1));
  const std::int64_t ticks = av_rescale_q(2, stream_->time_base, frames);
  // Vorbis' timestamps within a page are off by up to a quarter of its longest block where block sizes change.
  const std::int64_t unsteady = codec_->codec_id == AV_CODEC_ID_VORBIS ? 4'096 : rate / 100;
  const std::int64_t meant = std::max({unsteady, own * 3 / 4, ticks});
  if (gap > meant && gap <= kLongestGapSeconds * rate &&
      damage_.silence.value + gap <= produced_ + kLongestGapSeconds * rate) {
    silence_ = gap;
    produced_ += gap;
    damage_.silence += Frames{gap};
  } else if (gap > meant || gap < -rate) {
    // Backwards by less than a second is a timestamp that its writer gave twice, as libav does where HLS begins.
    anchor_pts_ = pts;
    anchor_frame_ = produced_;
    ++damage_.clock_jumps;
  }
}

bool LibavInput::convert(const AVFrame& frame) {
  const FrameShape shape{frame.sample_rate, frame.ch_layout.nb_channels,
                         frame.ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? frame.ch_layout.u.mask : 0, frame.format};
  const auto channels = static_cast<std::size_t>(format_.channels);
  if (shape != shape_) {
    if (resampler_ && shape_.rate != static_cast<int>(format_.sample_rate.value)) {
      append(nullptr, 0); // what the resampler of the format before still holds
    }
    if (shape_.rate != 0 && (shape.rate != shape_.rate || shape.channels != shape_.channels)) {
      ++damage_.format_changes;
    }
    AVChannelLayout from{};
    if (shape.mask != 0) {
      av_channel_layout_copy(&from, &frame.ch_layout);
    } else {
      av_channel_layout_default(&from, shape.channels);
    }
    SwrContext* resampler = nullptr;
    int code =
        swr_alloc_set_opts2(&resampler, &layout_, AV_SAMPLE_FMT_FLTP, static_cast<int>(format_.sample_rate.value),
                            &from, static_cast<AVSampleFormat>(shape.sample_format), shape.rate, 0, nullptr);
    av_channel_layout_uninit(&from);
    code = code < 0 ? code : swr_init(resampler);
    resampler_.reset(resampler);
    if (code < 0) {
      resampler_.reset();
      shape_ = {};
      return false;
    }
    shape_ = shape;
  }
  if (shape.sample_format == AV_SAMPLE_FMT_FLTP && shape.channels == format_.channels &&
      shape.rate == static_cast<int>(format_.sample_rate.value) && (shape.mask == 0 || shape.mask == layout_.u.mask)) {
    for (std::size_t i = 0; i < channels; ++i) {
      const auto* const samples = reinterpret_cast<const float*>(frame.extended_data[i]);
      planes_[i].insert(planes_[i].end(), samples, samples + frame.nb_samples);
    }
    return true;
  }
  append(frame.extended_data, frame.nb_samples);
  return true;
}

void LibavInput::append(const std::uint8_t* const* data, int frames) {
  const std::size_t before = planes_.front().size();
  const int room = std::max(swr_get_out_samples(resampler_.get(), frames), 0);
  std::array<std::uint8_t*, kMaxChannels> out{};
  for (std::size_t i = 0; i < planes_.size(); ++i) {
    planes_[i].resize(before + static_cast<std::size_t>(room));
    out[i] = reinterpret_cast<std::uint8_t*>(planes_[i].data() + before);
  }
  // libav takes the input without const, and leaves it as it is.
  const int got = swr_convert(resampler_.get(), out.data(), room, const_cast<const std::uint8_t**>(data), frames);
  for (auto& plane : planes_) {
    plane.resize(before + static_cast<std::size_t>(std::max(got, 0)));
  }
}

void LibavInput::repair(std::size_t from) {
  for (auto& plane : planes_) {
    const auto added = std::span{plane}.subspan(from);
    int broken = 0; // counted first, as nearly always there are none, and counting is quick
    for (const float sample : added) {
      broken += std::abs(sample) <= kLargestSample ? 0 : 1;
    }
    if (broken == 0) {
      continue;
    }
    for (float& sample : added) {
      if (!(std::abs(sample) <= kLargestSample)) { // also catches NaN
        sample = sample > 0.0F ? kLargestSample : (sample < 0.0F ? -kLargestSample : 0.0F);
        ++damage_.repaired_samples;
      }
    }
  }
}

void LibavInput::end() {
  ended_ = true;
  if (is_cancelled()) {
    return;
  }
  if (resampler_ && shape_.rate != static_cast<int>(format_.sample_rate.value) && !planes_.empty()) {
    const std::size_t before = planes_.front().size();
    append(nullptr, 0);
    repair(before);
    produced_ += static_cast<std::int64_t>(planes_.front().size() - before);
  }
  if (trim_to_ && produced_ > *trim_to_ && produced_ - *trim_to_ <= kLongestPadding && position_ <= *trim_to_) {
    const auto drop = static_cast<std::size_t>(produced_ - *trim_to_);
    for (auto& plane : planes_) {
      plane.resize(plane.size() - std::min(drop, plane.size() - handed_));
    }
    produced_ = *trim_to_;
  }
  const double rate = format_.sample_rate.value;
  if (claimed_ && produced_ + claim_slack_ < *claimed_) {
    cut(fmt::format("the file says that it lasts {:.2f} s, but ends after {:.2f} s",
                    static_cast<double>(*claimed_) / rate, static_cast<double>(produced_) / rate));
  }
  if (last_packet_bad_) {
    cut(fmt::format("its last packet is damaged{}{}", complaint_.empty() ? "" : ": ", complaint_));
  }
  if (is_one_of(context_->iformat->name, "ogg") && bytes_ && bytes_->size() && !ogg_is_whole()) {
    cut("the stream's end is missing");
  }
  length_ = Frames{produced_};
}

core::Result<core::AudioBlock> LibavInput::read() {
  while (true) {
    if (is_cancelled()) {
      ended_ = true;
      return core::AudioBlock{};
    }
    if (silence_ > 0) {
      const auto count = std::min<std::int64_t>(silence_, kMaxBlock);
      silence_ -= count;
      position_ += count;
      std::ranges::fill(channels_, zeros_.data());
      return core::AudioBlock{channels_, static_cast<std::size_t>(count)};
    }
    const std::size_t held = planes_.front().size() - handed_;
    std::size_t count = std::min(held, kMaxBlock);
    if (trim_to_ && !ended_) {
      count = std::min(count, static_cast<std::size_t>(std::max<std::int64_t>(*trim_to_ - position_, 0)));
      if (static_cast<std::int64_t>(held) > kLongestPadding + static_cast<std::int64_t>(kMaxBlock) && count == 0) {
        trim_to_.reset(); // too much for padding: the length in the header is wrong, the sound goes on
        continue;
      }
    }
    if (count > 0) {
      for (std::size_t i = 0; i < channels_.size(); ++i) {
        channels_[i] = planes_[i].data() + handed_;
      }
      handed_ += count;
      position_ += static_cast<std::int64_t>(count);
      return core::AudioBlock{channels_, count};
    }
    if (ended_) {
      return core::AudioBlock{};
    }
    decode();
  }
}

} // namespace auralis::media
