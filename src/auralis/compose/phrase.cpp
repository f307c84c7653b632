// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/phrase.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace auralis::compose {
namespace {

/// How often a statement leaves out the same notes as the motif does elsewhere: gaps are part of what is remembered.
constexpr double kSameGaps = 0.65;

} // namespace

void MotifMemory::fill(double pulse, core::Random& random) noexcept {
  for (auto& motif : motifs_) {
    motif = invent_motif(pulse, random);
  }
}

void MotifMemory::turn(double pulse, core::Random& random) noexcept {
  const auto any = [&] { return static_cast<std::size_t>(random.integer(0, static_cast<int>(kSize) - 1)); };
  const auto bent = any();
  motifs_[bent] = mutated(motifs_[bent], random);
  const auto forgotten = any();
  if (forgotten != primary_ && random.chance(0.5)) {
    motifs_[forgotten] = invent_motif(pulse, random);
  }
  // The second idea moves up, or something half forgotten returns.
  const auto old = primary_;
  primary_ = random.chance(0.5) ? secondary_ : any();
  secondary_ = any();
  while (secondary_ == primary_) {
    secondary_ = (secondary_ + 1) % kSize;
  }
  if (primary_ == old && random.chance(0.5)) {
    std::swap(primary_, secondary_);
  }
}

void plan_melody(const MotifMemory& memory, const PhraseShape& shape, core::Random& random, NotePlan& plan) noexcept {
  plan.clear();
  const int end = shape.cadence_step;
  int step = random.chance(0.3 + 0.5 * shape.rest) ? kStepsPerBar : 0; // let the chord speak first
  step = step < end ? step : 0;
  for (int statement = 0; step < end; ++statement) {
    const bool answer = statement % 4 == 2 || (statement % 4 == 1 && random.chance(0.25));
    Motif motif = answer ? memory.secondary() : memory.primary();
    if (statement > 0 && random.chance(shape.variation)) {
      const double pick = random.uniform();
      if (pick < 0.25) {
        motif = inverted(motif);
      } else if (pick < 0.4) {
        motif = retrograde(motif);
      } else if (pick < 0.6 && step + 2 * motif.bars * kStepsPerBar <= end) {
        motif = augmented(motif);
      } else {
        motif = ornamented(motif, random);
      }
    }
    // Statements climb towards the third quarter and come down again, a step or two off that line each time.
    const double place = static_cast<double>(step) / static_cast<double>(shape.bars * kStepsPerBar);
    const int level = static_cast<int>(std::lround(4.0 * std::sin(std::numbers::pi * std::min(1.0, place * 1.15)))) +
                      (statement == 0 ? 0 : random.integer(-1, 1)) - 1;
    for (const auto& note : motif.notes) {
      if (step + note.step >= end) {
        break;
      }
      const int length = std::min<int>(note.length, end - step - note.step);
      plan.push_back({step + note.step, static_cast<std::int16_t>(length),
                      static_cast<std::int8_t>(note.contour + level), note.need,
                      random.chance(kSameGaps) ? note.luck : static_cast<float>(random.uniform()), false});
    }
    step += motif.bars * kStepsPerBar;
    if (random.chance(shape.rest)) {
      step += random.chance(0.7) ? kStepsPerBar / 2 : kStepsPerBar; // a breath
    }
    step = (step + 7) / 8 * 8;
  }
  const int room = shape.bars * kStepsPerBar - end;
  plan.push_back({end, static_cast<std::int16_t>(std::clamp(room - kStepsPerBeat, 2, 10)), 0, 0.0F, 0.0F, true});
}

double density_arc(double place) noexcept {
  const double x = std::clamp(place, 0.0, 1.0);
  constexpr double kPeak = 0.65;
  return x < kPeak ? 0.55 + 0.45 * std::sin(0.5 * std::numbers::pi * x / kPeak)
                   : 0.5 + 0.5 * std::cos(0.5 * std::numbers::pi * (x - kPeak) / (1.0 - kPeak));
}

} // namespace auralis::compose
