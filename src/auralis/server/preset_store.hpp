// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "auralis/core/result.hpp"
#include "auralis/protocol/messages.hpp"

namespace auralis::server {

/// The built-in presets, which nobody can change, and those that users have made, kept in `presets.json` below a
/// folder.
///
/// A change is on the disk (written beside, synchronised, renamed over) before it is seen, or it has not happened.
/// Thread: reading any; changing one thread at a time. Realtime: no; changing waits for the disk.
class PresetStore {
public:
  /// An empty folder keeps them in memory. \throws std::runtime_error if the file is there but cannot be read as
  /// presets, or the folder cannot be made.
  PresetStore(const std::filesystem::path& folder, std::size_t most);

  [[nodiscard]] protocol::PresetList list() const;
  [[nodiscard]] std::optional<protocol::PresetDocument> find(std::string_view id) const;

  enum class Refusal { exists, read_only, full, failed, missing };
  struct Refused {
    Refusal why;
    core::Error error;
  };
  template <typename T> using Changed = tl::expected<T, Refused>;

  /// `builtin` in the document is ignored.
  [[nodiscard]] Changed<protocol::PresetDocument> create(protocol::PresetDocument preset);
  /// Makes it or replaces it; true if it was made.
  [[nodiscard]] Changed<bool> put(protocol::PresetDocument preset);
  [[nodiscard]] Changed<void> erase(std::string_view id);

private:
  using Presets = std::map<std::string, protocol::PresetDocument, std::less<>>;

  [[nodiscard]] Changed<void> commit(Presets presets);

  std::filesystem::path file_; // empty: in memory
  std::size_t most_;
  Presets builtin_;
  mutable std::mutex mutex_;
  Presets own_; // under mutex_ for reading; written by the one changing thread alone
};

/// Replaces a file's content whole or not at all: temporary file beside it, fsync, rename, fsync of the folder.
[[nodiscard]] core::Result<void> write_atomically(const std::filesystem::path& file, std::string_view content);

} // namespace auralis::server
