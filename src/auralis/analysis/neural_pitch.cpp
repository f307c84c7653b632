// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/neural_pitch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>
#include <utility>
#include <vector>

#include "auralis/analysis/network_features.hpp"
#include "auralis/analysis/or_throw.hpp"

namespace auralis::analysis {
namespace {

constexpr std::array<float, PitchFeatures::kBins> kNoPitch{};
constexpr double kMostOffset = 20.0;                        // of log odds: beyond it nothing is left to decide
constexpr double kMostEvery = 5.0;                          // frames: a pitch moves on
constexpr double kReach = PitchFeatures::kPerOctave / 24.0; // half a semitone in bins

} // namespace

core::Result<PitchDecoding> pitch_decoding(const nn::Model& model) {
  const auto& entry = model.entry();
  const auto refuse = [&entry](std::string what) {
    return core::fail(core::ErrorCode::invalid_argument, std::move(what), entry.file);
  };
  if (auto wrong = nn::mismatch(entry, pitch_features())) {
    return tl::unexpected{*std::move(wrong)};
  }
  const std::vector<std::string> expected{"voiced", fmt::format("pitch[{}]", PitchFeatures::kBins)};
  if (entry.outputs != expected) {
    return refuse(fmt::format("model {} says {}, expected {}", model.title(), fmt::join(entry.outputs, ", "),
                              fmt::join(expected, ", ")));
  }
  if (!model.is_live() || entry.frames_per_step != 1 || entry.lag != 0) {
    return refuse(fmt::format("model {} must hear frame by frame, each at once", model.title()));
  }
  auto decoding = pitch_decoding(entry.settings);
  if (!decoding) {
    return refuse(fmt::format("model {}: {}", model.title(), decoding.error().what));
  }
  return decoding;
}

core::Result<PitchDecoding> pitch_decoding(const std::map<std::string, double>& settings) {
  PitchDecoding decoding;
  const std::map<std::string, double*, std::less<>> known{{"signal_share", &decoding.signal_share},
                                                          {"voicing_offset", &decoding.voicing_offset},
                                                          {"every", &decoding.every}};
  for (const auto& [name, value] : settings) {
    const auto found = known.find(name);
    if (found == known.end()) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("this engine does not know the setting '{}'; it knows {}", name,
                                    fmt::join(known | std::views::keys, ", ")));
    }
    *found->second = value;
  }
  if (!(decoding.signal_share >= 0.0 && decoding.signal_share < 1.0)) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("the setting signal_share is {}, expected 0 to below 1", decoding.signal_share));
  }
  if (!(std::abs(decoding.voicing_offset) <= kMostOffset)) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("the setting voicing_offset is {}, expected -{} to {}", decoding.voicing_offset,
                                  kMostOffset, kMostOffset));
  }
  if (!(decoding.every >= 1.0 && decoding.every <= kMostEvery) || decoding.every != std::floor(decoding.every)) {
    return core::fail(
        core::ErrorCode::invalid_argument,
        fmt::format("the setting every is {}, expected a whole number from 1 to {}", decoding.every, kMostEvery));
  }
  return decoding;
}

PitchNetwork::PitchNetwork(const std::shared_ptr<const nn::Model>& model)
    : PitchNetwork{model, or_throw(pitch_decoding(*model))} {}

PitchNetwork::PitchNetwork(const std::shared_ptr<const nn::Model>& model, const PitchDecoding& decoding)
    : decoding_{decoding}, stream_{or_throw(nn::StreamingModel::of(model))}, every_{static_cast<int>(decoding.every)},
      pitches_{kNoPitch} {}

bool PitchNetwork::process(const dsp::Spectrum& spectrum, const PeriodDifference& difference) noexcept {
  if (passed_ > 0 && passed_ < every_) {
    ++passed_;
    features_.pass(difference);
    return true;
  }
  passed_ = 1;
  std::ranges::copy(features_.process(spectrum, difference), stream_.frames().begin());
  const bool good = stream_.step() && std::ranges::all_of(stream_.output(), [](float p) { return p >= 0.0F; });
  if (!good) {
    passed_ = 0;
    voicing_ = 0.0F;
    pitches_ = kNoPitch;
    return false;
  }
  const float p = std::clamp(stream_.output()[0], 1e-6F, 1.0F - 1e-6F);
  const auto offset = static_cast<float>(decoding_.voicing_offset);
  voicing_ = 1.0F / (1.0F + (1.0F - p) / p * std::exp(-offset));
  pitches_ = stream_.output().subspan(1);
  return true;
}

void PitchNetwork::reset() noexcept {
  stream_.reset();
  features_.reset();
  passed_ = 0;
  voicing_ = 0.0F;
  pitches_ = kNoPitch;
}

float PitchNetwork::mass(double frequency) const noexcept {
  const double bin = PitchFeatures::bin_of(frequency);
  const double reach = heard() ? kReach : 2.0 * kReach; // a pitch that glides has moved on
  const int first = std::max(0, static_cast<int>(std::ceil(bin - reach)));
  const int last = std::min(PitchFeatures::kBins - 1, static_cast<int>(std::floor(bin + reach)));
  float sum = 0.0F;
  for (int n = first; n <= last; ++n) {
    sum += pitches_[static_cast<std::size_t>(n)];
  }
  return sum;
}

double PitchNetwork::peak(int bin) const noexcept {
  const int reach = static_cast<int>(kReach);
  double sum = 0.0;
  double place = 0.0;
  for (int n = std::max(0, bin - reach); n <= std::min(PitchFeatures::kBins - 1, bin + reach); ++n) {
    const auto p = static_cast<double>(pitches_[static_cast<std::size_t>(n)]);
    sum += p;
    place += p * n;
  }
  return PitchFeatures::frequency(sum > 0.0 ? place / sum : bin);
}

} // namespace auralis::analysis
