// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "auralis/compose/theory.hpp"
#include "auralis/core/music.hpp"
#include "auralis/core/random.hpp"

namespace auralis::compose {

/// What a melody note is to the harmony.
enum class Role : std::uint8_t { chord, scale, chromatic };

/// Shares of the roles among the notes of a melody.
inline constexpr std::array<double, 3> kRoleShares{0.70, 0.25, 0.05};
inline constexpr int kMaxMelodyLeap = 12; ///< semitones
inline constexpr int kLeapToRecover = 7;  ///< wider leaps turn back by step
inline constexpr int kMelodyReach = 12;   ///< semitones either side of the melody's centre
inline constexpr int kMelodyLowest = 53;  ///< MIDI; the left hand has what lies below
inline constexpr int kWidestStep = 3;     ///< a step of the pentatonic scales and of harmonic minor's sixth

/// Turns contours into pitches, one note at a time, in whatever key and chord holds when the note sounds.
///
/// The roles' shares are kept by error diffusion: each role runs up a debt of its share per note, and the note takes
/// the role most owed that its place allows, chord tones being favoured on the beat. Within the role the pitch nearest
/// the contour wins, weighed against leaps and repetitions. A chromatic note is taken only where the next note is sure
/// to come, which then resolves it by step.
/// Realtime: yes.
class Melody {
public:
  struct Place {
    core::Key key;
    core::Chord chord;
    int centre = 67; ///< MIDI pitch
    int contour = 0; ///< scale steps from the centre
    bool on_beat = true;
    bool brief = false;    ///< short enough for a passing tone
    bool followed = false; ///< another note comes soon, for sure if asked for
    bool final = false;    ///< the last of a phrase: a chord tone
  };

  /// The next pitch.
  [[nodiscard]] int next(const Place& place, core::Random& random) noexcept;
  /// The note just given is chromatic and needs the following one.
  [[nodiscard]] bool must_continue() const noexcept { return resolving_; }
  /// Forgets the line; the next note stands free.
  void reset() noexcept { *this = Melody{}; }

private:
  struct Choice {
    int pitch = 0;
    double cost = 0.0;
    bool found = false;
  };
  [[nodiscard]] Choice best_of(const Place& place, PitchClassSet allowed, int target, int low, int high) const noexcept;
  [[nodiscard]] Choice passing_tone(const Place& place, int target) noexcept;
  void settle(int pitch, Role role) noexcept;

  std::array<double, 3> owed_{};
  int last_ = -1; // -1: none
  int before_ = -1;
  int recover_ = 0;    // direction in which the next note must step back
  int resolution_ = 0; // where a chromatic note wants to go
  bool resolving_ = false;
};

/// The scale tone `steps` scale steps from the one nearest `midi`.
[[nodiscard]] int scale_step_from(const core::Key& key, int midi, int steps) noexcept;

} // namespace auralis::compose
