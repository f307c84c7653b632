// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/analysis_cache.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "scratch_folder.hpp"

namespace auralis::session {
namespace {

namespace fs = std::filesystem;
using report::Part;
using report::Parts;

class AnalysisCacheTest : public testing::Test {
protected:
  /// A document with tempo and beats under a hash of repeated `digit`.
  static protocol::AnalysisDocument document(char digit) {
    core::Analysis analysis;
    analysis.source_rate = core::Hertz{44'100.0};
    analysis.source_channels = 2;
    analysis.tempi = {{core::Bpm{120.0}, 0.8F}};
    return report::to_document(analysis, {.name = "a.wav", .sha256 = std::string(64, digit)},
                               {Part::tempo, Part::beats});
  }
  static std::string hash(char digit) { return std::string(64, digit); }

  /// The only file in the folder.
  [[nodiscard]] fs::path only_file() const {
    fs::path found;
    for (const auto& entry : fs::recursive_directory_iterator{folder_}) {
      if (entry.is_regular_file()) {
        EXPECT_TRUE(found.empty()) << entry.path() << " beside " << found;
        found = entry.path();
      }
    }
    return found;
  }

  test::ScratchFolder scratch_;
  fs::path folder_ = scratch_ / "analyses"; // which the cache makes
  AnalysisCache cache_{folder_};
};

TEST_F(AnalysisCacheTest, FindsWhatWasStoredAndNothingElse) {
  EXPECT_FALSE(cache_.find(hash('a'), {Part::tempo}));
  ASSERT_TRUE(cache_.store(document('a')));
  EXPECT_EQ(cache_.find(hash('a'), {Part::tempo, Part::beats}), document('a'));
  EXPECT_FALSE(cache_.find(hash('b'), {Part::tempo}));
}

TEST_F(AnalysisCacheTest, GivesOnlyThePartsAskedFor) {
  ASSERT_TRUE(cache_.store(document('a')));
  const auto found = cache_.find(hash('a'), {Part::tempo});
  ASSERT_TRUE(found);
  EXPECT_EQ(report::parts_of(*found), Parts{Part::tempo});
}

TEST_F(AnalysisCacheTest, LacksADocumentThatLacksAPart) {
  ASSERT_TRUE(cache_.store(document('a')));
  EXPECT_FALSE(cache_.find(hash('a'), {Part::tempo, Part::key}));
}

TEST_F(AnalysisCacheTest, TakesADamagedFileForNone) {
  ASSERT_TRUE(cache_.store(document('a')));
  const auto file = only_file();
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_FALSE(cache_.find(hash('a'), {Part::tempo}));
  ASSERT_TRUE(cache_.store(document('a'))) << "and it is written anew";
  EXPECT_TRUE(cache_.find(hash('a'), {Part::tempo}));
}

TEST_F(AnalysisCacheTest, TakesAnotherVersionsDocumentForNone) {
  auto old = document('a');
  old.engine = "0.0.1";
  ASSERT_TRUE(cache_.store(old));
  EXPECT_FALSE(cache_.find(hash('a'), {Part::tempo}));
}

TEST_F(AnalysisCacheTest, KeepsApartWhatOtherNetworksHeard) {
  const AnalysisCache network{folder_, "beats-file 1.0.0"};
  ASSERT_TRUE(cache_.store(document('a')));
  EXPECT_FALSE(network.find(hash('a'), {Part::tempo}));
  ASSERT_TRUE(network.store(document('a')));
  EXPECT_TRUE(network.find(hash('a'), {Part::tempo}));
  EXPECT_FALSE((AnalysisCache{folder_, "beats-file 1.0.1"}.find(hash('a'), {Part::tempo})));
}

TEST_F(AnalysisCacheTest, MayBeWrittenByManyAtOnce) {
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        EXPECT_TRUE(cache_.store(document('a')));
        EXPECT_EQ(cache_.find(hash('a'), {Part::tempo, Part::beats}), document('a'));
      }
    });
  }
  writers.clear();
  EXPECT_FALSE(only_file().empty()) << "no unfinished file is left";
}

TEST_F(AnalysisCacheTest, SaysWhereItCannotWrite) {
  std::ofstream{folder_} << "a file where a folder should be";
  const auto stored = cache_.store(document('a'));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, core::ErrorCode::io);
  EXPECT_NE(stored.error().where.find(folder_.string()), std::string::npos);
}

} // namespace
} // namespace auralis::session
