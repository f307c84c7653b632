// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/config.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <unistd.h>

#include "scratch_folder.hpp"

namespace auralis::server {
namespace {

core::Error refusal(std::string_view toml) {
  const auto config = parse_config(toml, "a.toml");
  EXPECT_FALSE(config) << toml;
  return config ? core::Error{} : config.error();
}

TEST(Config, IsReadFromAFile) {
  const auto config = parse_config(R"(
    [server]
    port = 9000
    allowed_origins = ["https://radio.example"]
    [station]
    preset = "sleep"
    seed = 5
    [limits]
    control_rate = 20.5
    [log]
    format = "json")",
                                   "a.toml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->port, 9000);
  EXPECT_EQ(config->preset, "sleep");
  EXPECT_EQ(config->seed, 5U);
  EXPECT_EQ(config->control_rate, 20.5);
  EXPECT_EQ(config->log.format, LogFormat::json);
  ASSERT_EQ(config->allowed_origins.size(), 1U);
}

TEST(Config, TheEnvironmentOverridesTheFileAndFlagsOverrideBoth) {
  const test::ScratchFolder folder;
  const auto file = folder.write("a.toml", "server.port = 1\nstation.name = \"file\"\nlog.level = \"debug\"\n");
  const auto config = load_config(file, {{"AURALIS_PORT", "2"}, {"AURALIS_NAME", "environment"}}, {{"--port", "3"}});
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->port, 3);
  EXPECT_EQ(config->name, "environment");
  EXPECT_EQ(config->log.level, LogLevel::debug);
}

TEST(Config, AnUnknownKeyIsNamedWithItsLineAndTheNearestOne) {
  const auto error = refusal("[server]\n\nprot = 80\n");
  EXPECT_EQ(error.where, "a.toml:3");
  EXPECT_EQ(error.what, "server.prot is no setting. Did you mean server.port?");
  EXPECT_EQ(refusal("port = 80\n").what, "port is no setting. Did you mean server.port?");
  EXPECT_EQ(refusal("colour = 1\n").what, "colour is no setting.");
}

TEST(Config, WhatIsOutOfRangeIsNamedWithTheRange) {
  EXPECT_EQ(refusal("server.port = 70000").what, "server.port is 70000, expected an integer from 0 to 65535");
  EXPECT_EQ(refusal("server.port = \"80\"").what, "server.port is \"80\", expected an integer from 0 to 65535");
  EXPECT_EQ(refusal("station.sample_rate = 96000").what, "station.sample_rate is 96000, expected 44100 or 48000");
  EXPECT_EQ(refusal("log.level = \"loud\"").what, "log.level is \"loud\", expected debug, info, warning, error or off");
  EXPECT_EQ(refusal("server.allowed_origins = [\"radio.example\"]").what,
            "server.allowed_origins is a list, expected a list of origins such as \"https://radio.example\"");
  EXPECT_EQ(refusal("server.allowed_hosts = [\"https://radio.example\"]").what,
            "server.allowed_hosts is a list, expected a list of names such as \"radio.example\", without scheme and "
            "port");
}

TEST(Config, SettingsThatDoNotFitTogetherAreRefused) {
  EXPECT_EQ(refusal("stream.ring_ms = 100").where, "stream.ring_ms");
  EXPECT_EQ(refusal("limits.listeners = 9000").where, "limits.listeners");
}

TEST(Config, WhatIsNoTomlIsRefusedWithTheLine) { EXPECT_EQ(refusal("[server]\nport = = 1").where, "a.toml:2"); }

TEST(Config, LettersBeyondAsciiBelongIntoStringsAndComments) {
  EXPECT_EQ(parse_config("# für alle\nstation.name = \"Bärenhöhle\" # schön\n", "a.toml")->name, "Bärenhöhle");
  EXPECT_EQ(refusal("\nserver.port = 80\xCC\xA5\n").where, "a.toml:2"); // toml++ 3.3.0 must not see this
  EXPECT_EQ(refusal("station.name = \"\"\"\\\n\xC3\xA4\"\"\"").where, "a.toml:2");
}

TEST(Config, UnknownVariablesAndFlagsAreNamed) {
  const auto variable = load_config(std::nullopt, {{"AURALIS_PRESETT", "x"}}, {});
  ASSERT_FALSE(variable);
  EXPECT_EQ(variable.error().what, "AURALIS_PRESETT is no setting. Did you mean AURALIS_PRESET?");
  const auto flag = load_config(std::nullopt, {}, {{"--portt", "1"}});
  ASSERT_FALSE(flag);
  EXPECT_EQ(flag.error().what, "--portt is no flag. Did you mean --port?");
  EXPECT_FALSE(load_config(std::nullopt, {{"AURALIS_PORT", "80x"}}, {}));
  EXPECT_FALSE(load_config(std::filesystem::path{"/nowhere.toml"}, {}, {}));
}

TEST(Config, EverySettingsDefaultIsWhatItSaysAndAllNamesAreItsOwn) {
  std::set<std::string_view> names;
  for (const auto& setting : settings()) {
    SCOPED_TRACE(setting.key);
    EXPECT_TRUE(names.insert(setting.key).second);
    EXPECT_TRUE(names.insert(setting.variable).second);
    EXPECT_TRUE(names.insert(setting.flag).second);
    if (!setting.fallback.empty()) {
      EXPECT_TRUE(load_config(std::nullopt, {{std::string{setting.variable}, setting.fallback}}, {}));
    }
  }
  EXPECT_TRUE(parse_config("", "empty"));
}

TEST(Config, TheDocumentationListsEverySettingAsItIs) {
  std::ifstream file{AURALIS_DOCS "/configuration.md"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  for (const auto& setting : settings()) {
    const auto fallback = setting.fallback.empty() ? "–" : "`" + setting.fallback + "`";
    auto row = "| `" + std::string{setting.key} + "` | `" + std::string{setting.variable} + "` | `" +
               std::string{setting.flag} + " " + std::string{setting.placeholder} + "` | " + fallback + " | " +
               setting.description + " |\n";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

} // namespace
} // namespace auralis::server
