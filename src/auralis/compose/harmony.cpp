// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/harmony.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "auralis/compose/harmony_tables.hpp"

namespace auralis::compose {
namespace {

using core::Mode;
using core::Random;

/// How welcome a degree is in music that is to calm: a diminished triad seldom, but where it is the tonic itself.
double welcome(Mode mode, int degree) noexcept {
  constexpr double kDiminished = 0.25;
  const auto quality = diatonic_chord({core::PitchName{0}, mode}, degree, Colour::triad).quality;
  const bool restless = quality == core::ChordQuality::diminished || quality == core::ChordQuality::augmented;
  return restless && degree != 0 ? kDiminished : 1.0;
}

double transition(Mode mode, int a, int b, int c) noexcept {
  const auto& rows = kDegreeTransitions[static_cast<std::size_t>(mode)];
  // The diagonal of the table holds the chain of order 1.
  const int before = a < 0 ? b : a;
  return welcome(mode, c) *
         static_cast<double>(
             rows[static_cast<std::size_t>(before)][static_cast<std::size_t>(b)][static_cast<std::size_t>(c)]);
}

double phrase_ending(Mode mode, int before, int last) noexcept {
  return static_cast<double>(
      kPhraseEnding[static_cast<std::size_t>(mode)][static_cast<std::size_t>(before)][static_cast<std::size_t>(last)]);
}

/// The corpora are songs; ambient music lingers on colours. `richness` moves from the one to the other.
Colour draw_colour(Mode mode, int degree, double richness, Random& random) noexcept {
  // triad, seventh, sus2, sus4, add9, sixth, ninth
  static constexpr std::array<double, kColourCount> kAmbient{0.06, 0.32, 0.14, 0.08, 0.22, 0.06, 0.12};
  // A dominant seventh wants to go somewhere; hung or with a ninth it floats.
  static constexpr std::array<double, kColourCount> kFloating{0.10, 0.08, 0.20, 0.28, 0.26, 0.08, 0.0};
  const bool dominant =
      diatonic_chord({core::PitchName{0}, mode}, degree, Colour::seventh).quality == core::ChordQuality::dominant7;
  const auto& ambient = dominant ? kFloating : kAmbient;
  const auto& corpus = kChordColours[static_cast<std::size_t>(mode)][static_cast<std::size_t>(degree)];
  std::array<double, kColourCount> weights{};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = richness * ambient[i] + (i < corpus.size() ? (1.0 - richness) * static_cast<double>(corpus[i]) : 0.0);
  }
  return static_cast<Colour>(random.weighted(std::span<const double>{weights}));
}

} // namespace

double Harmony::weight(Mode mode, int a, int b, int c) const noexcept {
  constexpr double kStraightBack = 0.5;
  constexpr double kPerVisit = 0.67;
  return transition(mode, a, b, c) * (c == a ? kStraightBack : 1.0) *
         std::pow(kPerVisit, visits_[static_cast<std::size_t>(c)]);
}

int Harmony::draw_degree(Mode mode, bool opening, Random& random) const noexcept {
  std::array<double, kDegreeCount> weights{};
  for (int degree = 0; degree < kDegreeCount; ++degree) {
    const auto first =
        static_cast<double>(kFirstDegree[static_cast<std::size_t>(mode)][static_cast<std::size_t>(degree)]);
    weights[static_cast<std::size_t>(degree)] =
        opening || last_ < 0 ? (degree == last_ ? 0.0 : first) : weight(mode, before_, last_, degree);
  }
  return static_cast<int>(random.weighted(std::span<const double>{weights}));
}

void Harmony::remember(int degree) noexcept {
  before_ = last_;
  last_ = degree;
  ++visits_[static_cast<std::size_t>(degree)];
}

void Harmony::plan(Mode mode, int from_beat, const Shape& shape, Random& random, ChordPlan& plan) noexcept {
  plan.erase_if([&](const PlannedChord& chord) { return chord.beat >= from_beat; });
  if (!plan.empty()) {
    plan.back().beats = std::min(plan.back().beats, from_beat - plan.back().beat);
  }
  const auto first = plan.size();
  visits_ = {};

  // Lengths: mostly the usual one, now and then half or double, never across the end.
  const int usual = std::max(2, 2 * static_cast<int>(std::lround(shape.chord_beats / 2.0)));
  int beat = from_beat;
  const int end = from_beat + shape.beats;
  if (shape.first_degree >= 0) {
    const int beats = std::clamp(shape.first_beats, 1, shape.beats);
    plan.push_back({beat, beats, static_cast<std::int8_t>(shape.first_degree), Colour::triad});
    beat += beats;
  }
  while (beat < end && !plan.full()) {
    static constexpr std::array<double, 3> kLengths{0.12, 0.7, 0.18};
    static constexpr std::array<double, 3> kFactors{0.5, 1.0, 2.0};
    const auto drawn = random.weighted(std::span<const double>{kLengths});
    int beats = std::max(2, 2 * static_cast<int>(usual * kFactors[drawn] / 2.0));
    if (const int off = beat % 4; off != 0) {
      beats = 4 - off; // back onto the bar
    }
    if (end - beat - beats < 4) {
      beats = end - beat;
    }
    beats = std::min(beats, end - beat);
    plan.push_back({beat, beats, 0, Colour::triad});
    beat += beats;
  }

  for (std::size_t i = first; i < plan.size(); ++i) {
    if (i == first && shape.first_degree >= 0) {
      remember(shape.first_degree);
      continue;
    }
    if (i + 2 == plan.size() && last_ >= 0) {
      std::array<double, kDegreeCount * kDegreeCount> weights{};
      for (int before = 0; before < kDegreeCount; ++before) {
        for (int last = 0; last < kDegreeCount; ++last) {
          weights[static_cast<std::size_t>(before * kDegreeCount + last)] =
              transition(mode, before_, last_, before) * transition(mode, last_, before, last) *
              phrase_ending(mode, before, last) * (last == 0 ? shape.homeward : 1.0);
        }
      }
      const auto pair = static_cast<int>(random.weighted(std::span<const double>{weights}));
      plan[i].degree = static_cast<std::int8_t>(pair / kDegreeCount);
      plan[i].colour = draw_colour(mode, plan[i].degree, shape.richness, random);
      plan[i + 1].degree = static_cast<std::int8_t>(pair % kDegreeCount);
      plan[i + 1].colour = draw_colour(mode, plan[i + 1].degree, shape.richness * 0.6, random);
      remember(plan[i].degree);
      remember(plan[i + 1].degree);
      break;
    }
    plan[i].degree = static_cast<std::int8_t>(draw_degree(mode, shape.opens_section && i == first, random));
    plan[i].colour = draw_colour(mode, plan[i].degree, shape.richness, random);
    remember(plan[i].degree);
  }
}

} // namespace auralis::compose
