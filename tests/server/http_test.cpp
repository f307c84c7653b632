// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <gtest/gtest.h>

#include "auralis/session/recording.hpp"
#include "scratch_folder.hpp"
#include "server/running_server.hpp"

namespace auralis::server::testing {
namespace {

using protocol::parse_error_document;

void expect_error(const Answer& answer, int status, std::string_view code, std::string_view where = "") {
  EXPECT_EQ(answer.status, status) << answer.body;
  const auto document = parse_error_document(answer.body);
  ASSERT_TRUE(document) << answer.body;
  EXPECT_EQ(to_string(document->error.code), code) << answer.body;
  EXPECT_FALSE(document->error.message.empty());
  if (!where.empty()) {
    EXPECT_EQ(document->error.where, where) << answer.body;
  }
}

constexpr std::string_view kPreset =
    R"({"id":"night-owl","name":"Night owl","parameters":{"key":"Eb","mode":"dorian","bpm":50,"intensity":0.25,)"
    R"("density":0.25,"brightness":0.25,"humanise":0.5,"layers":{"piano":{"level":1,"muted":false},)"
    R"("pad":{"level":1,"muted":false},"bass":{"level":1,"muted":false},"bells":{"level":1,"muted":true},)"
    R"("percussion":{"level":0.5,"muted":false}}},"character":{"programs":[0,89,32,10,0],"phrase_bars":8,"swing":0,)"
    R"("groove":0.5,"rest":0.25,"sustain":0.75,"register_shift":-5,"chord_beats":4}})";

// --- reading -------------------------------------------------------------------------------------------------------

TEST(Http, HealthAndReadinessAnswerInPlainText) {
  const RunningServer server;
  EXPECT_EQ(server.request("GET", "/healthz").body, "ok\n");
  EXPECT_EQ(server.request("GET", "/readyz").body, "ready\n");
  EXPECT_EQ(server.request("GET", "/readyz").headers["content-type"], "text/plain; charset=utf-8");
}

TEST(Http, IsNotReadyBeforeTheMainStationIsThere) {
  std::promise<void> go;
  auto wait = go.get_future().share();
  Server server{RunningServer::config({}), [wait](const GeneratorSpec& spec) {
                  wait.wait();
                  return tones()(spec);
                }};
  std::thread thread{[&] { server.run(); }};
  Client client{server.port()};
  expect_error(client.request("GET", "/readyz"), 503, "unavailable");
  EXPECT_EQ(client.request("GET", "/healthz").status, 200);
  go.set_value();
  Socket listener{server.port()};
  EXPECT_FALSE(listener.message("hello").empty());
  EXPECT_EQ(client.request("GET", "/readyz").status, 200);
  server.stop();
  thread.join();
}

TEST(Http, StatusIsWhatItsSchemaSays) {
  const RunningServer server;
  const auto answer = server.request("GET", "/api/status");
  EXPECT_EQ(answer.status, 200);
  const auto status = protocol::parse_status_document(answer.body);
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(status->soundfont, "tones");
  ASSERT_EQ(status->stations.size(), 1U);
  EXPECT_EQ(status->stations[0].id, "main");
  EXPECT_EQ(status->stations[0].seed, 7);
  EXPECT_EQ(status->hearing, protocol::HearingDocument{});
  EXPECT_GT(status->memory_bytes, 1'000'000);
}

TEST(Http, MetricsAreWhatTheirSchemaSays) {
  const RunningServer server;
  Socket listener{server.port()};
  ASSERT_EQ(listener.chunk().opcode, kBinary);
  const auto metrics = protocol::parse_metrics_document(server.request("GET", "/api/metrics").body);
  ASSERT_TRUE(metrics) << metrics.error().what;
  EXPECT_GT(metrics->render_ms.count, 0);
  EXPECT_GT(metrics->encode_ms.count, 0);
}

TEST(Http, PrometheusReadsItsOwnFormat) {
  const RunningServer server;
  const auto answer = server.request("GET", "/metrics");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(answer.body.find("# TYPE auralis_send_delay_seconds histogram\n"), std::string::npos);
  EXPECT_NE(answer.body.find("auralis_send_delay_seconds_bucket{le=\"+Inf\"}"), std::string::npos);
  EXPECT_NE(answer.body.find("\nauralis_stations 1\n"), std::string::npos);
  for (const std::string name :
       {"auralis_stations_heard", "auralis_live_watchers", "auralis_microphones", "auralis_analyses_running"}) {
    EXPECT_NE(answer.body.find("# TYPE " + name + " gauge\n"), std::string::npos) << name;
    EXPECT_NE(answer.body.find('\n' + name + " 0\n"), std::string::npos) << name;
  }
}

TEST(Http, TheApiDescribesItselfAndThePageThatShowsItNeedsNobodyElse) {
  const RunningServer server;
  const auto openapi = server.request("GET", "/api/openapi.json");
  EXPECT_EQ(openapi.headers.at("content-type"), "application/json");
  EXPECT_NE(openapi.body.find("\"openapi\":\"3.1.0\""), std::string::npos);
  EXPECT_NE(openapi.body.find("#/components/schemas/ControlMessage"), std::string::npos);
  const auto page = server.request("GET", "/docs");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page.headers.at("content-security-policy").find("default-src 'self'"), std::string::npos);
  EXPECT_EQ(page.body.find("http"), std::string::npos);
  EXPECT_EQ(server.request("GET", "/docs/docs.js").headers.at("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(server.request("GET", "/docs/docs.css").headers.at("content-type"), "text/css; charset=utf-8");
  EXPECT_EQ(server.request("GET", "/docs", "", "If-None-Match: " + page.headers.at("etag") + "\r\n").status, 304);
}

TEST(Http, WhatIsNotThereIsNotFound) {
  const RunningServer server;
  for (const auto* target : {"/api", "/api/", "/api/nothing", "/api/stations/none", "/api/stations/",
                             "/api/presets/none", "/healthz/", "/ws", "/docs/../x", "/nothing"}) {
    SCOPED_TRACE(target);
    const auto answer = server.request("GET", target);
    if (std::string_view{target}.find("..") != std::string_view::npos) {
      expect_error(answer, 400, "invalid_argument", "path");
    } else {
      expect_error(answer, 404, "not_found", "path");
    }
  }
}

TEST(Http, AWrongMethodIsToldTheRightOnes) {
  const RunningServer server;
  const auto answer = server.request("POST", "/api/status", "{}");
  expect_error(answer, 405, "invalid_argument", "method");
  EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD, OPTIONS");
  expect_error(server.request("BREW", "/api/presets"), 405, "invalid_argument");
  expect_error(server.request("GET", "/api/stations/main/control"), 405, "invalid_argument");
}

TEST(Http, HeadSaysWhatGetWouldWithoutTheBody) {
  const RunningServer server;
  auto client = server.client();
  const auto get = client.request("GET", "/api/presets");
  const auto head = client.request("HEAD", "/api/presets");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), get.headers.at("content-length"));
  EXPECT_EQ(client.request("GET", "/healthz").body, "ok\n"); // nothing of a body was left in between
}

// --- stations ------------------------------------------------------------------------------------------------------

TEST(Stations, LiveFromCreationToDeletion) {
  const RunningServer server;
  const auto made = server.request("POST", "/api/stations", R"({"id":"roof","name":"Roof","preset":"sleep","seed":3})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.headers.at("location"), "/api/stations/roof");
  const auto station = protocol::parse_station_document(made.body);
  ASSERT_TRUE(station) << station.error().what;
  EXPECT_EQ(station->preset, "sleep");
  EXPECT_EQ(station->seed, 3);
  EXPECT_FALSE(station->playing);
  EXPECT_EQ(protocol::parse_station_list(server.request("GET", "/api/stations").body)->size(), 2U);

  const auto changed = server.request("PATCH", "/api/stations/roof", R"({"name":"Top","preset":"bright"})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  const auto after = protocol::parse_station_document(server.request("GET", "/api/stations/roof").body);
  EXPECT_EQ(after->name, "Top");
  EXPECT_EQ(after->preset, "bright");

  Socket listener{server.port(), "?station=roof"};
  EXPECT_FALSE(listener.message("hello").empty());
  EXPECT_EQ(server.request("DELETE", "/api/stations/roof").status, 204);
  EXPECT_EQ(listener.closed_with(), 4004);
  expect_error(server.request("GET", "/api/stations/roof"), 404, "not_found");
}

TEST(Stations, NeedNothingFromWhoMakesThem) {
  const RunningServer server;
  const auto made = protocol::parse_station_document(server.request("POST", "/api/stations", "{}").body);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->preset, "focus");
  EXPECT_EQ(made->sample_rate, 48'000);
}

TEST(Stations, RefuseWhatCannotBe) {
  const RunningServer server{[](Config& config) { config.max_stations = 2; }};
  expect_error(server.request("POST", "/api/stations", R"({"id":"main"})"), 409, "unavailable", "/id");
  expect_error(server.request("POST", "/api/stations", R"({"id":"p-1"})"), 409, "unavailable", "/id");
  expect_error(server.request("POST", "/api/stations", R"({"preset":"none"})"), 422, "not_found", "/preset");
  expect_error(server.request("POST", "/api/stations", R"({"seed":-1})"), 422, "invalid_argument", "/seed");
  expect_error(server.request("POST", "/api/stations", R"({"volume":1})"), 422, "invalid_argument", "/volume");
  expect_error(server.request("PATCH", "/api/stations/main", R"({"seed":1})"), 422, "invalid_argument", "/seed");
  expect_error(server.request("PATCH", "/api/stations/none", R"({"name":"x"})"), 404, "not_found");
  expect_error(server.request("DELETE", "/api/stations/main"), 409, "unavailable");
  expect_error(server.request("DELETE", "/api/stations/none"), 404, "not_found");
  EXPECT_EQ(server.request("POST", "/api/stations", "{}").status, 201);
  expect_error(server.request("POST", "/api/stations", "{}"), 503, "limit_exceeded");
}

TEST(Stations, WhoseMusicCannotBeMadeAreRefusedWithTheReason) {
  int made = 0;
  const RunningServer server{{}, [&made](const GeneratorSpec& spec) -> core::Result<std::unique_ptr<core::Generator>> {
                               if (++made > 1) {
                                 return core::fail(core::ErrorCode::unavailable, "the SoundFont has gone");
                               }
                               return tones()(spec);
                             }};
  const auto answer = server.request("POST", "/api/stations", "{}");
  expect_error(answer, 503, "unavailable");
  EXPECT_NE(answer.body.find("the SoundFont has gone"), std::string::npos);
}

TEST(Stations, GiveTheirRecordingToBePlayedAgain) {
  const RunningServer server;
  const auto ack = server.request("POST", "/api/stations/main/control",
                                  R"({"type":"control","preset":"sleep","grid":"now","intensity":0.25})");
  ASSERT_EQ(ack.status, 200) << ack.body;
  const auto answer = server.request("GET", "/api/stations/main/recording");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/x-ndjson");
  const auto recording = session::parse_recording(answer.body);
  ASSERT_TRUE(recording) << recording.error().what;
  EXPECT_EQ(recording->seed, 7U);
  ASSERT_EQ(recording->controls.size(), 1U);
  EXPECT_EQ(recording->controls[0].control.intensity, 0.25F);
  EXPECT_TRUE(recording->controls[0].control.character); // the preset is spelled out
  EXPECT_EQ(server.request("GET", "/api/stations/none/recording").status, 404);
}

TEST(Stations, TakeControlsOverHttpToo) {
  const RunningServer server;
  const auto ack =
      server.request("POST", "/api/stations/main/control", R"({"type":"control","id":5,"key":"Ab","grid":"now"})");
  EXPECT_EQ(ack.status, 200) << ack.body;
  const auto message = protocol::parse_server_message(ack.body);
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<protocol::AckMessage>(*message).id, 5);
  EXPECT_EQ(protocol::parse_station_document(server.request("GET", "/api/stations/main").body)->parameters.key, "Ab");

  expect_error(server.request("POST", "/api/stations/main/control", R"({"type":"control","bpm":300})"), 422,
               "invalid_argument", "/bpm");
  expect_error(server.request("POST", "/api/stations/main/control", R"({"type":"control","preset":"none"})"), 422,
               "not_found", "/preset");
  expect_error(server.request("POST", "/api/stations/main/control", R"({"type":"control","override":{"chord":"H"}})"),
               422, "invalid_argument", "/override/chord");
  expect_error(server.request("POST", "/api/stations/none/control", R"({"type":"control"})"), 404, "not_found");
}

// --- presets -------------------------------------------------------------------------------------------------------

TEST(Presets, LiveFromCreationToDeletionAndOutliveTheServer) {
  const test::ScratchFolder folder;
  const auto keep = [&](Config& config) { config.data_dir = folder / "data"; };
  {
    const RunningServer server{keep};
    const auto made = server.request("POST", "/api/presets", kPreset);
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.headers.at("location"), "/api/presets/night-owl");
    EXPECT_EQ(protocol::parse_preset_document(made.body)->builtin, false);
    expect_error(server.request("POST", "/api/presets", kPreset), 409, "invalid_argument", "/id");
  }
  const RunningServer server{keep};
  const auto again = server.request("GET", "/api/presets/night-owl");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(protocol::parse_preset_document(again.body)->name, "Night owl");
  auto changed = *protocol::parse_preset_document(kPreset);
  changed.name = "Owl";
  EXPECT_EQ(server.request("PUT", "/api/presets/night-owl", protocol::to_json(changed)).status, 200);
  EXPECT_EQ(protocol::parse_preset_document(server.request("GET", "/api/presets/night-owl").body)->name, "Owl");
  EXPECT_EQ(server.request("POST", "/api/stations", R"({"preset":"night-owl"})").status, 201);
  EXPECT_EQ(server.request("DELETE", "/api/presets/night-owl").status, 204);
  expect_error(server.request("DELETE", "/api/presets/night-owl"), 404, "not_found");
  EXPECT_EQ(server.request("PUT", "/api/presets/night-owl", kPreset).status, 201);
}

TEST(Presets, TheBuiltInOnesComeFirstAndStay) {
  const RunningServer server{[](Config& config) { config.max_presets = 0; }};
  const auto list = protocol::parse_preset_list(server.request("GET", "/api/presets").body);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 4U);
  EXPECT_EQ(list->front().id, "focus");
  EXPECT_EQ(list->front().builtin, true);
  auto focus = list->front();
  expect_error(server.request("PUT", "/api/presets/focus", protocol::to_json(focus)), 409, "invalid_argument");
  expect_error(server.request("DELETE", "/api/presets/focus"), 409, "invalid_argument");
  expect_error(server.request("PUT", "/api/presets/other", kPreset), 422, "invalid_argument", "/id");
  expect_error(server.request("POST", "/api/presets", kPreset), 503, "limit_exceeded");
}

// --- what strangers send -------------------------------------------------------------------------------------------

TEST(Requests, BodiesMustBeJsonOfTheRightKindAndSize) {
  const RunningServer server;
  expect_error(server.request("POST", "/api/stations", "{}", "", "text/plain"), 415, "invalid_argument",
               "content-type");
  expect_error(server.request("POST", "/api/stations", "{}", "", ""), 415, "invalid_argument", "content-type");
  EXPECT_EQ(server.request("POST", "/api/stations", "{}", "", "Application/JSON; charset=utf-8").status, 201);
  for (const auto* body : {"{", "[1,]", "{\"id\":\"a\",\"id\":\"b\"}", "\xff"}) {
    expect_error(server.request("POST", "/api/stations", body), 400, "invalid_argument");
  }
  expect_error(server.request("POST", "/api/stations", std::string(70'000, ' ')), 413, "limit_exceeded", "body");
}

TEST(Requests, HeadsHaveABound) {
  const RunningServer server;
  expect_error(server.request("GET", "/healthz", "", "X-Long: " + std::string(9'000, 'x') + "\r\n"), 431,
               "limit_exceeded", "headers");
}

TEST(Requests, WhatIsNoHttpIsAnsweredAndTheConnectionEnds) {
  const RunningServer server;
  for (const auto* text :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n"}) {
    SCOPED_TRACE(text);
    auto client = server.client();
    client.send(text);
    const auto answer = client.answer();
    expect_error(answer, 400, "invalid_argument");
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_TRUE(client.ended());
  }
}

TEST(Requests, TargetsThatNoAddressMayHoldAreRefused) {
  const RunningServer server;
  for (const auto* target :
       {"/%", "/%zz", "/a%00b", "/..", "/%2e%2e/x", "/a%2fb", "/a%5cb", "/%ff", "//..//x", "http://elsewhere/x", "*"}) {
    SCOPED_TRACE(target);
    expect_error(server.request("GET", target), 400, "invalid_argument");
  }
}

TEST(Requests, HttpOneOneNeedsOneHost) {
  const RunningServer server;
  auto client = server.client();
  client.send("GET /healthz HTTP/1.1\r\n\r\n");
  expect_error(client.answer(), 400, "invalid_argument", "host");
  auto old = server.client();
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.answer().status, 200);
  EXPECT_TRUE(old.ended());
}

TEST(Requests, OneConnectionCarriesManyEvenAllAtOnce) {
  const RunningServer server;
  auto client = server.client();
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  client.send(all);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.answer().body, "ok\n");
  }
}

TEST(Requests, WhoAsksBeforeSendingIsToldToGoOn) {
  const RunningServer server;
  auto client = server.client();
  client.send(
      "POST /api/stations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.answer().status, 100);
  client.send("{}");
  EXPECT_EQ(client.answer().status, 201);
}

TEST(Requests, WhoDripsIsCutOff) {
  const RunningServer server{[](Config& config) { config.request_timeout = std::chrono::milliseconds{50}; }};
  auto client = server.client();
  client.send("GET /healthz HT"); // and nothing more
  EXPECT_TRUE(client.ended());
  auto silent = server.client();
  EXPECT_TRUE(silent.ended());
}

TEST(Requests, WhoSaysNothingMoreIsCutOffAfterTheKeepAliveTime) {
  const RunningServer server{[](Config& config) { config.keep_alive_timeout = std::chrono::milliseconds{50}; }};
  auto client = server.client();
  EXPECT_EQ(client.request("GET", "/healthz").status, 200);
  EXPECT_TRUE(client.ended());
}

TEST(Requests, AboveTheLimitOfConnectionsAreTurnedAway) {
  const RunningServer server{[](Config& config) {
    config.max_connections = 3;
    config.max_listeners = 3;
  }};
  std::vector<Client> held;
  Answer refused;
  for (int i = 0; i < 4; ++i) { // the listener that waited for readiness may still be among the three
    held.push_back(server.client());
    refused = held.back().request("GET", "/healthz");
    if (refused.status != 200) {
      break;
    }
  }
  EXPECT_EQ(refused.status, 503);
}

TEST(Requests, AboveTheLimitOfOneAddressAreTurnedAway) {
  const RunningServer server{[](Config& config) { config.max_connections_per_address = 2; }};
  std::vector<Client> held;
  int status = 200;
  for (int i = 0; i < 3 && status == 200; ++i) {
    held.push_back(server.client());
    status = held.back().request("GET", "/healthz").status;
  }
  EXPECT_EQ(status, 503);
}

// --- origins -------------------------------------------------------------------------------------------------------

TEST(Origins, OnlyOwnAndNamedPagesMayChangeAnything) {
  const RunningServer server{[](Config& config) { config.allowed_origins = {"https://radio.example"}; }};
  expect_error(server.request("POST", "/api/stations", "{}", "Origin: https://evil.example\r\n"), 403,
               "invalid_argument", "origin");
  EXPECT_EQ(server.request("POST", "/api/stations", "{}", "Origin: http://localhost\r\n").status, 201);
  const auto named = server.request("POST", "/api/stations", "{}", "Origin: https://radio.example\r\n");
  EXPECT_EQ(named.status, 201);
  EXPECT_EQ(named.headers.at("access-control-allow-origin"), "https://radio.example");
  const auto foreign = server.request("GET", "/api/status", "", "Origin: https://evil.example\r\n");
  EXPECT_EQ(foreign.status, 200);
  EXPECT_FALSE(foreign.headers.contains("access-control-allow-origin")); // so that the browser keeps it from the page
}

TEST(Origins, PreflightsAreAnswered) {
  const RunningServer server{[](Config& config) { config.allowed_origins = {"https://radio.example"}; }};
  const auto answer = server.request("OPTIONS", "/api/presets/x", "",
                                     "Origin: https://radio.example\r\nAccess-Control-Request-Method: PUT\r\n");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.at("access-control-allow-methods"), "GET, HEAD, PUT, DELETE, OPTIONS");
  EXPECT_EQ(answer.headers.at("access-control-allow-headers"), "Content-Type");
  const auto foreign = server.request("OPTIONS", "/api/presets/x", "", "Origin: https://evil.example\r\n");
  EXPECT_FALSE(foreign.headers.contains("access-control-allow-methods"));
  EXPECT_EQ(foreign.headers.at("allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
}

// --- hosts ---------------------------------------------------------------------------------------------------------

Answer called(const RunningServer& server, std::string_view host, std::string_view target = "/healthz") {
  auto client = server.client();
  client.send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", target, host));
  return client.answer();
}

TEST(Hosts, ANameThatIsNotOursIsRefusedWithTheSettingThatWouldAllowIt) {
  const RunningServer server;
  for (const auto* target : {"/healthz", "/api/status", "/", "/ws/stream"}) {
    const auto answer = called(server, "evil.example:8080", target); // made to resolve to this machine
    expect_error(answer, 421, "invalid_argument", "host");
    EXPECT_NE(answer.body.find("server.allowed_hosts"), std::string::npos);
  }
}

TEST(Hosts, AddressesLocalNamesAndNamedOnesAreOursOnAnyPort) {
  const RunningServer server{[](Config& config) { config.allowed_hosts = {"radio.example"}; }};
  for (const auto* host : {"127.0.0.1", "127.0.0.1:9000", "[::1]:80", "192.0.2.7", "localhost:5173", "LocalHost",
                           "box.localhost", "Radio.Example:443"}) {
    EXPECT_EQ(called(server, host).status, 200) << host;
  }
}

// --- files ---------------------------------------------------------------------------------------------------------

TEST(Files, AreServedIsolatedAndCached) {
  const test::ScratchFolder folder;
  folder.write("site/index.html", "<!doctype html><title>x</title>");
  folder.write("site/assets/app-1a2b.js", "export {};");
  folder.write("site/assets/engine.wasm", std::string("\0asm", 4));
  const RunningServer server{[&](Config& config) { config.web_root = folder / "site"; }};
  const auto page = server.request("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<!doctype html><title>x</title>");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.at("cross-origin-opener-policy"), "same-origin");
  EXPECT_EQ(page.headers.at("cross-origin-embedder-policy"), "require-corp");
  EXPECT_EQ(page.headers.at("cross-origin-resource-policy"), "same-origin");
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.headers.at("cache-control"), "no-cache");
  EXPECT_NE(page.headers.at("content-security-policy").find("ws://localhost"), std::string::npos);
  EXPECT_EQ(server.request("GET", "/", "", "If-None-Match: W/\"x\", " + page.headers.at("etag") + "\r\n").status, 304);

  const auto script = server.request("GET", "/assets/app-1a2b.js");
  EXPECT_EQ(script.headers.at("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(script.headers.at("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(server.request("GET", "/assets/engine.wasm").headers.at("content-type"), "application/wasm");
  EXPECT_EQ(server.request("HEAD", "/").headers.at("content-length"), "31");
  expect_error(server.request("POST", "/", "{}"), 405, "invalid_argument");

  folder.write("site/index.html", "<!doctype html><title>changed</title>");
  EXPECT_EQ(server.request("GET", "/").body, "<!doctype html><title>changed</title>");
}

TEST(Files, NothingOutsideTheFolderIsReached) {
  const test::ScratchFolder folder;
  folder.write("secret", "secret");
  folder.write("site/index.html", "x");
  std::filesystem::create_symlink(folder / "secret", folder / "site" / "link");
  std::filesystem::create_symlink(folder.path(), folder / "site" / "up");
  const RunningServer server{[&](Config& config) { config.web_root = folder / "site"; }};
  for (const auto* target : {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/link", "/up/secret", "/up", "//secret",
                             "/site", "/.%2e/secret", "/index.html/", "/etc/passwd", "/index.html%00.js"}) {
    SCOPED_TRACE(target);
    const auto answer = server.request("GET", target);
    EXPECT_TRUE(answer.status == 400 || answer.status == 404) << answer.status;
    EXPECT_EQ(answer.body.find("\"secret\""), std::string::npos);
    EXPECT_NE(answer.body, "secret");
  }
}

TEST(Files, AMissingFolderKeepsTheServerFromStarting) {
  EXPECT_THROW(Server(RunningServer::config([](Config& config) { config.web_root = "/nowhere/at/all"; }), tones()),
               std::runtime_error);
}

// --- start and stop ------------------------------------------------------------------------------------------------

TEST(Server, SaysWhyItCannotStart) {
  const RunningServer first;
  try {
    const Server second{RunningServer::config([&](Config& config) { config.port = first.port(); }), tones()};
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string{error.what()}.find("Address already in use"), std::string::npos) << error.what();
  }
  Server dumb{RunningServer::config({}), [](const GeneratorSpec&) -> core::Result<std::unique_ptr<core::Generator>> {
                return core::fail(core::ErrorCode::not_found, "no SoundFont is installed");
              }};
  try {
    dumb.run();
    FAIL() << "ran without music";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string{error.what()}.find("no SoundFont is installed"), std::string::npos);
  }
}

TEST(Server, MayBeStoppedBeforeItRuns) {
  Server server{RunningServer::config({}), tones()};
  server.stop();
  server.run();
}

} // namespace
} // namespace auralis::server::testing
