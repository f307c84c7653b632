// SPDX-License-Identifier: Apache-2.0
// Networks are trained on what training/beats/beat_frames.cpp and training/pitch/pitch_frames.cpp write and run on what
// the engine makes of sound live: the two must be the same numbers.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <unistd.h>
#include <vector>

#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/log_bands.hpp"
#include "auralis/analysis/pitch_features.hpp"

namespace auralis::analysis {
namespace {

constexpr std::size_t kBands = 80;

/// Three seconds of decaying tones that begin twice a second, with a gap of silence.
std::vector<float> strokes() {
  std::vector<float> samples(3 * 44'100);
  for (std::size_t n = 0; n < samples.size(); ++n) {
    const double time = static_cast<double>(n) / 44'100.0;
    const double since = std::fmod(time, 0.5);
    const double pitch = 110.0 * std::exp2(std::floor(time * 2.0) / 3.0);
    samples[n] = time > 1.2 && time < 1.6
                     ? 0.0F
                     : static_cast<float>(0.4 * std::exp(-8.0 * since) * std::sin(6.283185 * pitch * time));
  }
  return samples;
}

/// As the engine hears it live: two channels, tonal spectra too, cut into blocks of uneven lengths.
template <typename RowOf> std::vector<float> as_the_engine_hears(const std::vector<float>& samples, RowOf&& row_of) {
  FrontEnd front_end{{.sample_rate = kAnalysisRate, .channels = 2}};
  std::vector<float> out;
  const auto on_fine = [&](const dsp::Spectrum& spectrum) noexcept {
    const std::span<const float> row = row_of(spectrum);
    out.insert(out.end(), row.begin(), row.end());
  };
  const auto on_tonal = [](const dsp::Spectrum&) noexcept {};
  for (std::size_t from = 0, block = 1; from < samples.size(); from += block, block = block * 7 % 1'021 + 1) {
    block = std::min(block, samples.size() - from);
    const std::array<const float*, 2> channels{samples.data() + from, samples.data() + from};
    front_end.push({.channels = channels, .frames = block}, on_fine, on_tonal);
  }
  front_end.finish(on_fine, on_tonal);
  return out;
}

/// What a program of training/ writes of them.
std::vector<float> written_by(const std::string& program, const std::vector<float>& samples) {
  const auto folder = std::filesystem::temp_directory_path() / ("auralis_frames_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto sound = folder / "sound.raw";
  const auto frames = folder / "frames.raw";
  std::ofstream{sound, std::ios::binary}.write(reinterpret_cast<const char*>(samples.data()),
                                               static_cast<std::streamsize>(samples.size() * sizeof(float)));
  const std::string command = "'" + program + "' < '" + sound.string() + "' > '" + frames.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::vector<float> written(std::filesystem::file_size(frames) / sizeof(float));
  std::ifstream{frames, std::ios::binary}.read(reinterpret_cast<char*>(written.data()),
                                               static_cast<std::streamsize>(written.size() * sizeof(float)));
  std::filesystem::remove_all(folder);
  return written;
}

TEST(TrainingFrames, AreWhatTheEngineFeedsItsNetworks) {
  const auto samples = strokes();
  const auto written = written_by(AURALIS_BEAT_FRAMES, samples);
  LogBands bands{kFineStft};
  const auto heard = as_the_engine_hears(samples, [&](const dsp::Spectrum& spectrum) noexcept {
    bands.process(spectrum);
    return bands.level();
  });
  ASSERT_EQ(written.size(), heard.size());
  EXPECT_EQ(written.size() / kBands, 300U);
  EXPECT_GT(*std::ranges::max_element(heard), 1.0F);
  EXPECT_EQ(written, heard);
}

TEST(TrainingFrames, AreWhatTheEngineFeedsItsNetworkOfPitch) {
  const auto samples = strokes();
  const auto written = written_by(AURALIS_PITCH_FRAMES, samples);
  PeriodDifference difference{{}};
  PitchFeatures features;
  const auto heard = as_the_engine_hears(samples, [&](const dsp::Spectrum& spectrum) noexcept {
    difference.process(spectrum.samples);
    return features.process(spectrum, difference);
  });
  ASSERT_EQ(written.size(), heard.size());
  EXPECT_EQ(written.size() / PitchFeatures::kSize, 300U);
  EXPECT_GT(*std::ranges::max_element(heard), 1.0F);
  EXPECT_EQ(written, heard);
}

} // namespace
} // namespace auralis::analysis
