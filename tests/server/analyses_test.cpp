// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <thread>

#include "auralis/protocol/messages.hpp"
#include "scratch_folder.hpp"
#include "server/running_server.hpp"

namespace auralis::server::testing {
namespace {

using namespace std::chrono_literals;
using protocol::AnalysisState;

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// Takes a text file for a recording of one second a byte. Waits where it is told to.
struct Bench {
  std::atomic<bool> hold = false;
  std::atomic<int> begun = 0;
  std::atomic<int> cancelled = 0;

  Analyser analyser() {
    return {.measure = [](const std::filesystem::path& file,
                          std::string_view) -> core::Result<std::optional<core::Seconds>> {
              const auto text = content_of(file);
              if (text.starts_with("noise")) {
                return core::fail(core::ErrorCode::invalid_argument, "this is no sound", "body");
              }
              return core::Seconds{static_cast<double>(text.size())};
            },
            .analyse = [this](const AnalysisTask& task) { return analyse(task); }};
  }

private:
  core::Result<Analysed> analyse(const AnalysisTask& task) {
    ++begun;
    task.progress(0.25);
    while (hold && !task.stop.stop_requested()) {
      std::this_thread::yield();
    }
    if (task.stop.stop_requested()) {
      ++cancelled;
      return core::fail(core::ErrorCode::unavailable, "cancelled");
    }
    const auto text = content_of(task.file);
    if (text.starts_with("broken")) {
      return core::fail(core::ErrorCode::invalid_argument, "the second half is missing");
    }
    if (text.starts_with("throws")) {
      throw std::runtime_error{"the analyser broke"};
    }
    for (int i = 0; i <= 1000; ++i) {
      task.progress(i / 1000.0);
    }
    Analysed done;
    done.document.analysis = 1;
    done.document.engine = "test";
    done.document.source = {.name = "to be replaced",
                            .sha256 = "",
                            .length = static_cast<double>(text.size()),
                            .sample_rate = 44'100.0,
                            .channels = 1};
    done.document.tempo = protocol::TempoResult{.candidates = {{.bpm = 120.5, .confidence = 0.9}}};
    done.document.beats = protocol::BeatResult{.beats_per_bar = 3, .metre_confidence = 0.5};
    done.document.key = protocol::KeyResult{
        .best =
            protocol::KeyCandidate{.tonic = "Eb", .mode = protocol::KeyMode::minor, .camelot = "2A", .confidence = 0.7},
        .tuning = 440.0};
    done.peaks = text.substr(0, 4);
    return done;
  }
};

class AnalysesTest : public ::testing::Test {
protected:
  void start(const std::function<void(Config&)>& change = {}) { server.emplace(change, tones(), bench.analyser()); }
  Answer upload(std::string_view bytes, std::string_view query = "?name=song.mp3", std::string_view headers = "",
                std::string_view type = "audio/mpeg") const {
    return server->request("POST", "/api/analyses" + std::string{query}, bytes, headers, type);
  }
  std::string accepted_id(std::string_view bytes) const {
    const auto answer = upload(bytes);
    EXPECT_EQ(answer.status, 202) << answer.body;
    const auto status = protocol::parse_analysis_status(answer.body);
    return status ? status->id : "";
  }
  protocol::AnalysisStatus status(const std::string& id) const {
    const auto answer = server->request("GET", "/api/analyses/" + id);
    auto status = protocol::parse_analysis_status(answer.body);
    EXPECT_TRUE(status) << answer.body;
    return status.value_or(protocol::AnalysisStatus{});
  }
  Socket watch(const std::string& id, std::string_view headers = "") const {
    return Socket{server->port(), "", headers, 0, "/ws/analyses/" + id};
  }
  /// Hears of the analysis until it has ended.
  protocol::AnalysisStatus ended(const std::string& id) const {
    auto socket = watch(id);
    protocol::AnalysisStatus last;
    for (auto frame = socket.frame(); frame.opcode >= 0; frame = socket.frame()) {
      if (frame.opcode == kClose) {
        EXPECT_EQ(frame.close_code(), 1000);
        break;
      }
      const auto status = protocol::parse_analysis_status(frame.payload);
      EXPECT_TRUE(status) << frame.payload;
      last = status.value_or(last);
    }
    return last;
  }
  static bool becomes(const std::function<bool()>& wished) {
    for (int i = 0; i < 200'000; ++i) {
      if (wished()) {
        return true;
      }
      std::this_thread::yield();
    }
    return false;
  }
  static void expect_error(const Answer& answer, int status, std::string_view word, std::string_view where = "") {
    EXPECT_EQ(answer.status, status) << answer.body;
    const auto document = protocol::parse_error_document(answer.body);
    ASSERT_TRUE(document) << answer.body;
    EXPECT_NE(document->error.message.find(word), std::string::npos) << answer.body;
    if (!where.empty()) {
      EXPECT_EQ(document->error.where, where) << answer.body;
    }
  }

  Bench bench;
  std::optional<RunningServer> server;
};

TEST_F(AnalysesTest, AnUploadIsAnalysedAndItsResultsCanBeHad) {
  start();
  const auto answer = upload("some sound", "?name=C:%5CMusic%5Cmy%20song.mp3");
  ASSERT_EQ(answer.status, 202) << answer.body;
  const auto made = protocol::parse_analysis_status(answer.body);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->name, "my song.mp3");
  const auto at = "/api/analyses/" + made->id;
  EXPECT_EQ(answer.headers.at("location"), at);
  const auto done = ended(made->id);
  EXPECT_EQ(done.state, AnalysisState::done);
  EXPECT_EQ(done.progress, 1.0);
  EXPECT_EQ(done.length, 10.0);
  EXPECT_EQ(status(made->id), done);

  const auto result = protocol::parse_analysis_document(server->request("GET", at + "/result").body);
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_EQ(result->source.name, "my song.mp3");
  EXPECT_EQ(result->tempo->candidates.at(0).bpm, 120.5);
  const auto csv = server->request("GET", at + "/csv");
  EXPECT_EQ(csv.headers.at("content-type"), "text/csv; charset=utf-8");
  EXPECT_NE(csv.body.find("my song.mp3"), std::string::npos);
  const auto peaks = server->request("GET", at + "/peaks");
  EXPECT_EQ(peaks.headers.at("content-type"), "application/octet-stream");
  EXPECT_EQ(peaks.body, "some");
  EXPECT_EQ(server->request("HEAD", at + "/peaks").headers.at("content-length"), "4");

  const auto list = protocol::parse_analysis_list(server->request("GET", "/api/analyses").body);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->analyses, std::vector{done});
  EXPECT_EQ(server->request("DELETE", at).status, 204);
  expect_error(server->request("GET", at), 404, "no such analysis", "path");
  expect_error(server->request("GET", at + "/result"), 404, "no such analysis");
  expect_error(server->request("DELETE", at), 404, "no such analysis");
}

TEST_F(AnalysesTest, AnswersInTheShapeOfSpotify) {
  start();
  const auto id = accepted_id("three");
  ended(id);
  const auto features = protocol::parse_audio_features(server->request("GET", "/v1/audio-features/" + id).body);
  ASSERT_TRUE(features) << features.error().what;
  EXPECT_EQ(features->id, id);
  EXPECT_EQ(features->duration_ms, 5'000);
  EXPECT_EQ(features->tempo, 120.5);
  EXPECT_EQ(features->time_signature, 3);
  EXPECT_EQ(features->key, 3);
  EXPECT_EQ(features->mode, 0);
  EXPECT_EQ(features->loudness, -100.0);
  EXPECT_FALSE(features->instrumentalness);
  const auto both = server->request("GET", "/v1/audio-features?ids=" + id + ",aaaaaaaaaaaaaaaa");
  EXPECT_EQ(both.body, R"({"audio_features":[)" + protocol::to_json(*features) + ",null]}");
  for (const auto* query : {"", "?ids=", "?ids=x", "?ids=,", "?ids=aaaaaaaaaaaaaaaa,", "?other=1"}) {
    EXPECT_EQ(server->request("GET", "/v1/audio-features" + std::string{query}).status, 400) << query;
  }
  expect_error(server->request("GET", "/v1/audio-features/aaaaaaaaaaaaaaaa"), 404, "no such analysis");
}

TEST_F(AnalysesTest, TheSocketTellsEachStepAndThenCloses) {
  start();
  bench.hold = true;
  const auto id = accepted_id("sound");
  auto socket = watch(id);
  ASSERT_EQ(socket.handshake.status, 101);
  bool estimated = false;
  double progress = 0.0;
  while (progress < 0.25) {
    const auto status = protocol::parse_analysis_status(socket.frame().payload);
    ASSERT_TRUE(status);
    progress = status->progress;
    estimated = estimated || status->seconds_left.has_value();
  }
  EXPECT_TRUE(estimated);
  bench.hold = false;
  protocol::AnalysisStatus last;
  for (auto frame = socket.frame(); frame.opcode == kText; frame = socket.frame()) {
    last = *protocol::parse_analysis_status(frame.payload);
    EXPECT_GE(last.progress, progress);
    progress = last.progress;
  }
  EXPECT_EQ(last.state, AnalysisState::done);
}

TEST_F(AnalysesTest, TheSocketRefusesStrangersAndTheUnknown) {
  start();
  bench.hold = true;
  const auto id = accepted_id("sound");
  auto unknown = watch("aaaaaaaaaaaaaaaa");
  EXPECT_EQ(unknown.closed_with(), 4004);
  auto stranger = watch(id, "Origin: https://evil.example\r\n");
  EXPECT_EQ(stranger.closed_with(), 1008);
  auto talker = watch(id);
  talker.send_text("{}");
  EXPECT_EQ(talker.closed_with(), 1008);
  EXPECT_EQ(server->request("GET", "/ws/analyses/" + id).status, 426);
  EXPECT_EQ(server->request("POST", "/ws/analyses/" + id).status, 405);
  EXPECT_EQ(server->request("GET", "/ws/analyses/short").status, 404);
}

TEST_F(AnalysesTest, WhatIsNotTakenIsRefusedBeforeItsBytesCome) {
  start([](Config& config) { config.analysis_max_upload_mib = 1; });
  const auto head = [&](std::string_view headers, std::string_view query = "?name=a") {
    auto client = server->client();
    client.send(fmt::format("POST /api/analyses{} HTTP/1.1\r\nContent-Type: audio/wav\r\n"
                            "Expect: 100-continue\r\n{}\r\n",
                            query, headers));
    return client.answer();
  };
  expect_error(head("Host: localhost\r\nContent-Length: 1048577\r\n"), 413, "analysis.max_upload", "body");
  expect_error(head("Host: localhost\r\nContent-Length: 99999999999999\r\n"), 413, "analysis.max_upload");
  expect_error(head("Host: evil.example\r\nContent-Length: 5\r\n"), 421, "no name of this server");
  expect_error(head("Host: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 5\r\n"), 403, "origin");
  expect_error(head("Host: localhost\r\nContent-Length: 5\r\n", "?nam=a"), 400, "unknown field 'nam'");
  expect_error(head("Host: localhost\r\nContent-Length: 5\r\n", "?name=" + std::string(256, 'n')), 400, "256 bytes");
  expect_error(head("Host: localhost\r\nContent-Length: 0\r\n"), 422, "empty");
  expect_error(head("Host: localhost\r\n"), 422, "empty");
  EXPECT_EQ(head("Host: localhost\r\nContent-Length: 5\r\n").status, 100);
  EXPECT_EQ(server->request("POST", "/api/analyses?name=%ff", "x", "", "audio/wav").status, 400);
  EXPECT_EQ(server->request("PUT", "/api/analyses", "x", "", "audio/wav").status, 405);
  EXPECT_EQ(bench.begun, 0);
}

TEST_F(AnalysesTest, ChunksAreTakenUpToTheLimit) {
  start([](Config& config) { config.analysis_max_upload_mib = 1; });
  constexpr std::string_view kHead =
      "POST /api/analyses HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  auto small = server->client();
  small.send(kHead);
  small.send("4\r\nsome\r\n6;x=y\r\n sound\r\n0\r\n\r\n");
  const auto answer = small.answer();
  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(protocol::parse_analysis_status(answer.body)->name, "upload");
  EXPECT_EQ(small.request("GET", "/healthz").status, 200); // the connection goes on
  auto large = server->client();
  large.send(kHead);
  large.send("100000\r\n" + std::string(0x100000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n");
  expect_error(large.answer(), 413, "analysis.max_upload", "body");
  auto empty = server->client();
  empty.send(std::string{kHead} + "0\r\n\r\n");
  expect_error(empty.answer(), 422, "empty");
  auto nonsense = server->client();
  nonsense.send(std::string{kHead} + "zz\r\n");
  EXPECT_TRUE(nonsense.ended());
}

TEST_F(AnalysesTest, ALargeUploadComesThroughWhole) {
  start();
  std::string sound(3'000'000, ' ');
  for (std::size_t i = 0; i < sound.size(); ++i) {
    sound[i] = static_cast<char>(i * 7 % 251);
  }
  server->stop();
  server.reset();
  std::string seen;
  server.emplace([](Config& config) { config.analysis_max_length_s = 360'000; }, tones(),
                 Analyser{.analyse = [&](const AnalysisTask& task) -> core::Result<Analysed> {
                   seen = content_of(task.file);
                   Analysed done;
                   done.document.analysis = 1;
                   done.document.engine = "test";
                   done.document.source = {
                       .name = "", .sha256 = "", .length = 1.0, .sample_rate = 8'000.0, .channels = 1};
                   return done;
                 }});
  EXPECT_EQ(ended(accepted_id(sound)).state, AnalysisState::done);
  EXPECT_TRUE(seen == sound);
}

TEST_F(AnalysesTest, WhatIsNoRecordingOrTooLongIsRefusedAtOnce) {
  start([](Config& config) { config.analysis_max_length_s = 10; });
  expect_error(upload("noise"), 422, "this is no sound", "body");
  expect_error(upload("eleven byte"), 422, "analysis.max_length", "body");
  EXPECT_EQ(upload("ten bytes!").status, 202);
  const auto list = protocol::parse_analysis_list(server->request("GET", "/api/analyses").body);
  EXPECT_EQ(list->analyses.size(), 1U);
}

TEST_F(AnalysesTest, AFailureSaysWhy) {
  start();
  for (const auto& [sound, why] :
       {std::pair{"broken", "the second half is missing"}, {"throws", "the analyser broke"}}) {
    const auto id = accepted_id(sound);
    const auto last = ended(id);
    EXPECT_EQ(last.state, AnalysisState::failed);
    EXPECT_EQ(last.error, why);
    expect_error(server->request("GET", "/api/analyses/" + id + "/result"), 422, why);
    expect_error(server->request("GET", "/v1/audio-features/" + id), 422, why);
  }
  EXPECT_EQ(ended(accepted_id("fine")).state, AnalysisState::done);
}

TEST_F(AnalysesTest, AResultThatIsNotThereYetIsAConflict) {
  start();
  bench.hold = true;
  const auto id = accepted_id("sound");
  for (const auto* part : {"/result", "/csv", "/peaks"}) {
    expect_error(server->request("GET", "/api/analyses/" + id + part), 409, "ask again");
  }
  EXPECT_EQ(server->request("GET", "/v1/audio-features?ids=" + id).body, R"({"audio_features":[null]})");
}

TEST_F(AnalysesTest, UploadsAtOnceAreBoundedAndADisconnectFreesThePlace) {
  start([](Config& config) { config.analysis_uploads = 1; });
  auto first = server->client();
  first.send("POST /api/analyses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_EQ(first.answer().status, 100); // has its place
  first.send("half of it");
  const auto refused = upload("sound");
  expect_error(refused, 429, "uploaded already", "analysis.uploads");
  EXPECT_TRUE(refused.headers.contains("retry-after"));
  first.reset();
  EXPECT_TRUE(becomes([&] { return upload("sound").status == 202; }));
  EXPECT_EQ(bench.begun <= 1, true); // of the half nothing was analysed
}

TEST_F(AnalysesTest, AHalfOpenUploadIsDropped) {
  start([](Config& config) {
    config.analysis_uploads = 1;
    config.request_timeout = 200ms;
  });
  auto silent = server->client();
  silent.send("POST /api/analyses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf of it");
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(becomes([&] { return upload("sound").status == 202; })); // a busy machine may be too slow for that limit
}

TEST_F(AnalysesTest, TheQueueAndWhatIsKeptAreBounded) {
  start([](Config& config) {
    config.analysis_queue = 1;
    config.analysis_kept = 3;
  });
  bench.hold = true;
  const auto running = accepted_id("first");
  ASSERT_TRUE(becomes([&] { return status(running).state == AnalysisState::running; }));
  const auto queued = accepted_id("second");
  EXPECT_EQ(status(queued).state, AnalysisState::queued);
  const auto full = upload("third");
  expect_error(full, 503, "waiting already", "analysis.queue");
  EXPECT_TRUE(full.headers.contains("retry-after"));
  bench.hold = false;
  ended(queued);
  ended(accepted_id("third"));
  expect_error(upload("fourth"), 503, "delete some", "analysis.kept");
  EXPECT_EQ(server->request("DELETE", "/api/analyses/" + running).status, 204);
  EXPECT_EQ(upload("fourth").status, 202);
}

TEST_F(AnalysesTest, DeletingWhileItRunsEndsTheWork) {
  start();
  bench.hold = true;
  const auto id = accepted_id("sound");
  auto watcher = watch(id);
  ASSERT_TRUE(becomes([&] { return bench.begun == 1; }));
  EXPECT_EQ(server->request("DELETE", "/api/analyses/" + id).status, 204);
  EXPECT_EQ(watcher.closed_with(), 4004);
  EXPECT_TRUE(becomes([&] { return bench.cancelled == 1; }));
  EXPECT_EQ(server->request("GET", "/api/analyses/" + id).status, 404);
  bench.hold = false;
  EXPECT_EQ(ended(accepted_id("other")).state, AnalysisState::done); // the worker is free again
}

TEST_F(AnalysesTest, ResultsOutliveARestartAndWhatWasRunningIsFailed) {
  const test::ScratchFolder folder;
  const auto keep = [&](Config& config) { config.data_dir = folder.path(); };
  start(keep);
  const auto done = accepted_id("sound");
  ended(done);
  const auto result = server->request("GET", "/api/analyses/" + done + "/result").body;
  bench.hold = true;
  const auto running = accepted_id("long");
  const auto queued = accepted_id("later");
  ASSERT_TRUE(becomes([&] { return bench.begun == 2; }));
  auto watcher = watch(running);
  std::thread stopper{[&] { server->stop(); }};
  EXPECT_EQ(watcher.closed_with(), 1001);
  stopper.join();
  EXPECT_EQ(bench.cancelled, 1);
  server.reset();
  start(keep);
  EXPECT_EQ(server->request("GET", "/api/analyses/" + done + "/result").body, result);
  EXPECT_EQ(server->request("GET", "/api/analyses/" + done + "/peaks").body, "soun");
  for (const auto& id : {running, queued}) {
    EXPECT_EQ(status(id).state, AnalysisState::failed);
    EXPECT_NE(status(id).error->find("the server ended before"), std::string::npos);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) <= 3, true); // no upload is left
}

TEST_F(AnalysesTest, AServerWithADamagedDatabaseDoesNotStart) {
  const test::ScratchFolder folder;
  std::ofstream{folder / "analyses.db"} << std::string(5'000, 'x');
  EXPECT_THROW(start([&](Config& config) { config.data_dir = folder.path(); }), std::runtime_error);
  EXPECT_EQ(content_of(folder / "analyses.db"), std::string(5'000, 'x'));
}

TEST_F(AnalysesTest, AServerWithoutAnAnalyserSaysSo) {
  server.emplace();
  expect_error(upload("sound"), 503, "analyses nothing");
  EXPECT_EQ(server->request("GET", "/api/analyses").body, R"({"analyses":[]})");
}

TEST_F(AnalysesTest, AddressesAreFetchedFromAllowedHostsAlone) {
  const test::ScratchFolder folder;
  std::ofstream{folder / "index.html"} << "page";
  std::ofstream{folder / "song.mp3"} << "fetched sound";
  std::ofstream{folder / "noise.mp3"} << "noise";
  std::ofstream{folder / "large.mp3"} << std::string(1'048'577, 'x');
  const RunningServer host{[&](Config& config) { config.web_root = folder.path(); }};
  const auto at = fmt::format("127.0.0.1:{}", host.port());
  start([&](Config& config) {
    config.analysis_allowed_hosts = {at};
    config.analysis_max_upload_mib = 1;
  });
  const auto post = [&](std::string_view url) {
    return server->request("POST", "/api/analyses", fmt::format(R"({{"url":"{}"}})", url));
  };
  const auto outcome = [&](std::string_view path) {
    const auto answer = post("http://" + at + std::string{path});
    EXPECT_EQ(answer.status, 202) << answer.body;
    return ended(protocol::parse_analysis_status(answer.body)->id);
  };
  const auto done = outcome("/song.mp3");
  EXPECT_EQ(done.state, AnalysisState::done) << done.error.value_or("");
  EXPECT_EQ(done.name, "song.mp3");
  EXPECT_EQ(done.length, 13.0);
  EXPECT_NE(outcome("/none.mp3").error->find("status 404"), std::string::npos);
  EXPECT_NE(outcome("/noise.mp3").error->find("no sound"), std::string::npos);
  EXPECT_NE(outcome("/large.mp3").error->find("analysis.max_upload"), std::string::npos);
  expect_error(post("http://127.0.0.1/song.mp3"), 403, "analysis.allowed_hosts", "/url");
  expect_error(post("http://evil.example/song.mp3"), 403, "analysis.allowed_hosts");
  expect_error(post("file:///etc/passwd"), 422, "neither with http", "/url");
  expect_error(post("http://" + at + "@evil.example/"), 422, "user's name");
  expect_error(server->request("POST", "/api/analyses", "{}"), 422, "url");
  expect_error(server->request("POST", "/api/analyses", "{"), 400, "not JSON");
}

} // namespace
} // namespace auralis::server::testing
