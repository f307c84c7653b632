// SPDX-License-Identifier: Apache-2.0
#include "media/sound_files.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <limits>
#include <numbers>
#include <numeric>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auralis/core/random.hpp"
#include "auralis/media/pcm.hpp"

namespace auralis::media::testing {

Planes beats(std::size_t channels, std::size_t frames, double rate, std::uint64_t seed) {
  Planes sound(channels, std::vector<float>(frames));
  core::Random random{seed};
  const auto period = static_cast<std::size_t>(rate / 4.0);
  const double decay = std::exp(-1.0 / (0.05 * rate));
  double level = 0.0;
  double coloured = 0.0;
  for (std::size_t i = 0; i < frames; ++i) {
    level = i % period == 0 ? 1.0 : std::max(level * decay, 0.05);
    coloured = 0.7 * coloured + 0.3 * (2.0 * random.uniform() - 1.0);
    const double hum = 0.1 * std::sin(2.0 * std::numbers::pi * 110.0 * static_cast<double>(i) / rate);
    for (std::size_t c = 0; c < channels; ++c) {
      sound[c][i] = static_cast<float>((level * coloured + hum) / static_cast<double>(c + 1));
    }
  }
  return sound;
}

void write_wav(const std::filesystem::path& path, const Planes& sound, int rate) {
  const auto channels = static_cast<std::uint32_t>(sound.size());
  const auto data = static_cast<std::uint32_t>(sound.front().size()) * channels * 2;
  const bool extensible = channels > 2;
  std::ofstream file{path, std::ios::binary};
  const auto number = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) {
      file.put(static_cast<char>(value >> (8 * i) & 0xFFU));
    }
  };
  file << "RIFF";
  number(data + (extensible ? 60 : 36), 4);
  file << "WAVEfmt ";
  number(extensible ? 40 : 16, 4);
  number(extensible ? 0xFFFE : 1, 2);
  number(channels, 2);
  number(static_cast<std::uint32_t>(rate), 4);
  number(static_cast<std::uint32_t>(rate) * channels * 2, 4);
  number(channels * 2, 2);
  number(16, 2);
  if (extensible) {
    // Speakers of 3 to 8 channels: from 3.0 by way of quadraphony and 5.1 to 7.1.
    constexpr std::array<std::uint32_t, 9> kMasks{0, 0, 0, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F};
    number(22, 2);
    number(16, 2);
    number(kMasks[channels], 4);
    file << std::string{"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71", 16};
  }
  file << "data";
  number(data, 4);
  std::vector<char> row;
  for (std::size_t i = 0; i < sound.front().size(); ++i) {
    for (const auto& plane : sound) {
      const auto value = static_cast<std::uint16_t>(to_pcm16(plane[i]));
      row.push_back(static_cast<char>(value & 0xFFU));
      row.push_back(static_cast<char>(value >> 8U));
    }
    if (row.size() > 60'000) {
      file.write(row.data(), static_cast<std::streamsize>(row.size()));
      row.clear();
    }
  }
  file.write(row.data(), static_cast<std::streamsize>(row.size()));
}

bool run(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str())); // posix_spawn leaves them as they are
  }
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t quiet{};
  posix_spawn_file_actions_init(&quiet);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&quiet, stream, "/dev/null", O_RDWR, 0);
  }
  pid_t child = 0;
  const int spawned = posix_spawnp(&child, pointers.front(), &quiet, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&quiet);
  int status = 0;
  return spawned == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

void write_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                              static_cast<std::streamsize>(bytes.size()));
}

void append(Planes& planes, const core::AudioBlock& block) {
  planes.resize(std::max(planes.size(), block.channels.size()));
  for (std::size_t c = 0; c < block.channels.size(); ++c) {
    const auto samples = block.channel(c);
    planes[c].insert(planes[c].end(), samples.begin(), samples.end());
  }
}

double lag(std::span<const float> sung, std::span<const float> heard, std::size_t at) {
  constexpr std::size_t kWindow = 4'096;
  constexpr std::ptrdiff_t kReach = 2'400; // 50 ms at 48 kHz: more than any encoder's delay
  const std::size_t from = at > kWindow / 2 ? at - kWindow / 2 : 0;
  const auto reference = sung.subspan(from, std::min(kWindow, sung.size() - from));
  const auto energy = [](std::span<const float> x) { return std::inner_product(x.begin(), x.end(), x.begin(), 0.0F); };
  const double own = energy(reference);
  std::vector<double> likeness(2 * kReach + 1);
  for (std::ptrdiff_t shift = -kReach; shift <= kReach; ++shift) {
    const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(from) + shift;
    if (start < 0 || static_cast<std::size_t>(start) + reference.size() > heard.size()) {
      continue;
    }
    const auto here = heard.subspan(static_cast<std::size_t>(start), reference.size());
    const double both = std::inner_product(reference.begin(), reference.end(), here.begin(), 0.0F);
    likeness[static_cast<std::size_t>(shift + kReach)] =
        both / std::sqrt(own * static_cast<double>(energy(here)) + 1e-12);
  }
  const auto best = static_cast<std::size_t>(std::ranges::max_element(likeness) - likeness.begin());
  if (likeness[best] < 0.5 || best == 0 || best + 1 == likeness.size()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double before = likeness[best - 1];
  const double after = likeness[best + 1];
  const double bend = before - 2.0 * likeness[best] + after;
  return static_cast<double>(best) - kReach + (bend == 0.0 ? 0.0 : 0.5 * (before - after) / bend);
}

} // namespace auralis::media::testing
