// SPDX-License-Identifier: Apache-2.0
#include "auralis/store/web.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <curl/curl.h>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace auralis::store {
namespace {

using core::ErrorCode;

constexpr int kMostRedirections = 5;
constexpr long kConnectSeconds = 10;
constexpr long kSilentSeconds = 30;

struct FreeUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
struct FreeEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeText {
  void operator()(char* text) const noexcept { curl_free(text); }
};

tl::unexpected<core::Error> refused(std::string what) {
  return core::fail(ErrorCode::invalid_argument, std::move(what), "/url");
}

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) {
    return std::nullopt;
  }
  const std::unique_ptr<char, FreeText> owner{text};
  return std::string{text};
}

/// A name to show: no separators, nothing that a terminal obeys.
bool presentable(std::string_view name) noexcept {
  return name.size() <= 255 && name != "." && name != ".." && std::ranges::none_of(name, [](char c) {
           return static_cast<unsigned char>(c) < 0x20U || c == '\x7F' || c == '/' || c == '\\' ||
                  static_cast<unsigned char>(c) >= 0x80U;
         });
}

/// Once for the process, before the first use of the library.
void begin() {
  static const auto begun = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(begun);
}

/// What the library's callbacks know.
struct Transfer {
  int file;
  const Download& options;
  std::uint64_t written = 0;
  std::optional<core::Error> failure;
};

std::size_t take(char* data, std::size_t /*one*/, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (transfer.written + size > transfer.options.limit) {
    transfer.failure = core::Error{ErrorCode::limit_exceeded,
                                   fmt::format("the file is above {} bytes", transfer.options.limit), "/url"};
    return 0;
  }
  std::string_view rest{data, size};
  while (!rest.empty()) {
    const auto written = ::write(transfer.file, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) {
      transfer.failure =
          core::Error{ErrorCode::io, "writing the file failed: " + std::generic_category().message(errno), ""};
      return 0;
    }
    rest.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  transfer.written += size;
  return size;
}

int watch(void* context, curl_off_t total, curl_off_t now, curl_off_t /*up_total*/, curl_off_t /*up*/) {
  auto& transfer = *static_cast<Transfer*>(context);
  const double share = total > 0 ? std::clamp(static_cast<double>(now) / static_cast<double>(total), 0.0, 1.0) : 0.0;
  if (transfer.options.go_on && !transfer.options.go_on(share)) {
    transfer.failure = core::Error{ErrorCode::unavailable, "the download was cancelled", "/url"};
    return 1;
  }
  return 0;
}

core::Result<WebAddress> read_once(std::string_view text) {
  begin();
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20U || c == '\x7F'; })) {
    return refused("an address holds no spaces and no control characters");
  }
  const std::unique_ptr<CURLU, FreeUrl> url{curl_url()};
  const std::string terminated{text};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, terminated.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return refused("this is no address, expected one such as https://audio.example/song.mp3");
  }
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  if (!scheme || (*scheme != "http" && *scheme != "https")) {
    return refused("the address begins neither with http:// nor with https://");
  }
  if (part(url.get(), CURLUPART_USER) || part(url.get(), CURLUPART_PASSWORD)) {
    return refused("an address with a user's name or password is not fetched");
  }
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  WebAddress address;
  auto host = part(url.get(), CURLUPART_HOST, CURLU_URLDECODE);
  const auto port = part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  auto whole = part(url.get(), CURLUPART_URL);
  if (!host || host->empty() || !port || !whole ||
      std::from_chars(port->data(), port->data() + port->size(), address.port).ec != std::errc{}) {
    return refused("the address has no host");
  }
  std::ranges::transform(*host, host->begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (host->ends_with('.')) {
    host->pop_back(); // the root's dot: the same name
  }
  if (host->empty()) {
    return refused("the address has no host");
  }
  address.host = std::move(*host);
  address.url = std::move(*whole);
  address.usual_port = address.port == (*scheme == "https" ? 443 : 80);
  if (const auto path = part(url.get(), CURLUPART_PATH, CURLU_URLDECODE)) {
    if (auto name = path->substr(path->rfind('/') + 1); presentable(name)) {
      address.file_name = std::move(name);
    }
  }
  return address;
}

} // namespace

core::Result<WebAddress> parse_web_address(std::string_view text) {
  auto address = read_once(text);
  if (address) {
    // What is fetched is read from the normalised text once more: 2130706%33 is a name, 21307063 a number.
    const auto fetched = read_once(address->url);
    if (!fetched || fetched->host != address->host || fetched->port != address->port) {
      return refused("the address leads to another host once it is written out");
    }
  }
  return address;
}

bool host_listed(const WebAddress& address, std::span<const std::string> hosts) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::any_of(hosts, [&](std::string_view entry) {
    // A colon before the last bracket belongs to an IPv6 address.
    const auto colon = entry.rfind(':');
    const bool has_port = colon != entry.npos && entry.find(']', colon) == entry.npos;
    const auto name = has_port ? entry.substr(0, colon) : entry;
    if (!std::ranges::equal(name, address.host, {}, lower)) {
      return false;
    }
    if (!has_port) {
      return address.usual_port;
    }
    std::uint16_t port = 0;
    const auto digits = entry.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc{} && end == digits.data() + digits.size() && port == address.port;
  });
}

core::Result<void> download(const WebAddress& address, int file, const Download& options) {
  begin();
  auto at = address;
  for (int hop = 0; hop <= kMostRedirections; ++hop) {
    if (!host_listed(at, options.hosts)) {
      return core::fail(ErrorCode::unavailable,
                        fmt::format("{}:{} is not among the hosts that may be asked", at.host, at.port), "/url");
    }
    const std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
    if (!easy) {
      return core::fail(ErrorCode::internal, "no transfer could be made");
    }
    Transfer transfer{file, options};
    auto* curl = easy.get();
    curl_easy_setopt(curl, CURLOPT_URL, at.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L); // each new host is looked at first
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "Auralis");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
    const auto code = curl_easy_perform(curl);
    if (transfer.failure) {
      return tl::unexpected{*transfer.failure};
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
      return core::fail(ErrorCode::unavailable,
                        code == CURLE_HTTP_RETURNED_ERROR
                            ? fmt::format("{} answered with status {}", at.host, status)
                            : fmt::format("{} cannot be read: {}", at.host, curl_easy_strerror(code)),
                        "/url");
    }
    const char* next = nullptr;
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &next);
    if (next == nullptr) {
      return {};
    }
    auto parsed = parse_web_address(next);
    if (!parsed) {
      return tl::unexpected{parsed.error()};
    }
    at = std::move(*parsed);
    // What a redirection says besides where to go is no part of the file.
    if (::ftruncate(file, 0) != 0 || ::lseek(file, 0, SEEK_SET) != 0) {
      return core::fail(ErrorCode::io, "emptying the file failed: " + std::generic_category().message(errno));
    }
  }
  return core::fail(ErrorCode::unavailable, fmt::format("{} redirects again and again", address.host), "/url");
}

} // namespace auralis::store
