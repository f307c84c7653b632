// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "auralis/report/formats.hpp"
#include "auralis/session/analyse.hpp"
#include "auralis/session/analysis_batch.hpp"
#include "auralis/session/analysis_cache.hpp"
#include "commands.hpp"
#include "network_options.hpp"
#include "progress_bar.hpp"
#include "summary_table.hpp"

namespace auralis::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> paths;
  std::string out;
  std::optional<std::string> format;
  std::string only;
  std::optional<std::string> cache;
  bool no_cache = false;
  int jobs = 0;
  NetworkOptions networks;
};

/// One run of the command: what comes of each file, in order.
class Run {
public:
  Run(const Options& options, std::optional<report::Format> format, std::vector<fs::path> files)
      : out_{options.out}, format_{format}, files_{std::move(files)} {
    if (format_ && report::is_collection(*format_)) {
      collection_.emplace(*format_);
    }
  }

  void take(std::size_t index, const core::Result<protocol::AnalysisDocument>& result) {
    const auto& file = files_[index];
    if (!terminal_) {
      fmt::print(stderr, "{} of {}: {}\n", index + 1, files_.size(), file.string());
    }
    if (!result) {
      ++failed_;
      complain(file, result.error());
      return;
    }
    table_.add(file, *result);
    if (result->source.truncated) {
      fmt::print(stderr, "auralis analyze: {}: ends early or is damaged; what could be decoded was analysed\n",
                 file.string());
    }
    if (collection_) {
      collection_->add(*result, fs::absolute(file).lexically_normal().string());
    } else if (format_) {
      const auto name = name_of(file);
      for (const auto& text : report::files_of(*format_, *result)) {
        put(out_ / fs::path{name + text.suffix}, text.text);
      }
    }
  }

  /// \return the command's exit code.
  int finish() {
    if (collection_) {
      put(out_ / fmt::format("analysis{}", collection_->suffix()), collection_->text());
    }
    if (!format_ || !out_.empty()) {
      fmt::print("{}", table_.text());
    }
    if (failed_ > 0) {
      fmt::print(stderr, "auralis analyze: {} of {} files could not be analysed\n", failed_, files_.size());
    }
    return failed_ > 0 || !written_ ? ExitCode::kFailure : ExitCode::kSuccess;
  }

private:
  static void complain(const fs::path& file, const core::Error& error) {
    fmt::print(stderr, "auralis analyze: {}: {}\n", file.string(), error.what);
  }

  /// The file's name without its ending; with it where two would be called the same, and numbered where even that is.
  std::string name_of(const fs::path& file) {
    auto name = file.stem().string();
    if (!taken_.insert(name).second) {
      name = file.filename().string();
      for (int number = 2; !taken_.insert(name).second; ++number) {
        name = fmt::format("{}-{}", file.filename().string(), number);
      }
    }
    return name;
  }

  void put(const fs::path& path, const std::string& text) {
    if (out_.empty()) {
      fmt::print("{}", text);
      return;
    }
    std::ofstream stream{path, std::ios::binary};
    stream << text;
    stream.close();
    if (!stream) {
      written_ = false;
      fmt::print(stderr, "auralis analyze: {}: cannot be written\n", path.string());
    }
  }

  fs::path out_;
  std::optional<report::Format> format_;
  std::vector<fs::path> files_;
  std::optional<report::Collection> collection_;
  SummaryTable table_;
  std::set<std::string> taken_;
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  std::size_t failed_ = 0;
  bool written_ = true;
};

int complain(const core::Error& error) {
  fmt::print(stderr, "auralis analyze: {}{}{}\n", error.where, error.where.empty() ? "" : ": ", error.what);
  return ExitCode::kUsage;
}

int run(const Options& options) {
  std::optional<report::Format> format;
  if (options.format || !options.out.empty()) {
    const auto parsed = report::parse_format(options.format.value_or("json"));
    if (!parsed) {
      return complain(parsed.error());
    }
    format = *parsed;
    if (options.out.empty() && (format == report::Format::audacity || format == report::Format::sonic_visualiser)) {
      return complain({core::ErrorCode::invalid_argument,
                       fmt::format("{} takes several files a recording: give a folder by --out", to_string(*format)),
                       "--format"});
    }
  }
  auto parts = report::Parts::all();
  if (!options.only.empty()) {
    const auto parsed = report::parse_parts(options.only);
    if (!parsed) {
      return complain(parsed.error());
    }
    parts = *parsed;
  }
  const std::vector<fs::path> paths{options.paths.begin(), options.paths.end()};
  auto files = session::sound_files(paths);
  if (!files) {
    return complain(files.error());
  }
  if (!options.out.empty()) {
    std::error_code error;
    fs::create_directories(options.out, error);
    if (!fs::is_directory(options.out)) {
      return complain({core::ErrorCode::io, "cannot be made a folder", options.out});
    }
  }
  const auto networks = networks_of(options.networks, "analyze");
  const auto folder = options.cache ? fs::path{*options.cache} : session::default_analysis_cache();
  std::optional<session::AnalysisCache> cache;
  if (!options.no_cache && !folder.empty()) {
    cache.emplace(folder, networks.file_identity());
  }

  Run outcome{options, format, *files};
  ProgressBar bar{"analysing", std::nullopt};
  session::run(
      {.files = *files,
       .jobs = options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())),
       .analyse =
           [&](const fs::path& file, const session::FileProgress& progress) {
             return session::analyse_file(file, parts, cache ? &*cache : nullptr, progress, networks);
           },
       .on_result =
           [&](std::size_t index, const core::Result<protocol::AnalysisDocument>& result) {
             bar.finish();
             outcome.take(index, result);
           },
       .on_progress = [&](const session::BatchProgress& progress) { bar.show(progress.share); }});
  bar.finish();
  return outcome.finish();
}

} // namespace

void add_analyze(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("analyze", "Beats, key, chords, loudness and more of recordings");
  command->add_option("paths", options->paths, "Sound or film files, and folders to search for them")->required();
  command->add_option("--out", options->out, "Write into this folder; a file a recording, or one for all");
  command->add_option("--format", options->format,
                      "json (the default with --out), csv, jams, audacity, sonic-visualiser, beats, mixxx, rekordbox");
  command->add_option("--only", options->only,
                      "Just these parts: tempo, beats, onsets, key, chords, pitch, sections, loudness, features, mood");
  command->add_option("--jobs", options->jobs, "Files at once; as many as there are processors if not given")
      ->check(CLI::Range(1, 256));
  command->add_option("--cache", options->cache, "Folder in which results are remembered by content")
      ->envname("AURALIS_ANALYSIS_CACHE");
  command->add_flag("--no-cache", options->no_cache, "Analyse anew and remember nothing");
  add_network_options(*command, options->networks);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

} // namespace auralis::app
