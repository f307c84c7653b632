// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/chroma.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "auralis/dsp/simd.hpp"

namespace auralis::analysis {
namespace {

constexpr int kPartials = 20;
// The whitening looks at 1.5 octaves to either side, as Mauch and Dixon do.
constexpr int kReach = 54;
// Below -120 dB of full scale, where the rounding of 16 bits lies in one bin, nothing is heard.
constexpr float kSilence = 1e-6F;
// A frame this far under the loudest of the last seconds is the noise behind the music: -50 dB.
constexpr float kQuiet = 3e-3F;
// The loudest frame is forgotten by half in five seconds at 21.5 frames a second.
constexpr float kForget = 0.9936F;

/// Magnitude of a Hann window's transform, 1 at its peak, `distance` bins away from it.
double hann_lobe(double distance) {
  const double d = std::abs(distance);
  if (d < 1e-9) {
    return 1.0;
  }
  if (std::abs(d - 1.0) < 1e-9) {
    return 0.5;
  }
  const double x = std::numbers::pi * d;
  return std::abs(std::sin(x) / x / (1.0 - d * d));
}

double note_frequency(double note) { return 440.0 * std::exp2((note - 69.0) / 12.0); }

/// min |D x - s|^2 for x >= 0, by coordinate descent on the gradient (V. Franc et al., "Sequential coordinate-wise
/// algorithm for the non-negative least squares problem", CAIP 2005).
AURALIS_KERNEL void explain_spectrum(const float* dictionary, const float* gram, const float* spectrum, float* notes,
                                     int sweeps, int bins) noexcept {
  constexpr int kVectors = kNoteCount / 8;
  static_assert(kNoteCount % 8 == 0);
  dsp::Vec8 gradient[kVectors]; // G x - D's, at x = 0
  for (auto& part : gradient) {
    part = dsp::Vec8{};
  }
  for (int bin = 0; bin < bins; ++bin) {
    const float s = spectrum[bin];
    if (s == 0.0F) {
      continue;
    }
    const float* const row = dictionary + static_cast<std::ptrdiff_t>(bin) * kNoteCount;
    for (int v = 0; v < kVectors; ++v) {
      gradient[v] -= s * dsp::eight(row + 8 * v);
    }
  }
  auto* const g = reinterpret_cast<float*>(gradient);
  std::fill_n(notes, kNoteCount, 0.0F);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (int j = 0; j < kNoteCount; ++j) {
      const float* const row = gram + static_cast<std::ptrdiff_t>(j) * kNoteCount;
      const float next = std::max(0.0F, notes[j] - g[j] / row[j]);
      const float step = next - notes[j];
      if (step == 0.0F) {
        continue;
      }
      notes[j] = next;
      for (int v = 0; v < kVectors; ++v) {
        gradient[v] += step * dsp::eight(row + 8 * v);
      }
    }
  }
}

constexpr int kBinsExplained = 252;

void explain_plain(const float* dictionary, const float* gram, const float* spectrum, float* notes, int sweeps) {
  explain_spectrum(dictionary, gram, spectrum, notes, sweeps, kBinsExplained);
}
AURALIS_AVX2 void explain_avx2(const float* dictionary, const float* gram, const float* spectrum, float* notes,
                               int sweeps) {
  explain_spectrum(dictionary, gram, spectrum, notes, sweeps, kBinsExplained);
}

/// `spectrum` over `floor` plus its deviation, less its mean, of the bins [from, to); all of them have `reach`
/// neighbours on either side, and `sums` and `squares` hold the sums up to each. Divisions and roots side by side: in a
/// row they would take longer than all the rest of a frame.
AURALIS_KERNEL void whiten_middle(const float* spectrum, const double* sums, const double* squares, int from, int to,
                                  double floor, float* __restrict whitened) noexcept {
  constexpr double kShare = 1.0 / (2 * kReach + 1);
  for (int bin = from; bin < to; ++bin) {
    const double mean = kShare * (sums[bin + kReach + 1] - sums[bin - kReach]);
    const double variance = kShare * (squares[bin + kReach + 1] - squares[bin - kReach]) - mean * mean;
    const double above = static_cast<double>(spectrum[bin]) - mean;
    const double deviation = std::sqrt(variance > 0.0 ? variance : 0.0) + floor;
    const double white = above / deviation;
    whitened[bin] = static_cast<float>(white > 0.0 ? white : 0.0);
  }
}
void whiten_plain(const float* spectrum, const double* sums, const double* squares, int from, int to, double floor,
                  float* whitened) noexcept {
  whiten_middle(spectrum, sums, squares, from, to, floor, whitened);
}
AURALIS_AVX2 void whiten_avx2(const float* spectrum, const double* sums, const double* squares, int from, int to,
                              double floor, float* whitened) noexcept {
  whiten_middle(spectrum, sums, squares, from, to, floor, whitened);
}

/// Rises and falls linearly; 1 in between.
float ramp(double x, double from, double full, double still, double to) {
  if (x <= from || x >= to) {
    return 0.0F;
  }
  if (x < full) {
    return static_cast<float>((x - from) / (full - from));
  }
  return x <= still ? 1.0F : static_cast<float>((to - x) / (to - still));
}

bool normalise(std::array<float, 12>& chroma) noexcept {
  float sum = 0.0F;
  for (const float c : chroma) {
    sum += c;
  }
  if (sum <= 0.0F) {
    return false;
  }
  for (float& c : chroma) {
    c /= sum;
  }
  return true;
}

/// Angle of pitch class p on each circle, in twelfths of a turn: fifths 7p, minor thirds 9p, major thirds 4p.
struct Circles {
  std::array<std::array<float, core::kTonalCentroidSize>, 12> of{};

  Circles() noexcept {
    for (std::size_t p = 0; p < 12; ++p) {
      const auto turn = [p](double steps) { return 2.0 * std::numbers::pi * steps * static_cast<double>(p) / 12.0; };
      of[p] = {static_cast<float>(std::sin(turn(7.0))),       static_cast<float>(std::cos(turn(7.0))),
               static_cast<float>(std::sin(turn(9.0))),       static_cast<float>(std::cos(turn(9.0))),
               static_cast<float>(0.5 * std::sin(turn(4.0))), static_cast<float>(0.5 * std::cos(turn(4.0)))};
    }
  }
};
const Circles kCircles;

} // namespace

Chroma::Chroma(const Config& config) : config_{config}, kernel_{dsp::runs_avx2() ? explain_avx2 : explain_plain} {
  static_assert(kLogBins == kBinsExplained);
  const double top = note_frequency(kLowestNote - 1 + static_cast<double>(kLogBins) / kBinsPerSemitone + 0.7);
  if (config.fft_size < 1'024 || config.sample_rate.value < 2.0 * top || config.harmonic_decay <= 0.0F ||
      config.harmonic_decay >= 1.0F || config.whitening < 0.0F || config.whitening > 1.0F || config.sweeps < 1) {
    throw std::invalid_argument{"chroma: the rate must reach 11 kHz, decay and whitening lie within [0, 1]"};
  }
  banks_.reserve(kBanks);
  for (int index = 0; index < kBanks; ++index) {
    const int from_middle = index - kBanks / 2;
    banks_.push_back(bank(10.0 * from_middle));
  }

  // The dictionary's tones go through the window and the bank at zero cents, as the music does.
  dictionary_.assign(static_cast<std::size_t>(kLogBins) * kNoteCount, 0.0F);
  const double bin_width = config.sample_rate.value / config.fft_size;
  std::vector<float> magnitude(static_cast<std::size_t>(config.fft_size / 2 + 1));
  std::array<float, kLogBins> column{};
  for (int note = 0; note < kNoteCount; ++note) {
    std::fill(magnitude.begin(), magnitude.end(), 0.0F);
    double amplitude = 1.0;
    for (int partial = 1; partial <= kPartials; ++partial, amplitude *= static_cast<double>(config.harmonic_decay)) {
      const double at = partial * note_frequency(kLowestNote + note) / bin_width;
      const int centre = static_cast<int>(std::lround(at));
      if (centre + 4 > config.fft_size / 2) {
        break;
      }
      for (int k = std::max(0, centre - 4); k <= centre + 4; ++k) {
        magnitude[static_cast<std::size_t>(k)] += static_cast<float>(amplitude * hann_lobe(k - at));
      }
    }
    banks_[kBanks / 2].apply(magnitude, column);
    double energy = 0.0;
    for (const float c : column) {
      energy += static_cast<double>(c) * static_cast<double>(c);
    }
    for (int bin = 0; bin < kLogBins; ++bin) {
      dictionary_[static_cast<std::size_t>(bin * kNoteCount + note)] =
          static_cast<float>(static_cast<double>(column[static_cast<std::size_t>(bin)]) / std::sqrt(energy));
    }
  }
  gram_.assign(static_cast<std::size_t>(kNoteCount) * kNoteCount, 0.0F);
  for (int bin = 0; bin < kLogBins; ++bin) {
    const float* const row = dictionary_.data() + static_cast<std::ptrdiff_t>(bin) * kNoteCount;
    for (int i = 0; i < kNoteCount; ++i) {
      for (int j = 0; j < kNoteCount; ++j) {
        gram_[static_cast<std::size_t>(i * kNoteCount + j)] += row[i] * row[j];
      }
    }
  }
  // The bass is what lies below middle C and fades out above C3; the treble is what a hand plays around middle C.
  for (int note = 0; note < kNoteCount; ++note) {
    const double midi = kLowestNote + note;
    bass_weight_[static_cast<std::size_t>(note)] = ramp(midi, 27.0, 28.0, 48.0, 60.0);
    treble_weight_[static_cast<std::size_t>(note)] = ramp(midi, 44.0, 56.0, 84.0, 100.0);
  }
}

dsp::FilterBank Chroma::bank(double cents) const {
  const double bin_width = config_.sample_rate.value / config_.fft_size;
  dsp::FilterBank made{config_.sample_rate, config_.fft_size};
  std::vector<float> weights;
  for (int bin = 0; bin < kLogBins; ++bin) {
    const auto frequency = [&](int b) {
      return note_frequency(kLowestNote - 1 + static_cast<double>(b) / kBinsPerSemitone + cents / 100.0);
    };
    // A triangle to the neighbours' centres, but never narrower than a bin of the transform to either side.
    const double centre = frequency(bin) / bin_width;
    const double left = std::min(frequency(bin - 1) / bin_width, centre - 1.0);
    const double right = std::max(frequency(bin + 1) / bin_width, centre + 1.0);
    const int first = static_cast<int>(std::ceil(left));
    const int last = static_cast<int>(std::floor(right));
    weights.clear();
    for (int k = first; k <= last; ++k) {
      const double weight = k < centre ? (k - left) / (centre - left) : (right - k) / (right - centre);
      weights.push_back(static_cast<float>(std::max(0.0, weight)));
    }
    made.add(core::Hertz{frequency(bin)}, static_cast<std::size_t>(first), weights);
  }
  return made;
}

void Chroma::whiten() noexcept {
  // Prefix sums of the spectrum and its square give mean and deviation around every bin.
  std::array<double, kLogBins + 1> sums{};
  std::array<double, kLogBins + 1> squares{};
  for (std::size_t bin = 0; bin < kLogBins; ++bin) {
    const auto s = static_cast<double>(spectrum_[bin]);
    sums[bin + 1] = sums[bin] + s;
    squares[bin + 1] = squares[bin] + s * s;
  }
  // What lies far below the strongest bin is not raised to its height.
  const double floor = 1e-3 * static_cast<double>(*std::max_element(spectrum_.begin(), spectrum_.end()));
  const bool plainly = config_.whitening == 1.0F;
  const auto whiten_one = [&](int bin) {
    const auto from = static_cast<std::size_t>(std::max(0, bin - kReach));
    const auto to = static_cast<std::size_t>(std::min(kLogBins, bin + kReach + 1));
    const auto count = static_cast<double>(to - from);
    const double mean = (sums[to] - sums[from]) / count;
    const double variance = std::max(0.0, (squares[to] - squares[from]) / count - mean * mean);
    const auto index = static_cast<std::size_t>(bin);
    const double above = static_cast<double>(spectrum_[index]) - mean;
    const double deviation = std::sqrt(variance) + floor;
    const double divisor = plainly ? deviation : std::pow(deviation, static_cast<double>(config_.whitening));
    whitened_[index] = above <= 0.0 ? 0.0F : static_cast<float>(above / divisor);
  };
  int bin = 0;
  for (; bin < (plainly ? kReach : kLogBins); ++bin) {
    whiten_one(bin);
  }
  if (plainly) {
    constexpr int kTo = kLogBins - kReach;
    (dsp::runs_avx2() ? whiten_avx2 : whiten_plain)(spectrum_.data(), sums.data(), squares.data(), bin, kTo, floor,
                                                    whitened_.data());
    bin = kTo;
  }
  for (; bin < kLogBins; ++bin) {
    whiten_one(bin);
  }
}

HarmonyFrame Chroma::process(const dsp::Spectrum& spectrum, double cents) noexcept {
  const auto magnitude = spectrum.magnitude;
  assert(magnitude.size() == static_cast<std::size_t>(config_.fft_size / 2 + 1));
  HarmonyFrame frame{.at = spectrum.at};
  const int index = std::clamp(static_cast<int>(std::lround(cents / 10.0)) + kBanks / 2, 0, kBanks - 1);
  banks_[static_cast<std::size_t>(index)].apply(magnitude, spectrum_);
  const float strongest = *std::max_element(spectrum_.begin(), spectrum_.end());
  loudest_ = std::max(strongest, kForget * loudest_);
  if (!(strongest > kSilence) || strongest < kQuiet * loudest_) {
    notes_.fill(0.0F);
    return frame;
  }
  whiten();
  kernel_(dictionary_.data(), gram_.data(), whitened_.data(), notes_.data(), config_.sweeps);

  for (int note = 0; note < kNoteCount; ++note) {
    const auto i = static_cast<std::size_t>(note);
    const auto pitch_class = static_cast<std::size_t>((kLowestNote + note) % 12);
    frame.bass[pitch_class] += bass_weight_[i] * notes_[i];
    frame.treble[pitch_class] += treble_weight_[i] * notes_[i];
  }
  const bool low = normalise(frame.bass);
  const bool high = normalise(frame.treble);
  frame.level = low || high ? strongest : 0.0F;
  return frame;
}

void Chroma::reset() noexcept {
  notes_.fill(0.0F);
  loudest_ = 0.0F;
}

std::array<float, core::kTonalCentroidSize> tonal_centroid(const std::array<float, 12>& chroma) noexcept {
  std::array<float, core::kTonalCentroidSize> centroid{};
  float sum = 0.0F;
  for (std::size_t p = 0; p < 12; ++p) {
    sum += chroma[p];
    for (std::size_t d = 0; d < centroid.size(); ++d) {
      centroid[d] += chroma[p] * kCircles.of[p][d];
    }
  }
  if (sum > 0.0F) {
    for (float& c : centroid) {
      c /= sum;
    }
  }
  return centroid;
}

core::ChromaFrame chroma_frame(const HarmonyFrame& harmony) noexcept {
  core::ChromaFrame frame{.at = harmony.at};
  float largest = 0.0F;
  for (std::size_t p = 0; p < 12; ++p) {
    frame.chroma[p] = harmony.treble[p] + 0.5F * harmony.bass[p];
    largest = std::max(largest, frame.chroma[p]);
  }
  if (largest > 0.0F) {
    for (float& c : frame.chroma) {
      c /= largest;
    }
  }
  frame.tonal_centroid = tonal_centroid(frame.chroma);
  return frame;
}

} // namespace auralis::analysis
