// SPDX-License-Identifier: Apache-2.0
// What must not change what is heard, and what must change it in a known way, over the whole analyser.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <numbers>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/analysis/analyzer.hpp"
#include "auralis/analysis/spectral_features.hpp"
#include "auralis/analysis/streaming_analyzer.hpp"

namespace auralis::analysis {
namespace {

using Samples = std::vector<float>;

/// Eight bars of four in C major: chords, a bass, a melody and drums. All of it is sines that die away, so that it is
/// the same music at every rate, at every tempo and, but for the drums, in every key.
struct Piece {
  double bpm = 120.0;
  int semitones = 0;
  double rate = 44'100.0;
  double lead = 0.0; ///< seconds of silence before it
  bool drums = true;
};
constexpr int kBars = 8;
constexpr int kBeats = 4 * kBars;

class Score {
public:
  explicit Score(const Piece& piece)
      : piece_{piece}, beat_{60.0 / piece.bpm},
        sound_(static_cast<std::size_t>(std::lround((piece.lead + kBeats * beat_ + 0.5) * piece.rate))) {}

  /// A sine from `beat` on that falls to a third in `decay` seconds and ends within 30 ms of its length.
  void sine(double beat, double beats, double hertz, double gain, double decay) {
    constexpr double kAttack = 0.002;
    constexpr double kRelease = 0.03;
    const double from = piece_.lead + beat * beat_;
    const double length = beats * beat_;
    const auto first = static_cast<std::size_t>(std::ceil(from * piece_.rate));
    const auto end = std::min(sound_.size(), static_cast<std::size_t>((from + length + kRelease) * piece_.rate));
    const double turn = 2.0 * std::numbers::pi * hertz;
    const double since = static_cast<double>(first) / piece_.rate - from;
    const double fall = std::exp(-1.0 / (decay * piece_.rate));
    const auto wave = [&](double t) { return gain * std::exp(-t / decay) * std::sin(turn * t); };
    double before = wave(since - 1.0 / piece_.rate);
    double now = wave(since);
    const double twice = 2.0 * fall * std::cos(turn / piece_.rate);
    for (std::size_t n = first; n < end; ++n) {
      const double t = since + static_cast<double>(n - first) / piece_.rate;
      const double ramp = std::min(1.0, t / kAttack) * std::clamp((length + kRelease - t) / kRelease, 0.0, 1.0);
      sound_[n] += static_cast<float>(ramp * now);
      const double next = twice * now - fall * fall * before;
      before = now;
      now = next;
    }
  }
  void note(double beat, double beats, int midi, double gain, double decay) {
    const double f0 = 440.0 * std::exp2((midi + piece_.semitones - 69) / 12.0);
    for (int partial = 1; partial <= 6; ++partial, gain *= 0.5) {
      sine(beat, beats, partial * f0, gain, decay / partial);
    }
  }
  void drum(double beat, std::initializer_list<double> hertz, double gain, double decay) {
    for (const double f : hertz) {
      sine(beat, 0.5, f, gain, decay);
    }
  }
  [[nodiscard]] Samples take() && { return std::move(sound_); }

private:
  Piece piece_;
  double beat_;
  Samples sound_;
};

Samples play(const Piece& piece) {
  using Triad = std::array<int, 3>;
  constexpr std::array<Triad, kBars> kChords{Triad{60, 64, 67}, Triad{57, 60, 65}, Triad{59, 62, 67},
                                             Triad{60, 64, 67}, Triad{57, 60, 64}, Triad{57, 62, 65},
                                             Triad{59, 62, 67}, Triad{60, 64, 67}};
  constexpr std::array<int, kBars> kBass{36, 41, 43, 36, 45, 38, 43, 36};
  constexpr std::array<int, 8> kTune{76, 77, 79, 72, 76, 77, 74, 76}; // each a half bar, the chord's own or a near one
  Score score{piece};
  for (int bar = 0; bar < kBars; ++bar) {
    const auto b = static_cast<std::size_t>(bar);
    const double at = 4.0 * bar;
    for (const int midi : kChords[b]) {
      score.note(at, 4.0, midi, 0.06, 1.5);
    }
    score.note(at, 2.0, kBass[b], 0.15, 0.8);
    score.note(at + 2.0, 2.0, kBass[b], 0.1, 0.8);
    score.note(at + 1.0, 1.0, kTune[b], 0.04, 0.6);
    for (int beat = 0; piece.drums && beat < 4; ++beat) {
      if (beat % 2 == 0) {
        score.drum(at + beat, {61.0, 93.0}, beat == 0 ? 0.3 : 0.2, 0.06);
      } else {
        score.drum(at + beat, {331.0, 757.0, 1'213.0, 1'979.0, 2'777.0, 4'211.0}, 0.05, 0.04);
      }
      score.drum(at + beat, {5'557.0, 6'211.0, 7'039.0, 8'111.0}, 0.03, 0.02);
      score.drum(at + beat + 0.5, {5'557.0, 6'211.0, 7'039.0, 8'111.0}, 0.015, 0.02);
    }
  }
  return std::move(score).take();
}

constexpr Wanted kAll{};
constexpr Wanted kNoPitch{.pitch = false};
constexpr Wanted kTonal{.rhythm = false, .pitch = false, .features = false, .loudness = false, .sections = false};
constexpr Wanted kPitch{
    .rhythm = false, .tonal = false, .chords = false, .features = false, .loudness = false, .sections = false};

core::Analysis analyse(const std::vector<Samples>& channels, Wanted wanted = kAll, double rate = 44'100.0) {
  Analyzer analyzer{
      {.sample_rate = core::Hertz{rate}, .channels = static_cast<int>(channels.size()), .wanted = wanted}};
  std::vector<const float*> pointers;
  for (const auto& channel : channels) {
    pointers.push_back(channel.data());
  }
  analyzer.push({pointers, channels.front().size()});
  return analyzer.finish();
}

/// The piece as it is, analysed once.
const Samples& plain() {
  static const Samples sound = play({});
  return sound;
}
const core::Analysis& reference() {
  static const core::Analysis found = analyse({plain()});
  return found;
}

Samples times(const Samples& sound, float gain) {
  Samples out = sound;
  for (float& x : out) {
    x *= gain;
  }
  return out;
}

int moved(core::PitchName name, int semitones) { return (name.pitch_class() + semitones + 24) % 12; }

/// How the times and pitches of one analysis follow from those of another.
struct Change {
  int semitones = 0;
  double scale = 1.0;
  double later = 0.0;

  [[nodiscard]] double operator()(core::Seconds at) const { return at.value * scale + later; }
};

/// Share of the time in which both say the same chord.
double chords_in_common(const core::Analysis& a, const core::Analysis& b, const Change& change = {}) {
  double common = 0.0;
  double all = 0.0;
  for (const auto& one : a.chords) {
    all += change(one.to) - change(one.from);
    for (const auto& other : b.chords) {
      const bool same = one.chord && other.chord
                            ? moved(one.chord->root, change.semitones) == other.chord->root.pitch_class() &&
                                  moved(one.chord->bass, change.semitones) == other.chord->bass.pitch_class() &&
                                  one.chord->quality == other.chord->quality
                            : !one.chord && !other.chord;
      const double overlap = std::min(change(one.to), other.to.value) - std::max(change(one.from), other.from.value);
      common += same ? std::max(0.0, overlap) : 0.0;
    }
  }
  return all > 0.0 ? common / all : 0.0;
}

/// Every beat of the one is a beat of the other, within `tolerance` seconds and in the same place of the bar.
void expect_same_grid(const core::Analysis& a, const core::Analysis& b, double tolerance, const Change& change = {}) {
  ASSERT_EQ(a.beats.size(), static_cast<std::size_t>(kBeats) + 1); // and one where the last bar has ended
  ASSERT_GE(b.beats.size(), a.beats.size());
  for (std::size_t i = 0; i + 1 < a.beats.size(); ++i) {
    const double at = change(a.beats[i].at);
    const auto nearest =
        std::ranges::min_element(b.beats, {}, [&](const core::Beat& beat) { return std::abs(beat.at.value - at); });
    EXPECT_NEAR(nearest->at.value, at, tolerance) << i;
    EXPECT_EQ(nearest->position, a.beats[i].position) << i;
  }
  EXPECT_EQ(a.beats_per_bar, b.beats_per_bar);
}

void expect_same_onsets(const core::Analysis& a, const core::Analysis& b, double tolerance, const Change& change = {}) {
  ASSERT_GE(a.onsets.size(), static_cast<std::size_t>(kBeats));
  ASSERT_EQ(a.onsets.size(), b.onsets.size());
  for (std::size_t i = 0; i < a.onsets.size(); ++i) {
    EXPECT_NEAR(b.onsets[i].at.value, change(a.onsets[i].at), tolerance) << i;
    EXPECT_EQ(b.onsets[i].band, a.onsets[i].band) << i;
  }
}

void expect_same_key(const core::Analysis& a, const core::Analysis& b, int semitones = 0) {
  ASSERT_TRUE(a.key && b.key);
  EXPECT_EQ(moved(a.key->best.key.tonic, semitones), b.key->best.key.tonic.pitch_class());
  EXPECT_EQ(a.key->best.key.mode, b.key->best.key.mode);
  ASSERT_EQ(a.local_keys.size(), b.local_keys.size());
  for (std::size_t i = 0; i < a.local_keys.size(); ++i) {
    EXPECT_EQ(moved(a.local_keys[i].key.best.key.tonic, semitones), b.local_keys[i].key.best.key.tonic.pitch_class());
  }
}

void expect_same_scores(const core::Analysis& a, const core::Analysis& b, float tolerance) {
  EXPECT_NEAR(a.danceability.value, b.danceability.value, tolerance);
  EXPECT_NEAR(a.valence_proxy.value, b.valence_proxy.value, tolerance);
  EXPECT_NEAR(a.tempi.front().tempo.value / b.tempi.front().tempo.value, 1.0, 0.003);
  EXPECT_NEAR(a.tuning.value, b.tuning.value, 0.02);
}

TEST(Properties, ThePieceIsHeardAsItIsWritten) {
  const auto& found = reference();
  EXPECT_NEAR(found.tempi.front().tempo.value, 120.0, 0.2);
  EXPECT_EQ(found.beats_per_bar, 4);
  for (std::size_t i = 0; i + 1 < found.beats.size(); ++i) {
    EXPECT_NEAR(found.beats[i].at.value, 0.5 * static_cast<double>(i), 0.02);
    EXPECT_EQ(found.beats[i].position, static_cast<int>(i % 4) + 1);
  }
  ASSERT_TRUE(found.key);
  EXPECT_EQ(core::to_string(found.key->best.key), "C ionian");
  ASSERT_EQ(found.chords.size(), static_cast<std::size_t>(kBars) + 1); // and what follows the end
  constexpr std::array<const char*, kBars> kWritten{"C", "F", "G", "C", "Am", "Dm", "G", "C"};
  for (std::size_t bar = 0; bar < kBars; ++bar) {
    ASSERT_TRUE(found.chords[bar].chord);
    EXPECT_EQ(core::to_string(*found.chords[bar].chord), kWritten[bar]);
    EXPECT_NEAR(found.chords[bar].from.value, 2.0 * static_cast<double>(bar), 0.15);
  }
}

TEST(Properties, GainAndPolarityChangeTheLevelAndNothingElse) {
  for (const float gain : {-1.0F, 0.125F, 3.0F}) {
    SCOPED_TRACE(gain);
    const auto found = analyse({times(plain(), gain)}, kNoPitch);
    expect_same_grid(reference(), found, 1e-6);
    expect_same_onsets(reference(), found, 1e-6);
    expect_same_key(reference(), found);
    expect_same_scores(reference(), found, 0.001F);
    EXPECT_GT(chords_in_common(reference(), found), 0.99);
    const double louder = 20.0 * std::log10(std::abs(static_cast<double>(gain)));
    EXPECT_NEAR(found.loudness.integrated_lufs - reference().loudness.integrated_lufs, louder, 0.01);
    EXPECT_NEAR(found.loudness.range_lu, reference().loudness.range_lu, 0.01);
    EXPECT_NEAR(found.loudness.true_peak.value - reference().loudness.true_peak.value, louder, 0.001);
    EXPECT_NEAR(found.features.centroid.mean / reference().features.centroid.mean, 1.0F, 0.001F);
    EXPECT_NEAR(found.features.flatness.mean, reference().features.flatness.mean, 0.001F);
  }
}

TEST(Properties, LeadingSilenceMovesEveryTimeAndNothingElse) {
  for (const double lead : {3.0, 2.345}) { // whole frames, and not
    SCOPED_TRACE(lead);
    const Change change{.later = lead};
    const auto found = analyse({play({.lead = lead})}, kNoPitch);
    expect_same_grid(reference(), found, 0.02, change);
    expect_same_key(reference(), found);
    expect_same_scores(reference(), found, 0.03F);
    EXPECT_NEAR(found.energy.value, reference().energy.value, 0.01F);
    EXPECT_GT(chords_in_common(reference(), found, change), 0.95);
    ASSERT_FALSE(found.silences.empty());
    EXPECT_EQ(found.silences.front().from.value, 0.0);
    EXPECT_NEAR(found.silences.front().to.value, lead, 0.011);
    EXPECT_NEAR(found.loudness.integrated_lufs, reference().loudness.integrated_lufs, 0.15);
    EXPECT_NEAR(found.features.centroid.mean / reference().features.centroid.mean, 1.0F, 0.02F);
  }
}

TEST(Properties, TheSampleRateChangesNothing) {
  for (const double rate : {22'050.0, 48'000.0}) {
    SCOPED_TRACE(rate);
    const auto found = analyse({play({.rate = rate})}, kNoPitch, rate);
    expect_same_grid(reference(), found, 0.001);
    expect_same_onsets(reference(), found, 0.001);
    expect_same_key(reference(), found);
    expect_same_scores(reference(), found, 0.002F);
    EXPECT_GT(chords_in_common(reference(), found), 0.99);
    EXPECT_NEAR(found.loudness.integrated_lufs, reference().loudness.integrated_lufs, 0.1);
  }
}

// Loudness alone adds up over channels (ITU-R BS.1770): the same sound from two loudspeakers is 3 dB louder.
TEST(Properties, MonoAsStereoIsOnlyLouder) {
  const auto found = analyse({plain(), plain()});
  expect_same_grid(reference(), found, 0.0);
  expect_same_onsets(reference(), found, 0.0);
  expect_same_key(reference(), found);
  expect_same_scores(reference(), found, 0.0F);
  EXPECT_EQ(chords_in_common(reference(), found), 1.0);
  ASSERT_EQ(found.pitch.size(), reference().pitch.size());
  EXPECT_TRUE(std::ranges::equal(found.pitch, reference().pitch, {}, &core::PitchPoint::f0, &core::PitchPoint::f0));
  EXPECT_EQ(found.features.centroid.mean, reference().features.centroid.mean);
  EXPECT_EQ(found.loudness.true_peak, reference().loudness.true_peak);
  EXPECT_NEAR(found.loudness.integrated_lufs - reference().loudness.integrated_lufs, 3.01, 0.01);
}

TEST(Properties, TransposingMovesKeyAndChords) {
  for (const int semitones : {-6, -3, 1, 4}) {
    SCOPED_TRACE(semitones);
    const auto found = analyse({play({.semitones = semitones})}, kTonal);
    expect_same_key(reference(), found, semitones);
    EXPECT_GT(chords_in_common(reference(), found, {.semitones = semitones}), 0.95);
    EXPECT_NEAR(found.tuning.value, 440.0, 0.3);
  }
}

TEST(Properties, TransposingMovesThePitchOfAMelody) {
  const auto sung = [](int semitones) {
    Score score{{.bpm = 200.0, .semitones = semitones}};
    for (int n = 0; n < 6; ++n) {
      score.note(2.0 * n, 2.0, 60 + 2 * n, 0.2, 1.0);
    }
    return analyse({std::move(score).take()}, kPitch).pitch;
  };
  const auto there = sung(0);
  for (const int semitones : {-7, 5}) {
    const auto moved_there = sung(semitones);
    ASSERT_EQ(moved_there.size(), there.size());
    std::size_t both = 0;
    std::size_t right = 0;
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (there[i].voiced && moved_there[i].voiced) {
        ++both;
        const double cents = 1'200.0 * std::log2(moved_there[i].f0 / there[i].f0) - 100.0 * semitones;
        right += std::abs(cents) < 10.0 ? 1U : 0U;
      }
    }
    EXPECT_GT(both, 300U); // of 360 frames with a note
    EXPECT_GT(right, both * 95 / 100);
  }
}

TEST(Properties, StretchingScalesTempoAndTimes) {
  for (const double bpm : {90.0, 144.0}) {
    SCOPED_TRACE(bpm);
    const Change change{.scale = 120.0 / bpm};
    const auto found = analyse({play({.bpm = bpm})}, kNoPitch);
    EXPECT_NEAR(found.tempi.front().tempo.value / reference().tempi.front().tempo.value, bpm / 120.0, 0.002);
    expect_same_grid(reference(), found, 0.02, change);
    expect_same_key(reference(), found);
    EXPECT_GT(chords_in_common(reference(), found, change), 0.95);
  }
}

/// What the live analyser says of the piece.
core::Analysis live() {
  core::Analysis heard;
  StreamingAnalyzer analyzer{{.channels = 1}};
  FeatureStatistics features;
  const auto keep = [&](const core::AnalysisEvent& event) {
    if (const auto* onset = std::get_if<core::Onset>(&event.what)) {
      heard.onsets.push_back(*onset);
    } else if (const auto* beat = std::get_if<core::Beat>(&event.what)) {
      heard.beats.push_back(*beat);
    } else if (const auto* chord = std::get_if<core::ChordSegment>(&event.what)) {
      heard.chords.push_back(*chord);
    } else if (const auto* key = std::get_if<core::LiveKey>(&event.what)) {
      heard.key = key->whole;
    } else if (const auto* pitch = std::get_if<core::PitchPoint>(&event.what)) {
      heard.pitch.push_back(*pitch);
    } else if (const auto* point = std::get_if<core::LoudnessPoint>(&event.what)) {
      heard.loudness_curve.push_back(*point);
    } else if (const auto* frame = std::get_if<core::FeatureFrame>(&event.what)) {
      features.process(*frame);
    }
  };
  const std::array<const float*, 1> channel{plain().data()};
  analyzer.push({channel, plain().size()}, keep);
  analyzer.finish(keep);
  heard.features = features.summary();
  heard.loudness = analyzer.loudness();
  return heard;
}

// What needs no looking back is the same to the last bit; what a file may look back for is so once the music has been
// heard for some bars.
TEST(Properties, TheFileAndTheStreamSayTheSame) {
  const auto& file = reference();
  const auto heard = live();
  expect_same_onsets(file, heard, 0.0);
  EXPECT_EQ(heard.features.rms.mean, file.features.rms.mean);
  EXPECT_EQ(heard.features.flux.deviation, file.features.flux.deviation);
  EXPECT_EQ(heard.features.contrast[2].mean, file.features.contrast[2].mean);
  EXPECT_EQ(heard.features.mfcc[7].mean, file.features.mfcc[7].mean);
  EXPECT_EQ(heard.loudness.integrated_lufs, file.loudness.integrated_lufs);
  EXPECT_EQ(heard.loudness.range_lu, file.loudness.range_lu);
  EXPECT_EQ(heard.loudness_curve.size(), file.loudness_curve.size());

  ASSERT_TRUE(heard.key);
  EXPECT_EQ(heard.key->best.key, file.key->best.key);
  EXPECT_GT(chords_in_common(file, heard), 0.85);

  std::size_t late = 0;
  for (const auto& beat : heard.beats) {
    if (beat.at.value > 5.0 && beat.at.value < 15.9) {
      ++late;
      const auto nearest = std::ranges::min_element(
          file.beats, {}, [&](const core::Beat& other) { return std::abs((other.at - beat.at).value); });
      EXPECT_NEAR(beat.at.value, nearest->at.value, 0.035);
    }
  }
  EXPECT_GE(late, 21U);

  ASSERT_EQ(heard.pitch.size(), file.pitch.size());
  std::size_t voiced = 0;
  std::size_t same = 0;
  for (std::size_t i = 0; i < file.pitch.size(); ++i) {
    EXPECT_EQ(heard.pitch[i].at, file.pitch[i].at);
    voiced += file.pitch[i].voiced ? 1U : 0U;
    same += file.pitch[i].voiced && heard.pitch[i].f0 == file.pitch[i].f0 ? 1U : 0U;
  }
  EXPECT_GE(same, voiced * 8 / 10);
}

} // namespace
} // namespace auralis::analysis
