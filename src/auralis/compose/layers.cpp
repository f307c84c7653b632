// SPDX-License-Identifier: Apache-2.0
//
// The five players of the Composer: when each may sound, and what it plays when it does.
#include <algorithm>
#include <array>
#include <cmath>

#include "auralis/compose/composer.hpp"
#include "auralis/compose/groove_tables.hpp"
#include "auralis/compose/theory.hpp"

namespace auralis::compose {
namespace {

using core::Layer;

constexpr Ticks kTicksPerStep = kTicksPerBeat / kStepsPerBeat;

// Registers, MIDI. The left hand stays below the melody's lowest note, so that either can be told from the other.
constexpr int kMelodyCentre = 68;
constexpr int kMelodyCentreLow = 62;
constexpr int kMelodyCentreHigh = 86;
constexpr int kAccompanimentLow = 41;
constexpr int kAccompanimentHigh = kMelodyLowest - 1;
constexpr int kPadLow = 48;
constexpr int kPadHigh = 72;
constexpr int kBassLow = 28;
constexpr int kBassHigh = 43;
constexpr int kBellsCentre = 86;
constexpr int kBellsLow = 74;
constexpr int kBellsHigh = 98;

// Intensity at which the density is played as it is asked for, and how fast its log odds grow with intensity.
constexpr double kEvenIntensity = 0.45;
constexpr double kIntensityLift = 2.5;

// Deviations at humanise = 1.
constexpr double kTimingDeviation = 0.014; // seconds
constexpr double kVelocityDeviation = 8.0;

} // namespace

double Composer::place_in_phrase() const noexcept {
  return static_cast<double>(position_ - phrase_start_ * kTicksPerBeat) /
         (static_cast<double>(kTicksPerBeat) * std::max(1, phrase_beats_));
}

double Composer::presence() const noexcept {
  return std::clamp(intensity_.value() * section_.presence * (0.65 + 0.4 * density_arc(place_in_phrase())), 0.0, 1.0);
}

double Composer::fullness() const noexcept {
  // Intensity moves the odds of the density, so that it is heard at every density and never runs into a bound.
  const double lift = std::exp(kIntensityLift * (intensity_.value() - kEvenIntensity));
  const double density = density_.value() * lift / (1.0 - density_.value() + density_.value() * lift);
  return std::clamp(density * section_.density * phrase_density_ * (0.55 + 0.55 * density_arc(place_in_phrase())), 0.0,
                    1.0);
}

int Composer::melody_centre() const noexcept {
  return std::clamp(kMelodyCentre + character_.register_shift + section_.register_shift, kMelodyCentreLow,
                    kMelodyCentreHigh);
}

Ticks Composer::of_seconds(double seconds) const noexcept { return to_ticks(seconds * tempo_.value() / 60.0); }

Ticks Composer::swung(Ticks in_phrase) const noexcept {
  // Full swing puts the second eighth on the last triplet; what lies between is stretched with it.
  const auto beat = in_phrase / kTicksPerBeat * kTicksPerBeat;
  const double x = static_cast<double>(in_phrase - beat) / static_cast<double>(kTicksPerBeat);
  const double middle = 0.5 + static_cast<double>(character_.swing) / 6.0;
  const double y = x < 0.5 ? x * middle / 0.5 : middle + (x - 0.5) * (1.0 - middle) / 0.5;
  return beat + to_ticks(y);
}

void Composer::schedule_steps() noexcept {
  const auto start = phrase_start_ * kTicksPerBeat;
  // A sixteenth ahead, so that a note may come early; the first of a phrase waits for its plan.
  while (next_step_ < phrase_beats_ * kStepsPerBeat &&
         position_ >= start + (next_step_ == 0 ? 0 : next_step_ - 1) * kTicksPerStep) {
    schedule_step(next_step_);
    ++next_step_;
  }
}

void Composer::schedule(DueNote note, double seconds_late) noexcept {
  const auto in_phrase = note.grid - phrase_start_ * kTicksPerBeat;
  double late = seconds_late * static_cast<double>(now_playing_.humanise);
  const bool pitched = note.kind != DueNote::Kind::percussion;
  if (in_phrase == 0 || (pitched && in_phrase % kTicksPerBeat == 0)) {
    late = std::abs(late); // never ahead of the chord it belongs to
  }
  note.due = phrase_start_ * kTicksPerBeat + swung(in_phrase) + of_seconds(late);
  due_.push_back(note);
}

void Composer::schedule(DueNote note, core::Random& random) noexcept {
  schedule(note, kTimingDeviation * std::clamp(random.normal(), -2.0, 2.0));
}

void Composer::schedule_step(int step) noexcept {
  const auto grid = phrase_start_ * kTicksPerBeat + step * kTicksPerStep;
  for (std::size_t i = 0; i < notes_.size(); ++i) {
    if (notes_[i].step == step) {
      schedule({.grid = grid, .kind = DueNote::Kind::melody, .index = static_cast<std::uint16_t>(i)}, melody_timing_);
    }
  }
  for (std::size_t i = 0; i < bell_notes_.size(); ++i) {
    if (bell_notes_[i].step == step) {
      schedule({.grid = grid, .kind = DueNote::Kind::bells, .index = static_cast<std::uint16_t>(i)}, bells_random_);
    }
  }
  if (step % 2 == 0) {
    schedule({.grid = grid, .kind = DueNote::Kind::accompaniment, .index = static_cast<std::uint16_t>(step)},
             accompaniment_random_);
  }
  if (step % 8 == 0) {
    schedule({.grid = grid, .kind = DueNote::Kind::bass, .index = static_cast<std::uint16_t>(step)}, bass_random_);
  }
  schedule_percussion(step, grid);
}

void Composer::play_due_notes() noexcept {
  for (std::size_t i = 0; i < due_.size();) {
    if (due_[i].due > position_) {
      ++i;
      continue;
    }
    const auto note = due_[i];
    due_.erase(due_.begin() + i);
    switch (note.kind) {
    case DueNote::Kind::melody:
      play_melody(note);
      break;
    case DueNote::Kind::accompaniment:
      play_accompaniment(note);
      break;
    case DueNote::Kind::bells:
      play_bells(note);
      break;
    case DueNote::Kind::bells_echo:
      if (contains(static_cast<PitchClassSet>(scale_set(key_) | chord_set(chord_)), note.midi)) {
        note_on(Layer::bells, note.midi, note.velocity, 2 * kTicksPerBeat);
      }
      break;
    case DueNote::Kind::bass:
      play_bass(note);
      break;
    case DueNote::Kind::percussion:
      note_on(Layer::percussion, note.midi, note.velocity, kTicksPerStep);
      break;
    }
  }
}

void Composer::play_melody(const DueNote& due) noexcept {
  const auto& note = notes_[due.index];
  const double human = static_cast<double>(now_playing_.humanise);
  const double touch = std::clamp(melody_random_.normal(), -2.0, 2.0);
  const bool wanted = static_cast<double>(note.need) <= 0.1 + fullness() &&
                      static_cast<double>(note.luck) < 0.5 + 0.3 * intensity_.value();
  if (!section_.playing[core::index(Layer::piano)] || !(wanted || note.final || continue_melody_)) {
    return;
  }
  const bool followed = due.index + 1U < notes_.size() && notes_[due.index + 1U].step - note.step <= 6;
  const int pitch = melody_.next({.key = key_,
                                  .chord = chord_,
                                  .centre = melody_centre(),
                                  .contour = note.contour,
                                  .on_beat = note.step % kStepsPerBeat == 0,
                                  .brief = note.length <= 3,
                                  .followed = followed,
                                  .final = note.final},
                                 melody_random_);
  continue_melody_ = melody_.must_continue();
  const double accent = note.step % kStepsPerBar == 0 ? 6.0 : (note.step % kStepsPerBeat == 0 ? 3.0 : -2.0);
  const double velocity = 34.0 + 50.0 * presence() + accent + kVelocityDeviation * human * touch;
  const double ring = static_cast<double>(note.length) * (0.6 + 0.5 * static_cast<double>(character_.sustain)) +
                      (continue_melody_ ? 0.0 : 3.0 * static_cast<double>(character_.sustain));
  note_on(Layer::piano, pitch, velocity, to_ticks(ring / kStepsPerBeat));
}

void Composer::play_accompaniment(const DueNote& due) noexcept {
  const int step = due.index;
  const auto eighth = static_cast<std::size_t>(step / 2) % accompaniment_luck_.size();
  const double full = fullness();
  const bool on_beat = step % kStepsPerBeat == 0;
  const double likely = on_beat ? 0.1 + 0.65 * full : 0.9 * std::max(0.0, full - 0.3);
  // The figure of the phrase, with a stray note now and then.
  const bool stray = accompaniment_random_.chance(0.15);
  const double luck = stray ? accompaniment_random_.uniform() : static_cast<double>(accompaniment_luck_[eighth]);
  const double touch = std::clamp(accompaniment_random_.normal(), -2.0, 2.0);
  if (luck >= likely || !section_.playing[core::index(Layer::piano)] || full < 0.12) {
    return;
  }
  core::FixedVector<int, 16> tones;
  const auto set = chord_set(chord_);
  for (int pitch = kAccompanimentLow; pitch <= kAccompanimentHigh; ++pitch) {
    if (contains(set, pitch)) {
      tones.push_back(pitch);
    }
  }
  static constexpr std::array<std::size_t, 8> kPattern{0, 2, 3, 1, 2, 4, 3, 2}; // a broken chord over a bar
  const auto index = (kPattern[eighth % kPattern.size()] + (stray ? 1U : 0U)) % tones.size();
  const double velocity = 26.0 + 34.0 * presence() + (on_beat ? 2.0 : -2.0) +
                          kVelocityDeviation * 0.7 * static_cast<double>(now_playing_.humanise) * touch;
  note_on(Layer::piano, tones[index], velocity, to_ticks(0.6 + 1.2 * static_cast<double>(character_.sustain)));
}

void Composer::plan_bells() noexcept {
  auto random = stream(kBellsPlan);
  bell_notes_.clear();
  const double rest = static_cast<double>(character_.rest);
  for (int bar = 0; bar + 1 < character_.phrase_bars; ++bar) {
    if (!random.chance(0.55 - 0.35 * rest)) {
      continue;
    }
    const int count = random.integer(1, 3);
    int step = 2 * random.integer(0, 5);
    int contour = random.integer(-3, 2);
    for (int i = 0; i < count && step < kStepsPerBar; ++i) {
      bell_notes_.push_back({bar * kStepsPerBar + step, 8, static_cast<std::int8_t>(contour),
                             static_cast<float>(i == 0 ? 0.0 : random.uniform(0.1, 0.8)),
                             static_cast<float>(random.uniform()), false});
      step += 2 * random.integer(1, 3);
      contour += random.integer(1, 3);
    }
  }
}

void Composer::play_bells(const DueNote& due) noexcept {
  const auto& note = bell_notes_[due.index];
  const bool chance = static_cast<double>(note.luck) < 0.5 + 0.3 * intensity_.value();
  const double touch = std::clamp(bells_random_.normal(), -2.0, 2.0);
  const int echoes = bells_random_.integer(0, 2);
  if (!chance || static_cast<double>(note.need) > 0.1 + fullness() || !section_.playing[core::index(Layer::bells)]) {
    return;
  }
  const int wish = std::clamp(kBellsCentre + character_.register_shift / 2 + section_.register_shift + 2 * note.contour,
                              kBellsLow, kBellsHigh);
  const auto set = chord_set(chord_);
  int pitch = wish;
  for (int away = 0; away < 12 && !contains(set, pitch); ++away) {
    pitch = away % 2 == 0 ? wish - away / 2 - 1 : wish + away / 2 + 1;
  }
  const double velocity =
      34.0 + 36.0 * presence() + kVelocityDeviation * static_cast<double>(now_playing_.humanise) * touch;
  note_on(Layer::bells, pitch, velocity, 2 * kTicksPerBeat);
  for (int echo = 1; echo <= echoes; ++echo) { // a dotted eighth apart, each softer: a room with a far wall
    due_.push_back({.due = position_ + 3 * echo * kTicksPerStep,
                    .grid = due.grid,
                    .kind = DueNote::Kind::bells_echo,
                    .velocity = static_cast<std::uint8_t>(std::clamp(velocity * std::pow(0.65, echo), 20.0, 100.0)),
                    .midi = static_cast<std::uint8_t>(pitch)});
  }
}

void Composer::voice_pad(bool restrike) noexcept {
  const int shift = character_.register_shift / 2 + section_.register_shift / 2;
  const int voices = presence() > 0.5 ? 4 : 3;
  pad_ = lead_voices(pad_, chord_, voices, {kPadLow + shift, kPadHigh + shift});
  for (std::size_t i = 0; i < open_.size();) {
    const auto& note = open_[i];
    const bool stays = !restrike && std::ranges::find(pad_, note.midi) != pad_.end();
    if (note.layer == Layer::pad && !stays) {
      note_off(open_[i]);
    } else {
      ++i;
    }
  }
  const double touch = std::clamp(pad_random_.normal(), -2.0, 2.0);
  if (!section_.playing[core::index(Layer::pad)]) {
    return;
  }
  const int beat = phrase_beat();
  const auto& planned = planned_chord(beat);
  const int beats = std::max(1, planned.beat + planned.beats - beat);
  for (const int pitch : pad_) {
    const bool held = std::ranges::any_of(
        open_, [&](const OpenNote& note) { return note.layer == Layer::pad && note.midi == pitch; });
    if (!held) {
      note_on(Layer::pad, pitch,
              40.0 + 34.0 * presence() + 0.5 * kVelocityDeviation * static_cast<double>(now_playing_.humanise) * touch,
              beats * kTicksPerBeat, true);
    }
  }
}

void Composer::strike_bass() noexcept {
  const int wanted = chord_.bass.pitch_class();
  int best = -1;
  for (int pitch = kBassLow; pitch <= kBassHigh; ++pitch) {
    const int from = bass_ < 0 ? 36 : bass_;
    if (pitch_class_of(pitch) == wanted && (best < 0 || std::abs(pitch - from) < std::abs(best - from))) {
      best = pitch;
    }
  }
  bass_ = best;
  const double touch = std::clamp(bass_random_.normal(), -2.0, 2.0);
  release(Layer::bass, 0);
  if (!section_.playing[core::index(Layer::bass)]) {
    return;
  }
  const int beat = phrase_beat();
  const auto& planned = planned_chord(beat);
  const double beats = std::max(1, planned.beat + planned.beats - beat);
  note_on(Layer::bass, bass_,
          42.0 + 36.0 * presence() + 0.6 * kVelocityDeviation * static_cast<double>(now_playing_.humanise) * touch,
          to_ticks(beats * (0.65 + 0.33 * static_cast<double>(character_.sustain))));
}

void Composer::play_bass(const DueNote& due) noexcept {
  const double likely = std::max(0.0, 0.9 * fullness() - 0.15);
  const bool chance = bass_random_.chance(likely);
  const double touch = std::clamp(bass_random_.normal(), -2.0, 2.0);
  const bool fifth = bass_random_.chance(0.45);
  const int beat = static_cast<int>(due.grid / kTicksPerBeat - phrase_start_);
  if (!chance || planned_chord(beat).beat == beat || !section_.playing[core::index(Layer::bass)] || bass_ < 0) {
    return;
  }
  int pitch = bass_;
  if (fifth && contains(chord_set(chord_), bass_ + 7)) {
    pitch = bass_ + 7 <= kBassHigh + 4 ? bass_ + 7 : bass_ - 5;
  }
  note_on(Layer::bass, pitch,
          36.0 + 34.0 * presence() + 0.6 * kVelocityDeviation * static_cast<double>(now_playing_.humanise) * touch,
          to_ticks(1.0 + static_cast<double>(character_.sustain)));
}

void Composer::schedule_percussion(int step, Ticks grid) noexcept {
  // General MIDI keys for the voices of the grooves, soft ones: a low tom for the kick, a side stick for the snare.
  static constexpr std::array<std::uint8_t, kDrumVoiceCount> kKeys{41, 37, 42, 46, 51, 45, 48, 82};
  constexpr double kSoftness = 0.5; // of the velocities of drummers who play to be heard
  const auto& groove = kGrooves[static_cast<std::size_t>(section_.groove)];
  const double full = std::clamp(static_cast<double>(character_.groove) * (0.45 + 1.1 * fullness()), 0.0, 1.0);
  const double human = static_cast<double>(now_playing_.humanise);
  const double sixteenth = 60.0 / tempo_.value() / kStepsPerBeat;
  for (std::size_t voice = 0; voice < kDrumVoiceCount; ++voice) {
    const auto& stroke = groove.steps[voice][static_cast<std::size_t>(step % kStepsPerBar)];
    const double luck = percussion_random_.uniform();
    const double touch = std::clamp(percussion_random_.normal(), -2.0, 2.0);
    const double push = std::clamp(percussion_random_.normal(), -2.0, 2.0);
    const auto drum = static_cast<DrumVoice>(voice);
    const bool keeps_time = drum == DrumVoice::closed_hat || drum == DrumVoice::ride || drum == DrumVoice::shaker;
    if ((keeps_time && drum != section_.time_keeper) || drum == DrumVoice::open_hat) {
      continue;
    }
    // Thinning takes the ghost strokes first: a likely stroke stays likely, an unlikely one goes.
    const double probability =
        full <= 0.0 ? 0.0 : std::pow(static_cast<double>(stroke.probability), 1.0 / full) * std::min(1.0, 2.0 * full);
    if (luck >= probability || !section_.playing[core::index(Layer::percussion)]) {
      continue;
    }
    const double velocity = kSoftness * (0.55 + 0.9 * presence()) * static_cast<double>(stroke.velocity) +
                            kSoftness * human * touch * static_cast<double>(stroke.velocity_deviation) * 0.5;
    const double late = static_cast<double>(stroke.offset) + push * static_cast<double>(stroke.offset_deviation);
    schedule({.grid = grid,
              .kind = DueNote::Kind::percussion,
              .velocity = static_cast<std::uint8_t>(std::clamp(velocity, 20.0, 100.0)),
              .midi = kKeys[voice]},
             std::clamp(late, -0.4, 0.4) * sixteenth);
  }
}

} // namespace auralis::compose
