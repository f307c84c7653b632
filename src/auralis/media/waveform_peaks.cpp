// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/waveform_peaks.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>

namespace auralis::media {
namespace {

constexpr std::array kMagic{std::byte{'A'}, std::byte{'P'}, std::byte{'K'}, std::byte{'S'}};
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kHeader = 32;
constexpr std::size_t kLevelEntry = 16;
constexpr std::uint32_t kMostLevels = 12;
constexpr int kMostChannels = 8;
constexpr std::size_t kValues = 3; // of a point of a channel

/// Writes the low `size` bytes of a number, the lowest first.
void put(std::vector<std::byte>& out, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<std::byte>(number >> (8 * i) & 0xFFU));
  }
}

std::uint64_t get(std::span<const std::byte> in, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= std::to_integer<std::uint64_t>(in[at + i]) << (8 * i);
  }
  return number;
}

std::uint64_t points_for(std::uint64_t frames, std::uint64_t frames_a_point) {
  return frames / frames_a_point + (frames % frames_a_point != 0 ? 1 : 0);
}

} // namespace

WaveformPeaks::WaveformPeaks(const Config& config) : config_{config} {
  if (!(config.sample_rate.value > 0.0) || config.channels < 1 || config.channels > kMostChannels ||
      config.finest == 0 || config.ratio < 2 || config.levels < 1 || config.levels > kMostLevels ||
      config.most_points == 0 || (config.bits != Bits::eight && config.bits != Bits::sixteen)) {
    throw std::invalid_argument{"waveform peaks: a setting is out of range"};
  }
  std::uint64_t frames = config.finest;
  for (std::uint32_t i = 0; i < config.levels; ++i, frames *= config.ratio) {
    if (frames >= 1ULL << 31U) {
      throw std::invalid_argument{"waveform peaks: the coarsest level stands for too many frames"};
    }
    levels_.push_back({.frames_a_point = static_cast<std::uint32_t>(frames)});
  }
  piece_.resize(static_cast<std::size_t>(config.channels));
  reset();
}

void WaveformPeaks::reset() {
  frames_ = core::Frames{0};
  for (Level& level : levels_) {
    level = {.frames_a_point = level.frames_a_point};
    level.accumulators.assign(piece_.size(), {});
  }
}

void WaveformPeaks::add(const core::AudioBlock& block) {
  assert(block.frames == 0 || block.channels.size() == piece_.size());
  std::size_t from = 0;
  while (from < block.frames) {
    // Up to the end of the finest level's point; coarser ones end where a finer one does.
    const Level& finest = levels_.front();
    const auto count =
        static_cast<std::uint32_t>(std::min<std::size_t>(block.frames - from, finest.frames_a_point - finest.taken));
    for (std::size_t c = 0; c < piece_.size(); ++c) {
      const auto samples = block.channel(c).subspan(from, count);
      Accumulator sum = finest.accumulators[c];
      if (finest.taken == 0) {
        sum = {samples[0], samples[0], 0.0};
      }
      for (const float sample : samples) {
        sum.min = std::min(sum.min, sample);
        sum.max = std::max(sum.max, sample);
        sum.energy += static_cast<double>(sample) * static_cast<double>(sample);
      }
      levels_.front().accumulators[c] = sum;
    }
    levels_.front().taken += count;
    from += count;
    for (std::size_t i = 0; i < levels_.size() && levels_[i].taken == levels_[i].frames_a_point; ++i) {
      if (i + 1 < levels_.size()) {
        merge(i + 1, levels_[i].accumulators, levels_[i].taken);
      }
      finish_point(levels_[i]);
      levels_[i].taken = 0;
    }
  }
  frames_ += core::Frames{static_cast<std::int64_t>(block.frames)};
}

void WaveformPeaks::merge(std::size_t index, std::span<const Accumulator> piece, std::uint32_t frames) {
  Level& level = levels_[index];
  for (std::size_t c = 0; c < piece.size(); ++c) {
    Accumulator& sum = level.accumulators[c];
    if (level.taken == 0) {
      sum = piece[c];
    } else {
      sum = {std::min(sum.min, piece[c].min), std::max(sum.max, piece[c].max), sum.energy + piece[c].energy};
    }
  }
  level.taken += frames;
}

PeakPoint WaveformPeaks::quantised(const Accumulator& sum, std::uint32_t frames) const {
  const double scale = config_.bits == Bits::eight ? 127.0 : 32'767.0;
  const auto fit = [scale](double value) { return static_cast<std::int16_t>(std::clamp(value, -scale, scale)); };
  return {fit(std::floor(static_cast<double>(sum.min) * scale)), fit(std::ceil(static_cast<double>(sum.max) * scale)),
          fit(std::round(std::sqrt(sum.energy / frames) * scale))};
}

void WaveformPeaks::finish_point(Level& level) const {
  if (level.given_up) {
    return;
  }
  if (level.points == config_.most_points && &level != &levels_.back()) {
    level.given_up = true;
    level.values = {};
    level.bytes = {};
    return;
  }
  ++level.points;
  for (const Accumulator& sum : level.accumulators) {
    const PeakPoint point = quantised(sum, level.taken);
    if (config_.bits == Bits::eight) {
      level.bytes.insert(level.bytes.end(), {static_cast<std::int8_t>(point.min), static_cast<std::int8_t>(point.max),
                                             static_cast<std::int8_t>(point.rms)});
    } else {
      level.values.insert(level.values.end(), {point.min, point.max, point.rms});
    }
  }
}

std::vector<std::byte> WaveformPeaks::document() const {
  // The points that are still growing are finished in a copy: their remainders go up level by level.
  struct Last {
    std::uint32_t taken = 0;
    std::vector<Accumulator> sums;
  };
  std::vector<Last> last;
  for (const Level& level : levels_) {
    Last here{level.taken, level.accumulators};
    if (!last.empty() && last.back().taken > 0) {
      const Last& finer = last.back();
      for (std::size_t c = 0; c < here.sums.size(); ++c) {
        Accumulator& sum = here.sums[c];
        sum = here.taken == 0 ? finer.sums[c]
                              : Accumulator{std::min(sum.min, finer.sums[c].min), std::max(sum.max, finer.sums[c].max),
                                            sum.energy + finer.sums[c].energy};
      }
      here.taken += finer.taken;
    }
    last.push_back(std::move(here));
  }

  const auto total = static_cast<std::uint64_t>(frames_.value);
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    // The last point may be the one too many.
    if (!levels_[i].given_up &&
        (i + 1 == levels_.size() || points_for(total, levels_[i].frames_a_point) <= config_.most_points)) {
      shown.push_back(i);
      if (points_for(total, levels_[i].frames_a_point) <= 1) {
        break;
      }
    }
  }
  std::vector<std::byte> out{kMagic.begin(), kMagic.end()};
  const std::size_t value_size = config_.bits == Bits::eight ? 1 : 2;
  put(out, kVersion, 2);
  put(out, static_cast<std::uint64_t>(config_.bits), 1);
  put(out, piece_.size(), 1);
  put(out, std::bit_cast<std::uint64_t>(config_.sample_rate.value), 8);
  put(out, total, 8);
  put(out, shown.size(), 4);
  put(out, 0, 4);
  std::uint64_t offset = kHeader + kLevelEntry * shown.size();
  for (const std::size_t i : shown) {
    const std::uint64_t points = points_for(total, levels_[i].frames_a_point);
    put(out, levels_[i].frames_a_point, 4);
    put(out, points, 4);
    put(out, offset, 8);
    offset = (offset + points * piece_.size() * kValues * value_size + 3) & ~std::uint64_t{3};
  }
  out.reserve(offset);
  for (const std::size_t i : shown) {
    const Level& level = levels_[i];
    const auto value = [&](std::int16_t v) { put(out, static_cast<std::uint16_t>(v), value_size); };
    for (const std::int8_t v : level.bytes) {
      value(v);
    }
    for (const std::int16_t v : level.values) {
      value(v);
    }
    if (last[i].taken > 0) {
      for (const Accumulator& sum : last[i].sums) {
        const PeakPoint point = quantised(sum, last[i].taken);
        value(point.min);
        value(point.max);
        value(point.rms);
      }
    }
    out.resize((out.size() + 3) & ~std::size_t{3});
  }
  return out;
}

core::Result<WaveformPeaksView> WaveformPeaksView::parse(std::span<const std::byte> document) {
  const auto refuse = [](std::string what) {
    return core::fail(core::ErrorCode::invalid_argument, std::move(what), "waveform peaks");
  };
  if (document.size() < kHeader || !std::ranges::equal(document.first(kMagic.size()), kMagic)) {
    return refuse("is no document of waveform peaks");
  }
  if (const auto version = get(document, 4, 2); version != kVersion) {
    return refuse(fmt::format("has version {}; {} can be read", version, kVersion));
  }
  WaveformPeaksView view;
  view.document_ = document;
  view.bits_ = static_cast<int>(get(document, 6, 1));
  view.channels_ = static_cast<int>(get(document, 7, 1));
  view.sample_rate_ = core::Hertz{std::bit_cast<double>(get(document, 8, 8))};
  const std::uint64_t frames = get(document, 16, 8);
  const std::uint64_t levels = get(document, 24, 4);
  if ((view.bits_ != 8 && view.bits_ != 16) || view.channels_ < 1 || view.channels_ > kMostChannels ||
      !(view.sample_rate_.value > 0.0) || !std::isfinite(view.sample_rate_.value) ||
      frames > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) || levels < 1 ||
      levels > kMostLevels || document.size() < kHeader + kLevelEntry * levels) {
    return refuse("its header is out of range or cut");
  }
  view.frames_ = core::Frames{static_cast<std::int64_t>(frames)};
  const auto point_size =
      kValues * static_cast<std::uint64_t>(view.channels_) * static_cast<std::uint64_t>(view.bits_ / 8);
  for (std::size_t i = 0; i < levels; ++i) {
    const std::size_t at = kHeader + kLevelEntry * i;
    const std::uint64_t frames_a_point = get(document, at, 4);
    const std::uint64_t points = get(document, at + 4, 4);
    const std::uint64_t offset = get(document, at + 8, 8);
    if (frames_a_point == 0 || points != points_for(frames, frames_a_point) || offset % 4 != 0 ||
        offset > document.size() || points * point_size > document.size() - offset ||
        (i > 0 && frames_a_point <= view.levels_.back().frames_a_point)) {
      return refuse(fmt::format("level {} is out of range or cut", i));
    }
    view.levels_.push_back({static_cast<std::uint32_t>(frames_a_point), static_cast<std::uint32_t>(points)});
    view.offsets_.push_back(static_cast<std::size_t>(offset));
  }
  return view;
}

PeakPoint WaveformPeaksView::at(std::size_t level, std::size_t point, std::size_t channel) const noexcept {
  assert(level < levels_.size() && point < levels_[level].points && channel < static_cast<std::size_t>(channels_));
  const auto size = static_cast<std::size_t>(bits_ / 8);
  const std::size_t first = offsets_[level] + (point * static_cast<std::size_t>(channels_) + channel) * kValues * size;
  const auto value = [&](std::size_t i) {
    const std::uint64_t raw = get(document_, first + i * size, size);
    return bits_ == 8 ? static_cast<std::int16_t>(static_cast<std::int8_t>(raw)) : static_cast<std::int16_t>(raw);
  };
  return {value(0), value(1), value(2)};
}

} // namespace auralis::media
