// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/static_files.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace auralis::server {
namespace {

constexpr std::uintmax_t kLargest = 32U * 1024U * 1024U;

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml; charset=utf-8"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".wasm", "application/wasm"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".ogg", "audio/ogg"},
    {".opus", "audio/ogg; codecs=opus"},
    {".flac", "audio/flac"},
    {".wav", "audio/wav"},
}};

core::Error missing(std::string_view what) { return {core::ErrorCode::not_found, std::string{what}, "path"}; }

} // namespace

std::string_view media_type(std::string_view file_name) noexcept {
  const auto found = std::ranges::find_if(kTypes, [&](const auto& one) { return file_name.ends_with(one.first); });
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

std::string entity_tag(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  return fmt::format("\"{:016x}-{:x}\"", hash, bytes.size());
}

bool tag_matches(std::string_view if_none_match, std::string_view etag) noexcept {
  if (if_none_match == "*") {
    return true;
  }
  while (!if_none_match.empty()) {
    const auto comma = if_none_match.find(',');
    auto one = if_none_match.substr(0, comma);
    if_none_match = comma == if_none_match.npos ? std::string_view{} : if_none_match.substr(comma + 1);
    while (!one.empty() && one.front() == ' ') {
      one.remove_prefix(1);
    }
    while (!one.empty() && one.back() == ' ') {
      one.remove_suffix(1);
    }
    if (one.starts_with("W/")) {
      one.remove_prefix(2);
    }
    if (one == etag) {
      return true;
    }
  }
  return false;
}

StaticFiles::StaticFiles(const std::filesystem::path& root) {
  if (!root.empty()) {
    if (!std::filesystem::is_directory(root)) {
      throw std::runtime_error(fmt::format("the page's folder {} does not exist (server.web_root)", root.string()));
    }
    root_ = std::filesystem::canonical(root);
  }
}

const StaticFiles::File* StaticFiles::find(const std::filesystem::path& path) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::is_regular_file(real, error)) {
    files_.erase(path);
    return nullptr;
  }
  const auto inside = std::ranges::mismatch(root_, real).in1 == root_.end();
  const auto size = std::filesystem::file_size(real, error);
  const auto changed = error ? std::filesystem::file_time_type{} : std::filesystem::last_write_time(real, error);
  if (!inside || error || size > kLargest) {
    return nullptr;
  }
  auto& file = files_[path];
  if (!file.bytes || file.changed != changed || file.size != size) {
    std::ifstream stream{real, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{stream}, {}};
    if (!stream && !stream.eof()) {
      files_.erase(path);
      return nullptr;
    }
    auto etag = entity_tag(bytes);
    file = {changed, size, std::move(etag), std::make_shared<const std::string>(std::move(bytes))};
  }
  return &file;
}

Response StaticFiles::serve(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    return not_allowed(request.method, "GET, HEAD, OPTIONS");
  }
  if (root_.empty()) {
    return error_response(404, missing("no page is installed (server.web_root is empty); the API is at /docs"));
  }
  auto path = root_;
  for (const auto& segment : request.target.path) {
    path /= segment;
  }
  if (request.target.path.empty() || request.target.path.back().empty()) {
    path /= "index.html";
  }
  const auto* file = find(path);
  if (file == nullptr) {
    return error_response(404, missing("there is nothing here"));
  }
  // The bundler puts a hash of the content into the names below assets/, so that these never change.
  const bool hashed = request.target.path.size() > 1 && request.target.path.front() == "assets";
  Response response{.headers = {{"ETag", file->etag},
                                {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"}}};
  if (tag_matches(request.if_none_match, file->etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = media_type(path.filename().string());
  response.body = file->bytes;
  return response;
}

} // namespace auralis::server
