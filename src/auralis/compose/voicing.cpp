// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/voicing.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <limits>

#include "auralis/compose/theory.hpp"

namespace auralis::compose {
namespace {

// Costs in semitones of motion.
constexpr double kMissingRoot = 1.5; // the bass has it
constexpr double kMissingThird = 9.0;
constexpr double kMissingFifth = 0.5;
constexpr double kMissingColour = 9.0;
constexpr double kMissingNinth = 3.0;
constexpr double kLeftCommonTone = 4.0;
constexpr double kCentrePull = 0.12; // per voice and semitone of its distance from where it would sit by itself
constexpr double kMuddyGap = 2.0;    // a gap of less than kLowGap under kLowRegister
constexpr int kLowRegister = 53;
constexpr int kLowGap = 4;
constexpr int kLeastGap = 2; // no semitone rubs
constexpr int kMostGap = 12;

struct Search {
  std::array<int, 5> tones{}; // pitch classes of the chord, root first
  int tone_count = 0;
  PitchClassSet set = 0;
  std::array<int, kMaxVoices> from{}; // where each voice comes from, or would like to sit
  std::array<int, kMaxVoices> home{}; // where each voice would sit by itself
  int reach = kMaxVoiceLeap;
  int voices = 0;
  bool moving = false; // false: nothing was held, `from` is only a wish
  const Voicing* previous = nullptr;
  VoicingRange range;

  std::array<int, kMaxVoices> trial{};
  std::array<int, kMaxVoices> best{};
  double best_cost = std::numeric_limits<double>::max();

  double completeness_cost() const noexcept {
    static constexpr std::array<double, 5> kMissing{kMissingRoot, kMissingThird, kMissingFifth, kMissingColour,
                                                    kMissingNinth};
    double cost = 0.0;
    for (int t = 0; t < tone_count; ++t) {
      const auto sounds = [&](int pitch) { return pitch_class_of(pitch) == tones[static_cast<std::size_t>(t)]; };
      if (std::none_of(trial.begin(), trial.begin() + voices, sounds)) {
        cost += kMissing[static_cast<std::size_t>(t)];
      }
    }
    if (moving) {
      for (const int held : *previous) {
        if (contains(set, held) && std::find(trial.begin(), trial.begin() + voices, held) == trial.begin() + voices) {
          cost += kLeftCommonTone;
        }
      }
    }
    return cost;
  }

  void descend(int voice, double cost) noexcept {
    if (cost >= best_cost) {
      return;
    }
    if (voice == voices) {
      cost += completeness_cost();
      if (cost < best_cost) {
        best_cost = cost;
        best = trial;
      }
      return;
    }
    const auto v = static_cast<std::size_t>(voice);
    int low = std::max(range.low, from[v] - reach);
    int high = std::min(range.high, from[v] + reach);
    if (voice > 0) {
      low = std::max(low, trial[v - 1] + kLeastGap);
      high = std::min(high, trial[v - 1] + kMostGap);
    }
    for (int pitch = low; pitch <= high; ++pitch) {
      if (!contains(set, pitch)) {
        continue;
      }
      double step = std::abs(pitch - from[v]) + kCentrePull * std::abs(pitch - home[v]);
      if (voice > 0 && trial[v - 1] < kLowRegister && pitch - trial[v - 1] < kLowGap) {
        step += kMuddyGap;
      }
      trial[v] = pitch;
      descend(voice + 1, cost + step);
    }
  }
};

} // namespace

Voicing lead_voices(const Voicing& previous, const core::Chord& chord, int voices, VoicingRange range) noexcept {
  assert(voices >= 3 && voices <= kMaxVoices && range.high - range.low >= 19);
  Search search;
  search.voices = voices;
  search.range = range;
  search.previous = &previous;
  for (const auto step : core::chord_fifths(chord.quality)) {
    const int tone = core::PitchName{static_cast<std::int8_t>(chord.root.fifths + step)}.pitch_class();
    search.tones[static_cast<std::size_t>(search.tone_count++)] = tone;
    search.set = static_cast<PitchClassSet>(search.set | (1U << static_cast<unsigned>(tone)));
  }

  // By itself a voicing sits in the middle of its range, fifths to fourths apart.
  constexpr int kSpread = 5;
  const int middle = (range.low + range.high) / 2;
  for (int v = 0; v < voices; ++v) {
    search.home[static_cast<std::size_t>(v)] = middle + kSpread * v - kSpread * (voices - 1) / 2;
  }
  if (!previous.empty()) {
    search.moving = true;
    const auto held = static_cast<int>(previous.size());
    for (int v = 0; v < voices; ++v) {
      // With more or fewer voices than before, the outer voices follow the outer ones.
      const int source = voices == held ? v : v * (held - 1) / (voices - 1);
      search.from[static_cast<std::size_t>(v)] = previous[static_cast<std::size_t>(source)];
    }
    search.descend(0, 0.0);
  }
  if (search.best_cost == std::numeric_limits<double>::max()) {
    search.moving = false;
    search.from = search.home;
    search.descend(0, 0.0);
  }
  Voicing result;
  if (search.best_cost < std::numeric_limits<double>::max()) {
    for (int v = 0; v < voices; ++v) {
      result.push_back(static_cast<std::uint8_t>(search.best[static_cast<std::size_t>(v)]));
    }
  }
  return result;
}

} // namespace auralis::compose
