// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>

#include "auralis/core/result.hpp"

namespace auralis::server {

/// A file without a name: it goes with the last that holds it open, whatever ends the process. Thread: one at a time.
class TemporaryFile {
public:
  /// On the disk of `folder`; where that is empty, on that of the system's temporary files.
  [[nodiscard]] static core::Result<TemporaryFile> make(const std::filesystem::path& folder);
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// Appends. Errors: limit_exceeded where the disk is full, io.
  [[nodiscard]] core::Result<void> write(std::span<const char> bytes);
  /// Where this process can open it, from its beginning, as long as this object lives.
  [[nodiscard]] std::filesystem::path path() const;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
  explicit TemporaryFile(int descriptor) noexcept : descriptor_{descriptor} {}

  int descriptor_;
};

} // namespace auralis::server
