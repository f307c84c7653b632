// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/melody.hpp"

#include <algorithm>
#include <cstdlib>

namespace auralis::compose {
namespace {

constexpr double kBeatBias = 0.7; // how much the beat speaks for a chord tone, in notes owed
constexpr double kMostOwed = 3.0; // debts beyond this are forgotten, so that no run of one role follows
constexpr double kLeapCost = 6.0; // of a leap wider than a fifth
constexpr double kSkipCost = 1.0; // of one wider than a third
constexpr double kRepeatCost = 2.5;
constexpr double kForeignCost = 3.0; // a chord tone outside a pentatonic scale
constexpr double kRubCost = 1.5;     // a semitone above a chord tone, held

} // namespace

int scale_step_from(const core::Key& key, int midi, int steps) noexcept {
  const auto scale = scale_set(key);
  int pitch = midi;
  for (int distance = 0; distance < 12; ++distance) {
    if (contains(scale, midi + distance)) {
      pitch = midi + distance;
      break;
    }
    if (contains(scale, midi - distance)) {
      pitch = midi - distance;
      break;
    }
  }
  const int direction = steps < 0 ? -1 : 1;
  for (int left = std::abs(steps); left > 0; --left) {
    do {
      pitch += direction;
    } while (!contains(scale, pitch));
  }
  return pitch;
}

Melody::Choice Melody::best_of(const Place& place, PitchClassSet allowed, int target, int low,
                               int high) const noexcept {
  const auto chord = chord_set(place.chord);
  const auto scale = scale_set(place.key);
  Choice best;
  for (int pitch = low; pitch <= high; ++pitch) {
    if (!contains(allowed, pitch)) {
      continue;
    }
    double cost = std::abs(pitch - target);
    if (last_ >= 0) {
      const int leap = std::abs(pitch - last_);
      cost += leap > kLeapToRecover ? kLeapCost : (leap > 4 ? kSkipCost : 0.0);
      if (leap == 0) {
        cost += before_ == last_ ? 3.0 * kRepeatCost : kRepeatCost;
      }
    }
    if (!contains(scale, pitch)) {
      cost += kForeignCost;
    }
    if (!place.brief && !contains(chord, pitch) && contains(chord, pitch - 1)) {
      cost += kRubCost;
    }
    if (!best.found || cost < best.cost) {
      best = {pitch, cost, true};
    }
  }
  return best;
}

Melody::Choice Melody::passing_tone(const Place& place, int target) noexcept {
  if (last_ < 0 || !place.brief || place.on_beat || !place.followed) {
    return {};
  }
  const auto tones = static_cast<PitchClassSet>(scale_set(place.key) | chord_set(place.chord));
  const auto chord = chord_set(place.chord);
  Choice best;
  for (const int away : {1, -1, 2, -2}) {
    const int pitch = last_ + away;
    if (contains(tones, pitch) || std::abs(pitch - place.centre) > kMelodyReach - 2 || pitch < kMelodyLowest + 2) {
      continue;
    }
    for (const int onward : {1, -1, 2, -2}) {
      const int goal = pitch + onward;
      if (!contains(tones, goal) || goal == last_) {
        continue;
      }
      const double cost = std::abs(goal - target) + std::abs(onward) + ((away > 0) == (onward > 0) ? 0.0 : 2.0) +
                          (contains(chord, goal) ? 0.0 : 1.0);
      if (!best.found || cost < best.cost) {
        best = {pitch, cost, true};
        resolution_ = goal;
      }
    }
  }
  return best;
}

void Melody::settle(int pitch, Role role) noexcept {
  owed_[static_cast<std::size_t>(role)] -= 1.0;
  const int leap = last_ < 0 ? 0 : pitch - last_;
  recover_ = std::abs(leap) > kLeapToRecover ? (leap > 0 ? -1 : 1) : 0;
  before_ = last_;
  last_ = pitch;
}

int Melody::next(const Place& place, core::Random& random) noexcept {
  const auto chord = chord_set(place.chord);
  const auto scale = scale_set(place.key);
  const auto tones = static_cast<PitchClassSet>(chord | scale);
  const auto role_of = [&](int pitch) { return contains(chord, pitch) ? Role::chord : Role::scale; };
  for (std::size_t role = 0; role < owed_.size(); ++role) {
    owed_[role] = std::clamp(owed_[role] + kRoleShares[role], -kMostOwed, kMostOwed);
  }
  int low = std::max(place.centre - kMelodyReach, kMelodyLowest);
  int high = place.centre + kMelodyReach;
  if (last_ >= 0) {
    if (last_ - kMaxMelodyLeap > high || last_ + kMaxMelodyLeap < low) {
      last_ = before_ = -1; // the register has moved away: a new line begins
      resolving_ = false;
      recover_ = 0;
    } else {
      low = std::max(low, last_ - kMaxMelodyLeap);
      high = std::min(high, last_ + kMaxMelodyLeap);
    }
  }
  const int target = std::clamp(scale_step_from(place.key, place.centre, place.contour), low, high);

  if (resolving_) {
    resolving_ = false;
    int pitch = resolution_;
    if (!contains(tones, pitch)) { // key or chord have changed meanwhile
      for (const int away : {1, -1, 2, -2}) {
        if (contains(tones, last_ + away)) {
          pitch = last_ + away;
          break;
        }
      }
    }
    settle(pitch, role_of(pitch));
    return pitch;
  }
  if (recover_ != 0) {
    for (int away = 1; away <= kWidestStep; ++away) {
      const int pitch = last_ + recover_ * away;
      if (contains(tones, pitch)) {
        settle(pitch, role_of(pitch));
        return pitch;
      }
    }
  }

  const double bias = place.on_beat ? kBeatBias : -kBeatBias;
  const std::array<double, 3> wish{owed_[0] + bias + (place.final ? 2.0 * kMostOwed : 0.0), owed_[1], owed_[2]};
  if (wish[2] > 0.0 && wish[2] >= std::min(1.0, std::max(wish[0], wish[1]))) {
    if (const auto choice = passing_tone(place, target); choice.found && choice.pitch >= low && choice.pitch <= high) {
      settle(choice.pitch, Role::chromatic);
      resolving_ = true;
      return choice.pitch;
    }
  }
  const auto between = static_cast<PitchClassSet>(scale & ~chord);
  const bool wants_chord = wish[0] >= wish[1] + random.uniform(-0.2, 0.2);
  for (const bool chord_tone : {wants_chord, !wants_chord}) {
    const auto choice = best_of(place, chord_tone ? chord : between, target, low, high);
    if (choice.found) {
      settle(choice.pitch, chord_tone ? Role::chord : Role::scale);
      return choice.pitch;
    }
  }
  settle(target, role_of(target));
  return target;
}

} // namespace auralis::compose
