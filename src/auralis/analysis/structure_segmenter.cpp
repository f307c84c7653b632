// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/structure_segmenter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace auralis::analysis {
namespace {

constexpr double kCell = SectionCell::kLength.value;
/// Half of the kernel and the width of its taper: 12 s and 6 s, some six bars of either side.
constexpr int kHalf = 48;
constexpr double kTaper = 6.0;
/// A border has no higher novelty within 6 s: no part is shorter.
constexpr int kApart = 24;
/// Nor is the first or the last.
constexpr int kShortest = 16;
/// What a border's novelty must reach.
constexpr double kLeastNovelty = 0.5;
/// Parts closer than this are of one letter.
constexpr double kAlike = 0.35;
/// What lies this far below the loudest cell counts as silence. dB
constexpr float kAudible = 50.0F;
/// How far a border is moved to a downbeat, and to another beat.
constexpr double kToDownbeat = 0.6;
constexpr double kToBeat = 0.3;
constexpr float kSureDownbeat = 0.5F;
constexpr std::size_t kMostLetters = 26;
/// Parts of a recording shorter than this are doubted.
constexpr double kEnoughSeconds = 30.0;

/// Level, timbre, harmony: first value, share of the distance, and the least deviation that is one: what noise does.
struct Group {
  std::size_t first = 0;
  std::size_t end = 0;
  double weight = 0.0;
  double least = 0.0;
  double most = std::numeric_limits<double>::infinity(); ///< squared distance, in variances
};
constexpr std::array kGroups{
    Group{.first = 0, .end = 1, .weight = 0.1, .least = 2.0, .most = 9.0},
    Group{.first = 1, .end = 1 + SectionCell::kTimbre, .weight = 0.55, .least = 5.0},
    Group{.first = 1 + SectionCell::kTimbre, .end = SectionCell::kSize, .weight = 0.35, .least = 0.15},
};

std::array<double, kHalf> taper() noexcept {
  std::array<double, kHalf> weights{};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double t = (static_cast<double>(i) + 0.5) * kCell / kTaper;
    weights[i] = std::exp(-0.5 * t * t);
  }
  return weights;
}
const std::array<double, kHalf> kWeights = taper();
const double kWeightSum = std::accumulate(kWeights.begin(), kWeights.end(), 0.0);

void add(SectionValues& sum, const SectionCell& cell, double weight, float floor) noexcept {
  sum[0] += weight * static_cast<double>(std::max(cell.values[0], floor));
  for (std::size_t k = 1; k < sum.size(); ++k) {
    sum[k] += weight * static_cast<double>(cell.values[k]);
  }
}

SectionValues difference(const SectionValues& a, double of_a, const SectionValues& b, double of_b) noexcept {
  SectionValues result;
  for (std::size_t k = 0; k < result.size(); ++k) {
    result[k] = a[k] / of_a - b[k] / of_b;
  }
  return result;
}

/// Of the border before cell `border`, from the cells in [from, to). Near an end there is less to compare: it counts
/// for less.
template <typename CellAt> double novelty_at(std::int64_t border, std::int64_t from, std::int64_t to,
                                             const SectionSpread& spread, CellAt&& cell_at) noexcept {
  if (border - from < kShortest || to - border < kShortest) {
    return 0.0;
  }
  SectionValues before{};
  SectionValues after{};
  double of_before = 0.0;
  double of_after = 0.0;
  const float floor = spread.floor();
  for (std::int64_t i = 0; i < kHalf; ++i) {
    const double weight = kWeights[static_cast<std::size_t>(i)];
    if (border - 1 - i >= from) {
      add(before, cell_at(border - 1 - i), weight, floor);
      of_before += weight;
    }
    if (border + i < to) {
      add(after, cell_at(border + i), weight, floor);
      of_after += weight;
    }
  }
  return spread.distance(difference(before, of_before, after, of_after)) * of_before / kWeightSum * of_after /
         kWeightSum;
}

/// The first of the highest within kApart of it, and high enough. `novelty_of` is asked for borders that may not exist.
template <typename NoveltyOf> bool is_border(std::int64_t at, NoveltyOf&& novelty_of) noexcept {
  const double here = novelty_of(at);
  if (here < kLeastNovelty) {
    return false;
  }
  for (std::int64_t i = 1; i <= kApart; ++i) {
    if (novelty_of(at - i) >= here || novelty_of(at + i) > here) {
      return false;
    }
  }
  return true;
}

double border_confidence(double novelty) noexcept { return novelty / (novelty + kLeastNovelty); }

/// To the downbeat close by, else to the beat closer by, else nowhere.
core::Seconds moved_to_beat(core::Seconds border, std::span<const core::Beat> beats) noexcept {
  const core::Beat* best = nullptr;
  double best_off = 0.0;
  for (const auto& beat : beats) {
    const double off = std::abs(beat.at.value - border.value);
    const bool down = beat.position == 1 && beat.downbeat_confidence >= kSureDownbeat;
    if (off > (down ? kToDownbeat : kToBeat)) {
      continue;
    }
    const bool best_is_down = best != nullptr && best->position == 1 && best->downbeat_confidence >= kSureDownbeat;
    if (best == nullptr || (down && !best_is_down) || (down == best_is_down && off < best_off)) {
      best = &beat;
      best_off = off;
    }
  }
  return best != nullptr ? best->at : border;
}

/// Cells that follow one another, or several such: their sum, their number and the letter.
struct Cluster {
  SectionValues sum{};
  double cells = 0.0;
  std::size_t joined_to = 0; ///< itself, while it stands
};

/// Joins the two closest until none are alike and no more are left than there are letters. The cluster of each part.
std::vector<std::size_t> clustered(std::vector<Cluster> clusters, const SectionSpread& spread) {
  std::vector<std::size_t> alive(clusters.size());
  std::iota(alive.begin(), alive.end(), std::size_t{0});
  while (alive.size() > 1) {
    double closest = std::numeric_limits<double>::infinity();
    std::size_t one = 0;
    std::size_t other = 0;
    for (std::size_t i = 0; i < alive.size(); ++i) {
      for (std::size_t j = i + 1; j < alive.size(); ++j) {
        const auto& a = clusters[alive[i]];
        const auto& b = clusters[alive[j]];
        const double distance = spread.distance(difference(a.sum, a.cells, b.sum, b.cells));
        if (distance < closest) {
          closest = distance;
          one = i;
          other = j;
        }
      }
    }
    if (closest >= kAlike && alive.size() <= kMostLetters) {
      break;
    }
    auto& a = clusters[alive[one]];
    auto& b = clusters[alive[other]];
    for (std::size_t k = 0; k < a.sum.size(); ++k) {
      a.sum[k] += b.sum[k];
    }
    a.cells += b.cells;
    b.joined_to = alive[one];
    alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(other));
  }
  std::vector<std::size_t> result(clusters.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::size_t root = i; // joined to an earlier one always: done already
    result[i] = clusters[root].joined_to == root ? root : result[clusters[root].joined_to];
  }
  return result;
}

} // namespace

void SectionSpread::process(const SectionCell& cell) noexcept {
  loudest_ = std::max(loudest_, cell.level());
  if (cell.level() <= SectionCell::kNothing || cell.level() < floor()) {
    return;
  }
  ++count_;
  for (std::size_t k = 0; k < mean_.size(); ++k) {
    const double value = static_cast<double>(cell.values[k]);
    const double off = value - mean_[k];
    mean_[k] += off / static_cast<double>(count_);
    squares_[k] += off * (value - mean_[k]);
  }
}

float SectionSpread::floor() const noexcept { return std::max(loudest_ - kAudible, SectionCell::kNothing); }

double SectionSpread::distance(const SectionValues& difference) const noexcept {
  double sum = 0.0;
  for (const auto& group : kGroups) {
    double variance = 0.0;
    double distance = 0.0;
    for (std::size_t k = group.first; k < group.end; ++k) {
      variance += squares_[k];
      distance += difference[k] * difference[k];
    }
    variance /= static_cast<double>(std::max<std::int64_t>(1, count_));
    sum += group.weight * std::min(group.most, distance / std::max(variance, group.least * group.least));
  }
  return sum;
}

void StructureSegmenter::process(const SectionCell& cell) {
  cells_.push_back(cell);
  spread_.process(cell);
}

std::vector<double> StructureSegmenter::novelty() const {
  const auto count = static_cast<std::int64_t>(cells_.size());
  std::vector<double> novelty(cells_.size() + 1);
  for (std::int64_t border = 0; border <= count; ++border) {
    novelty[static_cast<std::size_t>(border)] =
        novelty_at(border, 0, count, spread_,
                   [this](std::int64_t n) -> const SectionCell& { return cells_[static_cast<std::size_t>(n)]; });
  }
  return novelty;
}

std::vector<core::Section> StructureSegmenter::sections(core::Seconds end, std::span<const core::Beat> beats) const {
  if (spread_.empty()) {
    return {};
  }
  const auto novelty = this->novelty();
  const auto novelty_of = [&novelty](std::int64_t n) {
    return n < 0 || n >= static_cast<std::int64_t>(novelty.size()) ? 0.0 : novelty[static_cast<std::size_t>(n)];
  };
  std::vector<std::size_t> borders;
  for (std::size_t n = 0; n < novelty.size(); ++n) {
    if (is_border(static_cast<std::int64_t>(n), novelty_of)) {
      borders.push_back(n);
    }
  }
  if (borders.size() >= kMostSections) {
    std::ranges::stable_sort(borders, [&](std::size_t a, std::size_t b) { return novelty[a] > novelty[b]; });
    borders.resize(kMostSections - 1);
    std::ranges::sort(borders);
  }
  borders.insert(borders.begin(), 0);
  borders.push_back(cells_.size());

  std::vector<Cluster> parts(borders.size() - 1);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t n = borders[i]; n < borders[i + 1]; ++n) {
      add(parts[i].sum, cells_[n], 1.0, spread_.floor());
    }
    parts[i].cells = static_cast<double>(borders[i + 1] - borders[i]);
    parts[i].joined_to = i;
  }
  const auto clusters = clustered(std::move(parts), spread_);

  const double doubt = std::min(1.0, end.value / kEnoughSeconds);
  std::map<std::size_t, char> letters;
  std::vector<core::Section> sections;
  std::vector<double> sureness; // of each part's borders, summed
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const char letter = letters.try_emplace(clusters[i], static_cast<char>('A' + letters.size())).first->second;
    if (!sections.empty() && sections.back().label == letter) {
      continue; // the border passes: what comes is as what was
    }
    const double sure = border_confidence(novelty[borders[i]]);
    core::Section section{.label = letter};
    if (!sections.empty()) {
      section.from = moved_to_beat(core::Seconds{static_cast<double>(borders[i]) * kCell}, beats);
      sections.back().to = section.from;
      sections.back().confidence += static_cast<float>(sure);
      section.confidence = static_cast<float>(sure);
    }
    sections.push_back(section);
  }
  sections.back().to = end;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const bool between = i > 0 && i + 1 < sections.size();
    sections[i].confidence *= static_cast<float>(between ? 0.5 * doubt : doubt);
  }
  if (sections.size() == 1) { // as sure as no border was near to being one
    sections[0].confidence = static_cast<float>(doubt * (1.0 - border_confidence(*std::ranges::max_element(novelty))));
  }
  return sections;
}

SectionTracker::SectionTracker() : cells_(kMemory), totals_(kMemory), novelty_(kMemory), beats_(kBeats) {}

void SectionTracker::process(const core::Beat& beat) noexcept { beats_[beat_count_++ % kBeats] = beat; }

std::optional<core::Section> SectionTracker::process(const SectionCell& cell) noexcept {
  spread_.process(cell);
  const auto slot = static_cast<std::size_t>(cell_count_) % kMemory;
  const auto next = static_cast<std::size_t>(cell_count_ + 1) % kMemory;
  cells_[slot] = cell;
  cells_[slot].values[0] = std::max(cell.level(), spread_.floor());
  totals_[next] = totals_[slot];
  add(totals_[next], cells_[slot], 1.0, SectionCell::kNothing);
  ++cell_count_;
  if (cell_count_ < kHalf) {
    return std::nullopt;
  }
  return advance();
}

std::optional<core::Section> SectionTracker::advance() noexcept {
  const auto slot = [](std::int64_t n) { return static_cast<std::size_t>(n) % kMemory; };
  const auto border = next_++;
  novelty_[slot(border)] = border > cell_count_ || spread_.empty()
                               ? 0.0
                               : novelty_at(border, std::max<std::int64_t>(0, border - kHalf), cell_count_, spread_,
                                            [&](std::int64_t n) -> const SectionCell& { return cells_[slot(n)]; });
  const auto decided = border - kApart;
  const auto novelty_of = [&](std::int64_t n) { return n < 0 ? 0.0 : novelty_[slot(n)]; };
  if (decided - from_ < kShortest || !is_border(decided, novelty_of)) {
    return std::nullopt;
  }
  const auto at = moved_to_beat(core::Seconds{static_cast<double>(decided) * kCell},
                                std::span{beats_}.first(std::min(beat_count_, kBeats)));
  return end_at(decided, at, border_confidence(novelty_of(decided)));
}

std::optional<core::Section> SectionTracker::finish(core::Seconds end) noexcept {
  while (next_ <= cell_count_ + kApart) {
    if (const auto section = advance()) {
      return section;
    }
  }
  if (std::exchange(finished_, true) || spread_.empty()) {
    return std::nullopt;
  }
  return end_at(cell_count_, end, 1.0);
}

core::Section SectionTracker::end_at(std::int64_t border, core::Seconds to, double confidence) noexcept {
  auto sum = totals_[static_cast<std::size_t>(border) % kMemory];
  const auto total = sum;
  for (std::size_t k = 0; k < sum.size(); ++k) {
    sum[k] -= from_total_[k];
  }
  const double doubt = std::min(1.0, to.value / kEnoughSeconds);
  const core::Section section{.from = from_at_,
                              .to = to,
                              .label = letter_of(sum, static_cast<double>(border - from_)),
                              .confidence = static_cast<float>(0.5 * doubt * (from_confidence_ + confidence))};
  from_ = border;
  from_total_ = total;
  from_at_ = to;
  from_confidence_ = confidence;
  return section;
}

char SectionTracker::letter_of(const SectionValues& sum, double cells) noexcept {
  double closest = std::numeric_limits<double>::infinity();
  std::size_t best = 0;
  for (std::size_t i = 0; i < letter_count_; ++i) {
    const double distance = spread_.distance(difference(sum, cells, letters_[i].sum, letters_[i].cells));
    if (distance < closest) {
      closest = distance;
      best = i;
    }
  }
  if (closest >= kAlike && letter_count_ < kLetters) {
    best = letter_count_++;
  }
  auto& letter = letters_[best];
  for (std::size_t k = 0; k < sum.size(); ++k) {
    letter.sum[k] += sum[k];
  }
  letter.cells += cells;
  return static_cast<char>('A' + best);
}

void SectionTracker::reset() noexcept {
  spread_ = {};
  totals_[0] = {};
  letters_ = {};
  letter_count_ = 0;
  beat_count_ = 0;
  cell_count_ = 0;
  next_ = 0;
  from_ = 0;
  from_total_ = {};
  from_at_ = {};
  from_confidence_ = 1.0;
  finished_ = false;
}

} // namespace auralis::analysis
