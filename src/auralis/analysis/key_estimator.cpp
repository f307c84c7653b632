// SPDX-License-Identifier: Apache-2.0
#include "auralis/analysis/key_estimator.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

#include "auralis/analysis/key_profiles.hpp"

namespace auralis::analysis {
namespace {

// Chosen on the tune half of the key annotations; docs/theory/key.md.
constexpr float kBassInBoth = 0.5F;
constexpr float kRootWeight = 0.4F;
// The bass of minor music dwells less on what its profile says: without this its keys come out as their relatives.
constexpr float kMinor = 0.05F;
// Correlations as log likelihoods: what the whole says, and what one second of a sliding window says.
constexpr float kSharpness = 14.0F;
constexpr float kStepSharpness = 3.0F;
// Where the network finds no key likelier than this, on average, there is none, and a nat further up there is: all keys
// alike would be -3.2, the annotated recordings of the tune half are at -1.7 and above, rendered drums at -2 and below.
constexpr float kToneless = -2.7F;
// Fewer frames than this (three seconds) are less sure of their key.
constexpr float kFramesForConfidence = 64.0F;
// Log probability, a step, of leaving a key for one as near as its fifth, and for each further fifth.
constexpr float kLeave = -6.0F;
constexpr float kFurther = -0.7F;
// The key of the whole is said again where its confidence has moved by so much.
constexpr float kWorthSaying = 0.1F;

/// Profiles turned to every key, without their mean and of unit length.
struct Turned {
  std::array<std::array<float, 12>, kKeyCount> tones{};
  std::array<std::array<float, 12>, kKeyCount> roots{};

  Turned() noexcept {
    for (std::size_t key = 0; key < kKeyCount; ++key) {
      turn(kChordToneProfiles[key / 12], key % 12, tones[key]);
      turn(kRootProfiles[key / 12], key % 12, roots[key]);
    }
  }
  static void turn(const std::array<float, 12>& profile, std::size_t tonic, std::array<float, 12>& out) noexcept {
    float mean = 0.0F;
    for (const float p : profile) {
      mean += p / 12.0F;
    }
    float squares = 0.0F;
    for (const float p : profile) {
      squares += (p - mean) * (p - mean);
    }
    for (std::size_t i = 0; i < 12; ++i) {
      out[(i + tonic) % 12] = (profile[i] - mean) / std::sqrt(squares);
    }
  }
};

const Turned& turned() noexcept {
  static const Turned profiles;
  return profiles;
}

/// Pearson's correlation with a profile that is already normalised; 0 for a flat chroma.
float correlation(const std::array<float, 12>& chroma, const std::array<float, 12>& profile) noexcept {
  float mean = 0.0F;
  for (const float c : chroma) {
    mean += c / 12.0F;
  }
  float product = 0.0F;
  float squares = 0.0F;
  for (std::size_t i = 0; i < 12; ++i) {
    product += (chroma[i] - mean) * profile[i];
    squares += (chroma[i] - mean) * (chroma[i] - mean);
  }
  return squares > 1e-12F ? product / std::sqrt(squares) : 0.0F;
}

/// Of its major relative on the line of fifths: how many sharps, 0 … 11 around the circle.
int sharps(int key) noexcept { return (7 * (key % 12 + (key >= 12 ? 3 : 0))) % 12; }

float transition(int from, int to) noexcept {
  if (from == to) {
    return 0.0F;
  }
  const int apart = std::abs(sharps(from) - sharps(to));
  const int fifths = std::min(apart, 12 - apart);
  return kLeave + kFurther * static_cast<float>(std::max(0, fifths - 1));
}

struct Transitions {
  std::array<std::array<float, kKeyCount>, kKeyCount> cost{}; // [from][to]
  Transitions() noexcept {
    for (int from = 0; from < kKeyCount; ++from) {
      for (int to = 0; to < kKeyCount; ++to) {
        cost[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] = transition(from, to);
      }
    }
  }
};
const Transitions& transitions() noexcept {
  static const Transitions table;
  return table;
}

/// Log likelihoods by signal processing's correlations, which have their share, and a network's log probabilities; by
/// the correlations alone where there are none.
std::array<float, kKeyCount> joined(const std::array<float, kKeyCount>& correlations, float sharpness,
                                    const std::array<float, kKeyCount>* said, double network_sharpness,
                                    double signal_share) noexcept {
  const auto share = said == nullptr ? 1.0F : static_cast<float>(signal_share);
  const auto by_network = (1.0F - share) * static_cast<float>(network_sharpness);
  std::array<float, kKeyCount> out{};
  for (std::size_t key = 0; key < kKeyCount; ++key) {
    out[key] = share * sharpness * correlations[key] + (said == nullptr ? 0.0F : by_network * (*said)[key]);
  }
  return out;
}

/// The usual name: no more than six accidentals, flats where there is a choice for major, sharps for minor.
core::Key named(int key) noexcept {
  const int pitch_class = key % 12;
  const bool minor = key >= 12;
  int fifths = (7 * pitch_class) % 12; // 0 … 11
  const int most = minor ? 8 : 5;      // up to G# minor (but see D#), up to B major
  if (fifths > most) {
    fifths -= 12;
  }
  return {core::PitchName{static_cast<std::int8_t>(fifths)}, minor ? core::Mode::aeolian : core::Mode::ionian};
}

} // namespace

KeyEstimator::KeyEstimator(const Config& config)
    : config_{config}, frames_a_step_{static_cast<int>(std::lround(1.0 / config.hop.value))},
      kept_{static_cast<float>(std::exp(-frames_a_step_ * config.hop.value / config.memory.value))} {
  if (config.network) {
    network_.emplace(config.network);
    decoding_ = network_->decoding();
    if (network_->frames_a_step() != frames_a_step_) {
      throw std::invalid_argument{"keys: the network hears at another rate"};
    }
  }
  if (!(config.hop.value > 0.0) || frames_a_step_ < 1 || config.window.value < 1.0 || config.window.value > 600.0 ||
      config.lag < 0 || !(config.memory.value > 0.0)) {
    throw std::invalid_argument{
        "keys: several frames a second, a window of 1 to 600 s, some memory, and no negative lag"};
  }
  (void)turned(); // built here, not on the audio thread
  (void)transitions();
  window_.resize(static_cast<std::size_t>(std::lround(config.window.value)));
  steps_.resize(static_cast<std::size_t>(config.lag + 1));
}

KeyEstimator::Scores KeyEstimator::scores(const Content& content) noexcept {
  Scores out{};
  for (std::size_t key = 0; key < kKeyCount; ++key) {
    out[key] = correlation(content.both, turned().tones[key]) +
               kRootWeight * correlation(content.bass, turned().roots[key]) + (key >= 12 ? kMinor : 0.0F);
  }
  return out;
}

core::KeyEstimate KeyEstimator::ranked(const Scores& log_likelihoods) noexcept {
  const auto best = static_cast<std::size_t>(std::max_element(log_likelihoods.begin(), log_likelihoods.end()) -
                                             log_likelihoods.begin());
  std::size_t second = best == 0 ? 1 : 0;
  float total = 0.0F;
  for (std::size_t key = 0; key < kKeyCount; ++key) {
    total += std::exp(log_likelihoods[key] - log_likelihoods[best]);
    if (key != best && log_likelihoods[key] > log_likelihoods[second]) {
      second = key;
    }
  }
  const float next = std::exp(log_likelihoods[second] - log_likelihoods[best]);
  return {.best = {named(static_cast<int>(best)), 1.0F / total},
          .runner_up = {named(static_cast<int>(second)), next / total}};
}

std::optional<core::KeyEstimate> KeyEstimator::estimate() const noexcept {
  if (whole_.frames <= 0.0F) {
    return std::nullopt;
  }
  Scores mean = said_sum_;
  for (float& value : mean) {
    value /= std::max(said_steps_, 1e-6F);
  }
  auto likelihoods =
      as_sharp_as_the_whole(scores(whole_), said_steps_ > 0.0F ? &mean : nullptr, decoding_.signal_share);
  float heard = whole_.frames / (whole_.frames + kFramesForConfidence);
  if (said_steps_ > 0.0F) {
    // Correlations are as high for drums as for anything; the network was taught what has no key.
    heard *= std::clamp(*std::max_element(mean.begin(), mean.end()) - kToneless, 1e-3F, 1.0F);
  }
  for (float& value : likelihoods) {
    value *= heard;
  }
  return fitted(ranked(likelihoods));
}

core::KeyEstimate KeyEstimator::fitted(core::KeyEstimate key) const noexcept {
  if (network_ && key.best.confidence > 0.0F) {
    const float raw = key.best.confidence;
    key.best.confidence = calibrated(raw, decoding_.confidence);
    // As much less likely than the best as before, and never more than what that leaves.
    key.runner_up.confidence =
        std::min(key.runner_up.confidence * key.best.confidence / raw, 1.0F - key.best.confidence);
  }
  return key;
}

KeyEstimator::Scores KeyEstimator::as_sharp_as_the_whole(const Scores& correlations, const Scores* said,
                                                         double signal_share) const noexcept {
  const auto signal_sharpness = network_ ? static_cast<float>(decoding_.signal_sharpness) : kSharpness;
  return joined(correlations, signal_sharpness, said, decoding_.sharpness, signal_share);
}

KeyEstimator::News KeyEstimator::process(const HarmonyFrame& frame) noexcept {
  if (filled_ == 0) {
    filling_from_ = core::Seconds{std::max(0.0, frame.at.value - config_.hop.value / 2.0)};
  }
  if (network_) {
    network_->push(frame);
  }
  if (frame.level > 0.0F) {
    for (std::size_t p = 0; p < 12; ++p) {
      const float both = (frame.treble[p] + kBassInBoth * frame.bass[p]) / (1.0F + kBassInBoth);
      whole_.both[p] += both;
      whole_.bass[p] += frame.bass[p];
      filling_.both[p] += both;
      filling_.bass[p] += frame.bass[p];
    }
    whole_.frames += 1.0F;
    filling_.frames += 1.0F;
  }
  if (++filled_ < frames_a_step_) {
    return {};
  }
  return advance();
}

KeyEstimator::News KeyEstimator::advance() noexcept {
  window_[static_cast<std::size_t>(blocks_ % static_cast<std::int64_t>(window_.size()))] = filling_;
  ++blocks_;
  const Scores* const said = ask_network();
  const bool sounded = filling_.frames > 0.0F; // rests are not what makes music be forgotten
  filling_ = {};
  filled_ = 0;
  Content content;
  for (const auto& part : window_) {
    for (std::size_t p = 0; p < 12; ++p) {
      content.both[p] += part.both[p];
      content.bass[p] += part.bass[p];
    }
    content.frames += part.frames;
  }
  Step& step = step_at(count_);
  // The window is centred on the step it speaks for, half of itself ago; it reaches over the start as far as it must.
  const double ago =
      network_ ? network_->lag() * frames_a_step_ * config_.hop.value : 0.5 * (config_.window.value - 1.0);
  step.from = core::Seconds{std::max(0.0, filling_from_.value - ago)};
  const auto correlations = scores(content);
  step.score = as_sharp_as_the_whole(correlations, said, decoding_.step_signal_share);
  const bool counts = network_ ? sounded : content.frames > 0.0F; // a network has the past in its memory
  const auto now =
      counts ? joined(correlations, kStepSharpness, said, decoding_.step_sharpness, decoding_.step_signal_share)
             : Scores{};
  Scores next{};
  for (std::size_t to = 0; to < kKeyCount; ++to) {
    float best = -1e30F;
    std::size_t from = to;
    for (std::size_t f = 0; f < kKeyCount; ++f) {
      const float reached = path_[f] + transitions().cost[f][to];
      if (reached > best) {
        best = reached;
        from = f;
      }
    }
    next[to] = best + now[to];
    step.from_key[to] = static_cast<std::uint8_t>(from);
  }
  const float top = *std::max_element(next.begin(), next.end());
  for (std::size_t key = 0; key < kKeyCount; ++key) {
    path_[key] = next[key] - top;
  }
  ++count_;
  if (whole_.frames <= 0.0F) { // nothing has sounded yet: there is no key to name
    decided_ = count_;
    return {};
  }
  News news = count_ - decided_ <= config_.lag ? News{} : decide(decided_++);
  news.whole = whole_news();
  const float kept = sounded ? kept_ : 1.0F;
  said_steps_ *= kept;
  for (float& value : said_sum_) {
    value *= kept;
  }
  whole_.frames *= kept;
  for (std::size_t p = 0; p < 12; ++p) {
    whole_.both[p] *= kept;
    whole_.bass[p] *= kept;
  }
  return news;
}

const KeyEstimator::Scores* KeyEstimator::ask_network() noexcept {
  if (!network_) {
    return nullptr;
  }
  // Before anything has sounded there is nothing to remember, so that a rest at the start changes nothing; of a step
  // that is not whole it cannot be asked.
  if (whole_.frames <= 0.0F || filled_ < frames_a_step_) {
    network_->skip();
    return nullptr;
  }
  if (!network_->step() || filling_.frames <= 0.0F) {
    return nullptr;
  }
  const auto& said = network_->said();
  const float sounding = filling_.frames / static_cast<float>(frames_a_step_);
  for (std::size_t key = 0; key < kKeyCount; ++key) {
    said_sum_[key] += sounding * said[key];
  }
  said_steps_ += sounding;
  return &said;
}

std::optional<core::KeyEstimate> KeyEstimator::whole_news() noexcept {
  const auto now = estimate();
  if (!now) {
    return std::nullopt;
  }
  const bool same =
      said_ && now->best.key == said_->key && std::abs(now->best.confidence - said_->confidence) < kWorthSaying;
  if (same) {
    return std::nullopt;
  }
  said_ = now->best;
  return now;
}

KeyEstimator::News KeyEstimator::decide(std::int64_t step) noexcept {
  auto key = static_cast<std::size_t>(std::max_element(path_.begin(), path_.end()) - path_.begin());
  for (std::int64_t s = count_ - 1; s > step; --s) {
    key = step_at(s).from_key[key];
  }
  const Step& decided = step_at(step);
  News news;
  const bool begins = static_cast<int>(key) != key_;
  if (begins) {
    if (key_ >= 0) {
      news.ended = segment(decided.from);
    }
    from_ = key_ < 0 ? core::Seconds{0.0} : decided.from;
    key_ = static_cast<int>(key);
    sum_.fill(0.0F);
    length_ = 0;
  }
  for (std::size_t k = 0; k < kKeyCount; ++k) {
    sum_[k] += decided.score[k];
  }
  ++length_;
  if (begins) {
    news.begun = segment(from_);
  }
  return news;
}

bool KeyEstimator::finish(core::Seconds end, News& news) noexcept {
  news = {};
  if (filled_ > 0) {
    const bool enough = 2 * filled_ >= frames_a_step_ || count_ == 0;
    if (enough) {
      news = advance();
      return true;
    }
    filled_ = 0;
  }
  if (decided_ < count_) {
    news = decide(decided_++);
    return true;
  }
  if (key_ >= 0) {
    news.ended = segment(end);
    key_ = -1;
    return true;
  }
  return false;
}

core::KeySegment KeyEstimator::segment(core::Seconds to) const noexcept {
  assert(length_ > 0);
  // Windows overlap: together they say no more than twice what one says, however many they are.
  const float weight = 1.0F / (static_cast<float>(length_) + 1.0F);
  Scores likelihoods{};
  for (std::size_t k = 0; k < kKeyCount; ++k) {
    likelihoods[k] = weight * sum_[k];
  }
  auto key = ranked(likelihoods);
  // The path's key comes first even where its neighbours alone made it so.
  const auto path = named(key_);
  if (key.best.key != path) {
    key.runner_up = key.best;
    float total = 0.0F;
    const float own = likelihoods[static_cast<std::size_t>(key_)];
    for (const float value : likelihoods) {
      total += std::exp(value - own);
    }
    key.best = {path, 1.0F / total};
  }
  return {.from = from_, .to = to, .key = fitted(key)};
}

void KeyEstimator::reset() noexcept {
  whole_ = {};
  if (network_) {
    network_->reset();
  }
  said_sum_.fill(0.0F);
  said_steps_ = 0.0F;
  said_.reset();
  std::fill(window_.begin(), window_.end(), Content{});
  filling_ = {};
  filled_ = 0;
  blocks_ = 0;
  count_ = 0;
  decided_ = 0;
  path_.fill(0.0F);
  key_ = -1;
  sum_.fill(0.0F);
  length_ = 0;
}

} // namespace auralis::analysis
