// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/networks.hpp"

#include <string_view>
#include <utility>

#include "auralis/analysis/neural_beats.hpp"

namespace auralis::analysis {
namespace {

std::string text_of(const core::Error& error) {
  return error.where.empty() ? error.what : error.where + ": " + error.what;
}

/// The first model of that kind, if it can be used; else why not, or nothing where there is none.
void load(const nn::ModelStore& store, std::string_view kind, std::shared_ptr<const nn::Model>& into,
          std::string& why_not) {
  const auto* const entry = store.manifest().find(kind);
  if (entry == nullptr) {
    return;
  }
  auto model = store.load(*entry);
  if (!model) {
    why_not = text_of(model.error());
    return;
  }
  if (const auto decoding = beat_decoding(**model); !decoding) {
    why_not = text_of(decoding.error());
    return;
  }
  into = *std::move(model);
}

} // namespace

std::string Networks::file_identity() const {
  return file_beats ? file_beats->title() + ' ' + file_beats->entry().sha256 : no_file_beats;
}

Networks load_networks(const nn::ModelStore::Config& config) {
  Networks networks;
  if (config.folder.empty() && nn::find_models().empty()) {
    return networks;
  }
  const auto store = nn::ModelStore::open(config);
  if (!store) {
    networks.no_live_beats = networks.no_file_beats = text_of(store.error());
    return networks;
  }
  load(*store, kLiveBeats, networks.live_beats, networks.no_live_beats);
  load(*store, kFileBeats, networks.file_beats, networks.no_file_beats);
  return networks;
}

} // namespace auralis::analysis
