// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/core.h>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <unistd.h>

#include "auralis/compose/presets.hpp"
#include "auralis/session/renderer.hpp"
#include "commands.hpp"
#include "progress_bar.hpp"

namespace auralis::app {
namespace {

constexpr std::uint64_t kLargestSeed = (1ULL << 53U) - 1; // what JSON carries exactly

struct Options {
  std::string preset = "focus";
  std::optional<std::uint64_t> seed;
  double seconds = 60.0;
  int sample_rate = 48'000;
  std::string soundfont;
  std::string recording;
  std::string audio;
  std::string midi;
  std::string labels;
  std::optional<std::string> key;
  std::optional<std::string> mode;
  std::optional<double> bpm;
  std::optional<float> intensity;
  std::optional<float> density;
  std::optional<float> brightness;
  std::optional<float> humanise;
};

core::Error usage(std::string what, std::string where) {
  return {core::ErrorCode::invalid_argument, std::move(what), std::move(where)};
}

std::string preset_names() {
  std::string names;
  for (const auto& preset : compose::presets()) {
    names += names.empty() ? "" : ", ";
    names += preset.name.view();
  }
  return names;
}

core::Result<session::Recording> recording_from_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return core::fail(core::ErrorCode::io, "cannot be read", path);
  }
  auto recording = session::parse_recording(text.str());
  if (!recording) {
    recording.error().where = fmt::format("{}: {}", path, recording.error().where);
  }
  return recording;
}

core::Result<session::Recording> recording_of(const Options& options) {
  if (!options.recording.empty()) {
    return recording_from_file(options.recording);
  }
  const auto preset = compose::find_preset(options.preset);
  if (!preset) {
    return tl::unexpected{
        usage(fmt::format("there is no preset '{}'; there are {}", options.preset, preset_names()), "--preset")};
  }
  core::Control control;
  if (options.key) {
    control.tonic = core::parse_pitch_name(*options.key);
    if (!control.tonic) {
      return tl::unexpected{usage(fmt::format("'{}' is no note name; expected C, F#, Bb …", *options.key), "--key")};
    }
  }
  if (options.mode) {
    control.mode = core::parse_mode(*options.mode);
    if (!control.mode) {
      return tl::unexpected{
          usage(fmt::format("'{}' is no mode; expected ionian … locrian, major_pentatonic, minor_pentatonic or "
                            "harmonic_minor",
                            *options.mode),
                "--mode")};
    }
  }
  if (options.bpm) {
    control.tempo = core::Bpm{*options.bpm};
  }
  control.intensity = options.intensity;
  control.density = options.density;
  control.brightness = options.brightness;
  control.humanise = options.humanise;
  session::Recording recording{.sample_rate = core::Hertz{static_cast<double>(options.sample_rate)},
                               .seed = options.seed ? *options.seed : std::random_device{}(),
                               .parameters = preset->parameters,
                               .character = preset->character};
  core::apply(control, recording.parameters);
  return recording;
}

int run(const Options& options) {
  const auto complain = [](const core::Error& error) {
    fmt::print(stderr, "auralis render: {}{}{}\n", error.where, error.where.empty() ? "" : ": ", error.what);
    return error.code == core::ErrorCode::invalid_argument ? ExitCode::kUsage : ExitCode::kFailure;
  };
  const auto recording = recording_of(options);
  if (!recording) {
    return complain(recording.error());
  }
  session::RenderRequest request{
      .recording = *recording, .soundfont = options.soundfont, .length = core::Seconds{options.seconds}};
  if (!options.audio.empty()) {
    request.audio = options.audio;
  }
  if (!options.midi.empty()) {
    request.midi = options.midi;
  }
  if (!options.labels.empty()) {
    request.labels = options.labels;
  }
  ProgressBar bar{"rendering", options.seconds};
  const auto report = session::render(request, [&](double share) { bar.show(share); });
  bar.finish();
  if (!report) {
    return complain(report.error());
  }
  fmt::print("{} s, {} notes, {:.1f} LUFS, {:.1f} dBTP, seed {}\n",
             core::to_seconds(report->frames, recording->sample_rate).value, report->notes, report->loudness.value,
             report->true_peak.value, recording->seed);
  return ExitCode::kSuccess;
}

} // namespace

void add_render(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("render", "Compose into a file, faster than real time");
  command->add_option("output", options->audio, "Sound file: .wav, .flac, .ogg or .opus");
  command->add_option("--midi", options->midi, "Also (or only) write the notes as a Standard MIDI File");
  command->add_option("--labels", options->labels,
                      "Also write the beats, tempo, key and chords that were played into this folder, laid out as "
                      "`auralis eval` reads them, by the name of the sound file");
  command->add_option("--preset", options->preset, "Where to start: " + preset_names())->capture_default_str();
  command->add_option("--seed", options->seed, "Same seed, same music; drawn and printed if not given")
      ->check(CLI::Range(std::uint64_t{0}, kLargestSeed));
  command->add_option("--seconds", options->seconds, "Length, at most a day")->capture_default_str();
  command->add_option("--sample-rate", options->sample_rate, "Hz")
      ->check(CLI::IsMember({44'100, 48'000}))
      ->capture_default_str();
  command->add_option("--soundfont", options->soundfont, "SoundFont to play; the best installed if not given")
      ->envname("AURALIS_SOUNDFONT");
  command->add_option("--recording", options->recording,
                      "Replay a recorded session (JSON lines) instead of --preset and --seed");
  command->add_option("--key", options->key, "Tonic, such as F# or Bb");
  command->add_option("--mode", options->mode, "ionian … locrian, major_pentatonic, minor_pentatonic, harmonic_minor");
  command->add_option("--bpm", options->bpm, "Tempo")->check(CLI::Range(core::kMinTempo.value, core::kMaxTempo.value));
  command->add_option("--intensity", options->intensity, "0 to 1")->check(CLI::Range(0.0F, 1.0F));
  command->add_option("--density", options->density, "0 to 1")->check(CLI::Range(0.0F, 1.0F));
  command->add_option("--brightness", options->brightness, "0 to 1")->check(CLI::Range(0.0F, 1.0F));
  command->add_option("--humanise", options->humanise, "0 (on the grid) to 1")->check(CLI::Range(0.0F, 1.0F));
  command->callback([options, &exit_code] {
    if (options->audio.empty() && options->midi.empty()) {
      throw CLI::ValidationError("output", "give a sound file, --midi FILE or both");
    }
    exit_code = run(*options);
  });
}

} // namespace auralis::app
