// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/analyzer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "auralis/analysis/beat_tracker.hpp"
#include "auralis/analysis/chord_edges.hpp"
#include "auralis/analysis/chord_recognizer.hpp"
#include "auralis/analysis/chroma.hpp"
#include "auralis/analysis/danceability.hpp"
#include "auralis/analysis/dynamics.hpp"
#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/key_estimator.hpp"
#include "auralis/analysis/log_bands.hpp"
#include "auralis/analysis/mood.hpp"
#include "auralis/analysis/onset_detector.hpp"
#include "auralis/analysis/pitch_tracker.hpp"
#include "auralis/analysis/section_cells.hpp"
#include "auralis/analysis/spectral_features.hpp"
#include "auralis/analysis/structure_segmenter.hpp"
#include "auralis/analysis/tempo.hpp"
#include "auralis/analysis/tuning.hpp"
#include "auralis/dsp/programme_loudness.hpp"

namespace auralis::analysis {
namespace {

constexpr double kFineRate = kFineStft.sample_rate.value / kFineStft.hop_size; // frames a second
/// Ten seconds: what chroma waits for, so that the beginning is heard in the tuning that shows later.
constexpr std::size_t kTuningFrames = 215;

/// Tonal spectra that wait for the tuning to be known.
class Waiting {
public:
  Waiting() : magnitudes_(kTuningFrames * kBins), times_(kTuningFrames) {}

  [[nodiscard]] bool full() const noexcept { return count_ == kTuningFrames; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

  /// \pre !full()
  void push(const dsp::Spectrum& spectrum) {
    const std::size_t slot = (first_ + count_++) % kTuningFrames;
    std::ranges::copy(spectrum.magnitude, magnitudes_.begin() + static_cast<std::ptrdiff_t>(slot * kBins));
    times_[slot] = spectrum.at;
  }
  /// The oldest, with time and magnitudes alone; good until the next push. \pre !empty()
  dsp::Spectrum pop() noexcept {
    const std::size_t slot = std::exchange(first_, (first_ + 1) % kTuningFrames);
    --count_;
    return {.at = times_[slot], .magnitude = std::span<const float>{magnitudes_}.subspan(slot * kBins, kBins)};
  }

private:
  static constexpr auto kBins = static_cast<std::size_t>(kTonalStft.fft_size / 2 + 1);

  std::vector<float> magnitudes_; // [kTuningFrames][kBins]
  std::vector<core::Seconds> times_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

// Not nested in Stages: clang asks whether they can be made before it has read their members' initialisers.
struct Strokes {
  LogBands bands{kFineStft};
  OnsetDetector onsets{{}};
};

struct Rhythm {
  Rhythm(int bands, const Networks& networks)
      : beats{{.bands = bands, .network = networks.file_beats.model, .method = networks.beat_method}} {}

  BeatDecoder beats;
  Danceability danceability{kFineRate};
};

struct Tonal {
  explicit Tonal(std::shared_ptr<const nn::Model> network) : keys{{.network = std::move(network)}} {}

  TuningEstimator tuning;
  Chroma chroma;
  Waiting waiting;
  KeyEstimator keys;
  std::optional<ChordRecognizer> chords;
};

struct Form {
  SectionCells cells;
  StructureSegmenter segmenter;
};

} // namespace

struct Analyzer::Stages {
  explicit Stages(const Config& settings)
      : config{settings},
        front{{.sample_rate = settings.sample_rate,
               .channels = settings.channels,
               .tonal = settings.wanted.tonal || settings.wanted.chords || settings.wanted.sections}} {
    const auto& wanted = config.wanted;
    if (wanted.rhythm || wanted.chords || wanted.sections) {
      strokes.emplace();
      if (wanted.rhythm || wanted.sections) {
        rhythm.emplace(strokes->bands.size(), config.networks);
      }
    }
    if (wanted.tonal || wanted.chords || wanted.sections) {
      tonal.emplace(config.networks.key.model);
    }
    if (tonal && wanted.chords) {
      tonal->chords.emplace();
    }
    if (wanted.pitch) {
      pitch.emplace(PitchTracker::Config{.lag = PitchTracker::kFileLag, .network = config.networks.pitch.model});
      found.pitch_by = config.networks.pitch.heard_by();
    }
    if (wanted.features || wanted.sections) {
      features.emplace(SpectralFeatures::Config{.timbre = wanted.timbre || wanted.sections});
    }
    if (wanted.sections) {
      form.emplace();
    }
    if (wanted.loudness) {
      loudness.emplace(dsp::ProgrammeLoudness::Config{.sample_rate = config.sample_rate, .channels = config.channels});
      dynamics.emplace(Dynamics::Config{});
    }
  }

  void push(const core::AudioBlock& block) {
    frames += static_cast<std::int64_t>(block.frames);
    if (loudness) {
      loudness->push(block, [this](const core::LoudnessPoint& point) { found.loudness_curve.push_back(point); });
    }
    front.push(
        block, [this](const dsp::Spectrum& spectrum) { hear_fine(spectrum); },
        [this](const dsp::Spectrum& spectrum) { hear_tonal(spectrum); });
  }

  void hear_fine(const dsp::Spectrum& spectrum) {
    if (features) {
      statistics.process(features->process(spectrum));
    }
    if (form && features) {
      form->cells.process(spectrum.at, features->mel());
    }
    if (strokes) {
      strokes->bands.process(spectrum);
      if (const auto onset = strokes->onsets.process(strokes->bands)) {
        found.onsets.push_back(*onset);
      }
      if (rhythm) {
        rhythm->beats.process(strokes->bands);
        rhythm->danceability.process(spectrum);
      }
    }
    if (pitch) {
      if (const auto point = pitch->process(spectrum)) {
        found.pitch.push_back(*point);
      }
    }
    if (dynamics) {
      if (const auto silence = dynamics->process(spectrum)) {
        found.silences.push_back(*silence);
      }
    }
  }

  void hear_tonal(const dsp::Spectrum& spectrum) {
    if (tonal) {
      tonal->tuning.process(spectrum);
      if (tonal->waiting.full()) {
        hear_harmony(*tonal, tonal->waiting.pop());
      }
      tonal->waiting.push(spectrum);
    }
  }

  void hear_harmony(Tonal& heard, const dsp::Spectrum& spectrum) {
    const auto harmony = heard.chroma.process(spectrum, heard.tuning.tuning().cents);
    hear_key(heard, heard.keys.process(harmony));
    if (heard.chords) {
      hear_chord(heard.chords->process(harmony));
    }
    if (form) {
      if (const auto cell = form->cells.process(harmony)) {
        form->segmenter.process(*cell);
      }
    }
  }

  void hear_key(Tonal& heard, const KeyEstimator::News& news) {
    if (news.ended) {
      found.local_keys.push_back(*news.ended);
    }
    if (!heard.chords) {
      return;
    }
    if (const auto key = heard.keys.estimate()) {
      heard.chords->set_key(key->best.key); // chords are spelled as the whole so far suggests
    }
  }

  void hear_chord(const ChordRecognizer::News& news) {
    if (news.ended) {
      found.chords.push_back(*news.ended);
    }
  }

  /// Nothing where it was stopped: each part takes up to a second for an hour of sound.
  std::optional<core::Analysis> finish(const std::stop_token& stop) {
    found.source_rate = config.sample_rate;
    found.source_channels = config.channels;
    found.length = core::to_seconds(core::Frames{frames}, config.sample_rate);
    front.finish([this](const dsp::Spectrum& spectrum) { hear_fine(spectrum); },
                 [this](const dsp::Spectrum& spectrum) { hear_tonal(spectrum); });
    if (rhythm && !stop.stop_requested()) {
      finish_rhythm(*rhythm);
    }
    if (tonal && !stop.stop_requested()) {
      finish_tonal(*tonal);
    }
    if (form && !stop.stop_requested()) {
      finish_form(*form);
    }
    if (pitch) {
      while (const auto point = pitch->finish()) {
        found.pitch.push_back(*point);
      }
    }
    if (stop.stop_requested()) {
      return std::nullopt;
    }
    if (loudness && dynamics) {
      finish_loudness(*loudness, *dynamics);
    }
    found.features = statistics.summary();
    finish_mood();
    return std::move(found);
  }

  void finish_rhythm(Rhythm& heard) {
    found.beats = heard.beats.finish();
    found.beats_by = config.networks.file_beats.heard_by();
    found.beat_method = config.networks.beat_method;
    found.tempi = heard.beats.tempi(found.beats);
    found.tempo_curve = tempo_curve(found.beats);
    const auto metre = metre_of(found.beats);
    found.beats_per_bar = metre.beats_per_bar;
    found.metre_confidence = metre.confidence;
    found.danceability = heard.danceability.score();
  }

  void finish_tonal(Tonal& heard) {
    while (!heard.waiting.empty()) {
      hear_harmony(heard, heard.waiting.pop());
    }
    const auto tuning = heard.tuning.tuning();
    found.tuning = tuning.a4();
    found.tuning_confidence = tuning.confidence;
    for (KeyEstimator::News news; heard.keys.finish(found.length, news);) {
      hear_key(heard, news);
    }
    found.key = heard.keys.estimate();
    found.key_by = config.networks.key.heard_by();
    if (!heard.chords) {
      return;
    }
    for (ChordRecognizer::News news; heard.chords->finish(found.length, news);) {
      hear_chord(news);
    }
    move_edges_to_onsets(found.chords, found.onsets);
  }

  void finish_form(Form& heard) {
    while (const auto cell = heard.cells.finish(found.length)) {
      heard.segmenter.process(*cell);
    }
    found.sections = heard.segmenter.sections(found.length, found.beats);
  }

  void finish_mood() {
    MoodEvidence evidence{.key = found.key};
    if (!found.tempi.empty()) {
      evidence.tempo = found.tempi.front();
    }
    if (loudness) {
      evidence.loudness_lufs = found.loudness.integrated_lufs;
    }
    if (statistics.frames() > 0) {
      evidence.centroid_hz = static_cast<double>(found.features.centroid.mean);
    }
    double sounding = found.length.value;
    for (const auto& silence : found.silences) {
      sounding -= (silence.to - silence.from).value;
    }
    if (rhythm && sounding > 0.0) {
      evidence.onsets_per_second = static_cast<double>(found.onsets.size()) / sounding;
    }
    found.energy = energy_score(evidence);
    found.valence_proxy = valence_proxy(evidence);
  }

  void finish_loudness(const dsp::ProgrammeLoudness& levels, Dynamics& course) {
    found.loudness = levels.report();
    if (const auto silence = course.finish(found.length)) {
      found.silences.push_back(*silence);
    }
    found.dynamic_complexity = course.complexity();
    const auto fades = course.fades();
    found.fade_in = fades.in;
    found.fade_out = fades.out;
  }

  Config config;
  FrontEnd front;
  std::optional<Strokes> strokes;
  std::optional<Rhythm> rhythm; // needs strokes
  std::optional<Tonal> tonal;
  std::optional<PitchTracker> pitch;
  std::optional<SpectralFeatures> features;
  std::optional<Form> form;
  FeatureStatistics statistics;
  std::optional<dsp::ProgrammeLoudness> loudness;
  std::optional<Dynamics> dynamics;
  std::int64_t frames = 0;
  core::Analysis found;
};

Analyzer::Analyzer(const Config& config) : stages_{std::make_unique<Stages>(config)} {}
Analyzer::~Analyzer() = default;
Analyzer::Analyzer(Analyzer&&) noexcept = default;
Analyzer& Analyzer::operator=(Analyzer&&) noexcept = default;

void Analyzer::push(const core::AudioBlock& block) { stages_->push(block); }
core::Analysis Analyzer::finish() {
  auto found = stages_->finish({});
  return found ? *std::move(found) : core::Analysis{}; // always found: nobody can stop it
}
std::optional<core::Analysis> Analyzer::finish(const std::stop_token& stop) { return stages_->finish(stop); }

} // namespace auralis::analysis
