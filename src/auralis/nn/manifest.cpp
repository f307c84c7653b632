// SPDX-License-Identifier: Apache-2.0
#include "auralis/nn/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace auralis::nn {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr std::size_t kMostOutputs = 65'536; // under one name

/// Reads one object's fields and remembers the first that is wrong.
class Fields {
public:
  Fields(const json& object, std::string where, std::optional<core::Error>& error)
      : object_{object}, where_{std::move(where)}, error_{error} {
    if (!object_.is_object()) {
      complain("", "must be an object");
    }
  }

  /// The field, if it is there; its absence is a mistake unless `optional`.
  const json* get(const char* name, bool optional = false) {
    known_.insert(name);
    if (!object_.is_object()) {
      return nullptr;
    }
    const auto found = object_.find(name);
    if (found == object_.end()) {
      if (!optional) {
        complain(name, "is missing");
      }
      return nullptr;
    }
    return &*found;
  }

  std::string text(const char* name) {
    const auto* value = get(name);
    if (value == nullptr) {
      return {};
    }
    if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
      complain(name, "must be a text that is not empty");
      return {};
    }
    return value->get<std::string>();
  }

  /// A file's name beside the manifest: no folder, so that a manifest reaches nothing outside its own.
  std::string file(const char* name) {
    auto value = text(name);
    if (value.find('/') != std::string::npos || value.starts_with('.')) {
      complain(name, fmt::format("'{}' must be the name of a file beside the manifest", value));
    }
    return value;
  }

  std::string hash(const char* name) {
    auto value = text(name);
    if (!value.empty() && (value.size() != 64 || value.find_first_not_of("0123456789abcdef") != std::string::npos)) {
      complain(name, "must be 64 lower-case hexadecimal digits");
    }
    return value;
  }

  std::int64_t whole(const char* name, std::int64_t least, std::int64_t most) {
    const auto* value = get(name);
    if (value == nullptr) {
      return least;
    }
    if (!value->is_number_integer() || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
      complain(name, fmt::format("must be a whole number from {} to {}", least, most));
      return least;
    }
    return value->get<std::int64_t>();
  }

  double positive(const char* name) {
    const auto* value = get(name);
    if (value == nullptr) {
      return 1.0;
    }
    if (!value->is_number() || !(value->get<double>() > 0.0) || !std::isfinite(value->get<double>())) {
      complain(name, "must be a number above 0");
      return 1.0;
    }
    return value->get<double>();
  }

  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> all;
    const auto* value = get(name);
    if (value == nullptr) {
      return all;
    }
    if (!value->is_array()) {
      complain(name, "must be a list of texts");
      return all;
    }
    for (const auto& one : *value) {
      if (!one.is_string()) {
        complain(name, "must be a list of texts");
        return {};
      }
      all.push_back(one.get<std::string>());
    }
    return all;
  }

  std::map<std::string, double> numbers(const char* name, bool optional) {
    std::map<std::string, double> all;
    const auto* value = get(name, optional);
    if (value == nullptr) {
      return all;
    }
    if (!value->is_object()) {
      complain(name, "must be an object of numbers");
      return all;
    }
    for (const auto& [key, one] : value->items()) {
      if (!one.is_number()) {
        complain(name, fmt::format("'{}' must be a number", key));
        return {};
      }
      all[key] = one.get<double>();
    }
    return all;
  }

  /// A misspelt field is a mistake, not a field that nobody reads.
  void refuse_others() {
    if (!object_.is_object()) {
      return;
    }
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) {
        complain(key.c_str(), "is no field of it");
      }
    }
  }

  void complain(const char* name, std::string what) {
    if (!error_) {
      const auto* const dot = where_.empty() || *name == '\0' ? "" : ".";
      error_ =
          core::Error{core::ErrorCode::invalid_argument, std::move(what), fmt::format("{}{}{}", where_, dot, name)};
    }
  }

  [[nodiscard]] std::string place(const char* name) const {
    return where_.empty() ? name : fmt::format("{}.{}", where_, name);
  }

private:
  const json& object_;
  std::string where_;
  std::optional<core::Error>& error_;
  std::set<std::string> known_;
};

Features read_features(const json& object, const std::string& where, std::optional<core::Error>& error) {
  Fields fields{object, where, error};
  Features features;
  features.name = fields.text("name");
  features.size = static_cast<int>(fields.whole("size", 1, 65'536));
  features.frames_per_second = fields.positive("frames_per_second");
  features.hash = fields.text("hash");
  fields.refuse_others();
  return features;
}

Variant read_variant(const json& object, const std::string& where, std::optional<core::Error>& error) {
  Fields fields{object, where, error};
  Variant variant;
  variant.precision = fields.text("precision");
  if (!variant.precision.empty() && variant.precision != "int8") {
    fields.complain("precision", fmt::format("'{}' is not known; 'int8' is", variant.precision));
  }
  variant.file = fields.file("file");
  variant.sha256 = fields.hash("sha256");
  variant.loss = fields.numbers("loss", false);
  fields.refuse_others();
  return variant;
}

ModelEntry read_model(const json& object, const std::string& where, std::optional<core::Error>& error) {
  Fields fields{object, where, error};
  ModelEntry model;
  model.name = fields.text("name");
  model.version = fields.text("version");
  model.kind = fields.text("kind");
  model.file = fields.file("file");
  model.sha256 = fields.hash("sha256");
  model.opset = static_cast<int>(fields.whole("opset", 1, 1'000));
  model.parameters = fields.whole("parameters", 0, 1'000'000'000);
  if (const auto* features = fields.get("features")) {
    model.features = read_features(*features, fields.place("features"), error);
  }
  model.outputs = fields.texts("outputs");
  model.frames_per_step = static_cast<int>(fields.whole("frames_per_step", 1, 64));
  model.lag = static_cast<int>(fields.whole("lag", 0, 1'000));
  model.licence = fields.text("licence");
  model.data = fields.texts("data");
  model.metrics = fields.numbers("metrics", false);
  model.settings = fields.numbers("settings", true);
  if (const auto* variants = fields.get("variants", true)) {
    if (!variants->is_array()) {
      fields.complain("variants", "must be a list");
    } else {
      for (std::size_t n = 0; n < variants->size(); ++n) {
        model.variants.push_back(
            read_variant((*variants)[n], fmt::format("{}[{}]", fields.place("variants"), n), error));
      }
    }
  }
  fields.refuse_others();
  return model;
}

} // namespace

const ModelEntry* Manifest::find(std::string_view kind) const noexcept {
  const auto found = std::ranges::find(models, kind, &ModelEntry::kind);
  return found == models.end() ? nullptr : &*found;
}

core::Result<Manifest> parse_manifest(std::string_view text) {
  const auto document = json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return core::fail(core::ErrorCode::invalid_argument, "is no JSON");
  }
  std::optional<core::Error> error;
  Manifest manifest;
  Fields fields{document, "", error};
  if (fields.whole("format", 1, 1'000) != kFormat) {
    fields.complain("format", fmt::format("is of a newer Auralis; this one reads format {}", kFormat));
  }
  if (const auto* models = fields.get("models")) {
    if (!models->is_array()) {
      fields.complain("models", "must be a list");
    } else {
      std::set<std::string> names;
      for (std::size_t n = 0; n < models->size(); ++n) {
        manifest.models.push_back(read_model((*models)[n], fmt::format("models[{}]", n), error));
        if (!names.insert(manifest.models.back().name).second) {
          fields.complain("models", fmt::format("'{}' is there twice", manifest.models.back().name));
        }
      }
    }
  }
  fields.refuse_others();
  if (error) {
    return tl::unexpected{*std::move(error)};
  }
  return manifest;
}

core::Result<Manifest> read_manifest(const std::filesystem::path& folder) {
  const auto path = folder / "manifest.json";
  std::ifstream stream{path, std::ios::binary};
  if (!stream) {
    return core::fail(core::ErrorCode::not_found, "there is no manifest of models here", path.string());
  }
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (stream.bad()) {
    return core::fail(core::ErrorCode::io, "cannot be read", path.string());
  }
  auto manifest = parse_manifest(text);
  if (!manifest) {
    auto error = manifest.error();
    error.where = error.where.empty() ? path.string() : fmt::format("{}: {}", path.string(), error.where);
    return tl::unexpected{std::move(error)};
  }
  return manifest;
}

std::size_t output_size(const ModelEntry& model) {
  std::size_t size = 0;
  for (const std::string_view name : model.outputs) {
    std::size_t count = 1;
    const auto bracket = name.find('[');
    if (bracket != std::string_view::npos && name.back() == ']') {
      const auto digits = name.substr(bracket + 1, name.size() - bracket - 2);
      const auto* const end = digits.data() + digits.size();
      const auto read = std::from_chars(digits.data(), end, count);
      if (read.ec != std::errc{} || read.ptr != end || count > kMostOutputs) {
        count = 1; // a name like any other
      }
    }
    size += count;
  }
  return size;
}

std::optional<core::Error> mismatch(const ModelEntry& model, const Features& offered) {
  if (model.features == offered) {
    return std::nullopt;
  }
  const auto describe = [](const Features& features) {
    return fmt::format("{} ({} numbers, {:g} frames a second, {})", features.name, features.size,
                       features.frames_per_second, features.hash);
  };
  return core::Error{core::ErrorCode::invalid_argument,
                     fmt::format("model {} {} was trained on {}, and this engine makes {}: take the models that came "
                                 "with it, or train anew",
                                 model.name, model.version, describe(model.features), describe(offered)),
                     model.file};
}

} // namespace auralis::nn
