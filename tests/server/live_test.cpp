// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "server/running_server.hpp"

namespace auralis::server::testing {
namespace {

using Json = nlohmann::json;

constexpr int kRate = 48'000;
constexpr std::int64_t kBeat = kRate / 2; // 120 beats a minute

/// A thump on every beat.
float thump(std::int64_t frame) {
  const double t = static_cast<double>(frame % kBeat) / kRate;
  return static_cast<float>(0.8 * std::exp(-t * 30.0) * std::sin(2.0 * 3.14159265 * 160.0 * t));
}

class ThumpGenerator final : public core::Generator {
public:
  explicit ThumpGenerator(const GeneratorSpec& spec) : parameters_{spec.parameters}, character_{spec.character} {}

  [[nodiscard]] core::Hertz sample_rate() const noexcept override { return core::Hertz{kRate}; }
  [[nodiscard]] core::Frames now() const noexcept override { return now_; }
  [[nodiscard]] const core::Parameters& parameters() const noexcept override { return parameters_; }
  [[nodiscard]] const core::Character& character() const noexcept override { return character_; }
  [[nodiscard]] core::Transport transport() const noexcept override { return core::Transport::play; }
  std::span<const core::PerformanceEvent> render(core::StereoBlock out) noexcept override {
    for (std::size_t i = 0; i < out.frames(); ++i) {
      out.left[i] = out.right[i] = thump(now_.value);
      now_ += core::Frames{1};
    }
    return {};
  }
  void apply(const core::Control& /*control*/) noexcept override {}

private:
  core::Frames now_{};
  core::Parameters parameters_;
  core::Character character_;
};

GeneratorFactory thumps() {
  return [](const GeneratorSpec& spec) -> core::Result<std::unique_ptr<core::Generator>> {
    return std::make_unique<ThumpGenerator>(spec);
  };
}

Socket live(const RunningServer& server, std::string_view query = "", std::string_view headers = "") {
  return Socket{server.port(), query, headers, 0, "/ws/listen"};
}

std::string pcm(std::int64_t from, std::int64_t count) {
  std::string bytes;
  for (std::int64_t i = from; i < from + count; ++i) {
    const auto sample = static_cast<std::uint16_t>(static_cast<std::int16_t>(thump(i) * 32'767.0F));
    bytes.push_back(static_cast<char>(sample & 0xFFU));
    bytes.push_back(static_cast<char>(sample >> 8U));
  }
  return bytes;
}

constexpr std::string_view kMicrophone = R"({"type":"microphone","sample_rate":48000})";

/// How far it lies from a beat, in seconds.
double off_beat(double seconds) { return std::abs(seconds * 2.0 - std::round(seconds * 2.0)) / 2.0; }

// --- a station ----------------------------------------------------------------------------------------------------

TEST(Live, HearsAStationOnItsOwnClock) {
  const RunningServer server{{}, thumps()};
  auto watcher = live(server, "?station=main");
  ASSERT_EQ(watcher.handshake.status, 101);
  const auto listening = Json::parse(watcher.frame().payload);
  EXPECT_EQ(listening["type"], "listening");
  EXPECT_EQ(listening["source"], "station");
  EXPECT_EQ(listening["station"], "main");
  ASSERT_EQ(listening["sample_rate"], kRate);
  EXPECT_EQ(listening["networks"], Json::array()); // this server was given none
  auto began = listening["at"].get<double>() / kRate;
  for (int i = 0; i < 2;) {
    const auto frame = watcher.frame();
    ASSERT_EQ(frame.opcode, kText);
    const auto event = Json::parse(frame.payload);
    if (event["type"] == "listening") {
      began = event["at"].get<double>() / kRate; // a machine that was busy elsewhere: the ear has begun anew
    }
    if (event["type"] != "onset" || event["at"] < 0.1) {
      continue; // or a thump that was under way: for this ear it begins here
    }
    ++i;
    EXPECT_LT(off_beat(began + event["at"].get<double>()), 0.03) << event;
    EXPECT_LT(event["latency"].get<double>(), 0.1);
  }
  EXPECT_FALSE(watcher.message("loudness").empty());
}

TEST(Live, TellsWhoComesLaterWhatWasHeardBefore) {
  const RunningServer server{{}, thumps()};
  auto early = live(server, "?station=main");
  const auto listening = early.frame().payload;
  const auto onset = early.message("onset");
  ASSERT_FALSE(onset.empty());
  auto late = live(server, "?station=main");
  EXPECT_EQ(late.frame().payload, listening); // one ear for both
  EXPECT_EQ(late.message("onset"), onset);
}

TEST(Live, IsNoneOfAStationsListenersAndEndsWithTheLastWhoWatches) {
  const RunningServer server{{}, thumps()};
  const auto about = [&server] { return Json::parse(server.request("GET", "/api/stations/main").body); };
  {
    auto watcher = live(server, "?station=main");
    ASSERT_FALSE(watcher.message("loudness").empty());
    EXPECT_EQ(about()["listeners"], 0);
    EXPECT_EQ(about()["playing"], true);
    watcher.send_close(1000);
    watcher.closed_with();
  }
  for (int i = 0; i < 200'000 && about()["playing"] == true; ++i) {
  }
  EXPECT_EQ(about()["playing"], false);
}

TEST(Live, IsCountedInStatusAndMetrics) {
  const RunningServer server{{}, thumps()};
  auto first = live(server, "?station=main");
  auto second = live(server, "?station=main");
  auto speaker = live(server);
  speaker.send_text(kMicrophone);
  for (auto* socket : {&first, &second, &speaker}) {
    ASSERT_FALSE(socket->message("listening").empty());
  }
  const protocol::HearingDocument expected{.stations = 1, .watchers = 2, .microphones = 1};
  const auto status = protocol::parse_status_document(server.request("GET", "/api/status").body);
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(status->hearing, expected);
  const auto metrics = protocol::parse_metrics_document(server.request("GET", "/api/metrics").body);
  ASSERT_TRUE(metrics) << metrics.error().what;
  EXPECT_EQ(metrics->hearing, expected);
  const auto scraped = server.request("GET", "/metrics").body;
  for (const auto* line : {"auralis_stations_heard 1", "auralis_live_watchers 2", "auralis_microphones 1"}) {
    EXPECT_NE(scraped.find('\n' + std::string{line} + '\n'), std::string::npos) << line;
  }
}

TEST(Live, EndsWhereTheStationEnds) {
  const RunningServer server{{}, thumps()};
  ASSERT_EQ(server.request("POST", "/api/stations", R"({"id":"side"})").status, 201);
  auto watcher = live(server, "?station=side");
  ASSERT_FALSE(watcher.message("loudness").empty());
  EXPECT_EQ(server.request("DELETE", "/api/stations/side").status, 204);
  EXPECT_EQ(watcher.closed_with(), 4004);

  auto stranger = live(server, "?station=nowhere");
  EXPECT_NE(stranger.message("error").find("nowhere"), std::string::npos);
  EXPECT_EQ(stranger.closed_with(), 4004);
}

TEST(Live, TakesNothingFromWhoWatchesAStation) {
  const RunningServer server{{}, thumps()};
  auto watcher = live(server, "?station=main");
  watcher.send_text(kMicrophone);
  EXPECT_EQ(Json::parse(watcher.message("error"))["code"], "invalid_argument");
  EXPECT_EQ(watcher.closed_with(), 1008);
}

TEST(Live, SaysGoodbyeWhenTheServerStops) {
  RunningServer server{[](Config& config) { config.stop_timeout = std::chrono::minutes{1}; }, thumps()};
  auto watcher = live(server, "?station=main");
  auto speaker = live(server);
  speaker.send_text(kMicrophone);
  ASSERT_FALSE(watcher.message("listening").empty());
  ASSERT_FALSE(speaker.message("listening").empty());
  std::thread stopping{[&] { server.stop(); }};
  for (auto* socket : {&watcher, &speaker}) {
    EXPECT_EQ(socket->closed_with(), 1001);
    socket->client.reset();
  }
  stopping.join();
}

// --- a microphone -------------------------------------------------------------------------------------------------

TEST(Live, HearsAMicrophoneToItsEnd) {
  const RunningServer server{{}, thumps()};
  auto speaker = live(server);
  speaker.send_text(kMicrophone);
  const auto listening = Json::parse(speaker.message("listening"));
  EXPECT_EQ(listening["source"], "microphone");
  EXPECT_FALSE(listening.contains("station"));
  constexpr std::int64_t kBlock = 4'321;
  for (std::int64_t at = 0; at < 8 * kRate; at += kBlock) {
    speaker.send(kBinary, pcm(at, std::min(kBlock, 8 * kRate - at)));
  }
  speaker.send_text(R"({"type":"end"})");
  std::vector<double> onsets;
  std::vector<double> beats;
  Frame frame;
  for (frame = speaker.frame(); frame.opcode == kText; frame = speaker.frame()) {
    const auto event = Json::parse(frame.payload);
    if (event["type"] == "onset") {
      onsets.push_back(event["at"]);
    } else if (event["type"] == "beat") {
      beats.push_back(event["at"]);
    }
  }
  EXPECT_EQ(frame.opcode, kClose);
  EXPECT_EQ(frame.close_code(), 1000);
  ASSERT_GE(onsets.size(), 14U);
  EXPECT_GE(beats.size(), 6U);
  for (const double at : onsets) {
    EXPECT_LT(off_beat(at), 0.03);
  }
}

TEST(Live, RefusesWhatIsNoMicrophoneInWords) {
  const RunningServer server;
  struct Case {
    std::string_view name;
    std::vector<std::pair<int, std::string>> sent;
    int code;
  };
  const std::vector<Case> cases{
      {"sound first", {{kBinary, std::string(960, '\0')}}, 1008},
      {"half a sample", {{kText, std::string{kMicrophone}}, {kBinary, std::string(961, '\0')}}, 1008},
      {"twice", {{kText, std::string{kMicrophone}}, {kText, std::string{kMicrophone}}}, 1008},
      {"no JSON", {{kText, "hello"}}, 1008},
      {"another message", {{kText, R"({"type":"ping","t":1})"}}, 1008},
      {"a rate out of range", {{kText, R"({"type":"microphone","sample_rate":7999})"}}, 1008},
      {"a rate of no number", {{kText, R"({"type":"microphone","sample_rate":"48000"})"}}, 1008},
  };
  for (const auto& [name, sent, code] : cases) {
    SCOPED_TRACE(name);
    auto speaker = live(server);
    for (const auto& [opcode, payload] : sent) {
      speaker.send(opcode, payload);
    }
    const auto error = speaker.message("error");
    ASSERT_FALSE(error.empty());
    EXPECT_FALSE(Json::parse(error)["message"].get<std::string>().empty());
    EXPECT_EQ(speaker.closed_with(), code);
  }
}

TEST(Live, RefusesSoundThatComesFasterThanItSounds) {
  const RunningServer server{[](Config& config) { config.stop_timeout = std::chrono::seconds{10}; }};
  auto speaker = live(server);
  speaker.send_text(R"({"type":"microphone","sample_rate":8000})");
  const std::string block(60'000, '\0'); // 3.75 s
  for (int i = 0; i < 20; ++i) {         // more than a minute: no machine is that slow
    speaker.send(kBinary, block);
  }
  EXPECT_EQ(Json::parse(speaker.message("error"))["code"], "limit_exceeded");
  EXPECT_EQ(speaker.closed_with(), 1008);
  speaker.send_close(1008);
}

TEST(Live, RefusesAMessageAboveItsLimit) {
  const RunningServer server;
  auto speaker = live(server);
  speaker.send_text(kMicrophone);
  ASSERT_FALSE(speaker.message("listening").empty());
  speaker.send(kBinary, std::string(70'000, '\0'));
  EXPECT_EQ(speaker.closed_with(), 1009);
}

TEST(Live, HearsSoManyMicrophonesAndNoMore) {
  const RunningServer server{[](Config& config) {
    config.max_microphones = 1;
    config.stop_timeout = std::chrono::minutes{1};
  }};
  auto first = live(server);
  first.send_text(kMicrophone);
  ASSERT_FALSE(first.message("listening").empty());
  auto second = live(server);
  second.send_text(kMicrophone);
  EXPECT_NE(second.message("error").find("limits.microphones"), std::string::npos);
  EXPECT_EQ(second.closed_with(), 1013);
  second.send_close(1013);
  first.send_text(R"({"type":"end"})");
  EXPECT_EQ(first.closed_with(), 1000);
  first.send_close(1000);
  EXPECT_TRUE(first.client.ended());
  auto third = live(server);
  third.send_text(kMicrophone);
  EXPECT_FALSE(third.message("listening").empty());
}

TEST(Live, RefusesAddressesAndOriginsThatAreNotItsOwn) {
  const RunningServer server;
  EXPECT_EQ(live(server, "?station=private").handshake.status, 400);
  EXPECT_EQ(live(server, "?station=UP").handshake.status, 400);
  EXPECT_EQ(live(server, "?codec=opus").handshake.status, 400);
  EXPECT_EQ(server.request("GET", "/ws/listen").status, 426);
  EXPECT_EQ(server.request("POST", "/ws/listen", "{}").status, 405);
  auto foreign = live(server, "?station=main", "Origin: https://elsewhere.example\r\n");
  EXPECT_FALSE(foreign.message("error").empty());
  EXPECT_EQ(foreign.closed_with(), 1008);
}

} // namespace
} // namespace auralis::server::testing
