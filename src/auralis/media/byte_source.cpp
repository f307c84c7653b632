// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace auralis::media {
namespace {

/// How long a cancelled read may go on waiting: a person who pressed a key does not notice.
constexpr int kCancelWithinMs = 50;

std::string reason() { return std::generic_category().message(errno); }

} // namespace

core::Result<std::unique_ptr<FileBytes>> FileBytes::open(const std::filesystem::path& path) {
  std::error_code status_error;
  const auto status = std::filesystem::status(path, status_error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return core::fail(core::ErrorCode::not_found, "there is no such file", path.string());
  }
  if (!std::filesystem::is_regular_file(status)) {
    return core::fail(core::ErrorCode::invalid_argument,
                      std::filesystem::is_directory(status) ? "is a folder, not a sound file"
                                                            : "is no regular file; read a pipe as standard input",
                      path.string());
  }
  File file{std::fopen(path.c_str(), "rb")};
  if (!file) {
    return core::fail(core::ErrorCode::io, fmt::format("cannot open the file: {}", reason()), path.string());
  }
  // libav keeps a buffer of its own.
  static_cast<void>(std::setvbuf(file.get(), nullptr, _IONBF, 0));
  if (fseeko(file.get(), 0, SEEK_END) != 0) {
    return core::fail(core::ErrorCode::io, fmt::format("cannot read the file: {}", reason()), path.string());
  }
  const std::int64_t size = ftello(file.get());
  if (size < 0 || fseeko(file.get(), 0, SEEK_SET) != 0) {
    return core::fail(core::ErrorCode::io, fmt::format("cannot read the file: {}", reason()), path.string());
  }
  return std::unique_ptr<FileBytes>{new FileBytes{std::move(file), size}};
}

std::ptrdiff_t FileBytes::read(std::span<std::byte> out) {
  const std::size_t count = std::fread(out.data(), 1, out.size(), file_.get());
  return count == 0 && std::ferror(file_.get()) != 0 ? kFailed : static_cast<std::ptrdiff_t>(count);
}

bool FileBytes::seek(std::int64_t to) { return fseeko(file_.get(), to, SEEK_SET) == 0; }

std::ptrdiff_t MemoryBytes::read(std::span<std::byte> out) {
  const std::size_t count = std::min(out.size(), bytes_.size() - at_);
  std::memcpy(out.data(), bytes_.data() + at_, count);
  at_ += count;
  return static_cast<std::ptrdiff_t>(count);
}

bool MemoryBytes::seek(std::int64_t to) {
  if (to < 0) {
    return false;
  }
  at_ = std::min(static_cast<std::size_t>(to), bytes_.size());
  return true;
}

std::ptrdiff_t PipeBytes::read(std::span<std::byte> out) {
  while (!stop_.stop_requested()) {
    pollfd wanted{descriptor_, POLLIN, 0};
    const int ready = poll(&wanted, 1, kCancelWithinMs);
    if (ready < 0 && errno != EINTR) {
      return kFailed;
    }
    if (ready <= 0) {
      continue;
    }
    const ssize_t count = ::read(descriptor_, out.data(), out.size());
    if (count >= 0) {
      return count;
    }
    if (errno != EINTR && errno != EAGAIN) {
      return kFailed;
    }
  }
  return 0;
}

} // namespace auralis::media
