// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/composer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "auralis/compose/theory.hpp"

namespace auralis::compose {
namespace {

using core::Frames;
using core::Grid;
using core::Layer;
using core::Random;
using core::Seconds;
using core::Transport;

constexpr Seconds kTempoGlide{0.8};
constexpr Seconds kIntensityGlide{1.2};
constexpr Seconds kDensityGlide{1.2};
constexpr Seconds kBrightnessGlide{0.4};

constexpr Ticks kNever = std::numeric_limits<Ticks>::max();

void check(bool holds, const char* what) {
  if (!holds) {
    throw std::invalid_argument{std::string{"Composer: "} + what};
  }
}
bool in_unit_range(float value) { return value >= 0.0F && value <= 1.0F; }
bool in_range(double value, double low, double high) { return value >= low && value <= high; }

/// The sample rate, once all of the configuration has been found to hold.
core::Hertz checked_rate(const Composer::Config& config) {
  const auto& p = config.preset.parameters;
  const auto& c = config.preset.character;
  check(in_range(config.sample_rate.value, 8'000.0, 192'000.0), "sample_rate must lie in [8000, 192000]");
  check(in_range(p.key.tonic.fifths, -15, 19), "key.tonic must lie between Fbb and B##");
  check(static_cast<int>(p.key.mode) < core::kModeCount, "key.mode is no mode");
  check(in_range(p.tempo.value, core::kMinTempo.value, core::kMaxTempo.value), "tempo must lie in [40, 140]");
  check(in_unit_range(p.intensity), "intensity must lie in [0, 1]");
  check(in_unit_range(p.density), "density must lie in [0, 1]");
  check(in_unit_range(p.brightness), "brightness must lie in [0, 1]");
  check(in_unit_range(p.humanise), "humanise must lie in [0, 1]");
  for (const auto& mix : p.layers) {
    check(in_unit_range(mix.level), "layer levels must lie in [0, 1]");
  }
  for (const auto program : c.programs) {
    check(program < 128, "programs must lie in [0, 127]");
  }
  check(in_range(c.phrase_bars, 8, 16), "phrase_bars must lie in [8, 16]");
  check(in_unit_range(c.swing), "swing must lie in [0, 1]");
  check(in_unit_range(c.groove), "groove must lie in [0, 1]");
  check(in_unit_range(c.rest), "rest must lie in [0, 1]");
  check(in_unit_range(c.sustain), "sustain must lie in [0, 1]");
  check(in_range(c.register_shift, -24, 24), "register_shift must lie in [-24, 24]");
  check(in_range(c.chord_beats, 2.0, 16.0), "chord_beats must lie in [2, 16]");
  return config.sample_rate;
}

/// Brings a wish into range; one that is no number is dropped.
template <typename T> void tame(std::optional<T>& wish, double low, double high) noexcept {
  if (!wish) {
    return;
  }
  double value = 0.0;
  if constexpr (std::is_same_v<T, core::Bpm>) {
    value = wish->value;
  } else {
    value = static_cast<double>(*wish);
  }
  if (!std::isfinite(value)) {
    wish.reset();
    return;
  }
  value = std::clamp(value, low, high);
  if constexpr (std::is_same_v<T, core::Bpm>) {
    wish = core::Bpm{value};
  } else {
    wish = static_cast<T>(value);
  }
}

float tame(float value, float low, float high, float otherwise) noexcept {
  return std::isfinite(value) ? std::clamp(value, low, high) : otherwise;
}

core::PitchName tame(core::PitchName name) noexcept {
  return core::PitchName{static_cast<std::int8_t>(std::clamp<int>(name.fifths, -15, 19))};
}

core::Control tamed(core::Control control) noexcept {
  if (control.tonic) {
    control.tonic = tame(*control.tonic);
  }
  tame(control.tempo, core::kMinTempo.value, core::kMaxTempo.value);
  for (auto* wish : {&control.intensity, &control.density, &control.brightness, &control.humanise}) {
    tame(*wish, 0.0, 1.0);
  }
  for (auto& level : control.levels) {
    tame(level, 0.0, 1.0);
  }
  if (control.character) {
    auto& c = *control.character;
    for (auto& program : c.programs) {
      program = std::min<std::uint8_t>(program, 127);
    }
    c.phrase_bars = std::clamp<std::uint8_t>(c.phrase_bars, 8, 16);
    c.swing = tame(c.swing, 0.0F, 1.0F, 0.0F);
    c.groove = tame(c.groove, 0.0F, 1.0F, 0.5F);
    c.rest = tame(c.rest, 0.0F, 1.0F, 0.2F);
    c.sustain = tame(c.sustain, 0.0F, 1.0F, 0.7F);
    c.register_shift = std::clamp<std::int8_t>(c.register_shift, -24, 24);
    c.chord_beats = tame(c.chord_beats, 2.0F, 16.0F, 4.0F);
  }
  if (control.chord) {
    auto& wish = *control.chord;
    wish.chord.root = tame(wish.chord.root);
    wish.chord.bass = tame(wish.chord.bass);
    if (!std::isfinite(wish.duration.value) || wish.duration.value <= 0.0) {
      control.chord.reset();
    } else {
      wish.duration = std::min(wish.duration, core::Beats{64.0});
    }
  }
  return control;
}

} // namespace

Composer::Composer(const Config& config)
    : rate_{checked_rate(config)}, seed_{Random{config.seed}.split(0x617572616C6973ULL)},
      wanted_{config.preset.parameters}, wanted_character_{config.preset.character},
      now_playing_{config.preset.parameters}, character_{config.preset.character},
      tempo_{config.preset.parameters.tempo.value, kTempoGlide, rate_},
      intensity_{static_cast<double>(config.preset.parameters.intensity), kIntensityGlide, rate_},
      density_{static_cast<double>(config.preset.parameters.density), kDensityGlide, rate_},
      brightness_{static_cast<double>(config.preset.parameters.brightness), kBrightnessGlide, rate_} {
  wanted_.key = respelled(wanted_.key);
  now_playing_.key = wanted_.key;
  key_ = wanted_.key;
  auto random = stream(kMotifs);
  memory_.fill(pulse(), random);
}

Random Composer::stream(Purpose purpose) const noexcept {
  return seed_.split(purpose).split(static_cast<std::uint64_t>(phrase_ + 1));
}

double Composer::pulse() const noexcept {
  // Quick tempos move in longer values, so that the notes per second stay those of calm music.
  return std::clamp(1.35 - tempo_.value() / 110.0, 0.15, 0.9);
}

void Composer::apply(const core::Control& control) noexcept {
  auto wish = tamed(control);
  if (wish.tonic || wish.mode) {
    // One key, conventionally spelled, whichever half of it was asked for.
    const auto key = respelled({wish.tonic.value_or(wanted_.key.tonic), wish.mode.value_or(wanted_.key.mode)});
    wish.tonic = key.tonic;
    wish.mode = key.mode;
  }
  core::apply(wish, wanted_);
  wanted_character_ = wish.character.value_or(wanted_character_);
  wanted_transport_ = wish.transport.value_or(wanted_transport_);
  pending_.add(wish);
}

std::span<const core::PerformanceEvent> Composer::advance(Frames until) noexcept {
  assert(until.value % core::kQuantum.value == 0);
  events_.clear();
  while (now_ < until && events_.room() >= kMaxEventsPerQuantum) {
    step();
  }
  return {events_.data(), events_.size()};
}

void Composer::step() noexcept {
  if (now_ == Frames{0}) {
    tell_initial_state();
  }
  // While time stands still every boundary is as near as any other.
  if (const auto control = pending_.take(transport_ == Transport::pause ? Grid::phrase : Grid::now)) {
    take_effect(*control, false);
  }
  if (transport_ == Transport::play) {
    if (override_ && position_ >= override_end_) {
      override_.reset();
      if (position_ < next_beat_ * kTicksPerBeat) {
        update_chord(false);
      }
    }
    release_finished();
    if (position_ >= next_beat_ * kTicksPerBeat) {
      reach_beat();
    }
  }
  if (transport_ == Transport::play) {
    schedule_steps();
    play_due_notes();
    const double beats = tempo_.value() / 60.0 * static_cast<double>(core::kQuantum.value) / rate_.value;
    position_ += to_ticks(beats);
  }
  tempo_.advance();
  intensity_.advance();
  density_.advance();
  brightness_.advance();
  tell_brightness();
  now_ += core::kQuantum;
}

// ---- controls ----

void Composer::take_effect(const core::Control& control, bool at_boundary) noexcept {
  core::apply(control, now_playing_);
  tempo_.aim(now_playing_.tempo.value);
  intensity_.aim(static_cast<double>(now_playing_.intensity));
  density_.aim(static_cast<double>(now_playing_.density));
  brightness_.aim(static_cast<double>(now_playing_.brightness));

  if (control.character) {
    for (const auto layer : core::kLayers) {
      const auto program = control.character->programs[core::index(layer)];
      if (program != character_.programs[core::index(layer)]) {
        emit(core::ProgramChange{layer, program});
      }
    }
    if (*control.character != character_) {
      character_ = *control.character;
      // A new phrase, in the new character, from the next bar on; what sounds rings until then.
      const int so_far = phrase_beat();
      const int to_bar = (so_far + kBeatsPerBar - 1) / kBeatsPerBar * kBeatsPerBar;
      if (phrase_ >= 0 && to_bar < phrase_beats_) {
        phrase_beats_ = to_bar;
        section_.phrases_left = 0;
      }
    }
  }
  for (const auto layer : core::kLayers) {
    const auto i = core::index(layer);
    if (control.levels[i] || control.muted[i]) {
      tell_gain(layer);
    }
  }
  if (control.tonic || control.mode) {
    change_key(now_playing_.key, at_boundary);
  }
  if (control.chord) {
    override_ = control.chord;
    override_end_ = position_ + to_ticks(control.chord->duration.value);
    if (!at_boundary && transport_ == Transport::play && phrase_ >= 0) {
      update_chord(false);
    }
  }
  if (control.transport && *control.transport != transport_) {
    if (*control.transport == Transport::pause) {
      pause();
    } else {
      resume(control.grid);
    }
  }
}

void Composer::change_key(const core::Key& key, bool with_pivot) noexcept {
  if (key == key_) {
    return;
  }
  const auto old = key_;
  key_ = key;
  const auto keep = static_cast<PitchClassSet>(scale_set(key) | (override_ ? chord_set(override_->chord) : 0U));
  if (!with_pivot) {
    for (const auto layer : {Layer::piano, Layer::pad, Layer::bass, Layer::bells}) {
      release(layer, keep);
    }
    if (transport_ == Transport::play && phrase_ >= 0) {
      update_chord(false);
    }
    return;
  }
  // The landing chord belongs to both keys; without one, the chord of the new key with most tones of the old.
  const auto common = pivots(old, key);
  landing_ = common.empty() ? nearest_degree(chord_, key) : common.front().to;
  release(Layer::piano, keep);
  release(Layer::bells, keep);
}

void Composer::pause() noexcept {
  transport_ = Transport::pause;
  for (const auto layer : core::kLayers) {
    release(layer, 0);
  }
}

void Composer::resume(Grid grid) noexcept {
  transport_ = Transport::play;
  restrike_ = true;
  if (grid == Grid::now || phrase_ < 0) {
    if (phrase_ >= 0 && position_ < next_beat_ * kTicksPerBeat) {
      update_chord(true);
    }
    return;
  }
  std::int64_t beat = next_beat_;
  if (grid == Grid::bar) {
    beat = (beat + kBeatsPerBar - 1) / kBeatsPerBar * kBeatsPerBar;
  } else if (grid == Grid::phrase) {
    beat = phrase_start_ + phrase_beats_;
  }
  next_beat_ = beat;
  position_ = std::max(position_, beat * kTicksPerBeat);
  due_.clear();
  next_step_ = static_cast<int>(beat - phrase_start_) * kStepsPerBeat;
}

// ---- form ----

int Composer::phrase_beat() const noexcept { return static_cast<int>(position_ / kTicksPerBeat - phrase_start_); }

void Composer::reach_beat() noexcept {
  const bool phrase_begins = phrase_ < 0 || next_beat_ >= phrase_start_ + phrase_beats_;
  const bool bar_begins = next_beat_ % kBeatsPerBar == 0;
  const auto grid = phrase_begins ? Grid::phrase : (bar_begins ? Grid::bar : Grid::beat);
  if (const auto control = pending_.take(grid)) {
    take_effect(*control, true);
    if (transport_ == Transport::pause) {
      return;
    }
  }
  if (next_beat_ >= phrase_start_ + phrase_beats_) { // also true where the control has cut the phrase short
    start_phrase();
  } else if (landing_ >= 0) {
    const int beat = static_cast<int>(next_beat_ - phrase_start_);
    plan_harmony(beat, landing_, kBeatsPerBar - beat % kBeatsPerBar);
  }
  landing_ = -1;

  const int beat = static_cast<int>(next_beat_ - phrase_start_);
  emit(core::BeatTick{next_beat_ / kBeatsPerBar, static_cast<std::uint8_t>(next_beat_ % kBeatsPerBar), phrase_,
                      core::Bpm{tempo_.value()}});
  if (breath_beats_ > 0 && beat == phrase_beats_ - breath_beats_) {
    release(Layer::pad, 0);
    release(Layer::bass, 0);
  }
  update_chord(restrike_ || beat == 0);
  restrike_ = false;
  ++next_beat_;
}

void Composer::start_phrase() noexcept {
  ++phrase_;
  phrase_start_ = next_beat_;
  phrase_beats_ = character_.phrase_bars * kBeatsPerBar;
  next_step_ = 0;
  due_.erase_if([](const DueNote& note) { return note.kind != DueNote::Kind::bells_echo; });
  chord_slot_ = -1;
  section_begins_ = --section_.phrases_left < 0;
  if (section_begins_) {
    start_section();
  }
  if (phrase_ == 0 && landing_ < 0) {
    landing_ = 0; // the first chord says where home is
  }
  plan_harmony(0, landing_, static_cast<int>(std::lround(character_.chord_beats)));

  const double rest = static_cast<double>(character_.rest);
  auto plan_random = stream(kMelodyPlan);
  // The melody reaches its goal on the last chord and leaves the rest of the phrase to it.
  const int quiet = 1 + static_cast<int>(std::lround(0.3 * rest * character_.phrase_bars));
  const int goal = std::clamp(phrase_beats_ - quiet * kBeatsPerBar, chords_.back().beat, phrase_beats_ - 2);
  const PhraseShape shape{
      .bars = character_.phrase_bars, .cadence_step = goal * kStepsPerBeat, .rest = rest, .variation = 0.55};
  plan_melody(memory_, shape, plan_random, notes_);
  plan_bells();
  phrase_density_ = phrase_ == 0 ? 1.0 : plan_random.uniform(0.8, 1.2);
  breath_beats_ = plan_random.chance(0.3 + 0.6 * rest) ? plan_random.integer(1, 2) : 0;

  melody_random_ = stream(kMelodyPitch);
  melody_timing_ = stream(kMelodyTiming);
  accompaniment_random_ = stream(kAccompaniment);
  for (auto& luck : accompaniment_luck_) {
    luck = static_cast<float>(accompaniment_random_.uniform());
  }
  bells_random_ = stream(kBells);
  bass_random_ = stream(kBass);
  pad_random_ = stream(kPad);
  percussion_random_ = stream(kPercussion);
}

void Composer::start_section() noexcept {
  auto random = stream(kForm);
  // Sections of one and a half to three and a half minutes.
  const double phrase_seconds = phrase_beats_ * 60.0 / tempo_.value();
  section_.phrases_left =
      std::clamp(static_cast<int>(std::lround(random.uniform(90.0, 210.0) / phrase_seconds)), 2, 8) - 1;
  choose_groove(random);
  if (phrase_ == 0) {
    return; // the preset as it is, for a first impression
  }
  auto motif_random = stream(kMotifs);
  memory_.turn(pulse(), motif_random);
  static constexpr std::array<double, core::kLayerCount> kPresence{0.9, 0.95, 0.85, 0.75, 0.75};
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    section_.playing[i] = random.chance(kPresence[i]);
  }
  if (!section_.playing[core::index(Layer::piano)]) {
    section_.playing[core::index(Layer::pad)] = true;
    section_.playing[core::index(Layer::bells)] = true;
  }
  section_.register_shift = random.integer(-4, 5);
  section_.density = random.uniform(0.75, 1.2);
  section_.richness = random.uniform(0.35, 0.9);
  section_.presence = random.uniform(0.85, 1.15);
  section_.brightness = random.uniform(-0.08, 0.08);
}

void Composer::choose_groove(Random& random) noexcept {
  // Grooves recorded near this tempo and with this much swing.
  std::array<double, kGrooveCount> weights{};
  for (std::size_t i = 0; i < kGrooveCount; ++i) {
    const double swing = std::abs(static_cast<double>(kGrooves[i].swing) - static_cast<double>(character_.swing));
    const double tempo = std::abs(std::log2(kGrooves[i].tempo.value / tempo_.value()));
    weights[i] = std::exp(-4.0 * swing - 1.5 * tempo);
  }
  section_.groove = static_cast<int>(random.weighted(std::span<const double>{weights}));
  static constexpr std::array<DrumVoice, 4> kTimeKeepers{DrumVoice::shaker, DrumVoice::shaker, DrumVoice::closed_hat,
                                                         DrumVoice::ride};
  section_.time_keeper = kTimeKeepers[static_cast<std::size_t>(random.integer(0, 3))];
}

void Composer::plan_harmony(int from_beat, int first_degree, int first_beats) noexcept {
  auto random = stream(kHarmony).split(static_cast<std::uint64_t>(from_beat));
  // Question and answer: every other phrase leans home, the last of a section more so.
  const double homeward = section_.phrases_left == 0 ? 6.0 : (phrase_ % 2 == 1 ? 2.5 : 1.0);
  harmony_.plan(key_.mode, from_beat,
                {.beats = phrase_beats_ - from_beat,
                 .chord_beats = static_cast<double>(character_.chord_beats),
                 .richness = section_.richness,
                 .homeward = homeward,
                 .opens_section = from_beat == 0 && section_begins_,
                 .first_degree = first_degree,
                 .first_beats = first_beats},
                random, chords_);
}

const PlannedChord& Composer::planned_chord(int beat) const noexcept {
  const PlannedChord* found = &chords_.front();
  for (const auto& chord : chords_) {
    if (chord.beat <= beat) {
      found = &chord;
    }
  }
  return *found;
}

void Composer::update_chord(bool restrike) noexcept {
  const auto& planned = planned_chord(phrase_beat());
  const bool next_slot = planned.beat != chord_slot_;
  const auto chord = override_ ? override_->chord : diatonic_chord(key_, planned.degree, planned.colour);
  const bool changed = chord != chord_ || key_ != chord_key_;
  if (!restrike && !changed && !next_slot) {
    return;
  }
  chord_slot_ = planned.beat;
  chord_ = chord;
  chord_key_ = key_;
  if (changed) {
    emit(core::ChordChange{chord_, key_});
  }
  voice_pad(restrike);
  if (changed || next_slot || restrike) {
    strike_bass();
  }
}

// ---- telling ----

void Composer::tell_initial_state() noexcept {
  for (const auto layer : core::kLayers) {
    emit(core::ProgramChange{layer, character_.programs[core::index(layer)]});
    tell_gain(layer);
  }
  tell_brightness();
}

void Composer::tell_gain(Layer layer) noexcept {
  const auto& mix = now_playing_.layers[core::index(layer)];
  emit(core::LayerGain{layer, mix.muted ? 0.0F : mix.level});
  if (!is_heard(layer)) {
    release(layer, 0);
  } else if (layer == Layer::pad && phrase_ >= 0 && transport_ == Transport::play && !is_sounding(Layer::pad)) {
    voice_pad(true);
  } else if (layer == Layer::bass && phrase_ >= 0 && transport_ == Transport::play && !is_sounding(Layer::bass)) {
    strike_bass();
  }
}

void Composer::tell_brightness() noexcept {
  constexpr double kStep = 0.004; // finer steps are inaudible
  constexpr Frames kEvery{8 * 64};
  const double value =
      std::clamp(brightness_.value() + section_.brightness + 0.2 * (intensity_.value() - 0.5), 0.0, 1.0);
  const bool due = now_ - last_brightness_ >= kEvery && std::abs(value - told_brightness_) >= kStep;
  if (told_brightness_ < 0.0 || due) {
    told_brightness_ = value;
    last_brightness_ = now_;
    emit(core::Brightness{static_cast<float>(value)});
  }
}

// ---- notes ----

void Composer::emit(decltype(core::PerformanceEvent::what) what) noexcept {
  const bool kept = events_.push_back({now_, what});
  assert(kept);
  static_cast<void>(kept);
}

bool Composer::is_heard(Layer layer) const noexcept {
  const auto& mix = now_playing_.layers[core::index(layer)];
  return !mix.muted && mix.level > 0.0F;
}

bool Composer::is_sounding(Layer layer) const noexcept {
  return std::ranges::any_of(open_, [&](const OpenNote& note) { return note.layer == layer; });
}

void Composer::note_on(Layer layer, int midi, double velocity, Ticks length, bool hold) noexcept {
  if (!is_heard(layer) || transport_ == Transport::pause || midi < 0 || midi > 127) {
    return;
  }
  // Most notes one layer may have open: what the ear can use, and what a voice of the synthesiser costs.
  static constexpr std::array<int, core::kLayerCount> kMost{6, kMaxVoices, 1, 4, 5};
  int count = 0;
  OpenNote* same = nullptr;
  OpenNote* oldest = nullptr;
  for (auto& note : open_) {
    if (note.layer != layer) {
      continue;
    }
    ++count;
    if (note.midi == midi) {
      same = &note;
    }
    if (oldest == nullptr || note.off < oldest->off) {
      oldest = &note;
    }
  }
  if (same != nullptr) {
    note_off(*same);
  } else if (oldest != nullptr && count >= kMost[core::index(layer)]) {
    note_off(*oldest);
  }
  const auto loudness = std::clamp(static_cast<int>(std::lround(velocity)), 20, 100);
  const auto beats = static_cast<double>(length) / static_cast<double>(kTicksPerBeat);
  const auto name = layer == Layer::percussion ? core::PitchName{} : name_in_chord(midi, chord_, key_);
  emit(core::NoteOn{layer, static_cast<std::uint8_t>(midi), static_cast<std::uint8_t>(loudness), name,
                    core::to_frames(Seconds{beats * 60.0 / tempo_.value()}, rate_)});
  open_.push_back({layer, static_cast<std::uint8_t>(midi), hold ? kNever : position_ + length});
}

void Composer::note_off(OpenNote& note) noexcept {
  emit(core::NoteOff{note.layer, note.midi});
  open_.erase(&note);
}

void Composer::release(Layer layer, PitchClassSet keep) noexcept {
  for (std::size_t i = 0; i < open_.size();) {
    if (open_[i].layer == layer && !contains(keep, open_[i].midi)) {
      note_off(open_[i]);
    } else {
      ++i;
    }
  }
}

void Composer::release_finished() noexcept {
  for (std::size_t i = 0; i < open_.size();) {
    if (open_[i].off <= position_) {
      note_off(open_[i]);
    } else {
      ++i;
    }
  }
}

} // namespace auralis::compose
