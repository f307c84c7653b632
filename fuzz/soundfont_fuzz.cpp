// SPDX-License-Identifier: Apache-2.0
// SoundFonts: whatever a bank holds, it is refused or it plays.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "auralis/core/parameters.hpp"
#include "auralis/synth/sampled_voices.hpp"
#include "auralis/synth/soundfont.hpp"

namespace {

using namespace auralis;

/// A file in memory that has a path.
class MemoryFile {
public:
  MemoryFile() : descriptor_{memfd_create("bank", 0)} {
    if (descriptor_ < 0) {
      std::abort();
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }
  [[nodiscard]] std::string holding(const std::uint8_t* data, std::size_t size) const {
    if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, data, size, 0) != static_cast<ssize_t>(size)) {
      std::abort();
    }
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

private:
  int descriptor_;
};

void play(synth::SampledVoices& voices) {
  constexpr int kQuanta = 120;
  for (const auto layer : core::kLayers) {
    for (const std::uint8_t key : {std::uint8_t{0}, std::uint8_t{36}, std::uint8_t{60}, std::uint8_t{127}}) {
      voices.note_on(layer, key, 100);
    }
  }
  synth::LayerBuses out;
  for (int i = 0; i < kQuanta; ++i) {
    voices.render(out);
    if (i == kQuanta / 2) {
      for (const auto layer : core::kLayers) {
        voices.note_off(layer, 60);
      }
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFile file;
  const auto path = file.holding(data, size);
  const auto found = synth::find_soundfont(path);
  if (!found && (found.error().what.empty() || found.error().where.empty())) {
    std::abort();
  }
  if (synth::SampleBank::is_compressed(path)) {
    return 0;
  }
  try {
    synth::SampledVoices voices{{.soundfont = path, .max_voices = 16}};
    play(voices);
  } catch (const std::runtime_error&) {
    return 0; // it said why
  }
  return 0;
}
