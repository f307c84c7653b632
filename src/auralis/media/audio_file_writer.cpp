// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/audio_file_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <fmt/format.h>
#include <sndfile.h>
#include <string_view>
#include <utility>

#include "auralis/media/pcm.hpp"

namespace auralis::media {
namespace {

using core::ErrorCode;
using core::Frames;
using core::Hertz;

/// libsndfile's Vorbis encoder overflows its stack when handed a minute in one call; small chunks suit every format.
constexpr std::size_t kChunk = 4096;

struct Format {
  std::string_view ending;
  int sndfile;
  bool lossless;
};
constexpr std::array kFormats{
    Format{".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, true},
    Format{".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, true},
    Format{".ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, false},
    Format{".opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, false},
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

} // namespace

void AudioFileWriter::Close::operator()(sf_private_tag* file) const noexcept { sf_close(file); }

AudioFileWriter::AudioFileWriter(std::filesystem::path path, std::unique_ptr<sf_private_tag, Close> file, bool lossless)
    : path_{std::move(path)}, file_{std::move(file)}, lossless_{lossless}, floats_(2 * kChunk), shorts_(2 * kChunk) {}

core::Result<AudioFileWriter> AudioFileWriter::open(const std::filesystem::path& path, Hertz sample_rate) {
  const std::string ending = lower(path.extension().string());
  const auto* const format = std::ranges::find(kFormats, ending, &Format::ending);
  if (format == kFormats.end()) {
    return core::fail(
        ErrorCode::invalid_argument,
        fmt::format("cannot tell the format from the ending \"{}\"; use .wav, .flac, .ogg or .opus", ending),
        path.string());
  }
  SF_INFO info{};
  info.samplerate = static_cast<int>(sample_rate.value);
  info.channels = 2;
  info.format = format->sndfile;
  if (sf_format_check(&info) == SF_FALSE || static_cast<double>(info.samplerate) != sample_rate.value) {
    return core::fail(ErrorCode::invalid_argument,
                      fmt::format("{} files cannot hold {} Hz stereo", ending, sample_rate.value), path.string());
  }
  std::unique_ptr<sf_private_tag, Close> file{sf_open(path.c_str(), SFM_WRITE, &info)};
  if (!file) {
    const bool rate_refused = ending == ".opus" && info.samplerate != 48'000;
    return core::fail(rate_refused ? ErrorCode::invalid_argument : ErrorCode::io,
                      rate_refused ? fmt::format(".opus files cannot hold {} Hz; use 48000", info.samplerate)
                                   : fmt::format("cannot write the file: {}", sf_strerror(nullptr)),
                      path.string());
  }
  return AudioFileWriter{path, std::move(file), format->lossless};
}

core::Result<void> AudioFileWriter::write(std::span<const float> left, std::span<const float> right) {
  assert(left.size() == right.size());
  assert(file_);
  while (!left.empty()) {
    const std::size_t frames = std::min(left.size(), kChunk);
    const auto floats = std::span{floats_}.first(2 * frames);
    interleave(left.first(frames), right.first(frames), floats);
    sf_count_t taken = 0;
    if (lossless_) {
      std::ranges::transform(floats, shorts_.begin(), to_pcm16);
      taken = sf_writef_short(file_.get(), shorts_.data(), static_cast<sf_count_t>(frames));
    } else {
      taken = sf_writef_float(file_.get(), floats_.data(), static_cast<sf_count_t>(frames));
    }
    written_ += Frames{taken};
    if (taken != static_cast<sf_count_t>(frames)) {
      return core::fail(ErrorCode::io, fmt::format("writing stopped: {}", sf_strerror(file_.get())), path_.string());
    }
    left = left.subspan(frames);
    right = right.subspan(frames);
  }
  return {};
}

core::Result<void> AudioFileWriter::close() {
  const int code = sf_close(file_.release());
  if (code != SF_ERR_NO_ERROR) {
    return core::fail(ErrorCode::io, fmt::format("finishing the file failed: {}", sf_error_number(code)),
                      path_.string());
  }
  return {};
}

} // namespace auralis::media
