// SPDX-License-Identifier: Apache-2.0
// Sound files of any kind: what libav makes of them, and what we make of that.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "auralis/media/audio_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using auralis::media::AudioReader;
  auto reader = AudioReader::from_memory(std::as_bytes(std::span{data, size}), "upload");
  if (!reader) {
    if (reader.error().what.empty() || reader.error().where.empty()) {
      std::abort(); // a message must say what and where
    }
    return 0;
  }
  const auto format = reader->format();
  const auto channels = static_cast<std::size_t>(format.channels);
  if (channels < 1 || channels > 8 || format.sample_rate.value < 8'000.0 || format.sample_rate.value > 192'000.0) {
    std::abort();
  }
  // A small file may unpack to hours of silence; half a minute shows enough of it.
  constexpr int kMostBlocks = 1'500;
  for (int i = 0; i < kMostBlocks; ++i) {
    const auto before = reader->position();
    const auto block = reader->read();
    if (!block || block->frames == 0) {
      break;
    }
    if (block->frames > AudioReader::kMaxBlock || block->channels.size() != channels ||
        (reader->position() - before).value != static_cast<std::int64_t>(block->frames)) {
      std::abort();
    }
    for (std::size_t c = 0; c < channels; ++c) {
      if (!std::ranges::all_of(block->channel(c),
                               [](float x) { return std::abs(x) <= auralis::media::kLargestSample; })) {
        std::abort();
      }
    }
  }
  return 0;
}
