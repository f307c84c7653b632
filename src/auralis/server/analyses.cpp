// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/analyses.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <fmt/format.h>
#include <ranges>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "auralis/core/music.hpp"

namespace auralis::server {
namespace {

using core::ErrorCode;
using store::AnalysisState;

/// Below the threads that make and send music, which have 0.
constexpr int kNiceness = 15;
/// Watchers are told of every so great a step.
constexpr double kSteps = 200.0;
/// Of the work, where a file has to be fetched first.
constexpr double kFetchShare = 0.2;
/// An estimate from less of the work would jump about.
constexpr double kEnoughToEstimate = 0.02;

core::Error unknown() { return {ErrorCode::not_found, "there is no such analysis", "path"}; }

} // namespace

// --- threads ------------------------------------------------------------------------------------------------------

Workers::Workers(std::size_t count, int niceness) {
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, niceness] { work(niceness); });
  }
}

void Workers::run(std::function<void()> task) {
  {
    const std::scoped_lock lock{mutex_};
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Workers::join() {
  {
    const std::scoped_lock lock{mutex_};
    closing_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void Workers::work(int niceness) {
  // On Linux, niceness belongs to the thread. Where it is refused, the work is done all the same.
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness));
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
      if (tasks_.empty()) {
        return;
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

// --- analyses -----------------------------------------------------------------------------------------------------

/// What a worker needs; shared with the network thread, which writes `stop` alone.
struct Analyses::Job {
  std::string id;
  std::string name;
  std::shared_ptr<TemporaryFile> file; // none yet where there is an address
  std::optional<store::WebAddress> address;
  std::stop_source stop;
  int step = 0; // the last that was told; the worker's own
};

struct Analyses::Entry {
  store::AnalysisRecord record;
  double progress = 0.0;
  core::TimePoint started;
  std::shared_ptr<Job> job; // until it has ended
  bool removing = false;
  std::vector<AnalysisWatch*> watches;
  std::shared_ptr<const std::string> features; // once asked for
};

Analyses::Analyses(const Config& config, Analyser analyser, Scheduler& scheduler, const core::Clock& clock, Log& log)
    : config_{config}, analyser_{std::move(analyser)}, scheduler_{scheduler}, clock_{clock}, log_{log},
      store_{config.data_dir}, clerk_{1, 0}, workers_{config.analysis_jobs, kNiceness} {
  auto list = store_.list();
  if (!list) {
    throw std::runtime_error(list.error().where + ": " + list.error().what);
  }
  std::ranges::reverse(*list);
  for (auto& record : *list) {
    entries_.push_back(std::make_unique<Entry>(Entry{.record = std::move(record)}));
    by_id_.emplace(entries_.back()->record.id, entries_.back().get());
  }
}

Analyses::~Analyses() {
  close();
  join();
}

void Analyses::close() {
  closing_ = true;
  for (const auto& one : entries_) {
    if (one->job) {
      one->job->stop.request_stop(); // looked at by the work now and then
    }
  }
}

void Analyses::join() {
  workers_.join();
  clerk_.join();
}

core::Result<Analyses::Place> Analyses::reserve(bool upload) {
  if (closing_) {
    return core::fail(ErrorCode::unavailable, "the server is stopping");
  }
  if (!analyser_.analyse) {
    return core::fail(ErrorCode::unavailable, "this server analyses nothing");
  }
  if (upload && *uploading_ >= config_.analysis_uploads) {
    return core::fail(ErrorCode::limit_exceeded,
                      fmt::format("{} files are being uploaded already: try again in a moment", *uploading_),
                      "analysis.uploads");
  }
  if (waiting_ + *reserved_ >= config_.analysis_queue) {
    return core::fail(ErrorCode::limit_exceeded,
                      fmt::format("{} analyses are waiting already: try again later", waiting_ + *reserved_),
                      "analysis.queue");
  }
  if (entries_.size() + *reserved_ >= config_.analysis_kept) {
    return core::fail(ErrorCode::limit_exceeded,
                      fmt::format("{} analyses are kept already: delete some", entries_.size()), "analysis.kept");
  }
  ++*reserved_;
  *uploading_ += upload ? 1 : 0;
  return Place{nullptr, [reserved = reserved_, uploading = uploading_, upload](void* /*nothing*/) {
                 --*reserved;
                 *uploading -= upload ? 1 : 0;
               }};
}

core::Result<void> Analyses::check_length(const std::filesystem::path& file, std::string_view name) const {
  if (!analyser_.measure) {
    return {};
  }
  const auto length = analyser_.measure(file, name);
  if (!length) {
    return tl::unexpected{length.error()};
  }
  const std::optional<core::Seconds>& known = *length;
  if (known && known->value > static_cast<double>(config_.analysis_max_length_s)) {
    return core::fail(ErrorCode::limit_exceeded,
                      fmt::format("the recording lasts {:.0f} s, above the limit of {} s (analysis.max_length)",
                                  known->value, config_.analysis_max_length_s),
                      "body");
  }
  return {};
}

void Analyses::submit(std::shared_ptr<TemporaryFile> file, std::string name, Place place,
                      Then<protocol::AnalysisStatus> then) {
  auto job = std::make_shared<Job>();
  job->name = std::move(name);
  job->file = std::move(file);
  enqueue(std::move(job), std::move(place), std::move(then));
}

void Analyses::submit(store::WebAddress address, std::string name, Place place, Then<protocol::AnalysisStatus> then) {
  auto job = std::make_shared<Job>();
  job->name = std::move(name);
  job->address = std::move(address);
  enqueue(std::move(job), std::move(place), std::move(then));
}

void Analyses::enqueue(std::shared_ptr<Job> job, Place place, Then<protocol::AnalysisStatus> then) {
  clerk_.run([this, job = std::move(job), place = std::move(place), then = std::move(then)]() mutable {
    core::Result<void> fit;
    if (job->file) {
      fit = check_length(job->file->path(), job->name);
    }
    core::Result<store::AnalysisRecord> made =
        fit ? store_.create(job->name, static_cast<std::int64_t>(clock_.unix_us() / 1000))
            : core::Result<store::AnalysisRecord>{tl::unexpected{fit.error()}};
    // The place goes along: it is counted on the network thread.
    scheduler_.post([this, job = std::move(job), place = std::move(place), then = std::move(then),
                     made = std::move(made)]() mutable {
      if (!made) {
        return then(tl::unexpected{made.error()});
      }
      job->id = made->id;
      entries_.push_back(std::make_unique<Entry>(Entry{.record = std::move(*made), .job = job}));
      by_id_.emplace(job->id, entries_.back().get());
      log_.info("analysis_queued", {{"id", job->id}, {"name", job->name}});
      ++waiting_;
      if (closing_) {
        job->stop.request_stop();
      }
      workers_.run([this, job] { work(job); });
      then(status(*entries_.back()));
    });
  });
}

void Analyses::work(const std::shared_ptr<Job>& job) {
  scheduler_.post([this, id = job->id] {
    --waiting_;
    if (auto* one = entry(id)) {
      one->record.state = AnalysisState::running;
      one->started = clock_.now();
      tell(*one);
    }
  });
  // Deleted, or the server stops; then the next start says so.
  const auto cancelled = [&] {
    const bool asked = job->stop.stop_requested();
    if (asked) {
      job->file.reset();
      scheduler_.post(
          [this, id = job->id] { ended(id, AnalysisState::failed, std::nullopt, "the analysis was cancelled"); });
    }
    return asked;
  };
  if (cancelled()) {
    return;
  }
  if (const auto started = store_.start(job->id); !started) {
    log_.warning("analysis_not_noted", {{"id", job->id}, {"error", started.error().what}});
  }
  core::Result<Analysed> result = core::fail(ErrorCode::internal, "");
  try {
    result = analyse(job);
  } catch (const std::exception& thrown) {
    result = core::fail(ErrorCode::internal, thrown.what());
  }
  job->file.reset();
  if (cancelled()) {
    return;
  }
  std::optional<core::Seconds> length;
  auto error = result ? core::Result<void>{} : core::Result<void>{tl::unexpected{result.error()}};
  if (result) {
    length = core::Seconds{result->document.source.length};
    if (length->value > static_cast<double>(config_.analysis_max_length_s)) {
      error = core::fail(ErrorCode::limit_exceeded,
                         fmt::format("the recording lasts {:.0f} s, above the limit of {} s (analysis.max_length)",
                                     length->value, config_.analysis_max_length_s));
    } else {
      result->document.source.name = job->name;
      error = store_.finish(job->id, *length, protocol::to_json(result->document), result->peaks);
    }
  }
  if (!error) {
    if (const auto noted = store_.fail(job->id, error.error().what);
        !noted && noted.error().code != ErrorCode::not_found) {
      log_.error("analysis_not_noted", {{"id", job->id}, {"error", noted.error().what}});
    }
  }
  scheduler_.post([this, id = job->id, length, why = error ? std::string{} : error.error().what] {
    ended(id, why.empty() ? AnalysisState::done : AnalysisState::failed, length, why);
  });
}

core::Result<Analysed> Analyses::analyse(const std::shared_ptr<Job>& job) {
  // The network thread hears of each step once, however often the work tells.
  const auto tell_share = [this, job](double share) {
    const int step = static_cast<int>(std::clamp(share, 0.0, 1.0) * kSteps);
    if (std::exchange(job->step, std::max(step, job->step)) < step) {
      scheduler_.post([this, id = job->id, step] { advance(id, step / kSteps); });
    }
  };
  double begin = 0.0;
  if (const auto& address = job->address) {
    begin = kFetchShare;
    auto file = TemporaryFile::make(config_.data_dir);
    if (!file) {
      return tl::unexpected{file.error()};
    }
    job->file = std::make_shared<TemporaryFile>(std::move(*file));
    const auto fetched = store::download(*address, job->file->descriptor(),
                                         {.limit = std::uint64_t{config_.analysis_max_upload_mib} << 20U,
                                          .hosts = config_.analysis_allowed_hosts,
                                          .go_on = [&](double share) {
                                            tell_share(kFetchShare * share);
                                            return !job->stop.stop_requested();
                                          }});
    if (!fetched) {
      auto error = fetched.error();
      if (error.code == ErrorCode::limit_exceeded) {
        error.what += " (analysis.max_upload)";
      }
      return tl::unexpected{std::move(error)};
    }
    if (auto fit = check_length(job->file->path(), job->name); !fit) {
      return tl::unexpected{fit.error()};
    }
  }
  return analyser_.analyse({.file = job->file->path(),
                            .name = job->name,
                            .progress = [&](double share) { tell_share(begin + (1.0 - begin) * share); },
                            .stop = job->stop.get_token()});
}

void Analyses::advance(const std::string& id, double share) {
  if (auto* one = entry(id)) {
    one->progress = share;
    tell(*one);
  }
}

void Analyses::ended(const std::string& id, AnalysisState state, std::optional<core::Seconds> length,
                     std::string error) {
  auto* one = entry(id);
  if (one == nullptr) {
    return; // deleted
  }
  one->record.state = state;
  one->record.length = length;
  one->record.error = std::move(error);
  one->progress = state == AnalysisState::done ? 1.0 : one->progress;
  one->job.reset();
  if (one->removing || closing_) {
    return;
  }
  log_.info("analysis_ended", {{"id", id},
                               {"state", to_string(state)},
                               {"seconds", core::to_seconds(clock_.now() - one->started).value},
                               {"error", one->record.error}});
  tell(*one);
}

Analyses::Entry* Analyses::entry(std::string_view id) const {
  const auto found = by_id_.find(std::string{id});
  return found == by_id_.end() ? nullptr : found->second;
}

protocol::AnalysisStatus Analyses::status(const Entry& entry) const {
  const auto& record = entry.record;
  protocol::AnalysisStatus status{
      .id = record.id,
      .name = record.name,
      .state = protocol::parse_analysis_state(to_string(record.state)).value_or(protocol::AnalysisState::failed),
      .progress = record.state == AnalysisState::done ? 1.0 : entry.progress,
      .created = record.created_ms};
  if (record.state == AnalysisState::running && entry.progress >= kEnoughToEstimate) {
    const double spent = core::to_seconds(clock_.now() - entry.started).value;
    status.seconds_left = std::max(0.0, spent * (1.0 - entry.progress) / entry.progress);
  }
  if (record.length) {
    status.length = record.length->value;
  }
  if (!record.error.empty()) {
    status.error = record.error;
  }
  return status;
}

void Analyses::tell(const Entry& entry) const {
  const auto now = status(entry);
  for (auto* watch : std::vector{entry.watches}) { // one that has heard enough may leave
    watch->changed(now);
  }
}

protocol::AnalysisList Analyses::list() const {
  protocol::AnalysisList list;
  for (const auto& one : std::views::reverse(entries_)) {
    list.analyses.push_back(status(*one));
  }
  return list;
}

std::size_t Analyses::running() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [](const auto& one) { return one->record.state == AnalysisState::running; }));
}

std::optional<protocol::AnalysisStatus> Analyses::find(std::string_view id) const {
  const auto* one = entry(id);
  return one == nullptr ? std::nullopt : std::optional{status(*one)};
}

std::optional<core::Error> Analyses::not_done(std::string_view id) const {
  const auto* one = entry(id);
  if (one == nullptr) {
    return unknown();
  }
  switch (one->record.state) {
  case AnalysisState::queued:
  case AnalysisState::running:
    return core::Error{ErrorCode::unavailable,
                       fmt::format("the analysis is {}: ask again when it is done", to_string(one->record.state)),
                       "path"};
  case AnalysisState::failed:
    return core::Error{ErrorCode::invalid_argument, "the analysis failed: " + one->record.error, "path"};
  case AnalysisState::done:
    return std::nullopt;
  }
  return std::nullopt;
}

void Analyses::read(std::string_view id,
                    core::Result<std::string> (store::AnalysisStore::*part)(std::string_view) const,
                    Then<std::string> then) {
  if (auto error = not_done(id)) {
    return then(tl::unexpected{std::move(*error)});
  }
  clerk_.run([this, id = std::string{id}, part, then = std::move(then)]() mutable {
    auto text = (store_.*part)(id);
    scheduler_.post([text = std::move(text), then = std::move(then)]() mutable { then(std::move(text)); });
  });
}

void Analyses::document(std::string_view id, Then<std::string> then) {
  read(id, &store::AnalysisStore::document, std::move(then));
}

void Analyses::peaks(std::string_view id, Then<std::string> then) {
  read(id, &store::AnalysisStore::peaks, std::move(then));
}

void Analyses::features(std::string_view id, Then<std::string> then) {
  if (auto error = not_done(id)) {
    return then(tl::unexpected{std::move(*error)});
  }
  if (const auto known = entry(id)->features) {
    return then(*known);
  }
  clerk_.run([this, id = std::string{id}, then = std::move(then)]() mutable {
    auto text = store_.document(id).and_then([&](const std::string& json) -> core::Result<std::string> {
      return protocol::parse_analysis_document(json).map(
          [&](const auto& document) { return protocol::to_json(audio_features(id, document)); });
    });
    scheduler_.post([this, id = std::move(id), text = std::move(text), then = std::move(then)]() mutable {
      if (auto* one = entry(id); one != nullptr && text) {
        one->features = std::make_shared<const std::string>(*text);
      }
      then(std::move(text));
    });
  });
}

void Analyses::remove(std::string_view id, Then<void> then) {
  auto* one = entry(id);
  if (one == nullptr) {
    return then(tl::unexpected{unknown()});
  }
  if (one->job) {
    one->job->stop.request_stop();
  }
  one->removing = true;
  clerk_.run([this, id = std::string{id}, then = std::move(then)]() mutable {
    auto erased = store_.erase(id);
    scheduler_.post([this, id = std::move(id), erased = std::move(erased), then = std::move(then)]() mutable {
      if (erased || erased.error().code == ErrorCode::not_found) {
        const auto found = std::ranges::find_if(entries_, [&](const auto& entry) { return entry->record.id == id; });
        if (found != entries_.end()) {
          const auto gone = std::move(*found);
          entries_.erase(found);
          by_id_.erase(id);
          for (auto* watch : gone->watches) {
            watch->removed();
          }
          log_.info("analysis_deleted", {{"id", id}});
        }
      } else if (auto* kept = entry(id)) {
        kept->removing = false;
        tell(*kept);
      }
      then(std::move(erased));
    });
  });
}

bool Analyses::watch(std::string_view id, AnalysisWatch& watch) {
  auto* one = entry(id);
  if (one == nullptr) {
    return false;
  }
  one->watches.push_back(&watch);
  watch.changed(status(*one));
  return true;
}

void Analyses::unwatch(std::string_view id, AnalysisWatch& watch) {
  if (auto* one = entry(id)) {
    std::erase(one->watches, &watch);
  }
}

// --- Spotify's shape ----------------------------------------------------------------------------------------------

protocol::AudioFeatures audio_features(std::string_view id, const protocol::AnalysisDocument& document) {
  const auto address = fmt::format("/api/analyses/{}", id);
  protocol::AudioFeatures features{.id = std::string{id},
                                   .uri = fmt::format("auralis:analysis:{}", id),
                                   .track_href = address,
                                   .analysis_url = address + "/result",
                                   .duration_ms = std::llround(1000.0 * document.source.length),
                                   .key = -1,
                                   .mode = 1,
                                   .loudness = -100.0};
  if (document.tempo && !document.tempo->candidates.empty()) {
    features.tempo = document.tempo->candidates.front().bpm;
  }
  if (document.beats) {
    features.time_signature = document.beats->beats_per_bar;
  }
  if (document.key && document.key->best) {
    const auto& best = *document.key->best;
    if (const auto tonic = core::parse_pitch_name(best.tonic)) {
      features.key = tonic->pitch_class();
    }
    features.mode = best.mode == protocol::KeyMode::minor ? 0 : 1;
  }
  if (document.loudness && document.loudness->integrated_lufs) {
    features.loudness = std::max(-100.0, *document.loudness->integrated_lufs);
  }
  if (document.mood) {
    features.danceability = document.mood->danceability.value;
    features.energy = document.mood->energy.value;
    features.valence = document.mood->valence_proxy.value;
    if (document.mood->instrumentalness) {
      features.instrumentalness = document.mood->instrumentalness->value;
    }
  }
  return features;
}

} // namespace auralis::server
