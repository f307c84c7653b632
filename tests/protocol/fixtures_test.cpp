// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "auralis/protocol/messages.hpp"

namespace auralis::protocol {
namespace {

/// Reads the text as one type and writes it again; or the reason for its refusal.
using Mill = std::function<core::Result<std::string>(std::string_view)>;

template <typename T> Mill mill(core::Result<T> (*parse)(std::string_view)) {
  return [parse](std::string_view text) { return parse(text).map([](const T& value) { return to_json(value); }); };
}

const std::map<std::string, Mill, std::less<>>& mills() {
  static const std::map<std::string, Mill, std::less<>> all{
      {"ClientMessage", mill(&parse_client_message)},
      {"ServerMessage", mill(&parse_server_message)},
      {"ControlMessage", mill(&parse_control_message)},
      {"Parameters", mill(&parse_parameters)},
      {"PresetDocument", mill(&parse_preset_document)},
      {"StationRequest", mill(&parse_station_request)},
      {"StationDocument", mill(&parse_station_document)},
      {"StatusDocument", mill(&parse_status_document)},
      {"MetricsDocument", mill(&parse_metrics_document)},
      {"ErrorDocument", mill(&parse_error_document)},
      {"StationList", mill(&parse_station_list)},
      {"PresetList", mill(&parse_preset_list)},
      {"AnalysisDocument", mill(&parse_analysis_document)},
      {"AnalysisList", mill(&parse_analysis_list)},
      {"AnalysisRequest", mill(&parse_analysis_request)},
      {"AudioFeatures", mill(&parse_audio_features)},
      {"HeardEvent", mill(&parse_heard_event)},
      {"LiveMessage", mill(&parse_live_message)},
      {"LiveRequest", mill(&parse_live_request)},
  };
  return all;
}

struct Fixture {
  std::string name;
  std::string type;
  std::string text;
};

std::vector<Fixture> fixtures(const std::string& folder) {
  std::vector<Fixture> found;
  for (const auto& entry : std::filesystem::directory_iterator{std::filesystem::path{AURALIS_FIXTURES} / folder}) {
    const auto name = entry.path().stem().string();
    std::ifstream file{entry.path(), std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    found.push_back({name, name.substr(0, name.find('-')), text.str()});
  }
  return found;
}

TEST(Fixtures, EveryValidOneComesBackEqualWhenWrittenAgain) {
  const auto all = fixtures("valid");
  ASSERT_GE(all.size(), 20U);
  for (const auto& [name, type, text] : all) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(mills().contains(type));
    const auto written = mills().at(type)(text);
    ASSERT_TRUE(written) << written.error().what << " at " << written.error().where;
    EXPECT_EQ(nlohmann::json::parse(*written), nlohmann::json::parse(text));
  }
}

TEST(Fixtures, EveryInvalidOneIsRefusedWithAReason) {
  for (const auto* folder : {"invalid", "malformed"}) {
    const auto all = fixtures(folder);
    ASSERT_GE(all.size(), 6U);
    for (const auto& [name, type, text] : all) {
      SCOPED_TRACE(name);
      ASSERT_TRUE(mills().contains(type));
      const auto written = mills().at(type)(text);
      ASSERT_FALSE(written) << *written;
      EXPECT_EQ(written.error().code, core::ErrorCode::invalid_argument);
      EXPECT_FALSE(written.error().what.empty());
    }
  }
}

TEST(Fixtures, EveryMessageOfTheSchemaHasAValidOne) {
  const auto all = fixtures("valid");
  const std::map<std::string, std::vector<std::string>> tags{
      {"ClientMessage", {"control", "ping"}},
      {"ServerMessage", {"hello", "audio", "notes", "chord", "beat", "state", "ack", "pong", "error"}}};
  for (const auto& [type, wanted] : tags) {
    for (const auto& tag : wanted) {
      EXPECT_TRUE(std::ranges::any_of(
          all,
          [&](const Fixture& one) { return one.type == type && nlohmann::json::parse(one.text).at("type") == tag; }))
          << type << " " << tag;
    }
  }
}

} // namespace
} // namespace auralis::protocol
