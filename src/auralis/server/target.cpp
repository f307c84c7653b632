// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/target.hpp"

#include <algorithm>

namespace auralis::server {
namespace {

constexpr std::size_t kMost = 32;

int hex(char c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

tl::unexpected<core::Error> refused(std::string what, std::string_view where) {
  return core::fail(core::ErrorCode::invalid_argument, std::move(what), std::string{where});
}

core::Result<std::string> decoded(std::string_view text, bool plus_is_space, std::string_view where) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) {
        return refused("a % is not followed by two hexadecimal digits", where);
      }
      c = static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20U || c == '\x7F') {
      return refused("a control character has no place here", where);
    }
    out += c;
  }
  if (!is_utf8(out)) {
    return refused("the text is not UTF-8", where);
  }
  return out;
}

} // namespace

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < text.size()) {
    const auto lead = byte(i);
    const std::size_t length = lead < 0x80U                     ? 1
                               : lead >= 0xC2U && lead < 0xE0U  ? 2
                               : (lead & 0xF0U) == 0xE0U        ? 3
                               : lead >= 0xF0U && lead <= 0xF4U ? 4
                                                                : 0;
    if (length == 0 || i + length > text.size()) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80U) {
        return false;
      }
    }
    if ((lead == 0xE0U && byte(i + 1) < 0xA0U) || (lead == 0xEDU && byte(i + 1) >= 0xA0U) ||
        (lead == 0xF0U && byte(i + 1) < 0x90U) || (lead == 0xF4U && byte(i + 1) >= 0x90U)) {
      return false; // overlong, surrogate, or beyond U+10FFFF
    }
    i += length;
  }
  return true;
}

std::optional<std::string_view> Target::field(std::string_view name) const {
  const auto found = std::ranges::find_if(query, [&](const auto& one) { return one.first == name; });
  return found == query.end() ? std::nullopt : std::optional<std::string_view>{found->second};
}

core::Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') {
    return refused("a request target begins with /", "target");
  }
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '#' || c == '\\' || c == '\x7F'; })) {
    return refused("the request target holds a character that must be percent-encoded", "target");
  }
  Target target;
  const auto mark = text.find('?');
  auto path = text.substr(1, mark == text.npos ? text.npos : mark - 1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    auto segment = decoded(path.substr(0, slash), false, "path");
    if (!segment) {
      return tl::unexpected{segment.error()};
    }
    if (*segment == "." || *segment == ".." || segment->find_first_of("/\\") != segment->npos) {
      return refused("a path segment may not be . or .. nor hold a slash", "path");
    }
    target.path.push_back(std::move(*segment));
    if (slash != path.npos && slash + 1 == path.size()) {
      target.path.emplace_back(); // "/a/" is not "/a"
    }
    path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
    if (target.path.size() > kMost) {
      return refused("the path has too many segments", "path");
    }
  }
  auto query = mark == text.npos ? std::string_view{} : text.substr(mark + 1);
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty()) {
      continue;
    }
    const auto equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals), true, "query");
    auto value = decoded(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1), true, "query");
    if (!name || !value) {
      return tl::unexpected{name ? value.error() : name.error()};
    }
    if (target.field(*name)) {
      return refused("the query field " + *name + " is given twice", "query");
    }
    target.query.emplace_back(std::move(*name), std::move(*value));
    if (target.query.size() > kMost) {
      return refused("the query has too many fields", "query");
    }
  }
  return target;
}

} // namespace auralis::server
