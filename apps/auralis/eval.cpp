// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <fmt/core.h>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auralis/evaluation/run.hpp"
#include "auralis/session/hear.hpp"
#include "commands.hpp"
#include "network_options.hpp"
#include "progress_bar.hpp"

namespace auralis::app {
namespace {

struct Options {
  std::string dataset;
  std::string estimates;
  std::string mode = "both";
  std::string half = "all";
  std::vector<std::string> no_downbeats;
  double skip = evaluation::kUnjudgedStart.value;
  int jobs = 1;
  std::string json;
  NetworkOptions networks;
};

int complain(const core::Error& error) {
  fmt::print(stderr, "auralis eval: {}{}{}\n", error.where, error.where.empty() ? "" : ": ", error.what);
  return error.code == core::ErrorCode::not_found ? ExitCode::kUsage : ExitCode::kFailure;
}

/// The clips of the half asked for, without the downbeats of datasets whose bars nobody has verified.
std::vector<evaluation::Clip> chosen(std::vector<evaluation::Clip> clips, const Options& options) {
  if (options.half != "all") {
    const auto half = options.half == "tune" ? evaluation::Half::tune : evaluation::Half::report;
    std::erase_if(clips, [&](const evaluation::Clip& clip) { return clip.half != half; });
  }
  for (auto& clip : clips) {
    if (std::ranges::find(options.no_downbeats, clip.dataset) != options.no_downbeats.end()) {
      clip.truth.downbeats.reset();
    }
  }
  return clips;
}

int run(const Options& options) {
  auto clips = evaluation::read_dataset(options.dataset);
  if (!clips) {
    return complain(clips.error());
  }
  const auto judged = chosen(*std::move(clips), options);
  std::vector<evaluation::Run> runs;
  const auto judge = [&](const std::string& mode, evaluation::Estimate estimate) {
    ProgressBar bar{mode, std::nullopt};
    runs.push_back(evaluation::judge({.mode = mode,
                                      .clips = judged,
                                      .judging = {.skip = core::Seconds{options.skip}},
                                      .jobs = options.jobs,
                                      .estimate = std::move(estimate),
                                      .on_progress = [&](double share) { bar.show(share); }}));
    bar.finish();
  };
  const auto networks = networks_of(options.networks, "eval");
  const auto hear = [&](const char* mode, session::Hearing hearing) {
    judge(mode, [hearing, &networks](const evaluation::Clip& clip) {
      return session::hear(clip.audio, hearing, networks).map(evaluation::to_annotations);
    });
  };
  if (const std::filesystem::path folder{options.estimates}; !folder.empty()) {
    judge((folder.has_filename() ? folder : folder.parent_path()).filename().string(),
          evaluation::estimates_in(folder));
  } else {
    if (options.mode != "online") {
      hear("offline", session::Hearing::offline);
    }
    if (options.mode != "offline") {
      hear("online", session::Hearing::online);
    }
  }

  for (const auto& one : runs) {
    fmt::print("{}\n", evaluation::to_table(one));
  }
  if (!options.json.empty()) {
    std::ofstream file{options.json};
    file << evaluation::to_json(runs);
    file.close();
    if (!file) {
      return complain({core::ErrorCode::io, "cannot be written", options.json});
    }
  }
  const bool whole = std::ranges::all_of(runs, [](const evaluation::Run& one) { return one.failures.empty(); });
  return whole ? ExitCode::kSuccess : ExitCode::kFailure;
}

} // namespace

void add_eval(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("eval", "Score estimates against annotated music, by the field's scores");
  command
      ->add_option("--dataset", options->dataset,
                   "Folder with audio/ and beats/, tempo/, key/, chords/, onsets/, f0/, genre/ by file name; or a "
                   "folder of such folders")
      ->required();
  command->add_option("--estimates", options->estimates,
                      "Score what stands here, laid out like a folder of datasets, instead");
  command
      ->add_option("--mode", options->mode,
                   "Judge what is said live, knowing nothing of what follows, or of the whole file")
      ->check(CLI::IsMember({"online", "offline", "both"}))
      ->capture_default_str();
  command->add_option("--half", options->half, "Settings are chosen on the one half of the clips, judged on the other")
      ->check(CLI::IsMember({"tune", "report", "all"}))
      ->capture_default_str();
  command->add_option("--skip", options->skip, "Seconds at the start in which beats are not judged")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command->add_option("--no-downbeats", options->no_downbeats, "Datasets whose downbeats nobody has verified");
  command->add_option("--jobs", options->jobs, "Clips at a time; changes no result")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--json", options->json, "Also write every clip's scores and the means here");
  add_network_options(*command, options->networks);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

} // namespace auralis::app
