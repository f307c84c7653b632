// SPDX-License-Identifier: Apache-2.0
#include "auralis/store/web.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace auralis::store {
namespace {

TEST(WebAddress, IsTakenApart) {
  const auto address = parse_web_address("HTTPS://Audio.Example./Music/A%20song.mp3?take=2#middle");
  ASSERT_TRUE(address) << address.error().what;
  EXPECT_EQ(address->host, "audio.example");
  EXPECT_EQ(address->port, 443);
  EXPECT_TRUE(address->usual_port);
  EXPECT_EQ(address->file_name, "A song.mp3");
  EXPECT_EQ(address->url.find('#'), std::string::npos);
  const auto other = parse_web_address("http://[::1]:8000");
  ASSERT_TRUE(other) << other.error().what;
  EXPECT_EQ(other->host, "[::1]");
  EXPECT_EQ(other->port, 8000);
  EXPECT_FALSE(other->usual_port);
  EXPECT_EQ(other->file_name, "");
}

TEST(WebAddress, IsOfTheWebAndNamesNobody) {
  for (const auto* text :
       {"http://./a.wav", "", "song.mp3", "audio.example/song.mp3", "file:///etc/passwd", "ftp://audio.example/x",
        "gopher://audio.example", "javascript:alert(1)", "http://", "http://user@audio.example/",
        "http://user:word@audio.example/", "http://audio.example:99999/", "http://audio.example/a b",
        "http://audio.example/\r\nHost: other", "http://2130706%33/", "http://allowed.example@other.example/",
        "//audio.example/x"}) {
    EXPECT_FALSE(parse_web_address(text)) << text;
  }
}

TEST(WebAddress, ThatWritesAnAddressOtherwiseIsThatAddress) {
  for (const auto* text : {"http://2130706433/", "http://0x7f.1/", "http://127.1/"}) {
    const auto address = parse_web_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->host, "127.0.0.1") << text;
  }
}

TEST(WebAddress, IsListedByHostAndPort) {
  const std::vector<std::string> hosts{"Audio.example", "10.0.0.7:8000", "[::1]:8000"};
  const auto listed = [&](std::string_view text) { return host_listed(*parse_web_address(text), hosts); };
  EXPECT_TRUE(listed("http://audio.example/x"));
  EXPECT_TRUE(listed("https://AUDIO.EXAMPLE/x"));
  EXPECT_TRUE(listed("http://10.0.0.7:8000/"));
  EXPECT_TRUE(listed("http://[::1]:8000/"));
  EXPECT_FALSE(listed("http://audio.example:8080/x"));
  EXPECT_FALSE(listed("http://sub.audio.example/x"));
  EXPECT_FALSE(listed("http://audio.example.evil/x"));
  EXPECT_FALSE(listed("http://10.0.0.7/"));
  EXPECT_FALSE(listed("http://10.0.0.7:8001/"));
  EXPECT_FALSE(host_listed(*parse_web_address("http://audio.example/"), {}));
}

TEST(WebAddress, StaysItselfWhenReadAgain) {
  for (const auto* text : {"http://audio.example/a/../b%2F.mp3?x=%20",
                           "https://b\xC3\xBC"
                           "cher.example/",
                           "http://a.b:80/"}) {
    const auto once = parse_web_address(text);
    if (!once) {
      continue; // names beyond ASCII may be refused
    }
    const auto twice = parse_web_address(once->url);
    ASSERT_TRUE(twice) << text;
    EXPECT_EQ(twice->url, once->url);
    EXPECT_EQ(twice->host, once->host);
    EXPECT_EQ(twice->port, once->port);
  }
}

TEST(Download, AsksNoHostThatIsNotListed) {
  const auto fetched = download(*parse_web_address("http://127.0.0.1:1/x"), -1, {.limit = 1});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, core::ErrorCode::unavailable);
  EXPECT_NE(fetched.error().what.find("127.0.0.1:1 is not among"), std::string::npos);
}

} // namespace
} // namespace auralis::store
