// SPDX-License-Identifier: Apache-2.0
// The database of analyses as a damaged disk or a careless hand may leave it: refused whole, or every row of it read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "auralis/store/analysis_store.hpp"
#include "scratch_folder.hpp"

namespace {

void expect_reason(std::string_view reason) {
  if (reason.empty()) {
    std::abort();
  }
}

template <typename Value> void expect_value_or_reason(const auralis::core::Result<Value>& found) {
  if (!found) {
    expect_reason(found.error().what);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auralis::fuzz::ScratchFolder scratch; // one for the whole run: SQLite keeps files beside the database
  for (const char* name : {"analyses.db", "analyses.db-wal", "analyses.db-shm", "analyses.db-journal"}) {
    std::filesystem::remove(scratch.path() / name);
  }
  std::ofstream{scratch.path() / "analyses.db", std::ios::binary}.write(reinterpret_cast<const char*>(data),
                                                                        static_cast<std::streamsize>(size));
  try {
    const auralis::store::AnalysisStore store{scratch.path()};
    const auto all = store.list();
    expect_value_or_reason(all);
    for (const auto& record : all.value_or(std::vector<auralis::store::AnalysisRecord>{})) {
      expect_value_or_reason(store.find(record.id));
      expect_value_or_reason(store.document(record.id));
      expect_value_or_reason(store.peaks(record.id));
    }
  } catch (const std::runtime_error& refused) { // damaged, or of another program
    expect_reason(refused.what());
  }
  return 0;
}
