// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/analyse.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <numbers>
#include <string>
#include <unistd.h>
#include <vector>

#include "auralis/media/audio_file_writer.hpp"
#include "auralis/media/audio_reader.hpp"
#include "auralis/session/analysis_cache.hpp"
#include "scratch_folder.hpp"

namespace auralis::session {
namespace {

namespace fs = std::filesystem;
using report::Part;
using report::Parts;

class AnalyseFileTest : public testing::Test {
protected:
  /// `seconds` of a sine of 997 Hz, with peaks of -20 dBFS, in both channels.
  fs::path tone(const std::string& name, double seconds) {
    const auto path = folder_ / name;
    constexpr double kRate = 44'100.0;
    std::vector<float> samples(static_cast<std::size_t>(seconds * kRate));
    for (std::size_t n = 0; n < samples.size(); ++n) {
      samples[n] = static_cast<float>(0.1 * std::sin(2.0 * std::numbers::pi * 997.0 * static_cast<double>(n) / kRate));
    }
    auto writer = media::AudioFileWriter::open(path, core::Hertz{kRate});
    EXPECT_TRUE(writer);
    EXPECT_TRUE(writer->write(samples, samples));
    EXPECT_TRUE(writer->close());
    return path;
  }
  static void ignore(double /*share*/) {}

  test::ScratchFolder folder_;
};

TEST_F(AnalyseFileTest, KnowsATonesLengthPitchTuningAndLoudness) {
  const auto document = analyse_file(tone("a.wav", 5.0), Parts::all(), nullptr, ignore);
  ASSERT_TRUE(document) << document.error().what;
  EXPECT_EQ(document->source.name, "a.wav");
  EXPECT_NEAR(document->source.length, 5.0, 1e-6);
  EXPECT_FALSE(document->source.truncated);
  // BS.1770: a sine of 997 Hz in one channel reads 3.01 below its peak, and two channels add 3.01.
  EXPECT_NEAR(document->loudness->integrated_lufs.value_or(0.0), -20.0, 0.1);
  EXPECT_NEAR(document->key->tuning, 440.0 * 997.0 / 987.767, 0.5) << "the nearest note is B5";
  ASSERT_GT(document->pitch->f0.size(), 400U);
  EXPECT_NEAR(document->pitch->f0[200], 997.0, 2.0);
}

TEST_F(AnalyseFileTest, GivesJustThePartsAskedFor) {
  const auto document = analyse_file(tone("a.wav", 1.0), {Part::loudness}, nullptr, ignore);
  ASSERT_TRUE(document);
  EXPECT_EQ(report::parts_of(*document), Parts{Part::loudness});
}

TEST_F(AnalyseFileTest, TellsItsProgress) {
  double last = 0.0;
  const auto document = analyse_file(tone("a.wav", 2.0), {Part::loudness}, nullptr, [&](double share) {
    EXPECT_GE(share, last);
    last = share;
  });
  ASSERT_TRUE(document);
  EXPECT_NEAR(last, 1.0, 1e-9);
}

TEST_F(AnalyseFileTest, LetsOthersHearTheSoundAsItPasses) {
  auto reader = media::AudioReader::open(tone("a.wav", 2.0));
  ASSERT_TRUE(reader);
  std::size_t frames = 0;
  const auto document = analyse(*reader, "a.wav", "", {Part::loudness},
                                {.hear = [&](const core::AudioBlock& block) { frames += block.frames; }});
  ASSERT_TRUE(document);
  EXPECT_EQ(frames, 88'200U);
  EXPECT_EQ(document->source.name, "a.wav");
}

TEST_F(AnalyseFileTest, EndsSoonOnceItIsStopped) {
  auto reader = media::AudioReader::open(tone("a.wav", 10.0));
  ASSERT_TRUE(reader);
  std::stop_source stop;
  std::size_t frames = 0;
  const auto document = analyse(*reader, "a.wav", "", Parts::all(),
                                {.hear =
                                     [&](const core::AudioBlock& block) {
                                       frames += block.frames;
                                       stop.request_stop();
                                     },
                                 .stop = stop.get_token()});
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, core::ErrorCode::unavailable);
  EXPECT_LE(frames, media::AudioReader::kMaxBlock);
}

TEST_F(AnalyseFileTest, TakesTheSameBytesUnderAnotherNameFromTheCache) {
  const AnalysisCache cache{folder_ / "cache"};
  const auto first = tone("a.wav", 1.0);
  const auto fresh = analyse_file(first, {Part::loudness}, &cache, ignore);
  ASSERT_TRUE(fresh);
  const auto second = folder_ / "b.wav";
  fs::copy_file(first, second);
  int calls = 0;
  auto remembered = analyse_file(second, {Part::loudness}, &cache, [&](double /*share*/) { ++calls; });
  ASSERT_TRUE(remembered);
  EXPECT_EQ(calls, 0) << "nothing was decoded";
  EXPECT_EQ(remembered->source.name, "b.wav");
  remembered->source.name = "a.wav";
  EXPECT_EQ(*remembered, *fresh);
}

TEST_F(AnalyseFileTest, RefusesWhatIsNotThereAndWhatIsNoSound) {
  const auto missing = analyse_file(folder_ / "gone.wav", Parts::all(), nullptr, ignore);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, core::ErrorCode::not_found);
  std::ofstream{folder_ / "words.wav"} << "these are words";
  const auto words = analyse_file(folder_ / "words.wav", Parts::all(), nullptr, ignore);
  ASSERT_FALSE(words);
  EXPECT_EQ(words.error().code, core::ErrorCode::invalid_argument);
}

TEST_F(AnalyseFileTest, HearsAFileThatEndsEarlyAsFarAsItGoes) {
  const auto path = tone("a.wav", 4.0);
  fs::resize_file(path, fs::file_size(path) / 2);
  const auto document = analyse_file(path, {Part::loudness}, nullptr, ignore);
  ASSERT_TRUE(document);
  EXPECT_TRUE(document->source.truncated);
  EXPECT_NEAR(document->source.length, 2.0, 0.1);
}

} // namespace
} // namespace auralis::session
