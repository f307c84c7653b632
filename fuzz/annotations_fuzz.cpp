// SPDX-License-Identifier: Apache-2.0
// What people wrote about recordings: annotation files of every kind, and the names of notes, chords and keys.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "auralis/core/harte_label.hpp"
#include "auralis/core/music.hpp"
#include "auralis/evaluation/chords.hpp"
#include "auralis/evaluation/dataset.hpp"
#include "auralis/evaluation/key.hpp"
#include "auralis/evaluation/scores.hpp"
#include "scratch_folder.hpp"

namespace {

namespace core = auralis::core;
namespace evaluation = auralis::evaluation;
namespace fs = std::filesystem;

/// A dataset's folder with one annotation.
class Folder {
public:
  Folder() {
    for (const auto& [folder, ending] : kKinds) {
      fs::create_directories(scratch_.path() / folder);
    }
  }
  /// Leaves the text as the one annotation there is.
  [[nodiscard]] const fs::path& with(std::size_t kind, std::string_view text) {
    for (const auto& [folder, ending] : kKinds) {
      std::error_code ignored;
      fs::remove(scratch_.path() / folder / (std::string{"x"} + ending), ignored);
    }
    const auto& [folder, ending] = kKinds.at(kind);
    std::ofstream{scratch_.path() / folder / (std::string{"x"} + ending), std::ios::binary} << text;
    return scratch_.path();
  }

  static constexpr std::array<std::pair<const char*, const char*>, 6> kKinds{{{"beats", ".beats"},
                                                                              {"tempo", ".bpm"},
                                                                              {"key", ".key"},
                                                                              {"chords", ".lab"},
                                                                              {"onsets", ".onsets"},
                                                                              {"f0", ".f0"}}};

private:
  auralis::fuzz::ScratchFolder scratch_;
};

void read_names(std::string_view text) {
  if (const auto chord = core::parse_chord(text)) {
    const auto tones = evaluation::parse_chord_label(core::harte_label(*chord));
    if (core::parse_chord(core::to_string(*chord)) != chord || !tones || *tones != evaluation::chord_tones(chord)) {
      std::abort();
    }
  }
  if (const auto name = core::parse_pitch_name(text); name && core::parse_pitch_name(core::to_string(*name)) != name) {
    std::abort();
  }
  if (const auto tones = evaluation::parse_chord_label(text); tones && (tones->root < -1 || tones->root > 11)) {
    std::abort();
  }
  static_cast<void>(evaluation::parse_key(text));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Folder folder;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  read_names(text);
  if (size == 0) {
    return 0;
  }
  // The first byte chooses the kind of file.
  const auto annotations =
      evaluation::read_annotations(folder.with(data[0] % Folder::kKinds.size(), text.substr(1)), "x");
  if (!annotations) {
    if (annotations.error().what.empty() || annotations.error().where.empty()) {
      std::abort();
    }
    return 0;
  }
  const auto scores = evaluation::score(*annotations, *annotations);
  for (const auto& one : scores.of) {
    if (one && !(*one >= 0.0 && *one <= 1.0 + 1e-9)) {
      std::abort();
    }
  }
  return 0;
}
