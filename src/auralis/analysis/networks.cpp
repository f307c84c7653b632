// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/networks.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "auralis/analysis/neural_beats.hpp"
#include "auralis/analysis/neural_key.hpp"
#include "auralis/analysis/neural_pitch.hpp"

namespace auralis::analysis {
namespace {

/// A kind of model, and who is heard through it.
struct Kind {
  std::string_view name;
  Ear Networks::* ear;
  bool hears_files; // results for files depend on it
  bool hears_streams;
  std::optional<core::Error> (*unusable)(const nn::Model& model);
};

/// By what the function that reads its settings says of it.
template <typename Decoding, core::Result<Decoding> (*decoding_of)(const nn::Model&)>
std::optional<core::Error> unusable_by(const nn::Model& model) {
  const auto decoding = decoding_of(model);
  return decoding ? std::nullopt : std::optional{decoding.error()};
}

constexpr std::array kKinds{
    Kind{kLiveBeats, &Networks::live_beats, false, true, unusable_by<BeatDecoding, beat_decoding>},
    Kind{kFileBeats, &Networks::file_beats, true, false, unusable_by<BeatDecoding, beat_decoding>},
    Kind{kKey, &Networks::key, true, true, unusable_by<KeyDecoding, key_decoding>},
    Kind{kPitch, &Networks::pitch, true, true, unusable_by<PitchDecoding, pitch_decoding>},
};

std::string text_of(const core::Error& error) {
  return error.where.empty() ? error.what : error.where + ": " + error.what;
}

/// Through the first model of that kind, if it can be used; else why not, or nothing where there is none.
Ear ear_of(const nn::ModelStore& store, const Kind& kind) {
  const auto* const entry = store.manifest().find(kind.name);
  if (entry == nullptr) {
    return {};
  }
  auto model = store.load(*entry);
  if (!model) {
    return {.model = nullptr, .why_not = text_of(model.error())};
  }
  if (const auto wrong = kind.unusable(**model)) {
    return {.model = nullptr, .why_not = text_of(*wrong)};
  }
  return {.model = *std::move(model), .why_not = {}};
}

} // namespace

std::string Networks::file_identity() const {
  std::string identity;
  for (const auto& kind : kKinds) {
    const Ear& ear = this->*kind.ear;
    const auto heard = ear.model ? ear.model->title() + ' ' + ear.model->entry().sha256 : ear.why_not;
    if (kind.hears_files && !heard.empty()) {
      identity += (identity.empty() ? "" : "\n") + std::string{kind.name} + ": " + heard;
    }
  }
  if (beat_method == core::BeatMethod::peaks) {
    identity += "\nbeats by peaks";
  }
  return identity;
}

std::vector<std::string> Networks::of_streams() const {
  std::vector<std::string> titles;
  for (const auto& kind : kKinds) {
    const auto& model = (this->*kind.ear).model;
    if (model && kind.hears_streams) {
      titles.push_back(model->title());
    }
  }
  return titles;
}

std::vector<std::string> Networks::why_not() const {
  std::vector<std::string> reasons;
  for (const auto& kind : kKinds) {
    const auto& reason = (this->*kind.ear).why_not;
    if (!reason.empty() && std::ranges::find(reasons, reason) == reasons.end()) {
      reasons.push_back(reason);
    }
  }
  return reasons;
}

Networks load_networks(const nn::ModelStore::Config& config) {
  Networks networks;
  if (config.folder.empty() && nn::find_models().empty()) {
    return networks;
  }
  const auto store = nn::ModelStore::open(config);
  for (const auto& kind : kKinds) {
    networks.*kind.ear = store ? ear_of(*store, kind) : Ear{.model = nullptr, .why_not = text_of(store.error())};
  }
  return networks;
}

std::optional<core::Error> unusable(const nn::Model& model) {
  const auto* const kind = std::ranges::find(kKinds, model.entry().kind, &Kind::name);
  return kind == kKinds.end() ? std::nullopt : kind->unusable(model);
}

} // namespace auralis::analysis
