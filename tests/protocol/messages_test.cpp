// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>

#include "auralis/core/music.hpp"
#include "auralis/core/parameters.hpp"
#include "auralis/protocol/messages.hpp"

namespace auralis::protocol {
namespace {

core::Error refusal(std::string_view text) {
  auto message = parse_client_message(text);
  EXPECT_FALSE(message) << text;
  return message ? core::Error{} : message.error();
}

TEST(Messages, AnErrorNamesThePointerWhatWasFoundAndWhatWasExpected) {
  const auto error = refusal(R"({"type":"control","layers":{"pad":{"level":1.5}}})");
  EXPECT_EQ(error.where, "/layers/pad/level");
  EXPECT_EQ(error.what, "level is 1.5, expected a number from 0 to 1");
}

TEST(Messages, AnUnknownFieldIsNamedWithThoseThatExist) {
  const auto error = refusal(R"({"type":"ping","t":1,"a/b~":2})");
  EXPECT_EQ(error.where, "/a~1b~0");
  EXPECT_EQ(error.what, R"(unknown field "a/b~", expected one of type, t)");
}

TEST(Messages, AMissingFieldIsNamed) {
  EXPECT_EQ(refusal(R"({"type":"ping"})").where, "/t");
  EXPECT_EQ(refusal(R"({"type":"ping"})").what, "t is missing");
  EXPECT_EQ(refusal("{}").what, "type is missing");
}

TEST(Messages, AnUnknownTypeIsRefusedWithTheKnownOnes) {
  EXPECT_EQ(refusal(R"({"type":"play"})").what, R"(type is "play", expected one of control, ping)");
  EXPECT_EQ(refusal(R"({"type":3})").what, "type is 3, expected one of control, ping");
}

TEST(Messages, ARepeatedFieldIsRefusedWhereverItStands) {
  const auto error = refusal(R"({"type":"control","layers":{"pad":{"level":1,"level":0}}})");
  EXPECT_EQ(error.where, "/layers/pad/level");
  EXPECT_EQ(error.what, R"(field "level" appears twice)");
}

TEST(Messages, DeepNestingIsRefusedBeforeItCosts) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(refusal(deep).what, "nested deeper than 16 levels");
  EXPECT_EQ(refusal(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{)").what,
            "nested deeper than 16 levels");
}

TEST(Messages, WhatIsNoJsonIsRefusedWithThePlace) {
  for (const auto* text : {"", "{", "nul", "{\"type\":\"ping\",\"t\":NaN}", "{\"type\":\"ping\",\"t\":1e999}",
                           "{\"type\":\"ping\",\"t\":1}x", "{'type':'ping'}", "\"\\ud800\"", "\"\xC3\x28\""}) {
    const auto error = refusal(text);
    EXPECT_EQ(error.what.rfind("not JSON (byte ", 0), 0U) << text << ": " << error.what;
  }
}

TEST(Messages, ALongOffenderIsShownShortAndUncut) {
  const auto error = refusal(R"({"type":"control","key":")" + std::string(55, 'x') + "äääää\"}");
  EXPECT_EQ(error.what, "key is \"" + std::string(55, 'x') + "..., expected a string matching ^[A-G](#|b)?$");
}

TEST(Messages, IntegersMayBeWrittenWithAFractionOfZeroAndNoOther) {
  EXPECT_EQ(std::get<ControlMessage>(*parse_client_message(R"({"type":"control","id":1e2})")).id, 100);
  EXPECT_EQ(refusal(R"({"type":"control","id":1.5})").where, "/id");
  EXPECT_EQ(refusal(R"({"type":"control","id":9007199254740992})").where, "/id");
  EXPECT_EQ(refusal(R"({"type":"control","id":-1})").where, "/id");
}

TEST(Messages, PatternsHoldTheWholeText) {
  for (const auto* good : {"C", "F#", "Bb"}) {
    EXPECT_TRUE(is_tonic(good)) << good;
  }
  for (const auto* bad : {"", "H", "c", "C##", "C#b", "Bbb", "C ", "C\n"}) {
    EXPECT_FALSE(is_tonic(bad)) << bad;
  }
  EXPECT_TRUE(is_station_id("a"));
  EXPECT_TRUE(is_station_id("a" + std::string(62, '-')));
  EXPECT_FALSE(is_station_id("a" + std::string(63, '-')));
  EXPECT_FALSE(is_station_id("-a"));
  EXPECT_FALSE(is_station_id("../etc"));
}

TEST(Messages, LengthsAreCountedInCodePoints) {
  std::string name;
  for (int i = 0; i < 80; ++i) {
    name += "\xF0\x9F\x8E\xB9";
  }
  EXPECT_TRUE(parse_station_request(R"({"name":")" + name + "\"}"));
  EXPECT_FALSE(parse_station_request(R"({"name":")" + name + "x\"}"));
}

TEST(Messages, TextIsEscapedAndWhatIsNoUtf8Replaced) {
  const ErrorMessage message{.code = ErrorCode::io, .message = "a\"\\\n\x01\xFFz\xC3\xA4"};
  const auto json = to_json(message);
  EXPECT_EQ(json, R"({"type":"error","code":"io","message":"a\"\\\u000a\u0001)"
                  "\xEF\xBF\xBDz\xC3\xA4\"}");
  EXPECT_TRUE(parse_server_message(json));
}

TEST(Messages, NumbersAreWrittenShortAndReadBackTheSame) {
  for (const double t : {0.0, 1.0, -2.5, 0.1, 1e-300, 1e300, 123456789.123}) {
    const auto json = to_json(PingMessage{.t = t});
    EXPECT_EQ(std::get<PingMessage>(*parse_client_message(json)).t, t) << json;
  }
  EXPECT_EQ(to_json(PingMessage{.t = 0.1}), R"({"type":"ping","t":0.1})");
}

// The wire's names are the engine's names, so that one can be looked up by the other.
TEST(Messages, EnumerationsNameWhatTheCoreNames) {
  for (const auto name : kModeNames) {
    EXPECT_TRUE(core::parse_mode(name)) << name;
  }
  EXPECT_EQ(kModeNames.size(), static_cast<std::size_t>(core::kModeCount));
  for (const auto layer : core::kLayers) {
    EXPECT_TRUE(parse_layer_name(core::to_string(layer)));
  }
  for (const auto name : kGridNames) {
    EXPECT_TRUE(core::parse_grid(name)) << name;
  }
  for (const auto name : kErrorCodeNames) {
    EXPECT_EQ(core::to_string(static_cast<core::ErrorCode>(*parse_error_code(name))), name);
  }
}

} // namespace
} // namespace auralis::protocol
