// SPDX-License-Identifier: Apache-2.0
#include "auralis/media/audio_reader.hpp"

#include <utility>

#include "auralis/media/byte_source.hpp"
#include "auralis/media/libav_input.hpp"

namespace auralis::media {

static_assert(AudioReader::kMaxBlock == LibavInput::kMaxBlock);

void AudioReader::Close::operator()(LibavInput* input) const noexcept { delete input; }

AudioReader::AudioReader(std::unique_ptr<LibavInput> input) : input_{input.release()} {}

core::Result<AudioReader> AudioReader::open(const std::filesystem::path& path) {
  auto bytes = FileBytes::open(path);
  if (!bytes) {
    return tl::unexpected{bytes.error()};
  }
  auto input = LibavInput::open_bytes(std::move(*bytes), path.string());
  if (!input) {
    return tl::unexpected{input.error()};
  }
  return AudioReader{std::move(*input)};
}

core::Result<AudioReader> AudioReader::from_memory(std::span<const std::byte> bytes, std::string name) {
  auto input = LibavInput::open_bytes(std::make_unique<MemoryBytes>(bytes), std::move(name));
  if (!input) {
    return tl::unexpected{input.error()};
  }
  return AudioReader{std::move(*input)};
}

core::Result<core::AudioBlock> AudioReader::read() {
  auto block = input_->read();
  if (block) {
    position_ += core::Frames{static_cast<std::int64_t>(block->frames)};
  }
  return block;
}

const AudioFormat& AudioReader::format() const noexcept { return input_->format(); }
const AudioTags& AudioReader::tags() const noexcept { return input_->tags(); }
std::optional<core::Frames> AudioReader::length() const noexcept { return input_->length(); }
const AudioDamage& AudioReader::damage() const noexcept { return input_->damage(); }

} // namespace auralis::media
