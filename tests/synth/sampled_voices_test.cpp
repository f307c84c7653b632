// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/sampled_voices.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "auralis/core/random.hpp"
#include "auralis/dsp/biquad.hpp"
#include "auralis/rt/realtime_section.hpp"
#include "auralis/synth/fluid_voices.hpp"
#include "auralis/synth/soundfont.hpp"
#include "dsp/stereo.hpp"
#include "scratch_folder.hpp"
#include "synth/soundfont_file.hpp"

namespace auralis::synth {
namespace {

constexpr double kRate = 48'000.0;

test::Stereo render(Voices& voices, core::Layer layer, double seconds) {
  const auto quanta = static_cast<std::size_t>(seconds * kRate / static_cast<double>(kBlock));
  test::Stereo s{quanta * kBlock};
  LayerBuses buses;
  for (std::size_t q = 0; q < quanta; ++q) {
    voices.render(buses);
    const auto& bus = buses.buses[core::index(layer)];
    if (bus.sounding) {
      std::ranges::copy(bus.left, s.left.begin() + static_cast<std::ptrdiff_t>(q * kBlock));
      std::ranges::copy(bus.right, s.right.begin() + static_cast<std::ptrdiff_t>(q * kBlock));
    }
  }
  return s;
}

/// Hertz, from the slope of the phase between two halves of the sound, measured at `near`.
double frequency(const std::vector<float>& x, double near) {
  const std::size_t half = x.size() / 2;
  const auto phase = [&](std::size_t from) {
    double re = 0.0;
    double im = 0.0;
    for (std::size_t n = 0; n < half; ++n) {
      const double w =
          0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(half));
      const double a = 2.0 * std::numbers::pi * near * static_cast<double>(from + n) / kRate;
      re += w * static_cast<double>(x[from + n]) * std::cos(a);
      im -= w * static_cast<double>(x[from + n]) * std::sin(a);
    }
    return std::atan2(im, re);
  };
  const double turned = std::remainder(phase(half) - phase(0), 2.0 * std::numbers::pi);
  return near + turned / (2.0 * std::numbers::pi) * kRate / static_cast<double>(half);
}

std::string written(const test::SoundFontFile& file, const std::string& name) {
  static const auralis::test::ScratchFolder kFolder; // as long as voices may read from it
  auto path = (kFolder / name).string();
  file.write(path);
  return path;
}

double cents(double a, double b) { return 1'200.0 * std::log2(a / b); }

TEST(SampledVoices, IsSilentForSilence) {
  SampledVoices voices{{.soundfont = written(test::SoundFontFile::sine(100, 40, 0.5), "silent.sf2")}};
  EXPECT_EQ(test::peak(render(voices, core::Layer::piano, 0.1).left), 0.0F);
  EXPECT_EQ(voices.active(), 0);
}

TEST(SampledVoices, PlaysEveryKeyAtItsPitch) {
  // 480 Hz recorded as A4.
  SampledVoices voices{{.soundfont = written(test::SoundFontFile::sine(100, 40, 0.5), "pitch.sf2")}};
  for (const int midi : {33, 57, 69, 76, 81, 93}) {
    voices.note_on(core::Layer::piano, static_cast<std::uint8_t>(midi), 100);
    const auto s = render(voices, core::Layer::piano, 0.2);
    const double expected = 480.0 * std::exp2((midi - 69) / 12.0);
    EXPECT_NEAR(cents(frequency(s.left, expected), expected), 0.0, 0.5) << midi;
    voices.silence();
  }
}

TEST(SampledVoices, InterpolatesCleanly) {
  // A looped sine moved up a fourth keeps its harmonics 60 dB down: what is left without the sine is distortion.
  SampledVoices voices{{.soundfont = written(test::SoundFontFile::sine(100, 40, 0.5), "clean.sf2")}};
  voices.note_on(core::Layer::piano, 74, 100);
  (void)render(voices, core::Layer::piano, 0.05);
  const auto s = render(voices, core::Layer::piano, 0.5);
  const double f = 480.0 * std::exp2(5.0 / 12.0);
  double re = 0.0;
  double im = 0.0;
  double all = 0.0;
  for (std::size_t n = 0; n < s.left.size(); ++n) {
    const double a = 2.0 * std::numbers::pi * f * static_cast<double>(n) / kRate;
    re += static_cast<double>(s.left[n]) * std::cos(a);
    im += static_cast<double>(s.left[n]) * std::sin(a);
  }
  const double scale = 2.0 / static_cast<double>(s.left.size());
  for (std::size_t n = 0; n < s.left.size(); ++n) {
    const double a = 2.0 * std::numbers::pi * f * static_cast<double>(n) / kRate;
    const double rest = static_cast<double>(s.left[n]) - scale * (re * std::cos(a) + im * std::sin(a));
    all += rest * rest;
  }
  const double sine_power = 0.5 * scale * scale * (re * re + im * im);
  EXPECT_LT(10.0 * std::log10(all / static_cast<double>(s.left.size()) / sine_power), -60.0);
}

TEST(SampledVoices, IsTwiceAsLoudForTheSquareRootOfTwoTheVelocity) {
  SampledVoices voices{{.soundfont = written(test::SoundFontFile::sine(100, 40, 0.5), "velocity.sf2")}};
  const auto level = [&](int velocity) {
    voices.note_on(core::Layer::piano, 69, static_cast<std::uint8_t>(velocity));
    const auto s = render(voices, core::Layer::piano, 0.1);
    voices.silence();
    return std::sqrt(test::mean_square(s.left, 2'400, 2'400));
  };
  // SoundFont 2.04, section 8.4.1: 40 log10(v / 127) decibels.
  EXPECT_NEAR(20.0 * std::log10(level(127) / level(64)), 40.0 * std::log10(127.0 / 64.0), 0.1);
}

TEST(SampledVoices, FollowsItsEnvelope) {
  auto file = test::SoundFontFile::sine(100, 40, 0.5);
  // Attack 0.5 s, decay 1 s for 96 dB, sustain 24 dB down, release 0.25 s for 96 dB.
  file.generators = {{34, -1'200}, {36, 0}, {37, 240}, {38, -2'400}};
  SampledVoices voices{{.soundfont = written(file, "envelope.sf2")}};
  voices.note_on(core::Layer::piano, 69, 127);
  const auto s = render(voices, core::Layer::piano, 1.5);
  const auto level = [&](const test::Stereo& sound, double at) {
    const auto from = static_cast<std::size_t>(at * kRate);
    return 10.0 * std::log10(test::mean_square(sound.left, from, 400));
  };
  const double top = level(s, 0.5);
  EXPECT_NEAR(level(s, 0.25) - top, -6.0, 0.5);
  EXPECT_NEAR(level(s, 0.6) - top, -9.6, 1.0);
  EXPECT_NEAR(level(s, 1.2) - top, -24.0, 0.5);
  voices.note_off(core::Layer::piano, 69);
  const auto tail = render(voices, core::Layer::piano, 1.0);
  EXPECT_NEAR(level(tail, 0.1) - top, -24.0 - 38.4, 2.0);
  EXPECT_EQ(voices.active(), 0);
}

TEST(SampledVoices, PlaysAnUnloopedSampleToItsEndAndStops) {
  auto file = test::SoundFontFile::sine(100, 48, 0.5); // 0.1 s
  file.loop_end = file.loop_start = 0;
  SampledVoices voices{{.soundfont = written(file, "once.sf2")}};
  voices.note_on(core::Layer::percussion, 69, 127);
  const auto s = render(voices, core::Layer::percussion, 0.2);
  EXPECT_GT(test::mean_square(s.left, 4'300, 400), 1e-4);
  EXPECT_EQ(test::mean_square(s.left, 5'000, 4'000), 0.0);
  EXPECT_EQ(voices.active(), 0);
}

TEST(SampledVoices, PansByPower) {
  const auto sides = [](std::int16_t pan) {
    auto file = test::SoundFontFile::sine(100, 40, 0.5);
    file.generators = {{17, pan}};
    SampledVoices voices{{.soundfont = written(file, "pan" + std::to_string(pan) + ".sf2")}};
    voices.note_on(core::Layer::bells, 69, 127);
    const auto s = render(voices, core::Layer::bells, 0.1);
    return std::pair{test::mean_square(s.left, 2'400, 2'400), test::mean_square(s.right, 2'400, 2'400)};
  };
  const auto [left, nothing] = sides(-500);
  EXPECT_EQ(nothing, 0.0);
  const auto [l, r] = sides(0);
  EXPECT_NEAR(l / r, 1.0, 1e-3);
  EXPECT_NEAR((l + r) / left, 1.0, 1e-3);
}

TEST(SampledVoices, KeepsToItsBudget) {
  SampledVoices voices{{.soundfont = written(test::SoundFontFile::sine(100, 40, 0.5), "budget.sf2"), .max_voices = 16}};
  for (int midi = 20; midi < 100; ++midi) {
    voices.note_on(core::Layer::pad, static_cast<std::uint8_t>(midi), 64);
  }
  (void)render(voices, core::Layer::pad, 0.05); // those stolen have faded
  EXPECT_LE(voices.active(), 16);
  EXPECT_GE(voices.active(), 8);
}

TEST(SampledVoices, GivesTheSameByEveryKernel) {
  const auto path = find_soundfont()->path;
  const auto play = [&](const VoiceKernel& kernel) {
    SampledVoices voices{{.soundfont = path, .kernel = &kernel}};
    for (const int midi : {40, 47, 52, 56, 59, 64, 71, 76, 83}) {
      voices.note_on(core::Layer::piano, static_cast<std::uint8_t>(midi), 80);
    }
    return render(voices, core::Layer::piano, 1.0);
  };
  const auto best = play(best_kernel());
  const auto generic = play(generic_kernel());
  ASSERT_GT(test::peak(best.left), 0.05F);
  for (std::size_t n = 0; n < best.left.size(); ++n) {
    ASSERT_NEAR(best.left[n], generic.left[n], 1e-4F) << n;
    ASSERT_NEAR(best.right[n], generic.right[n], 1e-4F) << n;
  }
}

/// Loudness of octave bands in dB, the reference being FluidSynth on the same bank.
std::array<double, 6> bands(const test::Stereo& sound) {
  std::array<double, 6> levels{};
  for (std::size_t b = 0; b < levels.size(); ++b) {
    auto s = sound;
    const double centre = 125.0 * std::exp2(static_cast<double>(b));
    for (int pass = 0; pass < 2; ++pass) {
      dsp::StereoBiquad high{dsp::high_pass(core::Hertz{centre / std::sqrt(2.0)}, 0.7071, core::Hertz{kRate})};
      dsp::StereoBiquad low{dsp::low_pass(core::Hertz{centre * std::sqrt(2.0)}, 0.7071, core::Hertz{kRate})};
      high.process(s.block());
      low.process(s.block());
    }
    levels[b] = 10.0 * std::log10(test::mean_square(s.left, 0, s.left.size()) +
                                  test::mean_square(s.right, 0, s.right.size()) + 1e-15);
  }
  return levels;
}

TEST(SampledVoices, SoundsLikeFluidSynth) {
  const auto path = find_soundfont()->path;
  SampledVoices ours{{.soundfont = path}};
  FluidVoices theirs{{.soundfont = path}};
  struct Case {
    core::Layer layer;
    std::uint8_t program;
    std::uint8_t midi;
    std::uint8_t velocity;
  };
  for (const Case& c :
       {Case{core::Layer::piano, 0, 60, 70}, Case{core::Layer::piano, 0, 84, 40}, Case{core::Layer::piano, 4, 55, 60},
        Case{core::Layer::pad, 89, 57, 60}, Case{core::Layer::pad, 91, 64, 80}, Case{core::Layer::bass, 32, 36, 70},
        Case{core::Layer::bass, 39, 40, 60}, Case{core::Layer::bells, 11, 76, 60}, Case{core::Layer::bells, 14, 72, 60},
        Case{core::Layer::percussion, 0, 38, 60}, Case{core::Layer::percussion, 0, 42, 60}}) {
    const auto play = [&](Voices& voices) {
      voices.silence();
      voices.select(c.layer, c.program);
      voices.note_on(c.layer, c.midi, c.velocity);
      auto sound = render(voices, c.layer, 1.0);
      voices.note_off(c.layer, c.midi);
      const auto tail = render(voices, c.layer, 1.0);
      sound.left.insert(sound.left.end(), tail.left.begin(), tail.left.end());
      sound.right.insert(sound.right.end(), tail.right.begin(), tail.right.end());
      return bands(sound);
    };
    const auto a = play(ours);
    const auto b = play(theirs);
    const double loudest = *std::ranges::max_element(b);
    for (std::size_t band = 0; band < a.size(); ++band) {
      if (b[band] > loudest - 40.0) { // what is heard of it
        EXPECT_NEAR(a[band], b[band], 1.0)
            << "program " << int{c.program} << " key " << int{c.midi} << " band " << band;
      }
    }
  }
}

TEST(SampledVoices, ASecondOneCostsNoSamples) {
  const auto path = find_soundfont()->path;
  const auto bank = SampleBank::load(path);
  EXPECT_EQ(SampleBank::load(path), bank);
}

TEST(SampleBank, RefusesOrSurvivesDamagedFiles) {
  const std::string good = test::SoundFontFile::sine(100, 8, 0.5).bytes();
  core::Random random{20'261'121};
  const auralis::test::ScratchFolder folder;
  const auto path = (folder / "damaged.sf2").string();
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    std::string bytes = good;
    if (round % 4 == 0) {
      bytes.resize(static_cast<std::size_t>(random.integer(0, static_cast<int>(good.size()) - 1)));
    } else {
      // Headers and tables only, where it matters.
      for (int hits = 0; hits < 1 + round % 8; ++hits) {
        const int where =
            random.chance(0.3) ? random.integer(0, 80) : random.integer(1'700, static_cast<int>(good.size()) - 1);
        bytes[static_cast<std::size_t>(where)] = static_cast<char>(random.integer(0, 255));
      }
    }
    std::ofstream{path, std::ios::binary}.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    try {
      SampledVoices voices{{.soundfont = path}};
      for (const auto layer : core::kLayers) {
        voices.note_on(layer, 69, 100);
        voices.note_on(layer, 127, 127);
      }
      const auto s = render(voices, core::Layer::piano, 0.05);
      for (const float x : s.left) {
        ASSERT_TRUE(std::isfinite(x)) << "round " << round;
      }
    } catch (const std::runtime_error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(SampleBank, SaysWhatIsWrong) {
  EXPECT_THROW((SampledVoices{{.soundfont = "/nowhere/at-all.sf2"}}), std::runtime_error);
}

} // namespace
} // namespace auralis::synth
