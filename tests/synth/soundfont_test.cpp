// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/soundfont.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scratch_folder.hpp"

namespace auralis::synth {
namespace {

using testing::HasSubstr;

std::string file_with(const std::string& name, const std::string& bytes) {
  static const auralis::test::ScratchFolder kFolder;
  return kFolder.write(name, bytes).string();
}

TEST(FindSoundFont, TakesTheBestInstalledWhenNothingIsConfigured) {
  const auto found = find_soundfont();
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_TRUE(std::filesystem::exists(found->path));
  EXPECT_FALSE(found->name.empty());
}

TEST(FindSoundFont, SaysWhatToInstallWhenThereIsNone) {
  const auto found = find_soundfont({}, {"/nowhere/a.sf2", "/nowhere/b.sf3"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, core::ErrorCode::not_found);
  EXPECT_THAT(found.error().what, HasSubstr("apt install fluid-soundfont-gm"));
}

TEST(FindSoundFont, DoesNotFallBackWhenTheConfiguredOneIsMissing) {
  const auto found = find_soundfont("/nowhere/mine.sf2");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().where, "/nowhere/mine.sf2");
}

TEST(FindSoundFont, RefusesWhatIsNoSoundFont) {
  using namespace std::string_literals;
  for (const auto& bytes : {""s, "RIFF"s, std::string(4'096, 'x'), "RIFF\x20\0\0\0WAVEfmt                      "s}) {
    const auto found = find_soundfont(file_with("not-a.sf2", bytes));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, core::ErrorCode::invalid_argument);
  }
}

TEST(FindSoundFont, ReadsTheNameAndCutsItAtTheFirstZero) {
  using namespace std::string_literals;
  const auto path =
      file_with("named.sf2", "RIFF\x40\0\0\0sfbkLIST\x1c\0\0\0INFOINAM\x08\0\0\0Room\0\0\0\0irom\0\0\0\0"s);
  const auto found = find_soundfont(path);
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->name, "Room");
}

} // namespace
} // namespace auralis::synth
