// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/chord_recognizer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace auralis::analysis {
namespace {

// Neighbouring windows overlap by 7/8 and a chord's frames resemble one another: a frame says an eighth of what it
// would say alone.
constexpr float kIndependence = 0.12F;
// No frame speaks against a chord by more than this before it is scaled: the window over a change holds two chords, and
// the beginning of a note all pitches.
constexpr float kSurprise = 15.0F;
// Where nothing sounds, no chord is this much more likely than any.
constexpr float kSilence = 5.0F;
// An inversion is named where that much more of the bass lies on another chord tone than on the root.
constexpr float kInversion = 1.5F;
// A segment's frames say together no more than this many; keeps the confidence of long ones honest.
constexpr float kMostFrames = 16.0F;

} // namespace

core::PitchName spell(int pitch_class, core::PitchName centre) noexcept {
  // Seven fifths are a semitone: fifths = 7 * pitch class mod 12, in the twelve from five below the centre.
  const int lowest = centre.fifths - 5;
  const int offset = (((7 * pitch_class - lowest) % 12) + 12) % 12;
  return core::PitchName{static_cast<std::int8_t>(lowest + offset)};
}

ChordRecognizer::ChordRecognizer(const Config& config) : config_{config} {
  if (config.lag < 0 || !(config.hop.value > 0.0) || !(config.change >= 0.0F)) {
    throw std::invalid_argument{"chords: lag and the cost of a change must not be negative, the hop above zero"};
  }
  steps_.resize(static_cast<std::size_t>(config.lag + 1));
}

void ChordRecognizer::set_key(const core::Key& key) noexcept {
  const bool minor = key.mode == core::Mode::aeolian || key.mode == core::Mode::harmonic_minor ||
                     key.mode == core::Mode::minor_pentatonic;
  centre_ = core::PitchName{static_cast<std::int8_t>(key.tonic.fifths - (minor ? 3 : 0))};
}

ChordRecognizer::News ChordRecognizer::process(const HarmonyFrame& frame) noexcept {
  Step& step = step_at(frames_);
  step.at = frame.at;
  step.bass = frame.bass;
  step.treble = frame.treble;
  if (frame.level > 0.0F) {
    chord_likelihoods(frame, step.likelihood);
    const float top = *std::max_element(step.likelihood.begin(), step.likelihood.end());
    for (float& value : step.likelihood) {
      value = kIndependence * std::max(value - top, -kSurprise);
    }
  } else {
    step.likelihood.fill(-kSilence);
    step.likelihood[kNoChord] = 0.0F;
  }
  // A path stays, or changes to any other chord at one cost: the best predecessor of all changes is one and the same.
  const auto best = static_cast<std::size_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
  const float top = score_[best];
  for (std::size_t state = 0; state < kChordStates; ++state) {
    const float stay = score_[state] - top;
    const bool changes = stay < -config_.change;
    step.from[state] = static_cast<std::uint8_t>(changes ? best : state);
    score_[state] = (changes ? -config_.change : stay) + step.likelihood[state];
  }
  ++frames_;
  return frames_ <= config_.lag ? News{} : decide(decided_++);
}

ChordRecognizer::News ChordRecognizer::decide(std::int64_t frame) noexcept {
  auto state = static_cast<std::size_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
  for (std::int64_t t = frames_ - 1; t > frame; --t) {
    state = step_at(t).from[state];
  }
  const Step& step = step_at(frame);
  News news;
  const auto now = static_cast<int>(state);
  const core::Seconds edge{std::max(0.0, step.at.value - config_.hop.value / 2.0)};
  const bool begins = now != state_;
  if (begins) {
    if (state_ >= 0) {
      news.ended = segment(edge);
    }
    begin_segment(now, state_ < 0 ? core::Seconds{0.0} : edge);
  }
  for (std::size_t s = 0; s < kChordStates; ++s) {
    sum_[s] += step.likelihood[s];
  }
  for (std::size_t p = 0; p < 12; ++p) {
    bass_[p] += step.bass[p];
    treble_[p] += step.treble[p];
  }
  ++length_;
  if (begins) {
    news.begun = segment(from_);
  }
  return news;
}

bool ChordRecognizer::finish(core::Seconds end, News& news) noexcept {
  news = {};
  if (decided_ < frames_) {
    news = decide(decided_++);
    return true;
  }
  if (state_ >= 0) {
    news.ended = segment(end);
    state_ = -1;
    return true;
  }
  return false;
}

void ChordRecognizer::begin_segment(int state, core::Seconds from) noexcept {
  state_ = state;
  from_ = from;
  length_ = 0;
  sum_.fill(0.0F);
  bass_.fill(0.0F);
  treble_.fill(0.0F);
}

/// The segment's state, but for a suspended fourth whose sixth is louder than its fifth: D G B is G over D. To the
/// model, which has heard few second inversions, a fifth in the bass is a root.
int ChordRecognizer::resolved() const noexcept {
  const auto first_of = [](core::ChordQuality quality) {
    return static_cast<int>(std::ranges::find(kChordQualitiesHeard, quality) - kChordQualitiesHeard.begin()) * 12;
  };
  const int root = state_ - first_of(core::ChordQuality::sus4);
  if (root < 0 || root >= 12) {
    return state_;
  }
  const auto above = [&](int semitones) { return treble_[static_cast<std::size_t>((root + semitones) % 12)]; };
  if (std::max(above(8), above(9)) <= above(7)) {
    return state_;
  }
  return first_of(above(9) > above(8) ? core::ChordQuality::major : core::ChordQuality::minor) + (root + 5) % 12;
}

std::optional<core::Chord> ChordRecognizer::named(int state) const noexcept {
  if (state == kNoChord) {
    return std::nullopt;
  }
  const auto quality = kChordQualitiesHeard[static_cast<std::size_t>(state / 12)];
  const int root = state % 12;
  core::Chord chord{.root = spell(root, centre_), .quality = quality, .bass = {}};
  chord.bass = chord.root;
  float loudest = kInversion * bass_[static_cast<std::size_t>(root)];
  for (const std::int8_t fifths : core::chord_fifths(quality)) {
    const core::PitchName tone{static_cast<std::int8_t>(chord.root.fifths + fifths)};
    const float amount = bass_[static_cast<std::size_t>(tone.pitch_class())];
    if (amount > loudest) {
      loudest = amount;
      chord.bass = tone;
    }
  }
  return chord;
}

core::ChordSegment ChordRecognizer::segment(core::Seconds to) const noexcept {
  assert(length_ > 0);
  const float mean = 1.0F / static_cast<float>(length_);
  const float weight = std::min(static_cast<float>(length_), kMostFrames) * mean;
  const auto chosen = static_cast<std::size_t>(resolved());
  std::size_t second = chosen == 0 ? 1 : 0;
  float total = 0.0F;
  for (std::size_t s = 0; s < kChordStates; ++s) {
    total += std::exp(std::min(60.0F, weight * (sum_[s] - sum_[chosen])));
    if (s != chosen && sum_[s] > sum_[second]) {
      second = s;
    }
  }
  return {.from = from_,
          .to = to,
          .chord = named(static_cast<int>(chosen)),
          .confidence = 1.0F / total,
          .runner_up = named(static_cast<int>(second))};
}

void ChordRecognizer::reset() noexcept {
  frames_ = 0;
  decided_ = 0;
  score_.fill(0.0F);
  centre_ = {};
  begin_segment(-1, core::Seconds{0.0});
}

} // namespace auralis::analysis
