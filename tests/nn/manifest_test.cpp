// SPDX-License-Identifier: Apache-2.0
#include "auralis/nn/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace auralis::nn {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json model() {
  return {{"name", "beats-live"},
          {"version", "1.0.0"},
          {"kind", "beats-live"},
          {"file", "beats-live.onnx"},
          {"sha256", std::string(64, 'a')},
          {"opset", 17},
          {"parameters", 123},
          {"features", {{"name", "log-bands"}, {"size", 80}, {"frames_per_second", 100}, {"hash", "abc"}}},
          {"outputs", {"beat", "downbeat"}},
          {"frames_per_step", 2},
          {"lag", 3},
          {"licence", "Apache-2.0"},
          {"data", {"rendered"}},
          {"metrics", {{"beat_f", 0.8}}}};
}
json manifest(json one) { return {{"format", 1}, {"models", json::array({std::move(one)})}}; }

core::Error error_of(const json& document) {
  const auto parsed = parse_manifest(document.dump());
  return parsed ? core::Error{} : parsed.error();
}

TEST(Manifest, SaysEverythingOfAModel) {
  auto described = model();
  described["settings"] = {{"beat_prior", 0.1}};
  described["variants"] = json::array({{{"precision", "int8"},
                                        {"file", "small.onnx"},
                                        {"sha256", std::string(64, 'b')},
                                        {"loss", {{"beat_f", 0.01}}}}});
  const auto parsed = parse_manifest(manifest(described).dump());
  ASSERT_TRUE(parsed) << parsed.error().where << parsed.error().what;
  const auto* found = parsed->find("beats-live");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->file, "beats-live.onnx");
  EXPECT_EQ(found->features, (Features{"log-bands", 80, 100.0, "abc"}));
  EXPECT_EQ(found->frames_per_step, 2);
  EXPECT_EQ(found->lag, 3);
  EXPECT_DOUBLE_EQ(found->metrics.at("beat_f"), 0.8);
  EXPECT_DOUBLE_EQ(found->settings.at("beat_prior"), 0.1);
  ASSERT_EQ(found->variants.size(), 1U);
  EXPECT_EQ(found->variants.front().precision, "int8");
  EXPECT_EQ(parsed->find("key"), nullptr);
}

TEST(Manifest, MayBeEmpty) {
  const auto parsed = parse_manifest(R"({"format": 1, "models": []})");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->models.empty());
}

TEST(Manifest, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(parse_manifest("{").error().what, HasSubstr("no JSON"));
  EXPECT_EQ(error_of({{"format", 2}, {"models", json::array()}}).where, "format");
  EXPECT_EQ(error_of({{"format", 1}}).where, "models");
  for (const char* field : {"name", "version", "kind", "file", "sha256", "opset", "parameters", "features", "outputs",
                            "frames_per_step", "lag", "licence", "data", "metrics"}) {
    auto without = model();
    without.erase(field);
    EXPECT_EQ(error_of(manifest(without)).where, std::string{"models[0]."} + field);
  }
  const auto with = [](const char* field, json value) {
    auto changed = model();
    changed[field] = std::move(value);
    return error_of(manifest(changed)).where;
  };
  EXPECT_EQ(with("sha256", "ABC"), "models[0].sha256");
  EXPECT_EQ(with("file", "../elsewhere.onnx"), "models[0].file");
  EXPECT_EQ(with("lag", -1), "models[0].lag");
  EXPECT_EQ(with("opset", 17.5), "models[0].opset");
  EXPECT_EQ(with("metrics", {{"beat_f", "good"}}), "models[0].metrics");
  EXPECT_EQ(with("features", 3), "models[0].features");
  EXPECT_EQ(with("misspelt", 3), "models[0].misspelt");
}

TEST(Manifest, RefusesTwoModelsOfOneName) {
  const auto parsed = parse_manifest(json{{"format", 1}, {"models", {model(), model()}}}.dump());
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().what, HasSubstr("twice"));
}

TEST(Manifest, SaysWhatFeaturesAModelWasTrainedOnWhereTheyDiffer) {
  const auto parsed = parse_manifest(manifest(model()).dump());
  ASSERT_TRUE(parsed);
  auto features = parsed->models.front().features;
  EXPECT_FALSE(mismatch(parsed->models.front(), features));
  features.hash = "def";
  const auto wrong = mismatch(parsed->models.front(), features);
  ASSERT_TRUE(wrong);
  EXPECT_THAT(wrong->what, HasSubstr("abc"));
  EXPECT_THAT(wrong->what, HasSubstr("def"));
}

TEST(OutputSize, CountsNamesAndWhatStandsInBrackets) {
  ModelEntry model;
  model.outputs = {"beat", "downbeat"};
  EXPECT_EQ(output_size(model), 2U);
  model.outputs = {"voiced", "pitch[180]"};
  EXPECT_EQ(output_size(model), 181U);
  model.outputs = {"a[]", "b[two]", "c[3", "d[99999999999999999999]", "", "]["};
  EXPECT_EQ(output_size(model), 6U);
}

} // namespace
} // namespace auralis::nn
