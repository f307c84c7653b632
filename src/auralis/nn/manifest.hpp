// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/result.hpp"

namespace auralis::nn {

/// What a network is fed. A network answers only for the very features it was trained on, so what makes them states who
/// it is by `hash`, and a model that was trained on others is refused.
struct Features {
  std::string name;               ///< "log-bands"
  int size = 0;                   ///< numbers a frame
  double frames_per_second = 0.0; ///< of what goes in
  std::string hash;               ///< of everything that decides what the numbers are

  friend bool operator==(const Features&, const Features&) = default;
};

/// The same network, smaller: its weights in 8 bits.
struct Variant {
  std::string precision; ///< "int8"
  std::string file;
  std::string sha256;
  std::map<std::string, double> loss; ///< by how much each metric falls against the model itself
};

/// A model as models/manifest.json describes it. models/README.md has every field.
struct ModelEntry {
  std::string name;
  std::string version; ///< major.minor.patch
  std::string kind;    ///< what the engine uses it for: "beats-live", "beats-file"
  std::string file;    ///< beside the manifest
  std::string sha256;  ///< 64 lower-case hexadecimal digits
  int opset = 0;
  std::int64_t parameters = 0;
  Features features;
  std::vector<std::string> outputs; ///< what each number of an output frame says; "pitch[180]" are 180 of them
  int frames_per_step = 1;          ///< of input that make one frame of output
  int lag = 0;                      ///< input frames by which an output comes after what it speaks of
  std::string licence;
  std::vector<std::string> data; ///< what it was trained on
  std::map<std::string, double> metrics;
  std::map<std::string, double> settings; ///< of what decodes the output, chosen with the model
  std::vector<Variant> variants;
};

struct Manifest {
  std::vector<ModelEntry> models;

  /// The model of that kind; null if there is none. Of several the first counts.
  [[nodiscard]] const ModelEntry* find(std::string_view kind) const noexcept;
};

/// Reads a manifest's text. Errors: invalid_argument, `where` naming the field ("models[0].sha256").
[[nodiscard]] core::Result<Manifest> parse_manifest(std::string_view json);

/// Reads `folder`/manifest.json. Errors: not_found, io, and those of parse_manifest().
[[nodiscard]] core::Result<Manifest> read_manifest(const std::filesystem::path& folder);

/// How many numbers an output frame has.
[[nodiscard]] std::size_t output_size(const ModelEntry& model);

/// Nothing if a model made for these features can be fed with `offered`; else what is wrong.
[[nodiscard]] std::optional<core::Error> mismatch(const ModelEntry& model, const Features& offered);

} // namespace auralis::nn
