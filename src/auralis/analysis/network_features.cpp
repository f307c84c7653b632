// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/network_features.hpp"

#include <span>
#include <string_view>

#include "auralis/analysis/front_end.hpp"
#include "auralis/analysis/log_bands.hpp"
#include "auralis/analysis/pitch_features.hpp"
#include "auralis/core/content_hash.hpp"

namespace auralis::analysis {
namespace {

static_assert(kFineStft.fft_size == 2'048 && kFineStft.hop_size == 441 && kFineStft.sample_rate.value == 44'100.0,
              "kWhat says so");
constexpr std::string_view kWhat =
    "log-bands revision 1: mono mean of the channels at 44100 Hz, Hann 2048, hop 441; level() of 80 triangles twelve "
    "to "
    "the octave from 27.5 Hz to 16 kHz, log(1 + 100 x / loudness), loudness over 400 frames";
static_assert(kTonalStft.fft_size == 4'096 && kTonalStft.hop_size == 512 && kTonalStft.sample_rate.value == 11'025.0,
              "kWhatHarmony says so");
constexpr std::string_view kWhatHarmony =
    "harmony revision 1: mono mean of the channels at 11025 Hz, Hann 4096, hop 512; tuned; whitened; explained by 72 "
    "notes from E1; bass and treble by pitch class from C, each summing to 1";
constexpr std::string_view kPitchWhat = "pitch revision 1: mono mean of the channels at 44100 Hz, Hann 2048, hop 441; "
                                        "252 bands 36 to the octave from 55 Hz, "
                                        "log(1 + 20 x / mean); 1 - sqrt(d') of YIN at 180 bins 36 to the octave from "
                                        "55 Hz, lags up to 802; loudness within "
                                        "60 dB of the loudest, which fades over 1000 frames";
constexpr std::size_t kHashDigits = 16; // of 64: enough to tell revisions apart

std::string hash_of(std::string_view what) {
  return core::content_hash(std::as_bytes(std::span{what})).hex().substr(0, kHashDigits);
}

} // namespace

nn::Features log_band_features() {
  return {.name = "log-bands",
          .size = LogBands::edges().back(),
          .frames_per_second = kFineStft.sample_rate.value / kFineStft.hop_size,
          .hash = hash_of(kWhat)};
}

nn::Features harmony_features() {
  return {.name = "harmony",
          .size = 24,
          .frames_per_second = kTonalStft.sample_rate.value / kTonalStft.hop_size,
          .hash = hash_of(kWhatHarmony)};
}

nn::Features pitch_features() {
  static_assert(PitchFeatures::kBands == 252 && PitchFeatures::kBins == 180 && PitchFeatures::kPerOctave == 36);
  return {.name = "pitch",
          .size = PitchFeatures::kSize,
          .frames_per_second = kFineStft.sample_rate.value / kFineStft.hop_size,
          .hash = hash_of(kPitchWhat)};
}

std::vector<nn::Features> network_features() { return {log_band_features(), harmony_features(), pitch_features()}; }

} // namespace auralis::analysis
