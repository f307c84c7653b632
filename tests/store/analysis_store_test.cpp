// SPDX-License-Identifier: Apache-2.0
#include "auralis/store/analysis_store.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch_folder.hpp"

namespace auralis::store {
namespace {

/// Where a store keeps its file.
struct Folder : test::ScratchFolder {
  [[nodiscard]] std::filesystem::path file() const { return path() / "analyses.db"; }
  [[nodiscard]] std::string bytes() const {
    std::ifstream stream{file(), std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
};

/// What the constructor says when it refuses; empty if it does not.
std::string refusal(const std::filesystem::path& folder) {
  try {
    const AnalysisStore store{folder};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

bool mentions(const std::string& text, std::string_view word) { return text.find(word) != std::string::npos; }

TEST(AnalysisStore, IsEmptyAtFirst) {
  const AnalysisStore store{""};
  EXPECT_TRUE(store.list()->empty());
  EXPECT_EQ(store.find("aaaaaaaaaaaaaaaa").error().code, core::ErrorCode::not_found);
}

TEST(AnalysisStore, GivesBackWhatItWasGiven) {
  AnalysisStore store{""};
  const auto made = store.create("Größe 'x'; DROP TABLE analyses.mp3", 1'700'000'000'123);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->state, AnalysisState::queued);
  ASSERT_TRUE(store.start(made->id));
  EXPECT_EQ(store.find(made->id)->state, AnalysisState::running);
  using namespace std::string_literals;
  const auto peaks = "\0\1\2\xFF\0"s;
  ASSERT_TRUE(store.finish(made->id, core::Seconds{12.5}, R"({"a":1})", peaks));
  const auto found = store.find(made->id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "Größe 'x'; DROP TABLE analyses.mp3");
  EXPECT_EQ(found->state, AnalysisState::done);
  EXPECT_EQ(found->created_ms, 1'700'000'000'123);
  EXPECT_EQ(found->length->value, 12.5);
  EXPECT_EQ(*store.document(made->id), R"({"a":1})");
  EXPECT_EQ(*store.peaks(made->id), peaks);
}

TEST(AnalysisStore, DrawsIdsOfSixteenLettersAndDigitsThatNeverMeet) {
  AnalysisStore store{""};
  std::set<std::string> ids;
  for (int i = 0; i < 500; ++i) {
    const auto made = store.create("x", i);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->id.size(), 16U);
    EXPECT_EQ(made->id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
    ids.insert(made->id);
  }
  EXPECT_EQ(ids.size(), 500U);
}

TEST(AnalysisStore, ListsTheNewestFirstWhateverTheClockSays) {
  AnalysisStore store{""};
  const auto first = store.create("first", 2'000);
  const auto second = store.create("second", 1'000);
  const auto third = store.create("third", 1'000);
  ASSERT_TRUE(store.erase(second->id));
  const auto list = store.list();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->at(0).id, third->id);
  EXPECT_EQ(list->at(1).id, first->id);
}

TEST(AnalysisStore, HasNoResultBeforeItIsDoneAndNoneOfAnUnknownOne) {
  AnalysisStore store{""};
  const auto made = store.create("x", 0);
  EXPECT_EQ(store.document(made->id).error().code, core::ErrorCode::unavailable);
  EXPECT_TRUE(mentions(store.document(made->id).error().what, "queued"));
  EXPECT_EQ(store.peaks("bbbbbbbbbbbbbbbb").error().code, core::ErrorCode::not_found);
  for (const auto& changed :
       {store.start("bbbbbbbbbbbbbbbb"), store.fail("bbbbbbbbbbbbbbbb", "why"),
        store.finish("bbbbbbbbbbbbbbbb", core::Seconds{1}, "{}", ""), store.erase("bbbbbbbbbbbbbbbb")}) {
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, core::ErrorCode::not_found);
  }
}

TEST(AnalysisStore, ForgetsTheResultWithTheAnalysis) {
  const Folder folder;
  AnalysisStore store{folder.path()};
  const auto made = store.create("x", 0);
  ASSERT_TRUE(store.finish(made->id, core::Seconds{1}, "{}", std::string(100'000, 'p')));
  ASSERT_TRUE(store.erase(made->id));
  EXPECT_EQ(store.peaks(made->id).error().code, core::ErrorCode::not_found);
  EXPECT_FALSE(store.erase(made->id));
}

TEST(AnalysisStore, KeepsResultsAndFailsWhatWasLeftUndone) {
  const Folder folder;
  std::string done;
  std::string failed;
  std::string running;
  std::string queued;
  {
    AnalysisStore store{folder.path()};
    done = store.create("done", 1)->id;
    ASSERT_TRUE(store.finish(done, core::Seconds{3}, R"({"kept":true})", "peaks"));
    failed = store.create("failed", 2)->id;
    ASSERT_TRUE(store.fail(failed, "no sound in it"));
    running = store.create("running", 3)->id;
    ASSERT_TRUE(store.start(running));
    queued = store.create("queued", 4)->id;
  }
  const AnalysisStore store{folder.path()};
  EXPECT_EQ(store.list()->size(), 4U);
  EXPECT_EQ(*store.document(done), R"({"kept":true})");
  EXPECT_EQ(store.find(failed)->error, "no sound in it");
  for (const auto& id : {running, queued}) {
    EXPECT_EQ(store.find(id)->state, AnalysisState::failed);
    EXPECT_TRUE(mentions(store.find(id)->error, "the server ended before"));
  }
}

TEST(AnalysisStore, LosesNothingWhenTheProcessIsKilled) {
  const Folder folder;
  int ids[2];
  ASSERT_EQ(::pipe(ids), 0);
  const auto child = ::fork();
  if (child == 0) { // dies without closing anything
    AnalysisStore store{folder.path()};
    const auto done = store.create("done", 1);
    const bool ok = store.finish(done->id, core::Seconds{1}, "{}", std::string(300'000, 'p')).has_value();
    const auto running = store.create("running", 2);
    if (!ok || !store.start(running->id) || ::write(ids[1], (done->id + running->id).data(), 32) != 32) {
      ::_exit(1);
    }
    ::raise(SIGKILL);
  }
  ::close(ids[1]);
  std::string text(32, ' ');
  ASSERT_EQ(::read(ids[0], text.data(), 32), 32);
  ::close(ids[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const AnalysisStore store{folder.path()};
  EXPECT_EQ(store.peaks(text.substr(0, 16))->size(), 300'000U);
  EXPECT_EQ(store.find(text.substr(16))->state, AnalysisState::failed);
}

TEST(AnalysisStore, ServesOneProcessAtATime) {
  const Folder folder;
  const AnalysisStore store{folder.path()};
  EXPECT_TRUE(mentions(refusal(folder.path()), "another server uses it"));
}

TEST(AnalysisStore, RefusesWhatIsNoDatabaseAndLeavesItAsItIs) {
  const Folder folder;
  std::ofstream{folder.file()} << std::string(5'000, 'x');
  EXPECT_TRUE(mentions(refusal(folder.path()), "it is damaged")) << refusal(folder.path());
  EXPECT_EQ(folder.bytes(), std::string(5'000, 'x'));
}

TEST(AnalysisStore, RefusesADamagedDatabaseAndLeavesItAsItIs) {
  const Folder folder;
  {
    AnalysisStore store{folder.path()};
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(store.finish(store.create("x", i)->id, core::Seconds{1}, "{}", std::string(10'000, 'p')));
    }
  }
  const auto whole = folder.bytes();
  ASSERT_GT(whole.size(), 100'000U);
  for (const bool cut : {true, false}) {
    SCOPED_TRACE(cut ? "cut off" : "overwritten");
    auto hurt = whole;
    if (cut) {
      hurt.resize(hurt.size() / 2);
    } else {
      std::fill(hurt.begin() + 4'096, hurt.begin() + 20'000, '\x55');
    }
    std::ofstream{folder.file(), std::ios::binary} << hurt;
    EXPECT_TRUE(mentions(refusal(folder.path()), "it is damaged")) << refusal(folder.path());
    EXPECT_EQ(folder.bytes(), hurt);
  }
}

TEST(AnalysisStore, RefusesDatabasesOfOthersAndOfLaterVersions) {
  const Folder folder;
  {
    const AnalysisStore store{folder.path()};
  }
  const auto ours = folder.bytes();
  // The database's header (SQLite's file format, 1.3): user version at 60, application id at 68, big-endian.
  auto later = ours;
  later[63] = '\x02';
  std::ofstream{folder.file(), std::ios::binary} << later;
  EXPECT_TRUE(mentions(refusal(folder.path()), "version 2")) << refusal(folder.path());
  EXPECT_EQ(folder.bytes(), later);
  auto other = ours;
  other[68] = 'Z';
  std::ofstream{folder.file(), std::ios::binary} << other;
  EXPECT_TRUE(mentions(refusal(folder.path()), "another program")) << refusal(folder.path());
  EXPECT_EQ(folder.bytes(), other);
}

TEST(AnalysisStore, RefusesWhereItCannotWrite) {
  const Folder folder;
  std::filesystem::create_directory(folder.file()); // a folder in its place: nobody, not even root, can write it
  EXPECT_TRUE(mentions(refusal(folder.path()), "it cannot be written")) << refusal(folder.path());
  std::ofstream{folder.path() / "plain"} << "a file";
  EXPECT_TRUE(mentions(refusal(folder.path() / "plain" / "below"), "cannot be made"));
}

} // namespace
} // namespace auralis::store
