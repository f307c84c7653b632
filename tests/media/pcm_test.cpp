// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/pcm.hpp"

#include <array>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

#include "auralis/media/base64.hpp"

namespace auralis::media {
namespace {

TEST(Pcm16, RoundsToTheNearestWithHalvesToEvenAndIsOdd) {
  EXPECT_EQ(to_pcm16(0.0F), 0);
  EXPECT_EQ(to_pcm16(1.0F), 32'767);
  EXPECT_EQ(to_pcm16(-1.0F), -32'767);
  EXPECT_EQ(to_pcm16(0.5F), 16'384);   // 16383.5
  EXPECT_EQ(to_pcm16(-0.5F), -16'384); // symmetric: no offset
  EXPECT_EQ(to_pcm16(0.4F / 32'767.0F), 0);
  EXPECT_EQ(to_pcm16(0.6F / 32'767.0F), 1);
}

TEST(Pcm16, ClipsWhatIsTooLoudAndSilencesWhatIsNoNumber) {
  EXPECT_EQ(to_pcm16(1.5F), 32'767);
  EXPECT_EQ(to_pcm16(-7.0F), -32'767);
  EXPECT_EQ(to_pcm16(std::numeric_limits<float>::infinity()), 32'767);
  EXPECT_EQ(to_pcm16(std::numeric_limits<float>::quiet_NaN()), 0);
}

TEST(Pcm16, EveryValueComesBackAsItself) {
  for (int value = -32'767; value <= 32'767; ++value) {
    ASSERT_EQ(to_pcm16(static_cast<float>(value) / 32'767.0F), value);
  }
}

TEST(Pcm16, WritesLittleEndianInterleaved) {
  const std::array left{1.0F / 32'767.0F, 258.0F / 32'767.0F};
  const std::array right{-1.0F / 32'767.0F, 0.0F};
  std::array<float, 4> interleaved{};
  interleave(left, right, interleaved);
  std::array<std::byte, 8> bytes{};
  write_pcm16(interleaved, bytes);
  const std::array<unsigned, 8> expected{0x01, 0x00, 0xFF, 0xFF, 0x02, 0x01, 0x00, 0x00};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(std::to_integer<unsigned>(bytes[i]), expected[i]) << "byte " << i;
  }
}

// RFC 4648, section 10.
TEST(Base64, GivesTheTestVectorsOfItsStandard) {
  const auto encoded = [](const std::string& text) {
    std::string out;
    append_base64(std::as_bytes(std::span{text}), out);
    return out;
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xFB\xEF\xFF"), "++//");
}

} // namespace
} // namespace auralis::media
