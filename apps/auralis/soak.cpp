// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/core.h>
#include <fstream>
#include <memory>
#include <unistd.h>

#include "auralis/compose/presets.hpp"
#include "auralis/core/clock.hpp"
#include "auralis/core/random.hpp"
#include "auralis/session/performer.hpp"
#include "auralis/stream/station.hpp"
#include "commands.hpp"
#include "progress_bar.hpp"

namespace auralis::app {
namespace {

struct Options {
  double hours = 8.0;
  std::string preset = "focus";
  std::uint64_t seed = 1;
  std::string soundfont;
};

/// Resident set in bytes.
std::int64_t resident() {
  std::ifstream statm{"/proc/self/statm"};
  std::int64_t size = 0;
  std::int64_t pages = 0;
  statm >> size >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

double megabytes(std::int64_t bytes) { return static_cast<double>(bytes) / 1e6; }

/// Counts what the station sends and lets go of it.
class Counter final : public stream::StationSink {
public:
  void on_chunk(const stream::ChunkPtr& chunk) noexcept override {
    ++chunks;
    bytes += static_cast<std::int64_t>(chunk->bytes.size());
  }
  void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> list) noexcept override {
    events += static_cast<std::int64_t>(list->size());
  }
  void on_control_applied(std::uint64_t /*tag*/, core::Frames /*at*/, const core::Parameters& /*parameters*/,
                          core::Transport /*transport*/) noexcept override {
    ++controls;
  }

  std::int64_t chunks = 0;
  std::int64_t bytes = 0;
  std::int64_t events = 0;
  std::int64_t controls = 0;
};

/// A listener's wish every minute or so: any key, mode, tempo, intensity.
core::Control random_control(core::Random& random) {
  return {.grid = static_cast<core::Grid>(random.integer(0, 3)),
          .tonic = core::PitchName{static_cast<std::int8_t>(random.integer(-5, 6))},
          .mode = static_cast<core::Mode>(random.integer(0, core::kModeCount - 1)),
          .tempo = core::Bpm{random.uniform(core::kMinTempo.value, core::kMaxTempo.value)},
          .intensity = static_cast<float>(random.uniform()),
          .density = static_cast<float>(random.uniform())};
}

int run(const Options& options) {
  const auto preset = compose::find_preset(options.preset);
  if (!preset) {
    fmt::print(stderr, "auralis soak: there is no preset '{}'\n", options.preset);
    return ExitCode::kUsage;
  }
  using std::chrono::minutes;
  core::ManualClock clock;
  Counter counter;
  stream::Metrics metrics;
  stream::Station station{{.id = "soak", .name = "Soak"},
                          std::make_unique<session::Performer>(session::Performer::Config{
                              .seed = options.seed, .preset = *preset, .soundfont = options.soundfont}),
                          counter,
                          clock,
                          metrics};
  for (const auto codec : stream::kCodecs) {
    station.set_listeners(codec, 1);
  }
  core::Random random{options.seed};
  constexpr std::int64_t kBlocksPerMinute = std::chrono::nanoseconds{minutes{1}} / stream::kBlockPeriod;
  constexpr std::int64_t kWarmUpMinutes = 5;
  const auto total_minutes =
      std::max<std::int64_t>(static_cast<std::int64_t>(options.hours * 60.0), kWarmUpMinutes + 1);
  std::int64_t warm = 0;
  std::int64_t highest = 0;
  ProgressBar bar{"soaking", static_cast<double>(total_minutes) * 60.0};
  for (std::int64_t minute = 0; minute < total_minutes; ++minute) {
    if (!station.post(random_control(random), static_cast<std::uint64_t>(minute))) {
      fmt::print(stderr, "auralis soak: the station took no control at minute {}\n", minute);
      return ExitCode::kFailure;
    }
    for (std::int64_t block = 0; block < kBlocksPerMinute; ++block) {
      while (station.wants_render()) {
        station.render_step();
      }
      static_cast<void>(station.send_step());
      clock.advance(stream::kBlockPeriod);
    }
    const auto now = resident();
    if (minute + 1 == kWarmUpMinutes) {
      warm = now;
    }
    highest = std::max(highest, now);
    if ((minute + 1) % 60 == 0) {
      bar.finish();
      fmt::print("{:>3} h of sound: {:.1f} MB resident, {:+.1f} MB since warm-up, {} chunks, {} events\n",
                 (minute + 1) / 60, megabytes(now), megabytes(now - warm), counter.chunks, counter.events);
      std::fflush(stdout);
    }
    bar.show(static_cast<double>(minute + 1) / static_cast<double>(total_minutes));
  }
  bar.finish();
  const auto growth = resident() - warm;
  constexpr std::int64_t kMostGrowth = 10'000'000;
  constexpr std::int64_t kMostMemory = 500'000'000;
  fmt::print("soaked {:.2f} h of sound: highest {:.1f} MB, growth {:+.1f} MB after {} minutes of warm-up, "
             "{} chunks ({:.1f} MB), {} events, {} controls\n",
             static_cast<double>(total_minutes) / 60.0, megabytes(highest), megabytes(growth), kWarmUpMinutes,
             counter.chunks, megabytes(counter.bytes), counter.events, counter.controls);
  return growth <= kMostGrowth && highest < kMostMemory ? ExitCode::kSuccess : ExitCode::kFailure;
}

} // namespace

void add_soak(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "soak", "Run a station for hours of sound at full speed; fails on growth beyond 10 MB or 500 MB resident");
  command->add_option("--hours", options->hours, "Hours of sound")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  command->add_option("--preset", options->preset, "Where to start")->capture_default_str();
  command->add_option("--seed", options->seed, "Of the music and of the controls")->capture_default_str();
  command->add_option("--soundfont", options->soundfont, "SoundFont to play; the best installed if not given");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

} // namespace auralis::app
