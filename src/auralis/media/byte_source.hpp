// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>

#include "auralis/core/result.hpp"

namespace auralis::media {

/// Where the bytes of a container come from.
///
/// Thread: one owner. Realtime: no.
class ByteSource {
public:
  static constexpr std::ptrdiff_t kFailed = -1;

  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Up to out.size() bytes; 0 at the end, kFailed when reading failed.
  [[nodiscard]] virtual std::ptrdiff_t read(std::span<std::byte> out) = 0;
  /// False where the source cannot go there.
  [[nodiscard]] virtual bool seek(std::int64_t to) = 0;
  /// None for what has no known end, such as a pipe; such a source cannot seek.
  [[nodiscard]] virtual std::optional<std::int64_t> size() const = 0;
};

class FileBytes final : public ByteSource {
public:
  [[nodiscard]] static core::Result<std::unique_ptr<FileBytes>> open(const std::filesystem::path& path);

  [[nodiscard]] std::ptrdiff_t read(std::span<std::byte> out) override;
  [[nodiscard]] bool seek(std::int64_t to) override;
  [[nodiscard]] std::optional<std::int64_t> size() const override { return size_; }

private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  FileBytes(File file, std::int64_t size) : file_{std::move(file)}, size_{size} {}

  File file_;
  std::int64_t size_;
};

/// Reads what somebody else keeps alive.
class MemoryBytes final : public ByteSource {
public:
  explicit MemoryBytes(std::span<const std::byte> bytes) : bytes_{bytes} {}

  [[nodiscard]] std::ptrdiff_t read(std::span<std::byte> out) override;
  [[nodiscard]] bool seek(std::int64_t to) override;
  [[nodiscard]] std::optional<std::int64_t> size() const override { return static_cast<std::int64_t>(bytes_.size()); }

private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

/// A pipe, a terminal or a socket, by its descriptor, which stays the caller's. Waiting for bytes ends when asked to.
class PipeBytes final : public ByteSource {
public:
  /// Once a stop is requested, every read is at the end.
  PipeBytes(int descriptor, std::stop_token stop) : descriptor_{descriptor}, stop_{std::move(stop)} {}

  [[nodiscard]] std::ptrdiff_t read(std::span<std::byte> out) override;
  [[nodiscard]] bool seek(std::int64_t) override { return false; }
  [[nodiscard]] std::optional<std::int64_t> size() const override { return std::nullopt; }

private:
  int descriptor_;
  std::stop_token stop_;
};

} // namespace auralis::media
