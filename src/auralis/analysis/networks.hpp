// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "auralis/nn/model.hpp"
#include "auralis/nn/model_store.hpp"

namespace auralis::analysis {

/// The networks that the analysis listens through, shared by all that listen. Where there is none, signal processing
/// hears: that is also what an empty one says.
struct Networks {
  std::shared_ptr<const nn::Model> live_beats;
  std::shared_ptr<const nn::Model> file_beats;
  // Why a network that there should be is not used; empty where one is, or none was asked for.
  std::string no_live_beats;
  std::string no_file_beats;

  /// What results for files depend on: the same text, the same results. Empty for signal processing, as meant.
  [[nodiscard]] std::string file_identity() const;
};

/// Loads what the manifest offers for this engine's features. No manifest, where none was named, and none of a kind in
/// it are no mistakes; whatever else keeps a network from being used is said in the result, and signal processing
/// hears.
[[nodiscard]] Networks load_networks(const nn::ModelStore::Config& config);

} // namespace auralis::analysis
