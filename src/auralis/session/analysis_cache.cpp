// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/analysis_cache.hpp"

#include <atomic>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <span>
#include <sstream>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "auralis/core/content_hash.hpp"

namespace auralis::session {
namespace fs = std::filesystem;

AnalysisCache::AnalysisCache(const std::filesystem::path& folder, const std::string& networks)
    : folder_{folder / (networks.empty() ? AURALIS_VERSION
                                         : fmt::format("{}-{:.16}", AURALIS_VERSION,
                                                       core::content_hash(std::as_bytes(std::span{networks})).hex()))} {
}

std::optional<protocol::AnalysisDocument> AnalysisCache::find(std::string_view sha256, report::Parts parts) const {
  std::ifstream file{path_of(sha256), std::ios::binary};
  if (!file) {
    return std::nullopt;
  }
  std::ostringstream text;
  text << file.rdbuf();
  auto document = protocol::parse_analysis_document(text.str());
  if (!document || document->engine != AURALIS_VERSION || document->source.sha256 != sha256) {
    return std::nullopt;
  }
  if (!report::parts_of(*document).contains(parts)) {
    return std::nullopt;
  }
  return report::only(*std::move(document), parts);
}

core::Result<void> AnalysisCache::store(const protocol::AnalysisDocument& document) const {
  static std::atomic<unsigned> counter{0}; // tells threads' unfinished files apart
  const auto path = path_of(document.source.sha256);
  const fs::path unfinished =
      fmt::format("{}.{}-{}", path.string(), getpid(), counter.fetch_add(1, std::memory_order_relaxed));
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  {
    std::ofstream file{unfinished, std::ios::binary};
    file << to_json(document);
    file.close();
    if (!file) {
      fs::remove(unfinished, error);
      return core::fail(core::ErrorCode::io, "the analysis cannot be remembered: the file cannot be written",
                        path.string());
    }
  }
  fs::rename(unfinished, path, error);
  if (error) {
    const auto reason = error.message();
    fs::remove(unfinished, error);
    return core::fail(core::ErrorCode::io, "the analysis cannot be remembered: " + reason, path.string());
  }
  return {};
}

fs::path AnalysisCache::path_of(std::string_view sha256) const {
  return folder_ / sha256.substr(0, 2) / fmt::format("{}.json", sha256);
}

fs::path default_analysis_cache() {
  const auto below = [](const char* variable, const char* rest) -> fs::path {
    const char* value = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): read before threads start
    return value != nullptr && *value != '\0' ? fs::path{value} / rest : fs::path{};
  };
  auto folder = below("XDG_CACHE_HOME", "auralis/analyses");
  return folder.empty() ? below("HOME", ".cache/auralis/analyses") : folder;
}

} // namespace auralis::session
