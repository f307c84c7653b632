// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <gtest/gtest.h>

#include "server/running_server.hpp"

namespace auralis::server::testing {
namespace {

template <typename T> T read_le(std::string_view bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <typename T> T message_as(const std::string& text) {
  const auto message = protocol::parse_server_message(text);
  if (!message || !std::holds_alternative<T>(*message)) {
    ADD_FAILURE() << "not the message expected: " << text;
    return {};
  }
  return std::get<T>(*message);
}

// --- hearing -------------------------------------------------------------------------------------------------------

TEST(Stream, GreetsFirstAndThenSendsChunksWithoutAGap) {
  const RunningServer server;
  Socket listener{server.port()};
  ASSERT_EQ(listener.handshake.status, 101);
  EXPECT_EQ(listener.handshake.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455, 1.3
  const auto first = listener.frame();
  ASSERT_EQ(first.opcode, kText);
  const auto hello = message_as<protocol::HelloMessage>(first.payload);
  EXPECT_EQ(hello.station, "main");
  EXPECT_EQ(hello.codec, protocol::Codec::opus);
  EXPECT_EQ(hello.sample_rate, 48'000);
  EXPECT_EQ(hello.chunk_ms, 20);
  EXPECT_EQ(hello.seed, 7);
  EXPECT_EQ(hello.preset, "focus");

  auto at = static_cast<std::uint64_t>(hello.at);
  std::optional<std::uint32_t> seq;
  for (int i = 0; i < 30; ++i) {
    const auto chunk = listener.chunk();
    ASSERT_EQ(chunk.opcode, kBinary);
    EXPECT_EQ(read_le<std::uint8_t>(chunk.payload, 0), 0xA7);
    EXPECT_EQ(read_le<std::uint8_t>(chunk.payload, 1), 1);
    EXPECT_EQ(read_le<std::uint8_t>(chunk.payload, 2), 1);
    EXPECT_EQ(read_le<std::uint8_t>(chunk.payload, 3), 2);
    EXPECT_EQ(read_le<std::uint64_t>(chunk.payload, 8), at);
    EXPECT_EQ(read_le<std::uint32_t>(chunk.payload, 16), 960U);
    EXPECT_EQ(read_le<std::uint32_t>(chunk.payload, 20), 48'000U);
    const auto number = read_le<std::uint32_t>(chunk.payload, 4);
    EXPECT_EQ(number, seq.value_or(number));
    seq = number + 1;
    at += 960;
  }
}

TEST(Stream, GivesEachCodecAsItIsDescribed) {
  const RunningServer server;
  Socket pcm{server.port(), "?codec=pcm16&events=0"};
  EXPECT_EQ(message_as<protocol::HelloMessage>(pcm.message("hello")).codec, protocol::Codec::pcm16);
  EXPECT_EQ(pcm.chunk().payload.size(), 32U + 960U * 4U);
  Socket json{server.port(), "?codec=json"};
  EXPECT_EQ(message_as<protocol::HelloMessage>(json.message("hello")).chunk_ms, 100);
  const auto audio = message_as<protocol::AudioMessage>(json.message("audio"));
  EXPECT_EQ(audio.duration_ms, 100.0);
  EXPECT_EQ(audio.data.size(), 4'800U * 4U / 3U * 4U);
}

TEST(Stream, OneWhoComesLaterGetsABurstThatJoinsWhatFollows) {
  const RunningServer server;
  Socket early{server.port()};
  std::uint32_t seen = 0;
  for (int i = 0; i < 25; ++i) { // half a second: the history is full
    seen = read_le<std::uint32_t>(early.chunk().payload, 4);
  }
  Socket late{server.port()};
  const auto hello = message_as<protocol::HelloMessage>(late.message("hello"));
  auto chunk = late.chunk();
  EXPECT_EQ(read_le<std::uint64_t>(chunk.payload, 8), static_cast<std::uint64_t>(hello.at));
  auto seq = read_le<std::uint32_t>(chunk.payload, 4);
  EXPECT_LE(seq, seen);
  for (int i = 0; i < 40; ++i) {
    chunk = late.chunk();
    ASSERT_EQ(read_le<std::uint32_t>(chunk.payload, 4), ++seq); // no gap, and nothing twice
  }
}

TEST(Stream, TellsNotesChordsAndBeatsUnlessAskedNotTo) {
  const RunningServer server;
  Socket listener{server.port()};
  const auto chord = message_as<protocol::ChordMessage>(listener.message("chord"));
  EXPECT_EQ(chord.chord, "C");
  const auto beat = message_as<protocol::BeatMessage>(listener.message("beat"));
  const auto notes = message_as<protocol::NotesMessage>(listener.message("notes"));
  ASSERT_EQ(notes.notes.size(), 1U);
  EXPECT_EQ(notes.notes[0].name, "C4");
  EXPECT_EQ(notes.notes[0].at, beat.at);

  Socket quiet{server.port(), "?events=0"};
  EXPECT_FALSE(quiet.message("hello").empty());
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(quiet.frame().opcode, kBinary);
  }
}

TEST(Stream, CountsWireFramesForOpusAtFortyFour) {
  const RunningServer server{[](Config& config) { config.sample_rate = 44'100; }};
  Socket opus{server.port()};
  EXPECT_EQ(message_as<protocol::HelloMessage>(opus.message("hello")).sample_rate, 48'000);
  Socket pcm{server.port(), "?codec=pcm16"};
  EXPECT_EQ(message_as<protocol::HelloMessage>(pcm.message("hello")).sample_rate, 44'100);
  EXPECT_EQ(read_le<std::uint32_t>(pcm.chunk().payload, 16), 882U);
}

// --- steering ------------------------------------------------------------------------------------------------------

TEST(Control, IsAcknowledgedAndToldToEverybody) {
  const RunningServer server;
  Socket one{server.port()};
  Socket other{server.port(), "?codec=pcm16"};
  ASSERT_FALSE(other.message("hello").empty());
  one.send_text(R"({"type":"control","id":9,"grid":"now","key":"F#","layers":{"pad":{"muted":true}}})");
  EXPECT_EQ(message_as<protocol::AckMessage>(one.message("ack")).id, 9);
  for (auto* socket : {&one, &other}) {
    const auto state = message_as<protocol::StateMessage>(socket->message("state"));
    EXPECT_EQ(state.parameters.key, "F#");
    EXPECT_TRUE(state.parameters.layers.pad.muted);
    EXPECT_EQ(state.listeners, 2);
  }
}

TEST(Control, APresetIsRememberedByName) {
  const RunningServer server;
  Socket listener{server.port()};
  ASSERT_FALSE(
      listener.message("hello").empty()); // a control that comes before is refused: there may be no station yet
  listener.send_text(R"({"type":"control","preset":"sleep","bpm":44,"transport":"pause"})");
  const auto state = message_as<protocol::StateMessage>(listener.message("state"));
  EXPECT_EQ(state.preset, "sleep");
  EXPECT_EQ(state.parameters.bpm, 44);
  EXPECT_EQ(state.transport, protocol::TransportState::pause);
  Socket later{server.port()};
  EXPECT_EQ(message_as<protocol::HelloMessage>(later.message("hello")).preset, "sleep");
}

TEST(Control, APingComesBackAsItWasWithThePosition) {
  const RunningServer server;
  Socket listener{server.port()};
  ASSERT_EQ(listener.chunk().opcode, kBinary);
  listener.send_text(R"({"type":"ping","t":-12.5})");
  const auto pong = message_as<protocol::PongMessage>(listener.message("pong"));
  EXPECT_EQ(pong.t, -12.5);
  EXPECT_GT(pong.at, 0);
}

TEST(Control, WhatIsWrongIsNamedAndTheStreamGoesOn) {
  const RunningServer server;
  Socket listener{server.port()};
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"not json", ""},
      {"{}", "/type"},
      {R"({"type":"stop"})", "/type"},
      {R"({"type":"control","bpm":300})", "/bpm"},
      {R"({"type":"control","layers":{"pad":{"level":-1}}})", "/layers/pad/level"},
      {R"({"type":"control","volume":1})", "/volume"},
      {R"({"type":"control","preset":"none"})", "/preset"},
      {R"({"type":"control","override":{"chord":"X"}})", "/override/chord"},
  };
  for (const auto& [text, where] : wrong) {
    SCOPED_TRACE(text);
    listener.send_text(text);
    const auto error = message_as<protocol::ErrorMessage>(listener.message("error"));
    EXPECT_EQ(error.where.value_or(""), where);
    EXPECT_EQ(listener.chunk().opcode, kBinary);
  }
  listener.send(kBinary, "\x01\x02");
  EXPECT_NE(listener.message("error").find("binary"), std::string::npos);
  EXPECT_EQ(listener.chunk().opcode, kBinary);
}

TEST(Control, AFloodIsToldAndClosed) {
  const RunningServer server{[](Config& config) {
    config.control_rate = 1.0;
    config.control_burst = 10.0;
  }};
  Socket listener{server.port()};
  for (int i = 0; i < 11; ++i) {
    listener.send_text(R"({"type":"ping","t":1})");
  }
  const auto error = message_as<protocol::ErrorMessage>(listener.message("error"));
  EXPECT_EQ(error.code, protocol::ErrorCode::limit_exceeded);
  EXPECT_EQ(listener.closed_with(), 1008);
}

TEST(Control, AFloodOfPingFramesIsClosedToo) {
  const RunningServer server{[](Config& config) {
    config.control_rate = 1.0;
    config.control_burst = 10.0;
  }};
  Socket listener{server.port()};
  for (int i = 0; i < 11; ++i) {
    listener.send(kPing, "");
  }
  EXPECT_EQ(listener.closed_with(), 1008);
}

// --- private stations ----------------------------------------------------------------------------------------------

TEST(Private, StationsAreOnesOwnAndNotListed) {
  const RunningServer server;
  Socket one{server.port(), "?station=private&preset=bright&seed=11"};
  Socket other{server.port(), "?station=private"};
  const auto first = message_as<protocol::HelloMessage>(one.message("hello"));
  const auto second = message_as<protocol::HelloMessage>(other.message("hello"));
  EXPECT_TRUE(first.private_);
  EXPECT_EQ(first.preset, "bright");
  EXPECT_EQ(first.seed, 11);
  EXPECT_NE(first.station, second.station);
  EXPECT_EQ(protocol::parse_station_list(server.request("GET", "/api/stations").body)->size(), 1U);
  EXPECT_EQ(server.request("GET", "/api/stations/" + first.station).status, 200);
}

TEST(Private, StationsAreResumedWhereTheyWere) {
  const RunningServer server;
  std::string id;
  std::uint64_t at = 0;
  {
    Socket listener{server.port(), "?station=private&seed=5"};
    id = message_as<protocol::HelloMessage>(listener.message("hello")).station;
    listener.send_text(R"({"type":"control","key":"Db"})");
    ASSERT_FALSE(listener.message("ack").empty());
    at = read_le<std::uint64_t>(listener.chunk().payload, 8);
    listener.client.reset();
  }
  Socket again{server.port(), "?station=private&resume=" + id};
  const auto hello = message_as<protocol::HelloMessage>(again.message("hello"));
  EXPECT_EQ(hello.station, id);
  EXPECT_EQ(hello.seed, 5);
  EXPECT_EQ(hello.parameters.key, "Db");
  EXPECT_GT(read_le<std::uint64_t>(again.chunk().payload, 8) + 24'000,
            at); // the burst may reach back, not to the start

  Socket unknown{server.port(), "?station=private&resume=p-0123"};
  EXPECT_NE(message_as<protocol::HelloMessage>(unknown.message("hello")).station, "p-0123");
}

TEST(Private, AResumedStationLeavesItsOldSocket) {
  const RunningServer server;
  Socket old{server.port(), "?station=private"};
  const auto id = message_as<protocol::HelloMessage>(old.message("hello")).station;
  Socket fresh{server.port(), "?station=private&resume=" + id};
  EXPECT_EQ(message_as<protocol::HelloMessage>(fresh.message("hello")).station, id);
  EXPECT_EQ(old.closed_with(), 1000);
}

TEST(Private, StationsEndWhenTheirGraceTimeIsOver) {
  const RunningServer server{[](Config& config) { config.resume_grace = std::chrono::milliseconds{0}; }};
  std::string id;
  {
    Socket listener{server.port(), "?station=private"};
    id = message_as<protocol::HelloMessage>(listener.message("hello")).station;
    listener.send_close(1000);
    EXPECT_EQ(listener.closed_with(), 1000);
    EXPECT_TRUE(listener.client.ended());
  }
  auto client = server.client();
  int status = 200;
  for (int tries = 0; tries < 100'000 && status == 200; ++tries) {
    status = client.request("GET", "/api/stations/" + id).status;
  }
  EXPECT_EQ(status, 404);
}

TEST(Private, TheServerSaysWhenItIsFull) {
  const RunningServer server{[](Config& config) { config.max_stations = 1; }};
  Socket listener{server.port(), "?station=private"};
  EXPECT_EQ(message_as<protocol::ErrorMessage>(listener.message("error")).code, protocol::ErrorCode::limit_exceeded);
  EXPECT_EQ(listener.closed_with(), 1013);
}

// --- coming in -----------------------------------------------------------------------------------------------------

TEST(Handshake, IsRefusedWithAReasonWhenTheQueryIsWrong) {
  const RunningServer server;
  for (const auto* query :
       {"?codec=mp3", "?station=../x", "?station=", "?seed=-1", "?seed=9007199254740992", "?seed=1x", "?events=2",
        "?preset=A", "?resume=%00", "?what=1", "?codec=opus&codec=opus", "?codec=%"}) {
    SCOPED_TRACE(query);
    Socket socket{server.port(), query};
    EXPECT_EQ(socket.handshake.status, 400);
    EXPECT_TRUE(protocol::parse_error_document(socket.handshake.body)) << socket.handshake.body;
  }
}

TEST(Handshake, NeedsTheHeadersOfRfc6455) {
  const RunningServer server;
  auto client = server.client();
  const auto plain = client.request("GET", "/ws/stream");
  EXPECT_EQ(plain.status, 426);
  EXPECT_EQ(plain.headers.at("upgrade"), "websocket");
  const auto refused = [&](std::string_view head) {
    auto one = server.client();
    one.send(head);
    return one.answer();
  };
  constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string base =
      "GET /ws/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const auto version = refused(base + std::string{kKey} + "Sec-WebSocket-Version: 12\r\n\r\n");
  EXPECT_EQ(version.status, 426); // 4.4: with the version that is spoken
  EXPECT_EQ(version.headers.at("sec-websocket-version"), "13");
  EXPECT_EQ(refused(base + "Sec-WebSocket-Version: 13\r\n\r\n").status, 400); // 4.2.1
  EXPECT_EQ(refused(base + std::string{kKey} + "\r\n").status, 400);          // 4.2.1
  EXPECT_EQ(refused("POST" + base.substr(3) + std::string{kKey} + "Sec-WebSocket-Version: 13\r\n\r\n").status, 405);
  EXPECT_EQ(
      refused(base + "Sec-WebSocket-Key: " + std::string(200, 'x') + "\r\nSec-WebSocket-Version: 13\r\n\r\n").status,
      400);
}

TEST(Handshake, AnUnknownStationIsToldAndClosed) {
  const RunningServer server;
  Socket socket{server.port(), "?station=nowhere"};
  EXPECT_EQ(message_as<protocol::ErrorMessage>(socket.message("error")).code, protocol::ErrorCode::not_found);
  EXPECT_EQ(socket.closed_with(), 4004);
  Socket preset{server.port(), "?station=private&preset=none"};
  EXPECT_EQ(preset.closed_with(), 1008);
}

TEST(Handshake, AStrangersNameForThisMachineIsRefused) {
  const RunningServer server;
  Client client{server.port()};
  client.send(
      "GET /ws/stream HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_EQ(client.answer().status, 421);
}

TEST(Handshake, AForeignPageIsToldAndClosedBeforeItHearsAnything) {
  const RunningServer server{[](Config& config) { config.allowed_origins = {"https://radio.example"}; }};
  Socket evil{server.port(), "", "Origin: https://evil.example\r\n"};
  const auto first = evil.frame();
  EXPECT_EQ(message_as<protocol::ErrorMessage>(first.payload).where, "origin");
  EXPECT_EQ(evil.closed_with(), 1008);
  Socket none{server.port(), "", "Origin: null\r\n"};
  EXPECT_EQ(none.closed_with(), 1008);
  Socket own{server.port(), "", "Origin: http://LOCALHOST\r\n"};
  EXPECT_FALSE(own.message("hello").empty());
  Socket named{server.port(), "", "Origin: https://radio.example\r\n"};
  EXPECT_FALSE(named.message("hello").empty());
}

TEST(Handshake, AboveTheLimitOfListenersIsToldAndClosed) {
  const RunningServer server{[](Config& config) { config.max_listeners = 2; }};
  std::vector<std::unique_ptr<Socket>> held;
  int code = 0;
  for (int i = 0; i < 3 && code == 0; ++i) { // the one that waited for readiness may still be leaving
    held.push_back(std::make_unique<Socket>(server.port()));
    const auto first = held.back()->frame();
    if (first.payload.starts_with(R"({"type":"error")")) {
      code = held.back()->closed_with();
    }
  }
  EXPECT_EQ(code, 1013);
}

// --- breaking RFC 6455 ---------------------------------------------------------------------------------------------

struct Breach {
  const char* rule;
  int opcode;
  std::string payload;
  Socket::Bits bits;
  int code;
};

TEST(Conformance, EachBreachIsAnsweredWithTheCodeOfTheRfc) {
  const RunningServer server;
  const std::vector<Breach> breaches{
      {"5.1: frames from a client are masked", kText, "{}", {.masked = false}, 1002},
      {"5.2: RSV1 is zero without an extension", kText, "{}", {.reserved = 4}, 1002},
      {"5.2: RSV2 is zero without an extension", kText, "{}", {.reserved = 2}, 1002},
      {"5.2: RSV3 is zero without an extension", kText, "{}", {.reserved = 1}, 1002},
      {"5.2: opcode 3 is reserved", 3, "", {}, 1002},
      {"5.2: opcode 7 is reserved", 7, "", {}, 1002},
      {"5.2: opcode 11 is reserved", 11, "", {}, 1002},
      {"5.2: opcode 15 is reserved", 15, "", {}, 1002},
      {"5.4: a continuation continues something", kContinuation, "x", {}, 1002},
      {"5.5: control frames are not fragmented", kPing, "x", {.fin = false}, 1002},
      {"5.5: control frames carry at most 125 bytes", kPing, std::string(126, 'x'), {}, 1002},
      {"5.5.1: a close body has two bytes at least", kClose, "\x03", {}, 1002},
      {"7.4.1: 1005 is never sent", kClose, "\x03\xED", {}, 1002},
      {"7.4.1: 1006 is never sent", kClose, "\x03\xEE", {}, 1002},
      {"7.4.2: codes below 1000 are not used", kClose, std::string("\x00\x01", 2), {}, 1002},
      {"8.1: text is UTF-8", kText, "\xC3\x28", {}, 1007},
      {"8.1: text holds no surrogates", kText, "\xED\xA0\x80", {}, 1007},
      {"8.1: text is not overlong", kText, "\xC0\xAF", {}, 1007},
      {"protocol/README.md: messages are bounded", kText, std::string(20'000, 'x'), {}, 1009},
  };
  for (const auto& breach : breaches) {
    SCOPED_TRACE(breach.rule);
    Socket socket{server.port()};
    ASSERT_FALSE(socket.message("hello").empty());
    socket.send(breach.opcode, breach.payload, breach.bits);
    EXPECT_EQ(socket.closed_with(), breach.code);
    EXPECT_TRUE(socket.client.ended());
  }
}

TEST(Conformance, AMessageMayNotBeginInsideAnother) { // 5.4
  const RunningServer server;
  Socket socket{server.port()};
  socket.send(kText, "{", {.fin = false});
  socket.send(kText, "}");
  EXPECT_EQ(socket.closed_with(), 1002);
}

TEST(Conformance, FragmentsMakeOneMessageAndPingsMayComeBetween) { // 5.4
  const RunningServer server;
  Socket socket{server.port()};
  socket.send(kText, R"({"type":"pi)", {.fin = false});
  socket.send(kPing, "between");
  socket.send(kContinuation, "", {.fin = false});
  socket.send(kContinuation, R"(ng","t":3})");
  bool ponged = false;
  for (;;) {
    const auto frame = socket.frame();
    ASSERT_GE(frame.opcode, 0);
    if (frame.opcode == kPong) {
      EXPECT_EQ(frame.payload, "between"); // 5.5.3: the same application data
      ponged = true;
    }
    if (frame.opcode == kText && frame.payload.starts_with(R"({"type":"pong")")) {
      break;
    }
  }
  EXPECT_TRUE(ponged);
}

TEST(Conformance, FragmentsTogetherMayNotExceedTheBound) {
  const RunningServer server;
  Socket socket{server.port()};
  socket.send(kText, std::string(10'000, ' '), {.fin = false});
  socket.send(kContinuation, std::string(10'000, ' '));
  EXPECT_EQ(socket.closed_with(), 1009);
}

TEST(Conformance, TextMayBeCutInsideACharacter) { // 8.1 holds for the whole message
  const RunningServer server;
  Socket socket{server.port()};
  socket.send(kText, "{\"\xC3", {.fin = false});
  socket.send(kContinuation, "\xA4\":1}");
  EXPECT_EQ(message_as<protocol::ErrorMessage>(socket.message("error")).where, "/type");
}

TEST(Conformance, AnUnaskedPongIsIgnored) { // 5.5.3
  const RunningServer server;
  Socket socket{server.port()};
  socket.send(kPong, "x");
  socket.send_text(R"({"type":"ping","t":1})");
  EXPECT_FALSE(socket.message("pong").empty());
}

TEST(Conformance, ACloseIsEchoed) { // 5.5.1
  const RunningServer server;
  for (const int code : {1000, 1001, 1011, 3000, 4999}) {
    Socket socket{server.port()};
    ASSERT_FALSE(socket.message("hello").empty());
    socket.send_close(code, "bye");
    EXPECT_EQ(socket.closed_with(), code);
    EXPECT_TRUE(socket.client.ended());
  }
}

TEST(Conformance, NoExtensionIsAgreed) { // 9.1: compression would cost more than it saves on audio
  const RunningServer server;
  Socket socket{server.port(), "", "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: x\r\n"};
  EXPECT_EQ(socket.handshake.status, 101);
  EXPECT_FALSE(socket.handshake.headers.contains("sec-websocket-extensions"));
  EXPECT_FALSE(socket.handshake.headers.contains("sec-websocket-protocol"));
}

TEST(Conformance, FramesBeforeTheHandshakeIsDoneAreRefused) { // 4.1
  const RunningServer server;
  auto client = server.client();
  client.send("GET /ws/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
              frame_bytes(kText, "{}", {}));
  EXPECT_EQ(client.answer().status, 400);
}

} // namespace
} // namespace auralis::server::testing
