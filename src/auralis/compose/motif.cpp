// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/motif.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "auralis/compose/melody_tables.hpp"

namespace auralis::compose {
namespace {

constexpr int kWidestContour = 5; // scale steps either side of the motif's centre

/// Lengths from onsets: each note lasts until the next, the last until the end of the motif, three beats at most.
void set_lengths(Motif& motif) noexcept {
  constexpr int kLongest = 3 * kStepsPerBeat;
  for (std::size_t i = 0; i < motif.notes.size(); ++i) {
    const int end = i + 1 < motif.notes.size() ? motif.notes[i + 1].step : motif.bars * kStepsPerBar;
    motif.notes[i].length = static_cast<std::int16_t>(std::clamp(end - motif.notes[i].step, 1, kLongest));
  }
}

/// How weak a place in the bar is: 0 on the downbeat … 1 on a sixteenth off the eighths.
float weakness(int step) noexcept {
  const int in_bar = step % kStepsPerBar;
  if (in_bar == 0) {
    return 0.0F;
  }
  if (in_bar % 8 == 0) {
    return 0.2F;
  }
  if (in_bar % 4 == 0) {
    return 0.35F;
  }
  return in_bar % 2 == 0 ? 0.65F : 1.0F;
}

MelodyPosition position_of(int step) noexcept {
  const int in_bar = step % kStepsPerBar;
  if (in_bar == 0) {
    return MelodyPosition::downbeat;
  }
  if (in_bar == kStepsPerBar / 2) {
    return MelodyPosition::half_bar;
  }
  if (in_bar % kStepsPerBeat == 0) {
    return MelodyPosition::weak_beat;
  }
  return in_bar % 2 == 0 ? MelodyPosition::offbeat : MelodyPosition::sixteenth;
}

MelodyMotion motion_of(int interval) noexcept {
  constexpr int kLeap = 3;
  if (interval == 0) {
    return MelodyMotion::repeat;
  }
  if (interval > 0) {
    return interval >= kLeap ? MelodyMotion::leap_up : MelodyMotion::step_up;
  }
  return interval <= -kLeap ? MelodyMotion::leap_down : MelodyMotion::step_down;
}

/// The next interval in scale steps, as melodies of the corpora go on from here, within the motif's compass. Sung tunes
/// repeat notes for their syllables; a motif without words does so less.
int draw_interval(int step, int before, int contour, core::Random& random) noexcept {
  constexpr double kRepeats = 0.4;
  const auto& row =
      kMelodyIntervals[static_cast<std::size_t>(position_of(step))][static_cast<std::size_t>(motion_of(before))];
  std::array<double, 2 * kMelodyWidestInterval + 1> weights{};
  for (int interval = -kMelodyWidestInterval; interval <= kMelodyWidestInterval; ++interval) {
    const auto i = static_cast<std::size_t>(interval + kMelodyWidestInterval);
    if (std::abs(contour + interval) <= kWidestContour) {
      weights[i] = static_cast<double>(row[i]) * (interval == 0 ? kRepeats : 1.0);
    }
  }
  return static_cast<int>(random.weighted(std::span<const double>{weights})) - kMelodyWidestInterval;
}

} // namespace

Motif invent_motif(double pulse, core::Random& random) noexcept {
  Motif motif;
  motif.bars = random.chance(0.6) ? 2 : 1;
  const int fewest = 2 + motif.bars;
  // A handful of tries gives a motif with something to remember; the last one stands whatever it is.
  for (int attempt = 0; attempt < 8; ++attempt) {
    motif.notes.clear();
    for (int step = 0; step < motif.bars * kStepsPerBar; ++step) {
      const float weak = weakness(step);
      // Where sung melodies start their notes, thinned off the beat for music that takes its time.
      const auto sung = static_cast<double>(kMelodyOnsets[static_cast<std::size_t>(step % kStepsPerBar)]);
      const double thinned = weak > 0.9F ? 0.4 * pulse : (weak > 0.5F ? 0.25 + 0.75 * pulse : 1.0);
      const double chance = sung * thinned;
      if (random.chance(chance)) {
        const auto need =
            static_cast<float>(std::clamp(0.85 * static_cast<double>(weak) + random.uniform(-0.2, 0.2), 0.0, 0.95));
        motif.notes.push_back({static_cast<std::int16_t>(step), 4, 0, need, 0.0F});
      }
    }
    const auto count = static_cast<int>(motif.notes.size());
    if (count >= fewest && count <= 6 * motif.bars) {
      break;
    }
  }
  if (motif.notes.empty()) {
    motif.notes.push_back({0, 8, 0, 0.0F, 0.0F});
  }
  int contour = random.integer(-1, 2);
  int interval = 1; // as if it had come from a step below
  for (std::size_t i = 0; i < motif.notes.size(); ++i) {
    if (i > 0) {
      interval = draw_interval(motif.notes[i - 1].step, interval, contour, random);
      contour += interval;
    }
    motif.notes[i].contour = static_cast<std::int8_t>(contour);
  }
  // Luck is spread evenly over the notes, so that any probability leaves its share of every motif.
  for (std::size_t i = 0; i < motif.notes.size(); ++i) {
    const double stratum = (static_cast<double>(i) + random.uniform()) / static_cast<double>(motif.notes.size());
    motif.notes[i].luck = static_cast<float>(stratum);
  }
  for (std::size_t i = motif.notes.size(); i > 1; --i) {
    const auto other = static_cast<std::size_t>(random.integer(0, static_cast<int>(i) - 1));
    std::swap(motif.notes[i - 1].luck, motif.notes[other].luck);
  }
  motif.notes.front().need = 0.0F;
  set_lengths(motif);
  return motif;
}

Motif inverted(const Motif& motif) noexcept {
  Motif result = motif;
  const int axis = motif.notes.empty() ? 0 : motif.notes.front().contour;
  for (auto& note : result.notes) {
    note.contour = static_cast<std::int8_t>(2 * axis - note.contour);
  }
  return result;
}

Motif retrograde(const Motif& motif) noexcept {
  Motif result = motif; // contours run backwards under the same rhythm, which stays recognisable
  for (std::size_t i = 0; i < motif.notes.size(); ++i) {
    result.notes[i].contour = motif.notes[motif.notes.size() - 1 - i].contour;
  }
  return result;
}

Motif augmented(const Motif& motif) noexcept {
  Motif result = motif;
  result.bars = static_cast<std::int16_t>(2 * motif.bars);
  for (auto& note : result.notes) {
    note.step = static_cast<std::int16_t>(2 * note.step);
    note.need *= 0.5F;
  }
  set_lengths(result);
  return result;
}

Motif ornamented(const Motif& motif, core::Random& random) noexcept {
  Motif result;
  result.bars = motif.bars;
  for (std::size_t i = 0; i < motif.notes.size(); ++i) {
    const auto& note = motif.notes[i];
    if (!result.notes.push_back(note)) {
      break;
    }
    if (note.length < kStepsPerBeat || !random.chance(0.35)) {
      continue;
    }
    const int next = i + 1 < motif.notes.size() ? motif.notes[i + 1].contour : note.contour;
    const int bend = next > note.contour ? 1 : (next < note.contour ? -1 : (random.chance(0.5) ? 1 : -1));
    result.notes.push_back({static_cast<std::int16_t>(note.step + note.length / 2), 2,
                            static_cast<std::int8_t>(note.contour + bend), std::max(0.4F, note.need),
                            static_cast<float>(random.uniform())});
  }
  set_lengths(result);
  return result;
}

Motif mutated(const Motif& motif, core::Random& random) noexcept {
  Motif result = motif;
  if (result.notes.empty()) {
    return result;
  }
  const auto which = static_cast<std::size_t>(random.integer(0, static_cast<int>(result.notes.size()) - 1));
  auto& note = result.notes[which];
  const int bend = random.chance(0.5) ? 1 : -1;
  note.contour = static_cast<std::int8_t>(std::clamp(note.contour + bend, -kWidestContour, kWidestContour));
  if (which > 0 && random.chance(0.4)) {
    const int earliest = result.notes[which - 1].step + 2;
    const int latest =
        which + 1 < result.notes.size() ? result.notes[which + 1].step - 2 : result.bars * kStepsPerBar - 2;
    const int moved = note.step + 2 * bend;
    if (moved >= earliest && moved <= latest) {
      note.step = static_cast<std::int16_t>(moved);
    }
  }
  set_lengths(result);
  return result;
}

} // namespace auralis::compose
