// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <system_error>

namespace auralis::test {

/// A folder of its own: empty at first, and gone at the end with everything in it. CTest runs cases side by side, each
/// in a process of its own, so no name in the temporary folder itself is safe.
class ScratchFolder {
public:
  ScratchFolder() {
    std::string name = ::testing::TempDir() + "auralis-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored; // a left-over folder in the temporary one harms nobody
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  /// Writes a file, and the folders it lies in; gives its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << content;
    return file;
  }

private:
  std::filesystem::path path_;
};

} // namespace auralis::test
