// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "auralis/analysis/networks.hpp"
#include "auralis/core/clock.hpp"
#include "auralis/protocol/messages.hpp"
#include "auralis/server/config.hpp"
#include "auralis/server/scheduler.hpp"
#include "auralis/server/temporary_file.hpp"
#include "auralis/store/analysis_store.hpp"
#include "auralis/store/web.hpp"

namespace auralis::server {

/// A recording to be analysed.
struct AnalysisTask {
  std::filesystem::path file; ///< to be opened for reading; has no telling name
  std::string name;           ///< what the client calls it
  std::function<void(double share)> progress;
  std::stop_token stop; ///< once requested, the work ends as soon as it can, with whatever
};
struct Analysed {
  protocol::AnalysisDocument document;
  std::string peaks; ///< as /api/analyses/{id}/peaks sends them
};

/// The work itself, handed in. Called on threads of the server's own, several at once.
struct Analyser {
  /// The seconds that a file says it holds, none where it does not say. Errors: what is no recording.
  std::function<core::Result<std::optional<core::Seconds>>(const std::filesystem::path& file, std::string_view name)>
      measure;
  std::function<core::Result<Analysed>(const AnalysisTask& task)> analyse; ///< empty: the server analyses nothing
  analysis::Networks networks{};                                           ///< that live sound is listened through
};

/// One who is told how an analysis goes. Thread: network.
class AnalysisWatch {
public:
  AnalysisWatch() = default;
  AnalysisWatch(const AnalysisWatch&) = delete;
  AnalysisWatch& operator=(const AnalysisWatch&) = delete;
  virtual ~AnalysisWatch() = default;
  virtual void changed(const protocol::AnalysisStatus& status) = 0;
  virtual void removed() = 0;
};

/// Threads that run tasks in order; the destructor runs what is left. Thread: any.
class Workers {
public:
  /// `niceness` is that of setpriority(2), for these threads alone.
  Workers(std::size_t count, int niceness);
  ~Workers() { join(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void run(std::function<void()> task);
  /// Takes no more, and returns when all is done.
  void join();

private:
  void work(int niceness);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_; // under mutex_
  bool closing_ = false;                    // under mutex_
  std::vector<std::thread> threads_;
};

/// The analyses of the server: what waits, what runs, what is kept.
///
/// The disk is touched by a clerk's thread, the work is done by Config::analysis_jobs threads of low priority; nothing
/// here waits. Thread: network.
class Analyses {
public:
  /// All must outlive it. \throws std::runtime_error if the database cannot be used.
  Analyses(const Config& config, Analyser analyser, Scheduler& scheduler, const core::Clock& clock, Log& log);
  ~Analyses();
  Analyses(const Analyses&) = delete;
  Analyses& operator=(const Analyses&) = delete;

  template <typename T> using Then = std::function<void(core::Result<T>)>;
  /// Room for one more, held from before its bytes come until it waits for a worker.
  using Place = std::shared_ptr<void>;

  /// Errors: limit_exceeded, whose `where` names the setting; unavailable.
  [[nodiscard]] core::Result<Place> reserve(bool upload);
  /// Analyses a file. Errors: invalid_argument for what is no recording, limit_exceeded for one that is too long.
  void submit(std::shared_ptr<TemporaryFile> file, std::string name, Place place, Then<protocol::AnalysisStatus> then);
  /// Fetches and analyses what lies at an address. \pre its host is listed
  void submit(store::WebAddress address, std::string name, Place place, Then<protocol::AnalysisStatus> then);

  [[nodiscard]] protocol::AnalysisList list() const;
  /// How many are being worked on now.
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::optional<protocol::AnalysisStatus> find(std::string_view id) const;
  /// Errors: not_found; unavailable while it is not done; invalid_argument where it has failed.
  void document(std::string_view id, Then<std::string> then);
  void peaks(std::string_view id, Then<std::string> then);
  /// What Spotify's clients ask for, as JSON; the same errors.
  void features(std::string_view id, Then<std::string> then);
  /// Ends it if it runs, and forgets it.
  void remove(std::string_view id, Then<void> then);

  /// Tells how it goes from now on, beginning now; false if there is no such analysis. `watch` stays until unwatch().
  [[nodiscard]] bool watch(std::string_view id, AnalysisWatch& watch);
  void unwatch(std::string_view id, AnalysisWatch& watch);

  /// Runs the task on the clerk's thread. Thread: any.
  void on_clerk(std::function<void()> task) { clerk_.run(std::move(task)); }
  /// Runs the task on the network thread. Thread: any.
  void on_network(std::function<void()> task) { scheduler_.post(std::move(task)); }
  /// Lets all work end soon and takes no more.
  void close();
  /// Waits for it. Thread: any, after close().
  void join();

  [[nodiscard]] const Config& config() const noexcept { return config_; }

private:
  struct Job;
  struct Entry;

  [[nodiscard]] Entry* entry(std::string_view id) const;
  [[nodiscard]] protocol::AnalysisStatus status(const Entry& entry) const;
  [[nodiscard]] std::optional<core::Error> not_done(std::string_view id) const;
  void tell(const Entry& entry) const;
  void enqueue(std::shared_ptr<Job> job, Place place, Then<protocol::AnalysisStatus> then);
  void work(const std::shared_ptr<Job>& job);
  [[nodiscard]] core::Result<Analysed> analyse(const std::shared_ptr<Job>& job);
  [[nodiscard]] core::Result<void> check_length(const std::filesystem::path& file, std::string_view name) const;
  void advance(const std::string& id, double share);
  void ended(const std::string& id, store::AnalysisState state, std::optional<core::Seconds> length, std::string error);
  void read(std::string_view id, core::Result<std::string> (store::AnalysisStore::*part)(std::string_view) const,
            Then<std::string> then);

  const Config& config_;
  Analyser analyser_;
  Scheduler& scheduler_;
  const core::Clock& clock_;
  Log& log_;
  store::AnalysisStore store_;
  std::vector<std::unique_ptr<Entry>> entries_; // oldest first
  std::unordered_map<std::string, Entry*> by_id_;
  // Shared with the places, which may outlive this.
  std::shared_ptr<std::size_t> uploading_ = std::make_shared<std::size_t>(0);
  std::shared_ptr<std::size_t> reserved_ = std::make_shared<std::size_t>(0);
  std::size_t waiting_ = 0;
  bool closing_ = false;
  Workers clerk_;
  Workers workers_; // ends first: it may still ask the others
};

/// The features of a document in the shape that Spotify's clients expect.
[[nodiscard]] protocol::AudioFeatures audio_features(std::string_view id, const protocol::AnalysisDocument& document);

} // namespace auralis::server
