// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "auralis/protocol/messages.hpp"
#include "auralis/server/event_messages.hpp"
#include "auralis/server/log.hpp"
#include "auralis/server/origin.hpp"
#include "auralis/server/preset_store.hpp"
#include "auralis/server/static_files.hpp"
#include "auralis/server/token_bucket.hpp"
#include "scratch_folder.hpp"

namespace auralis::server {
namespace {

TEST(EventMessages, SayWhatSoundsInTheListenersFrames) {
  const std::vector<core::PerformanceEvent> events{
      {core::Frames{44'100}, core::BeatTick{.bar = 2, .beat = 1, .phrase = 0, .tempo = core::Bpm{66.0}}},
      {core::Frames{44'100},
       core::NoteOn{.midi = 66, .velocity = 70, .name = core::PitchName{6}, .duration = core::Frames{441}}},
      {core::Frames{44'100}, core::NoteOn{.layer = core::Layer::percussion, .midi = 38, .velocity = 40}},
      {core::Frames{44'100}, core::LayerGain{}},
      {core::Frames{88'200}, core::ChordChange{*core::parse_chord("Ebm7"), {core::PitchName{-3}, core::Mode::dorian}}},
  };
  const auto messages = event_messages(events, 44'100, 48'000);
  ASSERT_EQ(messages.all.size(), 3U);
  for (const auto& text : messages.all) {
    EXPECT_TRUE(protocol::parse_server_message(*text)) << *text;
  }
  EXPECT_EQ(*messages.all[0], R"({"type":"beat","at":48000,"bar":2,"beat":1,"phrase":0,"bpm":66})");
  EXPECT_EQ(*messages.chord, R"({"type":"chord","at":96000,"chord":"Ebm7","key":"Eb","mode":"dorian"})");
  EXPECT_EQ(
      *messages.all[2],
      R"({"type":"notes","notes":[{"at":48000,"duration":480,"layer":"piano","midi":66,"velocity":70,"name":"F#4"},)"
      R"({"at":48000,"duration":0,"layer":"percussion","midi":38,"velocity":40,"name":""}]})");
  EXPECT_TRUE(event_messages({}, 48'000, 48'000).all.empty());
}

TEST(EventMessages, TheOctaveIsTheLetters) {
  EXPECT_EQ(pitch_with_octave(*core::parse_pitch_name("C"), 60), "C4");
  EXPECT_EQ(pitch_with_octave(*core::parse_pitch_name("Cb"), 59), "Cb4");
  EXPECT_EQ(pitch_with_octave(*core::parse_pitch_name("B#"), 60), "B#3");
  EXPECT_EQ(pitch_with_octave(*core::parse_pitch_name("C"), 0), "C-1");
}

TEST(Hosts, WhatOnlyLooksLikeOneOfOursIsNone) {
  EXPECT_TRUE(host_allowed("", {}));
  EXPECT_TRUE(host_allowed("localhost.", {}));
  for (const auto* host : {"127.0.0.1.example", "localhost.example", "notlocalhost", ".localhost", "example", "[::1",
                           "::1", "[127.0.0.1]", "0x7f000001", "localhost:80@example", "a@localhost", "[localhost]"}) {
    EXPECT_FALSE(host_allowed(host, {})) << host;
  }
  const std::vector<std::string> any{"*"};
  EXPECT_TRUE(host_allowed("example:80", any));
}

TEST(Log, TextQuotesWhatIsNotPlainAndJsonIsJson) {
  const Log::Fields fields{{"station", "main"}, {"why", "a \"b\" c"}, {"n", 3}, {"x", 0.5}, {"ok", true}};
  EXPECT_EQ(format_line(LogFormat::text, "T", LogLevel::info, "joined", fields),
            "T info    joined station=main why=\"a \\\"b\\\" c\" n=3 x=0.5 ok=true");
  const auto line = format_line(LogFormat::json, "T", LogLevel::warning, "joined", fields);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "warning");
  EXPECT_EQ(json["why"], "a \"b\" c");
  EXPECT_EQ(json["n"], 3);
}

TEST(Log, NothingThatIsLoggedCanForgeALine) {
  const Log::Fields fields{{"text", "a\nb level=error\xFF"}, {"nan", std::nan("")}};
  EXPECT_EQ(format_line(LogFormat::text, "T", LogLevel::info, "e", fields).find('\n'), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(format_line(LogFormat::json, "T", LogLevel::info, "e", fields)));
}

TEST(Origin, OwnAndNamedOnesAreAllowed) {
  const std::vector<std::string> named{"https://radio.example"};
  EXPECT_TRUE(origin_allowed("", "h", named));
  EXPECT_TRUE(origin_allowed("http://h:8080", "H:8080", named));
  EXPECT_TRUE(origin_allowed("HTTPS://Radio.example", "h", named));
  for (const auto* origin :
       {"null", "http://h", "http://h:80800", "http://evil/h:8080", "https://radio.example.evil", "h:8080"}) {
    EXPECT_FALSE(origin_allowed(origin, "h:8080", named)) << origin;
  }
  EXPECT_FALSE(origin_allowed("http://", "", named));
}

TEST(TokenBucket, LetsABurstPassAndThenTheRate) {
  core::TimePoint now{std::chrono::hours{1}};
  TokenBucket bucket{2.0, 3.0, now};
  EXPECT_TRUE(bucket.take(now) && bucket.take(now) && bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += std::chrono::milliseconds{500};
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += std::chrono::hours{1};
  EXPECT_TRUE(bucket.take(now) && bucket.take(now) && bucket.take(now));
  EXPECT_FALSE(bucket.take(now)); // rest does not pile up
}

TEST(EntityTags, AreComparedAsTheRfcSays) {
  const auto tag = entity_tag("x");
  EXPECT_NE(tag, entity_tag("y"));
  EXPECT_TRUE(tag_matches("*", tag));
  EXPECT_TRUE(tag_matches("\"a\" , W/" + tag, tag));
  EXPECT_FALSE(tag_matches("\"a\"", tag));
  EXPECT_FALSE(tag_matches("", tag));
}

TEST(PresetStore, AFileThatHoldsNoPresetsIsNotOverwritten) {
  const test::ScratchFolder folder;
  const auto file = folder.write("presets.json", "{");
  EXPECT_THROW(PresetStore(folder.path(), 10), std::runtime_error);
  EXPECT_EQ(std::filesystem::file_size(file), 1U);
}

TEST(PresetStore, AChangeThatCannotBeWrittenHasNotHappened) {
  const test::ScratchFolder folder;
  PresetStore store{folder.path(), 10};
  std::filesystem::remove_all(folder.path()); // the disk has gone
  auto preset = *store.find("focus");
  preset.id = "mine";
  const auto made = store.create(preset);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().why, PresetStore::Refusal::failed);
  EXPECT_FALSE(store.find("mine"));
}

} // namespace
} // namespace auralis::server
