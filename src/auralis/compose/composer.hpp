// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "auralis/compose/groove_tables.hpp"
#include "auralis/compose/harmony.hpp"
#include "auralis/compose/melody.hpp"
#include "auralis/compose/metre.hpp"
#include "auralis/compose/pending_controls.hpp"
#include "auralis/compose/phrase.hpp"
#include "auralis/compose/presets.hpp"
#include "auralis/compose/voicing.hpp"
#include "auralis/core/fixed_vector.hpp"
#include "auralis/core/parameters.hpp"
#include "auralis/core/performance.hpp"
#include "auralis/core/random.hpp"
#include "auralis/core/units.hpp"

namespace auralis::compose {

/// Composes endless ambient music on a sample clock, as events for a synthesiser.
///
/// Phrases of 8 to 16 bars are planned in degrees, motifs and contours; pitches are chosen when a note sounds, so that
/// a change of key, mode, chord or intensity is heard at its grid point and not a phrase later.
/// docs/theory/composition.md gives the method and its sources.
///
/// Time moves in quanta of core::kQuantum frames. Every event lies on a quantum, and how the calls cut the time changes
/// nothing. At frame 0 the whole initial state is told (programs, gains, brightness, chord), so that a synthesiser fed
/// nothing but events is complete.
///
/// Glides: tempo with a time constant of 0.8 s, intensity 1.2 s, density 1.2 s, brightness 0.4 s.
/// Pause keeps the musical position. Play with grid `now` goes on from there; with beat, bar or phrase it goes on at
/// once from the next beat, bar or phrase. While paused, controls take effect at the next quantum.
///
/// Thread: one owner. Realtime: all but construction.
class Composer {
public:
  struct Config {
    core::Hertz sample_rate{48'000.0}; ///< [8000, 192000]
    std::uint64_t seed = 1;
    Preset preset;
  };
  /// Room for events in one advance().
  static constexpr std::size_t kMaxEvents = 4096;
  /// advance() stops short of its goal where less room than this is left; no quantum makes more events.
  static constexpr std::size_t kMaxEventsPerQuantum = 256;

  /// \throws std::invalid_argument on a sample rate, parameter or character out of range; it names the field.
  explicit Composer(const Config& config);

  /// Takes a change at now(); it takes effect at control.grid. Values out of range are brought into it.
  void apply(const core::Control& control) noexcept;

  /// Composes up to `until` and returns what happens in [previous now(), now()), in time order; valid until the next
  /// call. Stops early, with now() < until, only where kMaxEvents are not enough (about ten seconds of the densest
  /// music, minutes of most): call again to go on.
  /// \pre until is a multiple of core::kQuantum
  std::span<const core::PerformanceEvent> advance(core::Frames until) noexcept;

  [[nodiscard]] core::Frames now() const noexcept { return now_; }
  /// What has been asked for, also where it still waits for its grid or glides.
  [[nodiscard]] const core::Parameters& parameters() const noexcept { return wanted_; }
  [[nodiscard]] const core::Character& character() const noexcept { return wanted_character_; }
  [[nodiscard]] core::Transport transport() const noexcept { return wanted_transport_; }

private:
  /// Purposes of random streams: one each, so that what one layer draws never shifts another's notes.
  enum Purpose : std::uint64_t {
    kHarmony = 1,
    kForm,
    kMotifs,
    kMelodyPlan,
    kMelodyPitch,
    kMelodyTiming,
    kAccompaniment,
    kBells,
    kBellsPlan,
    kBass,
    kPad,
    kPercussion,
  };
  /// A note that is sounding.
  struct OpenNote {
    core::Layer layer;
    std::uint8_t midi;
    Ticks off; // musical time at which it ends
  };
  /// A note that may sound, its time known, its pitch not yet.
  struct DueNote {
    enum class Kind : std::uint8_t { melody, accompaniment, bells, bells_echo, bass, percussion };
    Ticks due = 0;
    Ticks grid = 0; // its place before swing and humanisation
    Kind kind = Kind::melody;
    std::uint8_t velocity = 0; // echoes and percussion
    std::uint8_t midi = 0;     // echoes and percussion
    std::uint16_t index = 0;   // into the plan, or the step
  };
  /// What the form asks of a section of several phrases.
  struct Section {
    std::array<bool, core::kLayerCount> playing{true, true, true, true, true};
    int phrases_left = 0;
    int register_shift = 0;  // semitones
    double density = 1.0;    // factor
    double presence = 1.0;   // factor
    double richness = 0.5;   // of chord colours
    double brightness = 0.0; // offset
    int groove = 0;          // into kGrooves
    DrumVoice time_keeper = DrumVoice::shaker;
  };

  void step() noexcept;
  void tell_initial_state() noexcept;
  void take_effect(const core::Control& control, bool at_boundary) noexcept;
  void change_key(const core::Key& key, bool with_pivot) noexcept;
  void pause() noexcept;
  void resume(core::Grid grid) noexcept;
  void reach_beat() noexcept;
  void start_phrase() noexcept;
  void start_section() noexcept;
  void choose_groove(core::Random& random) noexcept;
  void plan_harmony(int from_beat, int first_degree, int first_beats) noexcept;
  void update_chord(bool restrike) noexcept;
  void voice_pad(bool restrike) noexcept;
  void strike_bass() noexcept;
  void plan_bells() noexcept;
  void schedule_steps() noexcept;
  void schedule_step(int step) noexcept;
  void schedule_percussion(int step, Ticks grid) noexcept;
  void schedule(DueNote note, core::Random& random) noexcept;
  void schedule(DueNote note, double seconds_late) noexcept;
  void play_due_notes() noexcept;
  void play_melody(const DueNote& note) noexcept;
  void play_accompaniment(const DueNote& note) noexcept;
  void play_bells(const DueNote& note) noexcept;
  void play_bass(const DueNote& note) noexcept;
  void tell_gain(core::Layer layer) noexcept;
  void tell_brightness() noexcept;

  void emit(decltype(core::PerformanceEvent::what) what) noexcept;
  void note_on(core::Layer layer, int midi, double velocity, Ticks length, bool hold = false) noexcept;
  void note_off(OpenNote& note) noexcept;
  void release(core::Layer layer, PitchClassSet keep) noexcept;
  void release_finished() noexcept;
  [[nodiscard]] bool is_heard(core::Layer layer) const noexcept;
  [[nodiscard]] const PlannedChord& planned_chord(int beat) const noexcept;
  [[nodiscard]] int phrase_beat() const noexcept;
  [[nodiscard]] bool is_sounding(core::Layer layer) const noexcept;
  [[nodiscard]] double place_in_phrase() const noexcept;
  [[nodiscard]] double presence() const noexcept; // how loud and full, [0, 1]
  [[nodiscard]] double fullness() const noexcept; // how dense, [0, 1]
  [[nodiscard]] double pulse() const noexcept;    // how quick the note values, [0, 1]
  [[nodiscard]] Ticks swung(Ticks in_phrase) const noexcept;
  [[nodiscard]] Ticks of_seconds(double seconds) const noexcept;
  [[nodiscard]] int melody_centre() const noexcept;
  [[nodiscard]] core::Random stream(Purpose purpose) const noexcept;

  core::Hertz rate_;
  core::Random seed_;

  core::Parameters wanted_;
  core::Character wanted_character_;
  core::Transport wanted_transport_ = core::Transport::play;
  PendingControls pending_;

  core::Parameters now_playing_; // in force; glides run towards it
  core::Character character_;
  core::Transport transport_ = core::Transport::play;
  Glide tempo_;
  Glide intensity_;
  Glide density_;
  Glide brightness_;
  double told_brightness_ = -1.0;
  core::Frames last_brightness_{};

  core::Frames now_{};
  Ticks position_ = 0;
  std::int64_t next_beat_ = 0;    // the beat to be reached next, from the start of the session
  std::int64_t phrase_start_ = 0; // beat
  int phrase_beats_ = 0;
  int phrase_ = -1;
  int next_step_ = 0; // sixteenth of the phrase to be scheduled next

  Section section_;
  bool section_begins_ = false;
  double phrase_density_ = 1.0; // factor
  MotifMemory memory_;
  Harmony harmony_;
  ChordPlan chords_;
  NotePlan notes_;
  NotePlan bell_notes_;
  core::FixedVector<DueNote, 96> due_;

  core::Key key_;
  core::Chord chord_;
  std::optional<core::ChordOverride> override_;
  Ticks override_end_ = 0;
  core::Key chord_key_;
  int chord_slot_ = -1;   // beat at which the planned chord that sounds began
  int landing_ = -1;      // degree on which a change of key lands, at the boundary being reached
  int breath_beats_ = 0;  // how long before the end of the phrase pad and bass let go
  bool restrike_ = false; // sound has been paused: strike again what is held
  Voicing pad_;
  int bass_ = -1;
  Melody melody_;
  std::array<float, 16> accompaniment_luck_{}; // two bars of eighths: the figure of the phrase
  bool continue_melody_ = false;               // a passing tone waits for its resolution

  core::Random melody_random_{0};
  core::Random melody_timing_{0};
  core::Random accompaniment_random_{0};
  core::Random bells_random_{0};
  core::Random bass_random_{0};
  core::Random pad_random_{0};
  core::Random percussion_random_{0};

  core::FixedVector<OpenNote, 48> open_;
  core::FixedVector<core::PerformanceEvent, kMaxEvents> events_;
};

} // namespace auralis::compose
