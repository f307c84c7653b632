// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/temporary_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace auralis::server {
namespace {

tl::unexpected<core::Error> failed(std::string_view doing, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return core::fail(full ? core::ErrorCode::limit_exceeded : core::ErrorCode::io,
                    fmt::format("{} failed: {}", doing, std::generic_category().message(error)));
}

} // namespace

core::Result<TemporaryFile> TemporaryFile::make(const std::filesystem::path& folder) {
  std::error_code error;
  const auto place = folder.empty() ? std::filesystem::temp_directory_path(error) : folder;
  if (error) {
    return failed("finding the folder of temporary files", error.value());
  }
  auto name = (place / "auralis-upload-XXXXXX").string();
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return failed("making a temporary file in " + place.string(), errno);
  }
  ::unlink(name.c_str());
  return TemporaryFile{descriptor};
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

core::Result<void> TemporaryFile::write(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return failed("writing the temporary file", errno);
    }
    bytes = bytes.subspan(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return {};
}

std::filesystem::path TemporaryFile::path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

} // namespace auralis::server
