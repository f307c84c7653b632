// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/bar_pointer.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::analysis {
namespace {

using dsp::eight;
using dsp::Vec8;

constexpr int kLanes = 8;
constexpr float kImpossible = -1e30F;
constexpr double kWindowSeconds = 64.0;
/// Transitions less likely than this, relative to keeping the tempo, are left out.
constexpr double kSmallestTransition = 1e-6;
/// Probabilities from outside are kept off 0 and 1, so that one wrong frame never decides.
constexpr float kFloor = 0.005F;
constexpr std::size_t kMostMetres = 16;
/// Outside of [x, 1/x] the filter's probabilities are brought back to a sum of one.
constexpr double kSmallestMass = 1e-3;
/// Beats go on through a pause this long; where nothing was heard for longer, none are said.
constexpr double kPauseSeconds = 3.0;
constexpr float kHeard = 0.1F;       ///< an activation that counts as something
constexpr int kNear = 3;             ///< frames either side that count as the same beat
constexpr double kShortestGap = 0.5; ///< of an interval: two beats are never closer

float kept_off_the_ends(float p) { return std::clamp(p, kFloor, 1.0F - kFloor); }

AURALIS_KERNEL float sum(const Vec8& v) noexcept {
  return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
}

/// How much likelier the frame is if a beat is in it than if none is. Krebs 2015 spreads what is no beat over the rest
/// of the beat's length: (1 - b) / (lambda - 1). Dividing every state by that leaves all but the beat's region alone.
float beat_likelihood_ratio(const BeatActivation& activation, double prior) {
  const float beat = kept_off_the_ends(activation.beat);
  return beat / (1.0F - beat) * static_cast<float>((1.0 - prior) / prior);
}

/// What the evidence that comes late does to each slot, relative to telling nothing.
void metre_gains(const BarPointerSpace& space, const BeatActivation& activation, std::span<float> gain) {
  const auto weight = static_cast<float>(space.config.downbeat_weight);
  const auto on_weight = static_cast<float>(space.config.on_beat_weight);
  const float down = kept_off_the_ends(activation.downbeat);
  const float on = std::pow(kept_off_the_ends(activation.on_beat) / BeatActivation{}.on_beat, on_weight);
  constexpr float kPrior = BeatActivation{}.downbeat;
  const float first = on * std::pow(down / kPrior, weight);
  const float other = on * std::pow((1.0F - down) / (1.0F - kPrior), weight);
  for (std::size_t s = 0; s < static_cast<std::size_t>(space.slot_count); ++s) {
    gain[s] = space.slot_position[s] == 0 ? first : other;
  }
}

// Kernels take the stride beside the space, so that they are built once more for the usual one, of a single vector.

/// Calls `use(cell)` for the states of `count` positions from `from` on, of the tempo `t`.
template <typename Cells, typename Use>
AURALIS_KERNEL void for_positions(const BarPointerSpace& space, int stride, Cells* cells, const std::int32_t* head,
                                  std::size_t t, int from, int count, Use&& use) noexcept {
  const int interval = space.intervals[t];
  int at = head[t] + from;
  at -= at >= interval ? interval : 0;
  for (int k = 0; k < count; ++k) {
    use(cells + static_cast<std::ptrdiff_t>(space.first_cell[t] + at) * stride);
    ++at;
    at -= at == interval ? interval : 0;
  }
}

// In a ring of `interval` states the head is position 0. A frame later every state is one further, which moving the
// head back by one says without touching a state: the cell that held the last position, whose probability leaves
// through the beat, becomes position 0 and takes what arrives.
void collect(const BarPointerSpace& space, const float* cells, std::int32_t* head, float* leaving) noexcept {
  const int stride = space.stride;
  for (int t = 0; t < space.tempo_count; ++t) {
    const auto i = static_cast<std::size_t>(t);
    head[t] = head[t] == 0 ? space.intervals[i] - 1 : head[t] - 1;
    const float* from = cells + static_cast<std::ptrdiff_t>(space.first_cell[i] + head[t]) * stride;
    for (int s = 0; s < stride; s += kLanes) {
      eight(leaving + t * stride + s) = eight(from + s);
    }
  }
}

struct FilterKernel {
  /// Moves what left to position 0 of the tempi it goes on with, then applies the frame's evidence. Returns by how much
  /// the sum of all states changed.
  AURALIS_KERNEL float step_body(const BarPointerSpace& space, int stride, float* cells, const std::int32_t* head,
                                 const float* leaving, float beat_gain, const float* metre_gain) noexcept {
    Vec8 change{};
    for (int n = 0; n < space.tempo_count * stride; n += kLanes) {
      change -= eight(leaving + n);
    }
    for (std::size_t t = 0; t < space.intervals.size(); ++t) {
      const BarPointerSpace::Transition& into = space.transitions[t];
      const float* weight = space.weights.data() + into.weights;
      float* to = cells + static_cast<std::ptrdiff_t>(space.first_cell[t] + head[t]) * stride;
      for (int s = 0; s < stride; s += kLanes) {
        const float* from = leaving + into.first * stride + s;
        Vec8 arriving{};
        for (int n = 0; n < into.count; ++n) {
          arriving += weight[n] * eight(from + n * stride);
        }
        eight(to + s) = arriving;
        change += arriving;
      }
      for_positions(space, stride, cells, head, t, 0, space.config.beat_frames,
                    [&](float* cell) __attribute__((always_inline)) {
                      for (int s = 0; s < stride; s += kLanes) {
                        const Vec8 old = eight(cell + s);
                        eight(cell + s) = beat_gain * old;
                        change += (beat_gain - 1.0F) * old;
                      }
                    });
      for_positions(space, stride, cells, head, t, space.config.metre_lag, 1,
                    [&](float* cell) __attribute__((always_inline)) {
                      for (int s = 0; s < stride; s += kLanes) {
                        const Vec8 old = eight(cell + s);
                        eight(cell + s) = eight(metre_gain + s) * old;
                        change += eight(cell + s) - old;
                      }
                    });
    }
    return sum(change);
  }
  static float step_plain(const BarPointerSpace& space, float* cells, const std::int32_t* head, const float* leaving,
                          float beat_gain, const float* metre_gain) noexcept {
    return space.stride == kLanes ? step_body(space, kLanes, cells, head, leaving, beat_gain, metre_gain)
                                  : step_body(space, space.stride, cells, head, leaving, beat_gain, metre_gain);
  }
  AURALIS_AVX2 static float step_avx2(const BarPointerSpace& space, float* cells, const std::int32_t* head,
                                      const float* leaving, float beat_gain, const float* metre_gain) noexcept {
    return space.stride == kLanes ? step_body(space, kLanes, cells, head, leaving, beat_gain, metre_gain)
                                  : step_body(space, space.stride, cells, head, leaving, beat_gain, metre_gain);
  }

  /// Adds up how likely a beat lies at each frame, from `reach` ahead back to `reach` ago.
  AURALIS_KERNEL void density_body(const BarPointerSpace& space, int stride, const float* cells,
                                   const std::int32_t* head, int reach, Vec8* density) noexcept {
    for (std::size_t t = 0; t < space.intervals.size(); ++t) {
      Vec8* at = density;
      const auto add = [&](const float* cell) __attribute__((always_inline)) {
        for (int s = 0; s < stride; s += kLanes) {
          *at += eight(cell + s);
        }
        ++at;
      };
      for_positions(space, stride, cells, head, t, space.intervals[t] - reach, reach, add);
      for_positions(space, stride, cells, head, t, 0, reach + 1, add);
    }
  }
  static void density_plain(const BarPointerSpace& space, const float* cells, const std::int32_t* head, int reach,
                            Vec8* density) noexcept {
    space.stride == kLanes ? density_body(space, kLanes, cells, head, reach, density)
                           : density_body(space, space.stride, cells, head, reach, density);
  }
  AURALIS_AVX2 static void density_avx2(const BarPointerSpace& space, const float* cells, const std::int32_t* head,
                                        int reach, Vec8* density) noexcept {
    space.stride == kLanes ? density_body(space, kLanes, cells, head, reach, density)
                           : density_body(space, space.stride, cells, head, reach, density);
  }
};

// The same for the best path: the sum becomes a maximum that remembers where it came from.
struct PathKernel {
  using Choice [[gnu::vector_size(32)]] = std::int32_t;
  using Bytes [[gnu::vector_size(8)]] = std::uint8_t;

  /// As __builtin_convertvector, which GCC 12 does one number after another.
  AURALIS_KERNEL Bytes low_bytes(const Choice& of) noexcept {
    using All [[gnu::vector_size(32)]] = std::uint8_t;
    All all;
    std::memcpy(&all, &of, sizeof all);
    constexpr int kLow = std::endian::native == std::endian::little ? 0 : 3;
    return __builtin_shufflevector(all, all, kLow, kLow + 4, kLow + 8, kLow + 12, kLow + 16, kLow + 20, kLow + 24,
                                   kLow + 28);
  }

  AURALIS_KERNEL void arrive_body(const BarPointerSpace& space, int stride, float* cells, const std::int32_t* head,
                                  const float* leaving, std::uint8_t* came_from) noexcept {
    for (int t = 0; t < space.tempo_count; ++t) {
      const auto i = static_cast<std::size_t>(t);
      const BarPointerSpace::Transition& into = space.transitions[i];
      const float* weight = space.log_weights.data() + into.weights;
      float* to = cells + static_cast<std::ptrdiff_t>(space.first_cell[i] + head[t]) * stride;
      for (int s = 0; s < stride; s += kLanes) {
        const float* from = leaving + into.first * stride + s;
        Vec8 best = weight[0] + eight(from);
        Choice chosen = Choice{} + into.first;
        const auto compare = [&](const Vec8& other, const Choice& which) __attribute__((always_inline)) {
          const Choice better = other > best;
          best = better ? other : best;
          chosen = better ? which : chosen;
        };
        int n = 1;
        // In pairs, as each comparison with the best waits for the one before.
        for (; n + 2 <= into.count; n += 2) {
          const Vec8 one = weight[n] + eight(from + n * stride);
          const Vec8 next = weight[n + 1] + eight(from + (n + 1) * stride);
          const Choice second = next > one;
          compare(second ? next : one, Choice{} + (into.first + n) - second); // -1 where it holds
        }
        if (n < into.count) {
          const Vec8 other = weight[n] + eight(from + n * stride);
          compare(other, Choice{} + (into.first + n));
        }
        eight(to + s) = best;
        const Bytes bytes = low_bytes(chosen);
        std::memcpy(came_from + t * stride + s, &bytes, sizeof bytes);
      }
    }
  }
  /// Weighs the states by what a frame shows, in logarithms: those at a beat, and those where the metre is judged.
  AURALIS_KERNEL void weigh_body(const BarPointerSpace& space, int stride, float* cells, const std::int32_t* head,
                                 float beat_gain, const float* metre_gain) noexcept {
    for (std::size_t t = 0; t < space.intervals.size(); ++t) {
      for_positions(space, stride, cells, head, t, 0, space.config.beat_frames,
                    [&](float* cell) __attribute__((always_inline)) {
                      for (int s = 0; s < stride; s += kLanes) {
                        eight(cell + s) += beat_gain;
                      }
                    });
      for_positions(space, stride, cells, head, t, space.config.metre_lag, 1,
                    [&](float* cell) __attribute__((always_inline)) {
                      for (int s = 0; s < stride; s += kLanes) {
                        eight(cell + s) += eight(metre_gain + s);
                      }
                    });
    }
  }
  static void weigh_plain(const BarPointerSpace& space, float* cells, const std::int32_t* head, float beat_gain,
                          const float* metre_gain) noexcept {
    space.stride == kLanes ? weigh_body(space, kLanes, cells, head, beat_gain, metre_gain)
                           : weigh_body(space, space.stride, cells, head, beat_gain, metre_gain);
  }
  AURALIS_AVX2 static void weigh_avx2(const BarPointerSpace& space, float* cells, const std::int32_t* head,
                                      float beat_gain, const float* metre_gain) noexcept {
    space.stride == kLanes ? weigh_body(space, kLanes, cells, head, beat_gain, metre_gain)
                           : weigh_body(space, space.stride, cells, head, beat_gain, metre_gain);
  }

  /// Lane n of `out` is lane which[n] of `v`.
  AURALIS_KERNEL void take_lanes(const Vec8& v, const Choice& which, Vec8& out) noexcept {
#if defined(__clang__)
    for (int l = 0; l < kLanes; ++l) {
      out[l] = v[which[l]];
    }
#else
    out = __builtin_shuffle(v, which);
#endif
  }
  static constexpr std::size_t kFetchAhead = 8; ///< tempi: about as long as memory takes
  /// Asks for what a frame will touch of a tempo whose head has not moved yet: the rings do not fit into the first
  /// cache, and no processor guesses where they are at.
  AURALIS_KERNEL void fetch_cells(const BarPointerSpace& space, const float* cells, const std::int32_t* head,
                                  std::size_t t) noexcept {
    const int interval = space.intervals[t];
    const float* const ring = cells + static_cast<std::ptrdiff_t>(space.first_cell[t]) * kLanes;
    const int last = head[t] == 0 ? interval - 1 : head[t] - 1;
    const int judged = last + space.config.metre_lag;
    __builtin_prefetch(ring + last * kLanes, 1);
    __builtin_prefetch(ring + std::min(last + 3, interval - 1) * kLanes, 1);
    __builtin_prefetch(ring + (judged - (judged >= interval ? interval : 0)) * kLanes, 1);
  }
  /// collect() and choose_next_beats() at once. \pre the slots are one vector, and to stay is likelier than to leave
  AURALIS_KERNEL void leave_body(const BarPointerSpace& space, const float* cells, std::int32_t* head, float* leaving,
                                 std::uint8_t* bar_from) noexcept {
    const std::size_t metres = space.metre_first_slot.size();
    const float stay = space.log_metre_stay;
    const float leave = space.log_metre_leave;
    Choice from{0, 1, 2, 3, 4, 5, 6, 7}; // the slot before; at a bar's start, the end of that metre
    Choice first{};
    for (int s = 0; s < space.slot_count; ++s) {
      from[space.next_slot[static_cast<std::size_t>(s)]] = s;
      first[s] = space.slot_position[static_cast<std::size_t>(s)] == 0 ? -1 : 0;
    }
    Choice metre{}; // at a bar's start
    for (std::size_t m = 0; m < metres; ++m) {
      metre[space.metre_first_slot[m]] = static_cast<std::int32_t>(m);
    }
    for (std::size_t t = 0; t < space.intervals.size(); ++t) {
      head[t] = head[t] == 0 ? space.intervals[t] - 1 : head[t] - 1;
      fetch_cells(space, cells, head, std::min(t + kFetchAhead, space.intervals.size() - 1));
      const Vec8 ends = eight(cells + static_cast<std::ptrdiff_t>(space.first_cell[t] + head[t]) * kLanes);
      Vec8 kept;
      take_lanes(ends, from, kept);
      Vec8 best;
      take_lanes(kept, Choice{} + space.metre_first_slot[0], best);
      Choice likeliest{};
      for (std::size_t m = 1; m < metres; ++m) {
        Vec8 end;
        take_lanes(kept, Choice{} + space.metre_first_slot[m], end);
        const Choice better = end > best;
        best = better ? end : best;
        likeliest = better ? Choice{} + static_cast<std::int32_t>(m) : likeliest;
      }
      const Vec8 staying = kept + stay;
      const Vec8 leaving_it = best + leave;
      const Choice changes = first & (leaving_it > staying);
      eight(leaving + t * kLanes) = first ? (changes ? leaving_it : staying) : kept;
      const Choice came_from = changes ? likeliest : metre;
      std::array<std::int32_t, kLanes> of_slot{};
      std::memcpy(of_slot.data(), &came_from, sizeof came_from);
      for (std::size_t m = 0; m < metres; ++m) {
        bar_from[t * metres + m] =
            static_cast<std::uint8_t>(of_slot[static_cast<std::size_t>(space.metre_first_slot[m])]);
      }
    }
  }
  static void leave_plain(const BarPointerSpace& space, const float* cells, std::int32_t* head, float* leaving,
                          std::uint8_t* bar_from) noexcept {
    leave_body(space, cells, head, leaving, bar_from);
  }
  AURALIS_AVX2 static void leave_avx2(const BarPointerSpace& space, const float* cells, std::int32_t* head,
                                      float* leaving, std::uint8_t* bar_from) noexcept {
    leave_body(space, cells, head, leaving, bar_from);
  }

  static void arrive_plain(const BarPointerSpace& space, float* cells, const std::int32_t* head, const float* leaving,
                           std::uint8_t* came_from) noexcept {
    space.stride == kLanes ? arrive_body(space, kLanes, cells, head, leaving, came_from)
                           : arrive_body(space, space.stride, cells, head, leaving, came_from);
  }
  AURALIS_AVX2 static void arrive_avx2(const BarPointerSpace& space, float* cells, const std::int32_t* head,
                                       const float* leaving, std::uint8_t* came_from) noexcept {
    space.stride == kLanes ? arrive_body(space, kLanes, cells, head, leaving, came_from)
                           : arrive_body(space, space.stride, cells, head, leaving, came_from);
  }
};

/// Where between the frames the activation is highest, near `frame`: the vertex of a parabola.
double refined(std::int64_t frame, float before, float at, float after) {
  const double curve = static_cast<double>(before) - 2.0 * static_cast<double>(at) + static_cast<double>(after);
  if (curve >= 0.0) {
    return static_cast<double>(frame);
  }
  const double shift = 0.5 * (static_cast<double>(before) - static_cast<double>(after)) / curve;
  return static_cast<double>(frame) + std::clamp(shift, -0.5, 0.5);
}

} // namespace

BarPointerSpace::BarPointerSpace(const BarPointerConfig& c) : config{c} {
  const double fewest = std::floor(60.0 * c.frames_per_second / c.fastest.value);
  const double most = std::ceil(60.0 * c.frames_per_second / c.slowest.value);
  if (!(fewest >= 2.0) || !(most > fewest) || !(most - fewest < 255.0) || !(most < 1e6)) {
    throw std::invalid_argument{"the tempi must be in order, and their intervals fewer than 256"};
  }
  const auto shortest = static_cast<int>(fewest);
  const auto longest = static_cast<int>(most);
  if (!(c.preferred_tempo.value > 0.0) || !(c.tempo_spread > 0.0)) {
    throw std::invalid_argument{"a tempo must be preferred, and with some spread"};
  }
  if (!(c.metre_change >= 0.0 && c.metre_change < 1.0)) {
    throw std::invalid_argument{"a change of metre must have a probability below 1"};
  }
  if (c.metres.empty() || c.metres.size() > kMostMetres ||
      std::ranges::any_of(c.metres, [](int beats) { return beats < 1; })) {
    throw std::invalid_argument{"a bar must have beats"};
  }
  if (c.beat_frames < 1 || c.beat_frames > shortest || c.beat_prior <= 0.0 || c.beat_prior >= 1.0) {
    throw std::invalid_argument{"a beat must be heard in some of its frames"};
  }
  if (c.metre_lag < 0 || c.metre_lag >= shortest) {
    throw std::invalid_argument{"the lag must be shorter than the shortest beat"};
  }
  tempo_count = longest - shortest + 1;
  intervals.resize(static_cast<std::size_t>(tempo_count));
  std::iota(intervals.begin(), intervals.end(), shortest);
  for (const int interval : intervals) {
    first_cell.push_back(cell_count);
    cell_count += interval;
  }

  for (const int beats : c.metres) {
    metre_first_slot.push_back(slot_count);
    for (int position = 0; position < beats; ++position) {
      slot_metre.push_back(beats);
      slot_position.push_back(position);
      next_slot.push_back(position + 1 < beats ? slot_count + 1 : slot_count - position);
      ++slot_count;
    }
  }
  stride = (slot_count + kLanes - 1) / kLanes * kLanes;
  const std::size_t others = c.metres.size() - 1;
  metre_leave = others == 0 ? 0.0F : static_cast<float>(c.metre_change / static_cast<double>(others));
  metre_stay = others == 0 ? 1.0F : static_cast<float>(1.0 - c.metre_change);
  log_metre_stay = std::log(metre_stay);
  log_metre_leave = metre_leave > 0.0F ? std::log(metre_leave) : kImpossible;

  // The preference for a tempo, relative to the preferred one.
  const double centre = 60.0 * c.frames_per_second / c.preferred_tempo.value;
  std::vector<double> preference;
  double total = 0.0;
  for (const int interval : intervals) {
    const double octaves = std::log2(interval / centre) / c.tempo_spread;
    preference.push_back(std::exp(-0.5 * octaves * octaves));
    total += preference.back();
  }
  for (const double p : preference) {
    tempo_prior.push_back(static_cast<float>(p / total));
  }

  // p(to | from) = exp(-lambda |to / from - 1|), normalised over `to` (Krebs 2015, eq. 6).
  const auto likeness = [&](int from, int to) {
    return std::exp(-c.tempo_stiffness * std::abs(static_cast<double>(to) / from - 1.0));
  };
  std::vector<double> norm;
  for (const int from : intervals) {
    double all = 0.0;
    for (const int to : intervals) {
      all += likeness(from, to);
    }
    norm.push_back(all);
  }
  for (std::size_t to = 0; to < intervals.size(); ++to) {
    Transition into{.first = -1, .count = 0, .weights = static_cast<std::int32_t>(weights.size())};
    const double liked = std::pow(preference[to], c.tempo_preference);
    for (std::size_t from = 0; from < intervals.size(); ++from) {
      const double like = likeness(intervals[from], intervals[to]);
      if (like < kSmallestTransition) {
        continue;
      }
      if (into.first < 0) {
        into.first = static_cast<std::int32_t>(from);
      }
      ++into.count;
      weights.push_back(static_cast<float>(like / norm[from] * liked));
    }
    transitions.push_back(into);
  }
  for (const float weight : weights) {
    log_weights.push_back(std::log(weight));
  }
}

namespace {

/// Moves what left the last position of each beat to the slot where it goes on: the next beat or, at a bar's end, the
/// first beat of the same metre or, rarely, of another.
void move_to_next_beats(const BarPointerSpace& space, float* leaving) noexcept {
  const std::size_t metres = space.metre_first_slot.size();
  for (int t = 0; t < space.tempo_count; ++t) {
    float* slots = leaving + t * space.stride;
    std::array<float, kMostMetres> ends{};
    float all = 0.0F;
    for (std::size_t m = 0; m < metres; ++m) {
      ends[m] = slots[space.metre_first_slot[m] + space.config.metres[m] - 1];
      all += ends[m];
    }
    std::copy_backward(slots, slots + space.slot_count - 1, slots + space.slot_count);
    for (std::size_t m = 0; m < metres; ++m) {
      slots[space.metre_first_slot[m]] = space.metre_stay * ends[m] + space.metre_leave * (all - ends[m]);
    }
  }
}

/// The same for log-likelihoods; `bar_from` [tempo][metre] remembers which metre the best bar before had.
void choose_next_beats(const BarPointerSpace& space, float* leaving, std::uint8_t* bar_from) noexcept {
  const std::size_t metres = space.metre_first_slot.size();
  const float stay = space.log_metre_stay;
  const float leave = space.log_metre_leave;
  for (int t = 0; t < space.tempo_count; ++t) {
    float* slots = leaving + t * space.stride;
    std::array<float, kMostMetres> ends{};
    std::size_t best = 0;
    for (std::size_t m = 0; m < metres; ++m) {
      ends[m] = slots[space.metre_first_slot[m] + space.config.metres[m] - 1];
      best = ends[m] > ends[best] ? m : best;
    }
    std::copy_backward(slots, slots + space.slot_count - 1, slots + space.slot_count);
    for (std::size_t m = 0; m < metres; ++m) {
      const bool changes = best != m && ends[best] + leave > ends[m] + stay;
      slots[space.metre_first_slot[m]] = changes ? ends[best] + leave : ends[m] + stay;
      bar_from[static_cast<std::size_t>(t) * metres + m] = static_cast<std::uint8_t>(changes ? best : m);
    }
  }
}

} // namespace

BarPointerFilter::BarPointerFilter(const BarPointerConfig& config)
    : space_{config}, cells_(static_cast<std::size_t>(space_.cell_count * space_.stride)),
      head_(space_.intervals.size()), leaving_(static_cast<std::size_t>(space_.tempo_count * space_.stride)),
      gain_(static_cast<std::size_t>(space_.stride)), slots_(static_cast<std::size_t>(space_.stride)),
      pause_frames_{kPauseSeconds * config.frames_per_second} {
  reset();
}

void BarPointerFilter::reset() noexcept {
  std::ranges::fill(cells_, 0.0F);
  std::ranges::fill(head_, 0);
  for (std::size_t t = 0; t < space_.intervals.size(); ++t) {
    const int interval = space_.intervals[t];
    const float each = space_.tempo_prior[t] / static_cast<float>(interval * space_.slot_count);
    for_positions(space_, space_.stride, cells_.data(), head_.data(), t, 0, interval,
                  [&](float* cell) { std::fill_n(cell, space_.slot_count, each); });
  }
  mass_ = 1.0;
  interval_ = 0.0;
  now_ = -1;
  last_beat_ = -1;
  last_heard_ = -1;
}

std::optional<PlacedBeat> BarPointerFilter::process(const BeatActivation& activation) noexcept {
  ++now_;
  last_heard_ = activation.beat >= kHeard ? now_ : last_heard_;
  collect(space_, cells_.data(), head_.data(), leaving_.data());
  move_to_next_beats(space_, leaving_.data());
  metre_gains(space_, activation, gain_);
  const float beat_gain = beat_likelihood_ratio(activation, space_.config.beat_prior);
  mass_ += static_cast<double>((dsp::runs_avx2() ? FilterKernel::step_avx2 : FilterKernel::step_plain)(
      space_, cells_.data(), head_.data(), leaving_.data(), beat_gain, gain_.data()));
  if (!(mass_ > kSmallestMass && mass_ < 1.0 / kSmallestMass)) {
    rescale();
  }
  return decide();
}

void BarPointerFilter::rescale() noexcept {
  Vec8 all{};
  for (std::size_t n = 0; n < cells_.size(); n += kLanes) {
    all += eight(cells_.data() + n);
  }
  const float by = 1.0F / sum(all);
  for (std::size_t n = 0; n < cells_.size(); n += kLanes) {
    eight(cells_.data() + n) *= by;
  }
  mass_ = 1.0;
}

std::optional<PlacedBeat> BarPointerFilter::decide() noexcept {
  std::array<Vec8, 2 * kReach + 1> passing{}; // ahead first
  (dsp::runs_avx2() ? FilterKernel::density_avx2 : FilterKernel::density_plain)(space_, cells_.data(), head_.data(),
                                                                                kReach, passing.data());
  std::array<float, 2 * kReach + 1> density{}; // kReach ago first
  for (std::size_t n = 0; n < density.size(); ++n) {
    density[n] = sum(passing[density.size() - 1 - n]);
  }
  constexpr std::array<float, 5> kSmooth{1.0F, 2.0F, 3.0F, 2.0F, 1.0F};
  std::size_t peak = 0;
  float highest = -1.0F;
  for (std::size_t n = 2; n + 2 < density.size(); ++n) {
    float smooth = 0.0F;
    for (std::size_t j = 0; j < kSmooth.size(); ++j) {
      smooth += kSmooth[j] * density[n + j - 2];
    }
    if (smooth > highest) {
      highest = smooth;
      peak = n;
    }
  }
  float near = 0.0F;
  if (peak > kReach || peak + kNear < kReach || (last_beat_ >= 0 && now_ - last_beat_ < kReach)) {
    return std::nullopt;
  }
  for (std::size_t n = peak - kNear; n <= peak + kNear; ++n) {
    near += density[n];
  }
  const float confidence = static_cast<float>(static_cast<double>(near) / mass_);
  const bool paused = last_heard_ < 0 || static_cast<double>(now_ - last_heard_) > pause_frames_;
  if (confidence < space_.config.least_confidence || paused) {
    return std::nullopt;
  }

  // Which beat of which metre, and how fast: of the states near this beat.
  std::ranges::fill(slots_, 0.0F);
  double slowness = 0.0;
  double all = 0.0;
  for (std::size_t t = 0; t < head_.size(); ++t) {
    float here = 0.0F;
    for_positions(space_, space_.stride, cells_.data(), head_.data(), t, 0, kNear + 1, [&](const float* cell) {
      for (int s = 0; s < space_.slot_count; ++s) {
        slots_[static_cast<std::size_t>(s)] += cell[s];
        here += cell[s];
      }
    });
    for_positions(space_, space_.stride, cells_.data(), head_.data(), t, space_.intervals[t] - kNear, kNear,
                  [&](const float* cell) {
                    for (int s = 0; s < space_.slot_count; ++s) {
                      slots_[static_cast<std::size_t>(space_.next_slot[static_cast<std::size_t>(s)])] += cell[s];
                      here += cell[s];
                    }
                  });
    slowness += static_cast<double>(here) * space_.intervals[t];
    all += static_cast<double>(here);
  }
  const double interval = slowness / all;
  if (last_beat_ >= 0 && static_cast<double>(now_ - last_beat_) < kShortestGap * interval) {
    return std::nullopt;
  }
  interval_ = interval;
  last_beat_ = now_;

  std::size_t metre = 0;
  float most = -1.0F;
  for (std::size_t m = 0; m < space_.metre_first_slot.size(); ++m) {
    const float* first = slots_.data() + space_.metre_first_slot[m];
    const float here = std::accumulate(first, first + space_.config.metres[m], 0.0F);
    if (here > most) {
      most = here;
      metre = m;
    }
  }
  const int beats = space_.config.metres[metre];
  const float* first = slots_.data() + space_.metre_first_slot[metre];
  const auto position = std::max_element(first, first + beats) - first;
  return PlacedBeat{.frame = static_cast<double>(now_),
                    .position = static_cast<int>(position) + 1,
                    .beats_per_bar = beats,
                    .interval = interval,
                    .confidence = std::clamp(confidence, 0.0F, 1.0F),
                    .downbeat_confidence = static_cast<float>(static_cast<double>(first[position]) / all)};
}

void BarPointerFilter::tempo_posterior(std::span<float> out) const noexcept {
  assert(out.size() == head_.size());
  for (std::size_t t = 0; t < head_.size(); ++t) {
    Vec8 all{};
    for_positions(space_, space_.stride, cells_.data(), head_.data(), t, 0, space_.intervals[t],
                  [&](const float* cell) {
                    for (int s = 0; s < space_.stride; s += kLanes) {
                      all += eight(cell + s);
                    }
                  });
    out[t] = static_cast<float>(static_cast<double>(sum(all)) / mass_);
  }
}

BarPointerDecoder::BarPointerDecoder(const BarPointerConfig& config)
    : space_{config}, cells_(static_cast<std::size_t>(space_.cell_count * space_.stride)),
      head_(space_.intervals.size()), leaving_(static_cast<std::size_t>(space_.tempo_count * space_.stride)),
      gain_(static_cast<std::size_t>(space_.stride)),
      window_{static_cast<std::int64_t>(kWindowSeconds * config.frames_per_second)} {
  came_from_.resize(static_cast<std::size_t>(window_) * leaving_.size());
  bar_from_.resize(static_cast<std::size_t>(window_) * head_.size() * space_.metre_first_slot.size());
  heard_.resize(static_cast<std::size_t>(window_));
  reset();
}

void BarPointerDecoder::reset() {
  std::ranges::fill(cells_, kImpossible);
  std::ranges::fill(head_, 0);
  for (std::size_t t = 0; t < space_.intervals.size(); ++t) {
    const int interval = space_.intervals[t];
    const float each = std::log(space_.tempo_prior[t] / static_cast<float>(interval * space_.slot_count));
    for_positions(space_, space_.stride, cells_.data(), head_.data(), t, 0, interval,
                  [&](float* cell) { std::fill_n(cell, space_.slot_count, each); });
  }
  now_ = -1;
  decided_ = -1;
  last_said_ = -std::numeric_limits<double>::infinity();
}

void BarPointerDecoder::process(const BeatActivation& activation, std::vector<PlacedBeat>& out) {
  ++now_;
  const auto row = static_cast<std::size_t>(now_ % window_);
  heard_[row] = activation;
  // Written once a minute: long out of every cache.
  std::uint8_t* const came_from = came_from_.data() + row * leaving_.size();
  for (std::size_t n = 0; n < leaving_.size(); n += 64) {
    __builtin_prefetch(came_from + n, 1);
  }
  std::uint8_t* const bar_from = bar_from_.data() + row * head_.size() * space_.metre_first_slot.size();
  if (space_.stride == kLanes && space_.metre_leave <= space_.metre_stay) {
    (dsp::runs_avx2() ? PathKernel::leave_avx2 : PathKernel::leave_plain)(space_, cells_.data(), head_.data(),
                                                                          leaving_.data(), bar_from);
  } else {
    collect(space_, cells_.data(), head_.data(), leaving_.data());
    choose_next_beats(space_, leaving_.data(), bar_from);
  }
  (dsp::runs_avx2() ? PathKernel::arrive_avx2 : PathKernel::arrive_plain)(space_, cells_.data(), head_.data(),
                                                                          leaving_.data(), came_from);

  const float beat_gain = std::log(beat_likelihood_ratio(activation, space_.config.beat_prior));
  metre_gains(space_, activation, gain_);
  for (float& gain : gain_) {
    gain = gain > 0.0F ? std::log(gain) : 0.0F;
  }
  (dsp::runs_avx2() ? PathKernel::weigh_avx2 : PathKernel::weigh_plain)(space_, cells_.data(), head_.data(), beat_gain,
                                                                        gain_.data());
  if ((now_ + 1) % (window_ / 2) == 0) {
    // Near zero a float tells likelihoods apart best.
    const float best = *std::ranges::max_element(cells_);
    for (float& cell : cells_) {
      cell = std::max(cell - best, kImpossible);
    }
    if (now_ + 1 >= window_) {
      trace_back(now_ - window_ / 2, out);
    }
  }
}

void BarPointerDecoder::finish(std::vector<PlacedBeat>& out) {
  if (now_ >= 0) {
    trace_back(now_, out);
  }
}

void BarPointerDecoder::trace_back(std::int64_t until, std::vector<PlacedBeat>& out) {
  // The likeliest state now, and the beat that it stands in.
  std::size_t tempo = 0;
  int slot = 0;
  std::int64_t beat = now_;
  float best = -std::numeric_limits<float>::infinity();
  for (std::size_t t = 0; t < head_.size(); ++t) {
    std::int64_t began = now_;
    for_positions(space_, space_.stride, cells_.data(), head_.data(), t, 0, space_.intervals[t],
                  [&](const float* cell) {
                    for (int s = 0; s < space_.slot_count; ++s) {
                      if (cell[s] > best) {
                        best = cell[s];
                        tempo = t;
                        slot = s;
                        beat = began;
                      }
                    }
                    --began;
                  });
  }

  const auto metres = space_.metre_first_slot.size();
  const std::int64_t oldest = std::max<std::int64_t>({decided_ + 1, now_ - window_ + 1, 0});
  path_.clear();
  while (beat >= oldest) {
    const auto s = static_cast<std::size_t>(slot);
    if (beat <= until) {
      path_.push_back({.frame = static_cast<double>(beat),
                       .position = space_.slot_position[s] + 1,
                       .beats_per_bar = space_.slot_metre[s],
                       .interval = static_cast<double>(space_.intervals[tempo])});
    }
    const auto row = static_cast<std::size_t>(beat % window_);
    const std::size_t before = came_from_[row * leaving_.size() + tempo * static_cast<std::size_t>(space_.stride) + s];
    if (space_.slot_position[s] > 0) {
      --slot;
    } else {
      // The bar before ended with the tempo it came from, but which metre it had was chosen there.
      const auto m =
          static_cast<std::size_t>(std::ranges::find(space_.metre_first_slot, slot) - space_.metre_first_slot.begin());
      const std::size_t from = bar_from_[(row * head_.size() + before) * metres + m];
      slot = space_.metre_first_slot[from] + space_.config.metres[from] - 1;
    }
    tempo = before;
    beat -= space_.intervals[tempo];
  }

  std::ranges::reverse(path_);
  for (PlacedBeat& placed : path_) {
    const bool heard = something_heard_near(static_cast<std::int64_t>(placed.frame));
    refine(placed);
    if (heard && placed.frame - last_said_ > kShortestGap * placed.interval) {
      last_said_ = placed.frame;
      out.push_back(placed);
    }
  }
  decided_ = until;
}

bool BarPointerDecoder::something_heard_near(std::int64_t frame) const {
  const auto reach = static_cast<std::int64_t>(kPauseSeconds * space_.config.frames_per_second);
  const std::int64_t from = std::max<std::int64_t>({frame - reach, now_ - window_ + 1, 0});
  const std::int64_t to = std::min(frame + reach, now_);
  for (std::int64_t n = from; n <= to; ++n) {
    if (heard_[static_cast<std::size_t>(n % window_)].beat >= kHeard) {
      return true;
    }
  }
  return false;
}

/// Moves a beat to the highest activation of its region (as Boeck, Krebs, Widmer, ISMIR 2016, do), between the frames.
void BarPointerDecoder::refine(PlacedBeat& placed) const {
  const auto frame = static_cast<std::int64_t>(placed.frame);
  const auto at = [&](std::int64_t n) {
    const bool known = n >= 0 && n <= now_ && n > now_ - window_;
    return known ? heard_[static_cast<std::size_t>(n % window_)].beat : 0.0F;
  };
  std::int64_t peak = frame;
  for (std::int64_t n = frame; n < frame + space_.config.beat_frames; ++n) {
    peak = at(n) > at(peak) ? n : peak;
  }
  placed.confidence = at(peak);
  placed.frame = refined(peak, at(peak - 1), at(peak), at(peak + 1));
  const std::int64_t told = frame + space_.config.metre_lag;
  const bool known = told <= now_ && told > now_ - window_;
  const float first = known ? heard_[static_cast<std::size_t>(told % window_)].downbeat : 0.25F;
  placed.downbeat_confidence = placed.position == 1 ? first : 1.0F - first;
}

} // namespace auralis::analysis
