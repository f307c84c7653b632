// SPDX-License-Identifier: Apache-2.0
// The database of analyses as a damaged disk or a careless hand may leave it: refused whole, or every row of it read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "auralis/store/analysis_store.hpp"

namespace {

/// One for the whole run: SQLite keeps files beside the database.
const std::filesystem::path& scratch() {
  static const std::filesystem::path folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "auralis-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      std::abort();
    }
    std::atexit([] { std::filesystem::remove_all(scratch()); });
    return std::filesystem::path{name};
  }();
  return folder;
}

void expect_reason(const auralis::core::Error& error) {
  if (error.what.empty()) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char* name : {"analyses.db", "analyses.db-wal", "analyses.db-shm", "analyses.db-journal"}) {
    std::filesystem::remove(scratch() / name);
  }
  std::ofstream{scratch() / "analyses.db", std::ios::binary}.write(reinterpret_cast<const char*>(data),
                                                                   static_cast<std::streamsize>(size));
  try {
    auralis::store::AnalysisStore store{scratch()};
    const auto all = store.list();
    if (!all) {
      expect_reason(all.error());
      return 0;
    }
    for (const auto& record : *all) {
      if (const auto found = store.find(record.id); !found) {
        expect_reason(found.error());
      }
      if (const auto document = store.document(record.id); !document) {
        expect_reason(document.error());
      }
      if (const auto peaks = store.peaks(record.id); !peaks) {
        expect_reason(peaks.error());
      }
    }
  } catch (const std::runtime_error&) {
    return 0; // damaged, or of another program
  }
  return 0;
}
