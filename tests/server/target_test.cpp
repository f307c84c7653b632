// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auralis::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Target, IsTakenApartAndDecoded) {
  const auto target = parse_target("/api/st%C3%A4tion/?codec=op%75s&name=a+b&empty=&flag");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("api", "st\xC3\xA4tion", ""));
  EXPECT_THAT(target->query,
              ElementsAre(Pair("codec", "opus"), Pair("name", "a b"), Pair("empty", ""), Pair("flag", "")));
  EXPECT_EQ(target->field("codec"), "opus");
  EXPECT_EQ(target->field("none"), std::nullopt);
}

TEST(Target, TheRootHasNoSegments) {
  EXPECT_THAT(parse_target("/")->path, IsEmpty());
  EXPECT_THAT(parse_target("/?a=1")->path, IsEmpty());
}

TEST(Target, PlusIsASpaceInTheQueryOnly) { EXPECT_THAT(parse_target("/a+b")->path, ElementsAre("a+b")); }

TEST(Target, WhatHidesIsFound) {
  for (const auto* text :
       {"",     "x",      "*",    "http://x/", "/..",        "/.",    "/%2e",    "/%2E%2e/", "/a/../b",
        "/%2f", "/a%5Cb", "/%00", "/%0a",      "/%7f",       "/a b",  "/\x01",   "/#x",      "/a\\b",
        "/%",   "/%4",    "/%4g", "/%c3%28",   "/%ed%a0%80", "/?a=%", "/?a=%ff", "/?a=1&a=2"}) {
    const auto target = parse_target(text);
    EXPECT_FALSE(target) << text;
    if (!target) {
      EXPECT_EQ(target.error().code, core::ErrorCode::invalid_argument);
    }
  }
}

TEST(Target, HasBounds) {
  std::string deep;
  std::string wide = "/?";
  for (int i = 0; i < 33; ++i) {
    deep += "/a";
    wide += "k" + std::to_string(i) + "=1&";
  }
  EXPECT_FALSE(parse_target(deep));
  EXPECT_FALSE(parse_target(wide));
  EXPECT_TRUE(parse_target(deep.substr(2)));
}

} // namespace
} // namespace auralis::server
