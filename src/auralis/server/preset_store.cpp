// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/preset_store.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

#include "auralis/compose/presets.hpp"
#include "auralis/session/wire.hpp"

namespace auralis::server {
namespace {

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::string_view description_of(std::string_view id) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kDescriptions{{
      {"focus", "Steady and clear: piano over a warm pad, soft brushes."},
      {"meditation", "Wide and bell-like: long chords and much silence."},
      {"sleep", "Low, dark and slow, without an edge anywhere."},
      {"bright", "Awake: quicker, higher, lightly swung."},
  }};
  for (const auto& [name, text] : kDescriptions) {
    if (name == id) {
      return text;
    }
  }
  return {};
}

protocol::PresetDocument document_of(const compose::Preset& preset) {
  protocol::PresetDocument document{.id = lower(preset.name.view()),
                                    .name = std::string{preset.name.view()},
                                    .builtin = true,
                                    .parameters = session::to_message(preset.parameters),
                                    .character = session::to_message(preset.character)};
  if (const auto text = description_of(document.id); !text.empty()) {
    document.description = text;
  }
  return document;
}

PresetStore::Refused refusal(PresetStore::Refusal why, core::ErrorCode code, std::string what, std::string where = {}) {
  return {why, {code, std::move(what), std::move(where)}};
}

/// A file descriptor that closes itself.
class Descriptor {
public:
  explicit Descriptor(int fd) noexcept : fd_{fd} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

private:
  int fd_;
};

tl::unexpected<core::Error> io_failure(std::string_view doing, const std::filesystem::path& file, int error) {
  return core::fail(core::ErrorCode::io, fmt::format("{} failed: {}", doing, std::generic_category().message(error)),
                    file.string());
}

} // namespace

core::Result<void> write_atomically(const std::filesystem::path& file, std::string_view content) {
  const auto temporary = std::filesystem::path{file}.concat(".new");
  {
    const Descriptor out{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (out.get() < 0) {
      return io_failure("opening", temporary, errno);
    }
    while (!content.empty()) {
      const auto written = ::write(out.get(), content.data(), content.size());
      if (written < 0 && errno != EINTR) {
        return io_failure("writing", temporary, errno);
      }
      content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    if (::fsync(out.get()) != 0) {
      return io_failure("synchronising", temporary, errno);
    }
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    return io_failure("renaming", temporary, errno);
  }
  // The rename itself lives in the folder; without this it could be lost with the power.
  const Descriptor folder{::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) {
    return io_failure("synchronising", file.parent_path(), errno);
  }
  return {};
}

PresetStore::PresetStore(const std::filesystem::path& folder, std::size_t most) : most_{most} {
  for (const auto& preset : compose::presets()) {
    auto document = document_of(preset);
    builtin_.emplace(document.id, std::move(document));
  }
  if (folder.empty()) {
    return;
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw std::runtime_error(fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()));
  }
  file_ = folder / "presets.json";
  std::ifstream stream{file_, std::ios::binary};
  if (!stream) {
    if (std::filesystem::exists(file_)) {
      throw std::runtime_error(fmt::format("{} is there but cannot be read", file_.string()));
    }
    return;
  }
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  const auto list = protocol::parse_preset_list(text);
  if (!list) {
    throw std::runtime_error(fmt::format("{} does not hold presets: {} (at {})", file_.string(), list.error().what,
                                         list.error().where.empty() ? "the top" : list.error().where));
  }
  for (const auto& preset : *list) {
    if (!builtin_.contains(preset.id)) {
      own_.emplace(preset.id, preset);
    }
  }
}

protocol::PresetList PresetStore::list() const {
  protocol::PresetList all;
  for (const auto& preset : compose::presets()) { // in their own order, which is not the alphabet's
    all.push_back(builtin_.at(lower(preset.name.view())));
  }
  const std::scoped_lock lock{mutex_};
  for (const auto& [id, preset] : own_) {
    all.push_back(preset);
  }
  return all;
}

std::optional<protocol::PresetDocument> PresetStore::find(std::string_view id) const {
  if (const auto found = builtin_.find(id); found != builtin_.end()) {
    return found->second;
  }
  const std::scoped_lock lock{mutex_};
  const auto found = own_.find(id);
  return found == own_.end() ? std::nullopt : std::optional{found->second};
}

PresetStore::Changed<void> PresetStore::commit(Presets presets) {
  if (!file_.empty()) {
    protocol::PresetList list;
    for (const auto& [id, preset] : presets) {
      list.push_back(preset);
    }
    if (const auto written = write_atomically(file_, protocol::to_json(list) + "\n"); !written) {
      return tl::unexpected{Refused{Refusal::failed, written.error()}};
    }
  }
  const std::scoped_lock lock{mutex_};
  own_ = std::move(presets);
  return {};
}

PresetStore::Changed<protocol::PresetDocument> PresetStore::create(protocol::PresetDocument preset) {
  if (find(preset.id)) {
    return tl::unexpected{refusal(Refusal::exists, core::ErrorCode::invalid_argument,
                                  fmt::format("there is a preset '{}' already", preset.id), "/id")};
  }
  return put(preset).map([&](bool /*made*/) {
    preset.builtin = false;
    return preset;
  });
}

PresetStore::Changed<bool> PresetStore::put(protocol::PresetDocument preset) {
  if (builtin_.contains(preset.id)) {
    return tl::unexpected{refusal(Refusal::read_only, core::ErrorCode::invalid_argument,
                                  fmt::format("the preset '{}' is built in and cannot be changed", preset.id))};
  }
  preset.builtin = false;
  auto presets = own_;
  const bool made = !presets.contains(preset.id);
  if (made && presets.size() >= most_) {
    return tl::unexpected{refusal(Refusal::full, core::ErrorCode::limit_exceeded,
                                  fmt::format("there are {} presets already (limits.presets)", most_))};
  }
  const auto id = preset.id;
  presets.insert_or_assign(id, std::move(preset));
  return commit(std::move(presets)).map([made] { return made; });
}

PresetStore::Changed<void> PresetStore::erase(std::string_view id) {
  if (builtin_.contains(id)) {
    return tl::unexpected{refusal(Refusal::read_only, core::ErrorCode::invalid_argument,
                                  fmt::format("the preset '{}' is built in and cannot be removed", id))};
  }
  auto presets = own_;
  const auto found = presets.find(id);
  if (found == presets.end()) {
    return tl::unexpected{
        refusal(Refusal::missing, core::ErrorCode::not_found, fmt::format("there is no preset '{}'", id))};
  }
  presets.erase(found);
  return commit(std::move(presets));
}

} // namespace auralis::server
