// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/content_hash.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <openssl/evp.h>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

namespace auralis::core {
namespace {

constexpr std::size_t kPiece = std::size_t{256} * 1024;

// None of these can fail once SHA-256 is there and memory is not exhausted.
void check(int one) {
  if (one != 1) {
    throw std::runtime_error{"libcrypto cannot compute SHA-256"};
  }
}

} // namespace

std::string ContentHash::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte >> 4U)];
    text += kDigits[std::to_integer<unsigned>(byte & std::byte{0x0F})];
  }
  return text;
}

void ContentHasher::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

ContentHasher::ContentHasher() : context_{EVP_MD_CTX_new()} {
  check(context_ ? EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) : 0);
}

void ContentHasher::update(std::span<const std::byte> bytes) {
  check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

ContentHash ContentHasher::finish() {
  ContentHash hash;
  unsigned size = 0;
  check(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(hash.bytes.data()), &size));
  check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  return hash;
}

ContentHash content_hash(std::span<const std::byte> bytes) {
  ContentHasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Result<ContentHash> content_hash(const std::filesystem::path& path) {
  const auto failed = [&path](ErrorCode code, std::string_view what) {
    return fail(code, fmt::format("{}: {}", what, std::generic_category().message(errno)), path.string());
  };
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    return failed(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io, "cannot open the file");
  }
  ContentHasher hasher;
  std::vector<char> piece(kPiece);
  while (file) {
    errno = 0; // a folder opens, and only reading it fails
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (file.bad() || errno != 0) {
      return failed(ErrorCode::io, "cannot read the file");
    }
    hasher.update(std::as_bytes(std::span{piece}.first(static_cast<std::size_t>(file.gcount()))));
  }
  return hasher.finish();
}

} // namespace auralis::core
