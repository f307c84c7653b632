// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/content_hash.hpp"

#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

namespace auralis::media {
namespace {

constexpr std::size_t kPiece = std::size_t{256} * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

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

core::Result<ContentHash> content_hash(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, CloseFile> file{std::fopen(path.c_str(), "rb")};
  if (!file) {
    return core::fail(errno == ENOENT ? core::ErrorCode::not_found : core::ErrorCode::io,
                      fmt::format("cannot open the file: {}", std::generic_category().message(errno)), path.string());
  }
  ContentHasher hasher;
  std::vector<std::byte> piece(kPiece);
  while (true) {
    const std::size_t count = std::fread(piece.data(), 1, piece.size(), file.get());
    hasher.update(std::span{piece}.first(count));
    if (count == piece.size()) {
      continue;
    }
    if (std::ferror(file.get()) != 0) {
      return core::fail(core::ErrorCode::io,
                        fmt::format("cannot read the file: {}", std::generic_category().message(errno)), path.string());
    }
    return hasher.finish();
  }
}

} // namespace auralis::media
