// SPDX-License-Identifier: Apache-2.0
#include "auralis/nn/model_store.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "auralis/core/content_hash.hpp"

namespace auralis::nn {
namespace {

namespace fs = std::filesystem;

/// Walks through the fields of a Protocol Buffers message.
class Wire {
public:
  struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;          // of a number
    std::span<const std::byte> bytes; // of a text or a message
  };
  explicit Wire(std::span<const std::byte> bytes) : bytes_{bytes} {}

  /// The next field; nothing at the end or where the bytes make no sense.
  std::optional<Field> next() noexcept {
    const auto key = number();
    if (!key) {
      return std::nullopt;
    }
    Field field{.number = *key >> 3U};
    switch (*key & 7U) {
    case 0: {
      const auto value = number();
      field.value = value.value_or(0);
      return value ? std::optional{field} : std::nullopt;
    }
    case 1:
      return skip(field, 8);
    case 2: {
      const auto length = number();
      return length ? skip(field, *length) : std::nullopt;
    }
    case 5:
      return skip(field, 4);
    default:
      return std::nullopt;
    }
  }

private:
  std::optional<std::uint64_t> number() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(bytes_.front());
      bytes_ = bytes_.subspan(1);
      value |= (byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
    return std::nullopt;
  }
  std::optional<Field> skip(Field field, std::uint64_t length) noexcept {
    if (length > bytes_.size()) {
      return std::nullopt;
    }
    field.bytes = bytes_.first(static_cast<std::size_t>(length));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(length));
    return field;
  }

  std::span<const std::byte> bytes_;
};

std::optional<std::vector<std::byte>> read(const fs::path& path) {
  std::ifstream stream{path, std::ios::binary | std::ios::ate};
  if (!stream) {
    return std::nullopt;
  }
  const auto size = stream.tellg();
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::max<std::streamoff>(size, 0)));
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return stream ? std::optional{std::move(bytes)} : std::nullopt;
}

} // namespace

int opset_of(std::span<const std::byte> onnx) noexcept {
  constexpr std::uint64_t kOpsetImport = 8; // of ModelProto
  constexpr std::uint64_t kDomain = 1;      // of OperatorSetIdProto; empty for ONNX itself
  constexpr std::uint64_t kVersion = 2;
  Wire model{onnx};
  while (const auto field = model.next()) {
    if (field->number != kOpsetImport) {
      continue;
    }
    Wire opset{field->bytes};
    bool is_onnx = true;
    int version = 0;
    while (const auto part = opset.next()) {
      is_onnx = is_onnx && !(part->number == kDomain && !part->bytes.empty());
      if (part->number == kVersion) {
        version = static_cast<int>(std::min<std::uint64_t>(part->value, 1'000'000));
      }
    }
    if (is_onnx) {
      return version;
    }
  }
  return 0;
}

core::Result<ModelStore> ModelStore::open(Config config) {
  if (config.folder.empty()) {
    config.folder = find_models();
  }
  if (config.folder.empty()) {
    return core::fail(core::ErrorCode::not_found,
                      "no folder of models was found: name it by --models or AURALIS_MODELS");
  }
  auto manifest = read_manifest(config.folder);
  if (!manifest) {
    return tl::unexpected{manifest.error()};
  }
  return ModelStore{std::move(config), *std::move(manifest)};
}

core::Result<std::shared_ptr<const Model>> ModelStore::load(const ModelEntry& entry) const {
  auto file = entry.file;
  auto expected = entry.sha256;
  std::string precision = "float32";
  if (const auto variant = std::ranges::find(entry.variants, config_.precision, &Variant::precision);
      variant != entry.variants.end()) {
    file = variant->file;
    expected = variant->sha256;
    precision = variant->precision;
  }
  const auto path = config_.folder / file;
  const auto bytes = read(path);
  if (!bytes) {
    std::error_code error;
    return fs::exists(path, error)
               ? core::fail(core::ErrorCode::io, fmt::format("model {} cannot be read", entry.name), path.string())
               : core::fail(core::ErrorCode::not_found,
                            fmt::format("model {} is named in the manifest, but its file is not there: restore it, or "
                                        "take the models anew",
                                        entry.name),
                            path.string());
  }
  if (const auto found = core::content_hash(*bytes).hex(); found != expected) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("model {} is damaged or another one: its SHA-256 is {}, expected {}. Restore it",
                                  entry.name, found, expected),
                      path.string());
  }
  const int opset = opset_of(*bytes);
  if (opset != entry.opset || opset > kNewestOpset) {
    return core::fail(core::ErrorCode::invalid_argument,
                      fmt::format("model {} was made for opset {}; the manifest says {}, and the newest that is taken "
                                  "is {}. Export it anew",
                                  entry.name, opset, entry.opset, kNewestOpset),
                      path.string());
  }
  const auto library = runtime();
  if (!library) {
    return tl::unexpected{library.error()};
  }
  auto session = (*library)->open(*bytes, config_.session);
  if (!session) {
    auto error = session.error();
    error.what = fmt::format("model {}: {}", entry.name, error.what);
    error.where = path.string();
    return tl::unexpected{std::move(error)};
  }
  return Model::of(entry, precision, *std::move(session));
}

fs::path find_models() {
  if (const char* const named = std::getenv("AURALIS_MODELS"); // NOLINT(concurrency-mt-unsafe): nobody sets it
      named != nullptr && *named != '\0') {
    return named;
  }
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (error) {
    return {};
  }
  const auto folder = program.parent_path();
  // build/<preset>/apps/auralis lies four levels below the repository's root.
  for (const auto& candidate : {folder / "../share/auralis/models", folder / "../../../../models"}) {
    if (fs::exists(candidate / "manifest.json", error)) {
      return fs::weakly_canonical(candidate, error);
    }
  }
  return {};
}

} // namespace auralis::nn
