// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/analysis_batch.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <latch>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include "scratch_folder.hpp"

namespace auralis::session {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<fs::path> names(std::size_t count) {
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < count; ++i) {
    files.emplace_back("file" + std::to_string(i));
  }
  return files;
}

core::Result<protocol::AnalysisDocument> document_called(const fs::path& file) {
  return protocol::AnalysisDocument{.analysis = 1, .source = {.name = file.string(), .channels = 1}};
}

/// What run() hands out, in its order: the name, or the error.
std::vector<std::string> outcome(const std::vector<fs::path>& files, int jobs, const AnalyseFile& analyse) {
  std::vector<std::string> seen;
  run({.files = files,
       .jobs = jobs,
       .analyse = analyse,
       .on_result = [&](std::size_t index, core::Result<protocol::AnalysisDocument> result) {
         EXPECT_EQ(index, seen.size());
         seen.push_back(result ? result->source.name : "failed: " + result.error().what);
       }});
  return seen;
}

TEST(AnalysisBatch, HandsOutResultsInTheOrderOfTheFilesWhateverTheNumberOfJobs) {
  const auto files = names(50);
  const auto analyse = [](const fs::path& file, const FileProgress&) { return document_called(file); };
  const auto one = outcome(files, 1, analyse);
  EXPECT_EQ(one.size(), 50U);
  EXPECT_EQ(outcome(files, 8, analyse), one);
}

TEST(AnalysisBatch, WaitsForASlowFirstFileWithoutRunningFarAhead) {
  const auto files = names(100);
  std::latch release{1};
  std::atomic<int> started{0};
  std::thread opener{[&] {
    while (started.load() < 8) { // one slow file, seven of the eight that two jobs may hold
      std::this_thread::yield();
    }
    release.count_down();
  }};
  std::atomic<int> most_ahead{0};
  const auto seen = outcome(files, 2, [&](const fs::path& file, const FileProgress&) {
    const int mine = started.fetch_add(1);
    if (file == "file0") {
      release.wait();
      most_ahead = started.load();
    }
    static_cast<void>(mine);
    return document_called(file);
  });
  opener.join();
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(most_ahead.load(), 8);
}

TEST(AnalysisBatch, GoesOnAfterAFileThatFailsOrThrows) {
  EXPECT_THAT(outcome(names(4), 2,
                      [](const fs::path& file, const FileProgress&) -> core::Result<protocol::AnalysisDocument> {
                        if (file == "file1") {
                          return core::fail(core::ErrorCode::io, "cut off");
                        }
                        if (file == "file2") {
                          throw std::runtime_error{"broke"};
                        }
                        return document_called(file);
                      }),
              ElementsAre("file0", "failed: cut off", "failed: broke", "file3"));
}

TEST(AnalysisBatch, OfNothingEndsAtOnce) {
  EXPECT_TRUE(outcome({}, 2, [](const fs::path& file, const FileProgress&) { return document_called(file); }).empty());
}

TEST(AnalysisBatch, ReportsProgressThatEndsWithEverything) {
  const auto files = names(3);
  BatchProgress last;
  run({.files = files,
       .jobs = 1,
       .analyse =
           [](const fs::path& file, const FileProgress& progress) {
             progress(0.5);
             return document_called(file);
           },
       .on_result = [](std::size_t, const core::Result<protocol::AnalysisDocument>&) {},
       .on_progress =
           [&](const BatchProgress& progress) {
             EXPECT_GE(progress.share, last.share);
             last = progress;
           }});
  EXPECT_EQ(last.finished, 3U);
  EXPECT_NEAR(last.share, 1.0, 1e-9);
}

class SoundFiles : public testing::Test {
protected:
  void SetUp() override {
    fs::create_directories(root_ / "empty");
    for (const auto* name : {"b/two.MP3", "b/deep/three.flac", "a.wav", "notes.txt", "b/cover.jpg"}) {
      folder_.write(name, "x");
    }
  }

  test::ScratchFolder folder_;
  const fs::path& root_ = folder_.path();
};

TEST_F(SoundFiles, AreFoundBelowAFolderInOrderAndNothingElse) {
  const std::vector<fs::path> given{root_};
  EXPECT_THAT(*sound_files(given), ElementsAre(root_ / "a.wav", root_ / "b/deep/three.flac", root_ / "b/two.MP3"));
}

TEST_F(SoundFiles, GivenByNameAreTakenAsTheyAre) {
  const std::vector<fs::path> given{root_ / "notes.txt", root_ / "a.wav"};
  EXPECT_THAT(*sound_files(given), ElementsAre(root_ / "notes.txt", root_ / "a.wav"));
}

TEST_F(SoundFiles, ThatAreNotThereStopNoOthers) {
  const std::vector<fs::path> given{root_ / "gone.wav", root_ / "empty", root_ / "a.wav"};
  EXPECT_THAT(*sound_files(given), ElementsAre(root_ / "gone.wav", root_ / "a.wav"));
}

TEST_F(SoundFiles, OfNothingButEmptyFoldersAreAnError) {
  const std::vector<fs::path> given{root_ / "empty"};
  const auto found = sound_files(given);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().where, HasSubstr("empty"));
}

} // namespace
} // namespace auralis::session
