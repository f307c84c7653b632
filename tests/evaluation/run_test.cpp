// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/run.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "scratch_folder.hpp"

namespace auralis::evaluation {
namespace {

std::vector<Clip> clips() {
  std::vector<Clip> made;
  for (int i = 0; i < 20; ++i) {
    Clip clip{.audio = "x/" + std::to_string(i), .dataset = i < 10 ? "a" : "b", .stem = std::to_string(i)};
    clip.truth.tempo = core::Bpm{100.0 + i};
    made.push_back(clip);
  }
  return made;
}

core::Result<Annotations> hear(const Clip& clip) {
  if (clip.stem == "3") {
    return core::fail(core::ErrorCode::io, "is damaged", clip.audio.string());
  }
  if (clip.stem == "4") {
    throw std::runtime_error{"out of luck"};
  }
  return Annotations{.tempo = core::Bpm{100.0}};
}

TEST(Judge, SaysTheSameWhateverTheNumberOfJobs) {
  const auto made = clips();
  const auto one = judge({.mode = "offline", .clips = made, .jobs = 1, .estimate = hear});
  const auto four = judge({.mode = "offline", .clips = made, .jobs = 4, .estimate = hear});
  EXPECT_EQ(to_json(std::span{&one, 1}), to_json(std::span{&four, 1}));
  EXPECT_EQ(to_table(one), to_table(four));
}

TEST(Judge, GoesOnAfterAClipThatFails) {
  const auto made = clips();
  double share = 0.0;
  const auto run =
      judge({.mode = "offline", .clips = made, .estimate = hear, .on_progress = [&](double done) { share = done; }});
  EXPECT_EQ(run.judged.size(), 18U);
  ASSERT_EQ(run.failures.size(), 2U);
  EXPECT_EQ(run.failures[0].what, "is damaged");
  EXPECT_EQ(run.failures[1].what, "out of luck");
  EXPECT_EQ(share, 1.0);
}

TEST(Judge, OfNoClipIsAnEmptyRun) {
  const auto run = judge({.mode = "offline", .clips = {}, .estimate = hear});
  EXPECT_TRUE(run.judged.empty());
  EXPECT_NE(to_table(run).find("all"), std::string::npos);
}

TEST(ToJson, CarriesMeansWithTheClipsBehindThem) {
  const auto made = clips();
  const auto run = judge({.mode = "offline", .clips = made, .estimate = hear});
  const auto json = nlohmann::json::parse(to_json(std::span{&run, 1})).at("runs").at(0);
  EXPECT_EQ(json.at("mode"), "offline");
  EXPECT_EQ(json.at("skip_seconds"), 5.0);
  ASSERT_EQ(json.at("groups").size(), 3U);
  const auto& all = json.at("groups").at(2);
  EXPECT_EQ(all.at("name"), "all");
  EXPECT_EQ(all.at("scores").at("accuracy1").at("clips"), 18);
  EXPECT_DOUBLE_EQ(all.at("scores").at("accuracy1").at("mean").get<double>(), 3.0 / 18.0); // 100 to 104 less two
  EXPECT_EQ(json.at("clips").size(), 18U);
  EXPECT_EQ(json.at("failed").size(), 2U);
}

TEST(EstimatesIn, AreReadByDatasetAndStem) {
  const test::ScratchFolder folder;
  folder.write("a/tempo/0.bpm", "101.5\n");
  const auto read = estimates_in(folder.path());
  const auto made = clips();
  const auto said = read(made[0]);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->tempo, core::Bpm{101.5});
  EXPECT_EQ(read(made[1]).error().code, core::ErrorCode::not_found);
}

} // namespace
} // namespace auralis::evaluation
