// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/server/http.hpp"

namespace auralis::server {

/// Serves the files of one folder, each kept in memory from when it was first asked for until it changes on disk.
///
/// A path can only name what lies below the folder: parse_target has refused "..", and what a symbolic link leads out
/// of it is not found. Files larger than 32 MiB are not served; nothing of ours is. Thread: one owner. Realtime: no; a
/// file's first use reads it.
class StaticFiles {
public:
  /// An empty root serves nothing. \throws std::runtime_error if the root is no folder.
  explicit StaticFiles(const std::filesystem::path& root);

  /// Answers GET and HEAD; others get 405. "/" is index.html.
  [[nodiscard]] Response serve(const Request& request);

private:
  struct File {
    std::filesystem::file_time_type changed;
    std::uintmax_t size = 0;
    std::string etag;
    std::shared_ptr<const std::string> bytes;
  };

  [[nodiscard]] const File* find(const std::filesystem::path& path);

  std::filesystem::path root_;
  std::map<std::filesystem::path, File> files_;
};

/// The media type by the name's ending; with charset where it is text.
[[nodiscard]] std::string_view media_type(std::string_view file_name) noexcept;

/// An entity tag for these bytes: FNV-1a of 64 bits and the length.
[[nodiscard]] std::string entity_tag(std::string_view bytes);
/// Whether If-None-Match names the tag (RFC 9110, 13.1.2: weak comparison).
[[nodiscard]] bool tag_matches(std::string_view if_none_match, std::string_view etag) noexcept;

} // namespace auralis::server
