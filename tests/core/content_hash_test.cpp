// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/content_hash.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include "scratch_folder.hpp"

namespace auralis::core {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }

// FIPS 180-4's own examples, from NIST's "Secure Hash Standard (SHA-256) example values".
constexpr std::string_view kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kMillionTimesA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(ContentHash, AgreesWithThePublishedExamples) {
  ContentHasher hasher;
  EXPECT_EQ(hasher.finish().hex(), kEmpty);
  hasher.update(bytes("abc"));
  EXPECT_EQ(hasher.finish().hex(), kAbc); // and starts anew after each
}

TEST(ContentHash, DoesNotCareHowTheBytesAreCut) {
  const std::string text(1'000'000, 'a');
  ContentHasher hasher;
  for (std::size_t from = 0; from < text.size(); from += 977) {
    hasher.update(bytes(std::string_view{text}.substr(from, 977)));
  }
  EXPECT_EQ(hasher.finish().hex(), kMillionTimesA);
}

TEST(ContentHash, ReadsFilesWhateverTheirNameAndSize) {
  const test::ScratchFolder folder;
  const auto million = content_hash(folder.write("million", std::string(1'000'000, 'a')));
  const auto empty = content_hash(folder.write("empty", ""));
  ASSERT_TRUE(million && empty);
  EXPECT_EQ(million->hex(), kMillionTimesA);
  EXPECT_EQ(empty->hex(), kEmpty);
}

TEST(ContentHash, SaysWhichFileCannotBeRead) {
  const auto missing = content_hash("/nonexistent/music.mp3");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, core::ErrorCode::not_found);
  EXPECT_EQ(missing.error().where, "/nonexistent/music.mp3");
  const auto folder = content_hash(testing::TempDir());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, core::ErrorCode::io);
}

} // namespace
} // namespace auralis::core
