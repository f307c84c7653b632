// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auralis/core/analysis.hpp"
#include "auralis/core/result.hpp"
#include "auralis/nn/model.hpp"
#include "auralis/nn/model_store.hpp"

namespace auralis::analysis {

/// What hears one kind of thing.
struct Ear {
  std::shared_ptr<const nn::Model> model; ///< null: signal processing
  /// Why a network that there should be is not used; empty where one is, or none was asked for.
  std::string why_not;

  [[nodiscard]] core::HeardBy heard_by() const { return {model ? model->title() : std::string{}, why_not}; }
};

/// The networks that the analysis listens through, shared by all that listen. Where there is none, signal processing
/// hears: that is also what an empty one says. networks.cpp says which kind of model each is.
struct Networks {
  Ear live_beats;
  Ear file_beats;
  Ear key;                                                      ///< of streams and of files
  Ear pitch;                                                    ///< of streams and of files
  core::BeatMethod beat_method = core::BeatMethod::bar_pointer; ///< with networks or without

  /// What results for files depend on: the same text, the same results. Empty for signal processing, as meant, and the
  /// usual method.
  [[nodiscard]] std::string file_identity() const;
  /// Through which streams are heard, by name and version.
  [[nodiscard]] std::vector<std::string> of_streams() const;
  /// Why networks that there should be are not used, each reason once.
  [[nodiscard]] std::vector<std::string> why_not() const;
};

/// Loads what the manifest offers for this engine's features. No manifest, where none was named, and none of a kind in
/// it are no mistakes; whatever else keeps a network from being used is said in the result, and signal processing
/// hears.
[[nodiscard]] Networks load_networks(const nn::ModelStore::Config& config);

/// Why this engine cannot listen through a model that could be loaded; nothing if it can, or does not know its kind.
[[nodiscard]] std::optional<core::Error> unusable(const nn::Model& model);

} // namespace auralis::analysis
