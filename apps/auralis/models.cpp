// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fmt/core.h>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "auralis/analysis/network_features.hpp"
#include "auralis/analysis/networks.hpp"
#include "auralis/nn/model_store.hpp"
#include "auralis/nn/streaming_model.hpp"
#include "auralis/rt/realtime_section.hpp"
#include "commands.hpp"
#include "network_options.hpp"

namespace auralis::app {
namespace {

using nlohmann::ordered_json;

struct Options {
  NetworkOptions networks;
  bool json = false;
  int steps = 3'000;
  double seconds = 120.0;
  std::string features = "log-bands";
};

std::string text_of(const core::Error& error) {
  return error.where.empty() ? error.what : error.where + ": " + error.what;
}

int complain(const core::Error& error) {
  fmt::print(stderr, "auralis models: {}\n", text_of(error));
  return error.code == core::ErrorCode::not_found ? ExitCode::kUsage : ExitCode::kFailure;
}

void print(const ordered_json& value) { fmt::print("{}\n", value.dump(2)); }

std::uintmax_t size_of(const nn::ModelStore& store, const std::string& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(store.folder() / file, error);
  return error ? 0 : size;
}

int list(const Options& options) {
  const auto store = nn::ModelStore::open(store_config(options.networks));
  if (!store) {
    return complain(store.error());
  }
  auto all = ordered_json::array();
  if (!options.json && !store->manifest().models.empty()) {
    fmt::print("{:<24} {:<9} {:<14} {:>11} {:>9}  {:<16} {}\n", "model", "version", "kind", "parameters", "KB",
               "variants", "licence");
  }
  for (const auto& model : store->manifest().models) {
    std::string variants;
    auto precisions = ordered_json::array();
    for (const auto& variant : model.variants) {
      variants += (variants.empty() ? "" : ", ") + variant.precision;
      precisions.push_back({{"precision", variant.precision}, {"file", variant.file}, {"loss", variant.loss}});
    }
    const auto bytes = size_of(*store, model.file);
    if (!options.json) {
      fmt::print("{:<24} {:<9} {:<14} {:>11} {:>9.1f}  {:<16} {}\n", model.name, model.version, model.kind,
                 model.parameters, static_cast<double>(bytes) / 1'000.0, variants.empty() ? "–" : variants,
                 model.licence);
    }
    all.push_back({{"name", model.name},
                   {"version", model.version},
                   {"kind", model.kind},
                   {"file", model.file},
                   {"bytes", bytes},
                   {"parameters", model.parameters},
                   {"features", model.features.name},
                   {"lag", model.lag},
                   {"licence", model.licence},
                   {"data", model.data},
                   {"metrics", model.metrics},
                   {"variants", precisions}});
  }
  if (options.json) {
    print({{"folder", store->folder().string()}, {"models", all}});
  } else if (store->manifest().models.empty()) {
    fmt::print("{} names no models: everything is heard by signal processing\n",
               (store->folder() / "manifest.json").string());
  }
  return ExitCode::kSuccess;
}

/// Runs a model once. What is wrong with it; nothing if it says a number for every output.
std::optional<std::string> trial(const std::shared_ptr<const nn::Model>& model) {
  const auto sound = [](float x) { return std::isfinite(x); };
  if (model->is_live()) {
    auto stream = nn::StreamingModel::of(model);
    if (!stream) {
      return text_of(stream.error());
    }
    if (!stream->step()) {
      return "it could not be run";
    }
    return std::ranges::all_of(stream->output(), sound) ? std::nullopt : std::optional<std::string>{"says no numbers"};
  }
  const std::vector<float> frames(100U * static_cast<std::size_t>(model->entry().frames_per_step) *
                                  model->frame_size());
  const auto said = model->run(frames, 1);
  if (!said) {
    return text_of(said.error());
  }
  return std::ranges::all_of(*said, sound) ? std::nullopt : std::optional<std::string>{"says no numbers"};
}

/// What is wrong with a model in that precision; nothing if it can be used.
std::optional<std::string> fault(const Options& options, const nn::ModelEntry& entry, const std::string& precision) {
  auto config = store_config(options.networks);
  config.precision = precision;
  const auto store = nn::ModelStore::open(std::move(config));
  if (!store) {
    return text_of(store.error());
  }
  const auto model = store->load(entry);
  if (!model) {
    return text_of(model.error());
  }
  if (const auto wrong = analysis::unusable(**model)) {
    return text_of(*wrong);
  }
  return trial(*model);
}

int verify(const Options& options) {
  const auto store = nn::ModelStore::open(store_config(options.networks));
  if (!store) {
    return complain(store.error());
  }
  auto all = ordered_json::array();
  int faults = 0;
  int checked = 0;
  for (const auto& model : store->manifest().models) {
    std::vector<std::string> precisions{"float32"};
    for (const auto& variant : model.variants) {
      precisions.push_back(variant.precision);
    }
    for (const auto& precision : precisions) {
      ++checked;
      const auto wrong = fault(options, model, precision);
      faults += wrong ? 1 : 0;
      if (options.json) {
        all.push_back(
            {{"name", model.name}, {"precision", precision}, {"good", !wrong}, {"fault", wrong.value_or("")}});
      } else {
        fmt::print("{} {} {}: {}\n", model.name, model.version, precision, wrong ? *wrong : "good");
      }
    }
  }
  if (options.json) {
    print({{"folder", store->folder().string()}, {"checked", checked}, {"faults", faults}, {"models", all}});
  } else {
    fmt::print("{} checked, {} faults\n", checked, faults);
  }
  return faults == 0 ? ExitCode::kSuccess : ExitCode::kFailure;
}

/// Numbers like those of the features, the same every time.
void fill(std::span<float> frames, std::uint32_t& random) {
  for (float& x : frames) {
    random = random * 1'664'525U + 1'013'904'223U;
    x = 4.0F * static_cast<float>(random >> 8U) / static_cast<float>(1U << 24U);
  }
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

core::Result<ordered_json> bench_live(const std::shared_ptr<const nn::Model>& model, const Options& options) {
  auto stream = nn::StreamingModel::of(model);
  if (!stream) {
    return tl::unexpected{stream.error()};
  }
  std::uint32_t random = 1;
  bool good = true;
  std::vector<double> took;
  constexpr int kWarmUp = 100;
  took.reserve(static_cast<std::size_t>(options.steps));
  const auto calls_before = rt::violations();
  for (int n = 0; n < options.steps + kWarmUp; ++n) {
    fill(stream->frames(), random);
    const rt::RealtimeSection section; // which counts, where a build does
    const double seconds = seconds_of([&] { good = stream->step() && good; });
    if (n >= kWarmUp) {
      took.push_back(seconds * 1e6);
    }
  }
  const auto calls = rt::violations() - calls_before;
  if (!good) {
    return core::fail(core::ErrorCode::internal, "a step could not be run", model->entry().file);
  }
  std::ranges::sort(took);
  const auto at = [&took](double share) {
    return took[std::min(took.size() - 1, static_cast<std::size_t>(share * static_cast<double>(took.size())))];
  };
  double sum = 0.0;
  for (const double one : took) {
    sum += one;
  }
  const double step_us = 1e6 * model->entry().frames_per_step / model->entry().features.frames_per_second; // of sound
  ordered_json result{{"name", model->entry().name},
                      {"precision", model->precision()},
                      {"steps", took.size()},
                      {"p50_us", at(0.5)},
                      {"p99_us", at(0.99)},
                      {"max_us", took.back()},
                      {"x_realtime", step_us * static_cast<double>(took.size()) / sum}};
  if (rt::violations_are_counted()) {
    result["allocations_and_locks_a_step"] = calls / static_cast<std::uint64_t>(options.steps + kWarmUp);
  }
  return result;
}

core::Result<ordered_json> bench_file(const std::shared_ptr<const nn::Model>& model, const Options& options) {
  constexpr std::size_t kBatch = 4; // as analysis::FileBeatNetwork does it
  const double rate = model->entry().features.frames_per_second;
  const auto step = static_cast<std::size_t>(model->entry().frames_per_step);
  const auto steps = std::max<std::size_t>(1, static_cast<std::size_t>(options.seconds * rate) / (kBatch * step));
  std::vector<float> frames(kBatch * steps * step * model->frame_size());
  std::uint32_t random = 1;
  fill(frames, random);
  core::Result<std::vector<float>> said;
  constexpr int kRuns = 3;
  std::vector<double> took;
  for (int n = 0; n < kRuns && (n == 0 || said); ++n) {
    took.push_back(seconds_of([&] { said = model->run(frames, kBatch); }));
  }
  if (!said) {
    return tl::unexpected{said.error()};
  }
  const double heard = static_cast<double>(kBatch * steps * step) / rate;
  const double best = *std::ranges::min_element(took);
  return ordered_json{{"name", model->entry().name},
                      {"precision", model->precision()},
                      {"seconds", heard},
                      {"took_s", best},
                      {"x_realtime", heard / best}};
}

int bench(const Options& options) {
  const auto store = nn::ModelStore::open(store_config(options.networks));
  if (!store) {
    return complain(store.error());
  }
  auto all = ordered_json::array();
  bool whole = true;
  for (const auto& entry : store->manifest().models) {
    const auto model = store->load(entry);
    const auto measured = !model                ? tl::unexpected{model.error()}
                          : (*model)->is_live() ? bench_live(*model, options)
                                                : bench_file(*model, options);
    if (!measured) {
      whole = false;
      fmt::print(stderr, "auralis models: {}\n", text_of(measured.error()));
      continue;
    }
    const auto& one = *measured;
    if (options.json) {
      all.push_back(one);
    } else if (one.contains("p50_us")) {
      fmt::print("{}: a step takes {:.0f} µs (median), {:.0f} µs (p99), {:.0f} µs (longest of {}); {:.0f}× real time\n",
                 (*model)->title(), one["p50_us"].get<double>(), one["p99_us"].get<double>(),
                 one["max_us"].get<double>(), one["steps"].get<std::size_t>(), one["x_realtime"].get<double>());
    } else {
      fmt::print("{}: {:.0f} s of music take {:.3f} s; {:.0f}× real time\n", (*model)->title(),
                 one["seconds"].get<double>(), one["took_s"].get<double>(), one["x_realtime"].get<double>());
    }
  }
  if (options.json) {
    const auto runtime = store->runtime();
    print({{"runtime", runtime ? (*runtime)->version() : ""},
           {"device", options.networks.device},
           {"threads", options.networks.threads},
           {"models", all}});
  } else if (store->manifest().models.empty()) {
    fmt::print("there are no models to time\n");
  }
  return whole ? ExitCode::kSuccess : ExitCode::kFailure;
}

int features(const Options& options) {
  const auto all = analysis::network_features();
  const auto made = std::ranges::find(all, options.features, &nn::Features::name);
  if (made == all.end()) {
    fmt::print(stderr, "auralis models: no network is fed '{}'\n", options.features);
    return ExitCode::kUsage;
  }
  const auto& [name, size, frames_per_second, hash] = *made;
  print({{"name", name}, {"size", size}, {"frames_per_second", frames_per_second}, {"hash", hash}});
  return ExitCode::kSuccess;
}

} // namespace

void add_models(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  auto* models = app.add_subcommand("models", "The networks that Auralis listens through");
  models->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, int (*work)(const Options&)) {
    auto* command = models->add_subcommand(name, what);
    command->add_flag("--json", options->json, "As JSON");
    command->callback([options, work, &exit_code] { exit_code = work(*options); });
    return command;
  };
  add_model_options(*add("list", "Name, version, size and licence of each", list), options->networks);
  add_model_options(*add("verify", "Check files, checksums, features and shapes, and run each once", verify),
                    options->networks);
  auto* timing = add("bench", "Time a live step, and a file", bench);
  add_model_options(*timing, options->networks);
  timing->add_option("--steps", options->steps, "Live steps")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  timing->add_option("--seconds", options->seconds, "Seconds of a file")
      ->check(CLI::Range(1.0, 36'000.0))
      ->capture_default_str();
  auto* fed = models->add_subcommand("features", "What this engine feeds networks, as JSON for their manifest");
  fed->add_option("name", options->features, "Which features")->capture_default_str();
  fed->callback([options, &exit_code] { exit_code = features(*options); });
}

} // namespace auralis::app
