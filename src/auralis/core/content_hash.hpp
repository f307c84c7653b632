// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "auralis/core/result.hpp"

struct evp_md_ctx_st; // OpenSSL

namespace auralis::core {

/// What a result is remembered under: the same bytes give the same hash, whatever their name.
///
/// SHA-256 (FIPS 180-4) over the bytes as they are: a changed tag is another file, and that is meant, for nobody wants
/// to be told the title that stood there before.
struct ContentHash {
  std::array<std::byte, 32> bytes{};

  friend bool operator==(const ContentHash&, const ContentHash&) = default;
  /// 64 lower-case hexadecimal digits.
  [[nodiscard]] std::string hex() const;
};

/// Takes bytes in any pieces, for content that arrives bit by bit.
///
/// Thread: one owner. Realtime: no.
class ContentHasher {
public:
  /// \throws std::runtime_error if the library offers no SHA-256.
  ContentHasher();

  void update(std::span<const std::byte> bytes);
  /// The hash of all that came; the hasher then starts anew.
  [[nodiscard]] ContentHash finish();

private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };

  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

[[nodiscard]] ContentHash content_hash(std::span<const std::byte> bytes);
/// Reads a file to its end in constant memory. Fails with not_found or io.
[[nodiscard]] Result<ContentHash> content_hash(const std::filesystem::path& path);

} // namespace auralis::core
