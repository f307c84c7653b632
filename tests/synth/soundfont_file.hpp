// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <numbers>
#include <string>
#include <vector>

namespace auralis::test {

/// A SoundFont made for a test: one recording, one instrument, a preset a layer.
struct SoundFontFile {
  struct Generator {
    std::uint16_t number;
    std::int16_t amount;
  };
  std::vector<std::int16_t> samples; ///< the recording; 46 frames of silence follow, as the format asks
  std::uint32_t loop_start = 0;      ///< frame; no loop if it equals loop_end
  std::uint32_t loop_end = 0;
  std::uint32_t rate = 48'000;
  std::uint8_t root = 69;
  std::vector<Generator> generators; ///< of the instrument's zone

  /// A sine of whole periods, looped.
  static SoundFontFile sine(int period_frames, int periods, double amplitude) {
    SoundFontFile file;
    for (int n = 0; n < period_frames * periods; ++n) {
      file.samples.push_back(static_cast<std::int16_t>(
          std::lround(32'767.0 * amplitude * std::sin(2.0 * std::numbers::pi * n / period_frames))));
    }
    file.loop_end = static_cast<std::uint32_t>(file.samples.size());
    return file;
  }

  [[nodiscard]] std::string bytes() const {
    const auto u8 = [](std::uint8_t v) { return std::string(1, static_cast<char>(v)); };
    const auto u16 = [](std::uint16_t v) {
      return std::string{static_cast<char>(v & 0xFFU), static_cast<char>(v >> 8U)};
    };
    const auto u32 = [&](std::uint32_t v) {
      return u16(static_cast<std::uint16_t>(v & 0xFFFFU)) + u16(static_cast<std::uint16_t>(v >> 16U));
    };
    const auto chunk = [&](const std::string& id, const std::string& data) {
      return id + u32(static_cast<std::uint32_t>(data.size())) + data +
             (data.size() % 2 != 0 ? std::string(1, '\0') : "");
    };
    const auto name = [](std::string text) {
      text.resize(20, '\0');
      return text;
    };
    std::string smpl;
    for (const std::int16_t sample : samples) {
      smpl += u16(static_cast<std::uint16_t>(sample));
    }
    smpl.resize(smpl.size() + 2 * 46, '\0');

    struct Preset {
      std::uint16_t program;
      std::uint16_t bank;
    };
    const std::vector<Preset> presets{{0, 0}, {89, 0}, {32, 0}, {10, 0}, {0, 128}};
    std::string phdr;
    std::string pbag;
    std::string pgen;
    for (std::uint16_t i = 0; i <= presets.size(); ++i) {
      const bool last = i == presets.size();
      phdr += name(last ? "EOP" : "preset") + u16(last ? 0 : presets[i].program) + u16(last ? 0 : presets[i].bank) +
              u16(i) + u32(0) + u32(0) + u32(0);
      pbag += u16(i) + u16(0);
      pgen += last ? u16(0) + u16(0) : u16(41) + u16(0); // instrument 0
    }
    std::string igen;
    for (const auto& generator : generators) {
      igen += u16(generator.number) + u16(static_cast<std::uint16_t>(generator.amount));
    }
    igen += u16(54) + u16(loop_end > loop_start ? 1 : 0) + u16(53) + u16(0); // sampleModes, sampleID
    const auto count = static_cast<std::uint16_t>(generators.size() + 2);
    igen += u16(0) + u16(0);
    const std::string inst = name("instrument") + u16(0) + name("EOI") + u16(1);
    const std::string ibag = u16(0) + u16(0) + u16(count) + u16(0);
    const std::string no_modulators(10, '\0');
    const auto end = static_cast<std::uint32_t>(samples.size());
    const std::string shdr = name("sample") + u32(0) + u32(end) + u32(loop_start) + u32(loop_end) + u32(rate) +
                             u8(root) + u8(0) + u16(0) + u16(1) + name("EOS") + std::string(26, '\0');

    const std::string info = "INFO" + chunk("ifil", u16(2) + u16(4)) + chunk("INAM", std::string{"test\0\0", 6});
    const std::string sdta = "sdta" + chunk("smpl", smpl);
    const std::string pdta = "pdta" + chunk("phdr", phdr) + chunk("pbag", pbag) + chunk("pmod", no_modulators) +
                             chunk("pgen", pgen) + chunk("inst", inst) + chunk("ibag", ibag) +
                             chunk("imod", no_modulators) + chunk("igen", igen) + chunk("shdr", shdr);
    return chunk("RIFF", "sfbk" + chunk("LIST", info) + chunk("LIST", sdta) + chunk("LIST", pdta));
  }

  void write(const std::string& path) const {
    const std::string all = bytes();
    std::ofstream{path, std::ios::binary}.write(all.data(), static_cast<std::streamsize>(all.size()));
  }
};

} // namespace auralis::test
