// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/analysis_batch.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>

namespace auralis::session {
namespace fs = std::filesystem;
namespace {

using Document = core::Result<protocol::AnalysisDocument>;

/// Results that wait for an earlier file, at most so many a job: a document may hold megabytes.
constexpr std::size_t kWaitingPerJob = 4;
constexpr std::chrono::milliseconds kProgressEvery{100};

/// What the workers and the caller share.
class Desk {
public:
  Desk(const Batch& batch, std::size_t window) : batch_{batch}, window_{window} {
    results_.resize(batch.files.size());
    shares_.resize(batch.files.size());
    for (const auto& file : batch.files) {
      std::error_code error;
      const auto size = fs::file_size(file, error);
      sizes_.push_back(error ? 1.0 : static_cast<double>(size) + 1.0);
      total_ += sizes_.back();
    }
  }

  /// A worker's life.
  void work() {
    while (const auto index = take()) {
      auto result = analysed(*index);
      const std::scoped_lock lock{mutex_};
      results_[*index].emplace(std::move(result));
      shares_[*index] = 1.0;
      ++finished_;
      changed_.notify_all();
    }
  }

  /// The caller's: hands out results in order until there are no more.
  void deliver() {
    for (std::size_t index = 0; index < results_.size(); ++index) {
      std::unique_lock lock{mutex_};
      auto& slot = results_[index];
      while (!slot) {
        changed_.wait_for(lock, kProgressEvery);
        tell(lock);
      }
      auto result = std::move(*slot);
      slot.reset();
      delivered_ = index + 1;
      room_.notify_all();
      lock.unlock();
      batch_.on_result(index, std::move(result));
      lock.lock();
      tell(lock);
    }
  }

private:
  std::optional<std::size_t> take() {
    std::unique_lock lock{mutex_};
    room_.wait(lock, [this] { return next_ == results_.size() || next_ < delivered_ + window_; });
    return next_ == results_.size() ? std::nullopt : std::optional{next_++};
  }

  Document analysed(std::size_t index) {
    try {
      return batch_.analyse(batch_.files[index], [this, index](double share) {
        const std::scoped_lock lock{mutex_};
        shares_[index] = std::clamp(share, 0.0, 1.0);
      });
    } catch (const std::exception& error) {
      return core::fail(core::ErrorCode::internal, error.what(), batch_.files[index].string());
    }
  }

  void tell(std::unique_lock<std::mutex>& lock) {
    if (!batch_.on_progress) {
      return;
    }
    BatchProgress progress{.finished = finished_};
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      progress.share += shares_[i] * sizes_[i] / total_;
    }
    lock.unlock();
    batch_.on_progress(progress);
    lock.lock();
  }

  const Batch& batch_;
  const std::size_t window_;
  std::vector<double> sizes_;
  double total_ = 0.0;

  std::mutex mutex_; // guards all below
  std::condition_variable changed_;
  std::condition_variable room_;
  std::vector<std::optional<Document>> results_;
  std::vector<double> shares_;
  std::size_t next_ = 0;
  std::size_t delivered_ = 0;
  std::size_t finished_ = 0;
};

bool looks_like_sound(const fs::path& file) {
  static constexpr std::array<std::string_view, 33> kEndings{
      ".wav", ".wave", ".flac", ".mp3", ".mp2", ".ogg",  ".oga", ".opus", ".m4a", ".m4b", ".aac",
      ".aif", ".aiff", ".aifc", ".au",  ".caf", ".wma",  ".ape", ".wv",   ".mpc", ".ac3", ".dts",
      ".mka", ".mkv",  ".mp4",  ".m4v", ".mov", ".webm", ".avi", ".mpg",  ".ts",  ".w64", ".tta"};
  auto ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

} // namespace

void run(const Batch& batch) {
  assert(batch.jobs >= 1);
  const auto jobs = std::min(static_cast<std::size_t>(batch.jobs), std::max<std::size_t>(1, batch.files.size()));
  Desk desk{batch, jobs * kWaitingPerJob};
  std::vector<std::jthread> workers;
  workers.reserve(jobs);
  for (std::size_t i = 0; i < jobs; ++i) {
    workers.emplace_back([&desk] { desk.work(); });
  }
  desk.deliver();
}

core::Result<std::vector<fs::path>> sound_files(std::span<const fs::path> files_and_folders) {
  std::vector<fs::path> found;
  for (const auto& path : files_and_folders) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::is_directory(status)) {
      found.push_back(path);
      continue;
    }
    std::vector<fs::path> below;
    fs::recursive_directory_iterator walk{path, fs::directory_options::skip_permission_denied, error};
    while (!error && walk != fs::recursive_directory_iterator{}) {
      std::error_code ignored;
      if (walk->is_regular_file(ignored) && looks_like_sound(walk->path())) {
        below.push_back(walk->path());
      }
      walk.increment(error);
    }
    if (error) {
      return core::fail(core::ErrorCode::io, "the folder cannot be read: " + error.message(), path.string());
    }
    std::ranges::sort(below);
    found.insert(found.end(), below.begin(), below.end());
  }
  if (found.empty()) {
    return core::fail(core::ErrorCode::invalid_argument, "there is no sound file below",
                      files_and_folders.empty() ? "" : files_and_folders.front().string());
  }
  return found;
}

} // namespace auralis::session
