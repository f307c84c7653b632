// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auralis/core/audio_block.hpp"

/// Sound to encode, the encoders, and what came back.
namespace auralis::media::testing {

using Planes = std::vector<std::vector<float>>; ///< [channels][frames]

/// Beats of coloured noise over a low hum: sharp in time wherever one looks. The same seed gives the same sound.
[[nodiscard]] Planes beats(std::size_t channels, std::size_t frames, double rate, std::uint64_t seed = 1);

/// 16-bit PCM, little-endian, with the extensible header where there are more than two channels.
void write_wav(const std::filesystem::path& path, const Planes& sound, int rate);

/// Runs a program to its end with no output shown; true if it answered 0.
[[nodiscard]] bool run(const std::vector<std::string>& arguments);

[[nodiscard]] std::vector<std::byte> bytes_of(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Appends a block to planes of the same number of channels, or to none.
void append(Planes& planes, const core::AudioBlock& block);

/// By how many frames `heard` comes late against `sung` around frame `at`, found where their correlation is greatest,
/// to a fraction of a frame; NaN where nothing correlates by at least 0.5.
[[nodiscard]] double lag(std::span<const float> sung, std::span<const float> heard, std::size_t at);

} // namespace auralis::media::testing
