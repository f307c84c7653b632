// SPDX-License-Identifier: Apache-2.0
#include "auralis/store/analysis_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <mutex>
#include <sqlite3.h>
#include <stdexcept>
#include <sys/random.h>
#include <system_error>

namespace auralis::store {
namespace {

using core::ErrorCode;

/// "Aura": tells our databases from those of other programs.
constexpr int kApplication = 0x41757261;
constexpr int kVersion = 1;
/// Up to here a database is read through at the start; a larger one would keep the server from starting for long.
constexpr std::uintmax_t kMostChecked = std::uintmax_t{256} * 1024 * 1024;
/// Rows of `analyses` are small, so that a list is quick; what is large stands apart.
constexpr const char* kSchema = R"sql(
CREATE TABLE analyses (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  created_ms INTEGER NOT NULL,
  length REAL,
  error TEXT NOT NULL DEFAULT '');
CREATE TABLE results (
  number INTEGER PRIMARY KEY REFERENCES analyses (number) ON DELETE CASCADE,
  document TEXT NOT NULL,
  peaks BLOB NOT NULL);
)sql";
constexpr const char* kLeft = "the server ended before the analysis was done: ask for it again";

/// 36^16, some 83 bits.
std::string drawn_id() {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr unsigned kFair = 256 / kAlphabet.size() * kAlphabet.size(); // above, some letters would come more often
  std::string id;
  while (id.size() < 16) {
    std::array<unsigned char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      if (errno == EINTR) {
        continue;
      }
      throw std::system_error{errno, std::generic_category(), "the kernel gives no random numbers"};
    }
    for (const auto byte : bytes) {
      if (byte < kFair && id.size() < 16) {
        id += kAlphabet[byte % kAlphabet.size()];
      }
    }
  }
  return id;
}

AnalysisState parse_state(std::string_view text) {
  for (const auto state : {AnalysisState::queued, AnalysisState::running, AnalysisState::done, AnalysisState::failed}) {
    if (to_string(state) == text) {
      return state;
    }
  }
  throw SQLite::Exception{fmt::format("'{}' is no state of an analysis", text), SQLITE_CORRUPT};
}

AnalysisRecord record_of(SQLite::Statement& row) {
  AnalysisRecord record{.id = row.getColumn(0).getString(),
                        .name = row.getColumn(1).getString(),
                        .state = parse_state(row.getColumn(2).getString()),
                        .created_ms = row.getColumn(3).getInt64(),
                        .error = row.getColumn(5).getString()};
  if (!row.getColumn(4).isNull()) {
    record.length = core::Seconds{row.getColumn(4).getDouble()};
  }
  return record;
}

constexpr std::string_view kColumns = "SELECT id, name, state, created_ms, length, error FROM analyses ";

tl::unexpected<core::Error> unknown() { return core::fail(ErrorCode::not_found, "there is no such analysis", "id"); }

void bind(SQLite::Statement& statement, int index, std::string_view text) { statement.bind(index, std::string{text}); }

} // namespace

std::string_view to_string(AnalysisState state) noexcept {
  switch (state) {
  case AnalysisState::queued:
    return "queued";
  case AnalysisState::running:
    return "running";
  case AnalysisState::done:
    return "done";
  case AnalysisState::failed:
    return "failed";
  }
  return "failed";
}

struct AnalysisStore::Database {
  explicit Database(const std::filesystem::path& path)
      : file{path},
        db{path.empty() ? std::string{":memory:"} : path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE} {
    db.exec("PRAGMA locking_mode = EXCLUSIVE"); // a second process would take our running work for left behind
    const int application = db.execAndGet("PRAGMA application_id").getInt();
    const int version = db.execAndGet("PRAGMA user_version").getInt();
    const int tables = db.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    if (tables > 0 && application != kApplication) {
      throw std::runtime_error("it is a database of another program");
    }
    if (version > kVersion) {
      throw std::runtime_error(fmt::format(
          "it is of version {}, and this program knows {}: it was written by a later one", version, kVersion));
    }
    std::error_code ignored; // a size that is not known is not checked
    if (tables > 0 && !path.empty() && std::filesystem::file_size(path, ignored) <= kMostChecked) {
      if (const auto found = db.execAndGet("PRAGMA quick_check(1)").getString(); found != "ok") {
        throw std::runtime_error(fmt::format("it is damaged ({})", found));
      }
    }
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL"); // in WAL, less would lose the last changes with the power
    db.exec("PRAGMA foreign_keys = ON");
    SQLite::Transaction all{db, SQLite::TransactionBehavior::EXCLUSIVE};
    if (tables == 0) {
      db.exec(kSchema);
      db.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, kVersion));
    }
    SQLite::Statement left{db, "UPDATE analyses SET state = 'failed', error = ? WHERE state IN ('queued', 'running')"};
    left.bind(1, std::string{kLeft});
    left.exec();
    all.commit();
  }

  /// Runs `use` under the lock, with SQLite's exceptions as Errors.
  template <typename Use> auto locked(Use&& use) -> decltype(use(std::declval<SQLite::Database&>())) {
    const std::scoped_lock lock{mutex};
    try {
      return use(db);
    } catch (const SQLite::Exception& thrown) {
      return core::fail(ErrorCode::io, fmt::format("the database of the analyses failed: {}", thrown.what()),
                        file.string());
    }
  }

  /// One statement about one analysis: not_found if it changed nothing.
  core::Result<void> change(std::string_view id, const char* sql, const std::optional<std::string>& text = {}) {
    return locked([&](SQLite::Database& open) -> core::Result<void> {
      SQLite::Statement statement{open, sql};
      bind(statement, 1, id);
      if (text) {
        statement.bind(2, *text);
      }
      return statement.exec() == 0 ? core::Result<void>{unknown()} : core::Result<void>{};
    });
  }

  core::Result<std::string> part(std::string_view id, std::string_view column) {
    return locked([&](SQLite::Database& open) -> core::Result<std::string> {
      SQLite::Statement statement{
          open, fmt::format("SELECT state, {} FROM analyses LEFT JOIN results USING (number) WHERE id = ?", column)};
      bind(statement, 1, id);
      if (!statement.executeStep()) {
        return unknown();
      }
      if (statement.getColumn(1).isNull()) {
        return core::fail(ErrorCode::unavailable, fmt::format("the analysis is {}", statement.getColumn(0).getString()),
                          "id");
      }
      return statement.getColumn(1).getString();
    });
  }

  std::filesystem::path file; // empty: in memory
  std::mutex mutex;
  SQLite::Database db; // under mutex
};

AnalysisStore::AnalysisStore(const std::filesystem::path& folder) {
  std::filesystem::path file;
  if (!folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
      throw std::runtime_error(fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()));
    }
    file = folder / "analyses.db";
  }
  try {
    database_ = std::make_unique<Database>(file);
  } catch (const SQLite::Exception& thrown) {
    const int code = thrown.getErrorCode() & 0xFF;
    const std::string_view why = code == SQLITE_BUSY || code == SQLITE_LOCKED      ? "another server uses it"
                                 : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? "it is damaged"
                                 : code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_CANTOPEN
                                     ? "it cannot be written"
                                     : "it cannot be used";
    throw std::runtime_error(fmt::format("{}: {} ({}); move it away to begin anew", file.string(), why, thrown.what()));
  } catch (const std::runtime_error& thrown) {
    throw std::runtime_error(fmt::format("{}: {}; move it away to begin anew", file.string(), thrown.what()));
  }
}

AnalysisStore::~AnalysisStore() = default;

core::Result<AnalysisRecord> AnalysisStore::create(std::string_view name, std::int64_t created_ms) {
  AnalysisRecord record{.id = drawn_id(), .name = std::string{name}, .created_ms = created_ms};
  return database_->locked([&](SQLite::Database& open) -> core::Result<AnalysisRecord> {
    SQLite::Statement statement{open, "INSERT INTO analyses (id, name, state, created_ms) VALUES (?, ?, 'queued', ?)"};
    statement.bind(1, record.id);
    statement.bind(2, record.name);
    statement.bind(3, record.created_ms);
    statement.exec();
    return std::move(record);
  });
}

core::Result<void> AnalysisStore::start(std::string_view id) {
  return database_->change(id, "UPDATE analyses SET state = 'running' WHERE id = ?");
}

core::Result<void> AnalysisStore::finish(std::string_view id, core::Seconds length, std::string_view document,
                                         std::string_view peaks) {
  return database_->locked([&](SQLite::Database& open) -> core::Result<void> {
    SQLite::Transaction both{open};
    SQLite::Statement result{open, "INSERT OR REPLACE INTO results (number, document, peaks) "
                                   "SELECT number, ?, ? FROM analyses WHERE id = ?"};
    bind(result, 1, document);
    result.bind(2, peaks.data(), static_cast<int>(peaks.size()));
    bind(result, 3, id);
    if (result.exec() == 0) {
      return unknown();
    }
    SQLite::Statement done{open, "UPDATE analyses SET state = 'done', error = '', length = ? WHERE id = ?"};
    done.bind(1, length.value);
    bind(done, 2, id);
    done.exec();
    both.commit();
    return {};
  });
}

core::Result<void> AnalysisStore::fail(std::string_view id, std::string_view why) {
  return database_->change(id, "UPDATE analyses SET state = 'failed', error = ?2 WHERE id = ?1", std::string{why});
}

core::Result<void> AnalysisStore::erase(std::string_view id) {
  return database_->change(id, "DELETE FROM analyses WHERE id = ?");
}

core::Result<AnalysisRecord> AnalysisStore::find(std::string_view id) const {
  return database_->locked([&](SQLite::Database& open) -> core::Result<AnalysisRecord> {
    SQLite::Statement statement{open, std::string{kColumns} + "WHERE id = ?"};
    bind(statement, 1, id);
    if (!statement.executeStep()) {
      return unknown();
    }
    return record_of(statement);
  });
}

core::Result<std::vector<AnalysisRecord>> AnalysisStore::list() const {
  return database_->locked([&](SQLite::Database& open) -> core::Result<std::vector<AnalysisRecord>> {
    std::vector<AnalysisRecord> all;
    SQLite::Statement statement{open, std::string{kColumns} + "ORDER BY number DESC"};
    while (statement.executeStep()) {
      all.push_back(record_of(statement));
    }
    return all;
  });
}

core::Result<std::string> AnalysisStore::document(std::string_view id) const { return database_->part(id, "document"); }

core::Result<std::string> AnalysisStore::peaks(std::string_view id) const { return database_->part(id, "peaks"); }

} // namespace auralis::store
