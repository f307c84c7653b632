// SPDX-License-Identifier: Apache-2.0
#include "auralis/synth/sample_bank.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <tuple>

#include <fmt/format.h>

#include "auralis/synth/voices.hpp"

namespace auralis::synth {
namespace {

static_assert(std::endian::native == std::endian::little, "SoundFont records are read in place");

constexpr std::uint32_t kShortestLoop = 2'048; // frames; shorter loops are repeated
constexpr std::size_t kLargestTable = 64U << 20U;

std::size_t at(Gen gen) { return static_cast<std::size_t>(gen); }

struct Bag {
  std::uint16_t generator;
  std::uint16_t modulator;
};
struct GeneratorRecord {
  std::uint16_t number;
  std::int16_t amount;
};
struct ModulatorRecord {
  std::uint16_t source;
  std::uint16_t destination;
  std::int16_t amount;
  std::uint16_t amount_source;
  std::uint16_t transform;
};
struct PresetHeader {
  std::uint16_t program;
  std::uint16_t bank;
  std::uint16_t bag;
};
struct SampleHeader {
  std::uint32_t start;
  std::uint32_t end;
  std::uint32_t loop_start;
  std::uint32_t loop_end;
  std::uint32_t rate;
  std::uint8_t root;
  std::int8_t correction;
  std::uint16_t type;
};

/// The nine tables of the "pdta" list and where the samples lie.
struct Tables {
  std::vector<PresetHeader> presets;
  std::vector<Bag> preset_bags;
  std::vector<ModulatorRecord> preset_modulators;
  std::vector<GeneratorRecord> preset_generators;
  std::vector<std::uint16_t> instruments; // first bag of each
  std::vector<Bag> instrument_bags;
  std::vector<ModulatorRecord> instrument_modulators;
  std::vector<GeneratorRecord> instrument_generators;
  std::vector<SampleHeader> samples;
  std::uint64_t samples_at = 0; // byte offset in the file
  std::uint64_t sample_count = 0;
};

[[noreturn]] void malformed(const std::string& path, std::string_view what) {
  throw std::runtime_error{fmt::format("{}: malformed SoundFont: {}", path, what)};
}

template <typename T> T read(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// Cuts a chunk into records of `size` bytes and makes each with `make`.
template <typename T, typename Make>
std::vector<T> records(const std::vector<char>& chunk, std::size_t size, Make make) {
  std::vector<T> all;
  all.reserve(chunk.size() / size);
  for (std::size_t from = 0; from + size <= chunk.size(); from += size) {
    all.push_back(make(chunk.data() + from));
  }
  return all;
}

Bag make_bag(const char* b) { return {.generator = read<std::uint16_t>(b), .modulator = read<std::uint16_t>(b + 2)}; }
GeneratorRecord make_generator(const char* b) {
  return {.number = read<std::uint16_t>(b), .amount = read<std::int16_t>(b + 2)};
}
ModulatorRecord make_modulator(const char* b) {
  return {.source = read<std::uint16_t>(b),
          .destination = read<std::uint16_t>(b + 2),
          .amount = read<std::int16_t>(b + 4),
          .amount_source = read<std::uint16_t>(b + 6),
          .transform = read<std::uint16_t>(b + 8)};
}
PresetHeader make_preset(const char* b) {
  return {
      .program = read<std::uint16_t>(b + 20), .bank = read<std::uint16_t>(b + 22), .bag = read<std::uint16_t>(b + 24)};
}
SampleHeader make_sample(const char* b) {
  return {.start = read<std::uint32_t>(b + 20),
          .end = read<std::uint32_t>(b + 24),
          .loop_start = read<std::uint32_t>(b + 28),
          .loop_end = read<std::uint32_t>(b + 32),
          .rate = read<std::uint32_t>(b + 36),
          .root = read<std::uint8_t>(b + 40),
          .correction = read<std::int8_t>(b + 41),
          .type = read<std::uint16_t>(b + 44)};
}

Tables read_tables(std::ifstream& file, const std::string& path) {
  file.seekg(0, std::ios::end);
  const auto file_size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);
  std::array<char, 12> head{};
  if (!file.read(head.data(), head.size()) || std::memcmp(head.data(), "RIFF", 4) != 0 ||
      std::memcmp(head.data() + 8, "sfbk", 4) != 0) {
    malformed(path, "no RIFF sfbk header");
  }
  Tables tables;
  std::map<std::string, std::vector<char>> chunks;
  std::uint64_t where = 12;
  // LIST chunks are entered, so that what follows is seen as one flat row of chunks.
  while (where + 8 <= file_size) {
    std::array<char, 8> chunk{};
    file.seekg(static_cast<std::streamoff>(where));
    if (!file.read(chunk.data(), chunk.size())) {
      malformed(path, "a chunk is cut short");
    }
    const std::string id{chunk.data(), 4};
    const auto size = read<std::uint32_t>(chunk.data() + 4);
    where += 8;
    if (id == "LIST") {
      where += 4;
      continue;
    }
    if (where + size > file_size) {
      malformed(path, fmt::format("chunk {} reaches beyond the file", id));
    }
    if (id == "smpl") {
      tables.samples_at = where;
      tables.sample_count = size / 2;
    } else if (id.size() == 4 && (id[0] == 'p' || id[0] == 'i' || id == "shdr") && size < kLargestTable) {
      auto& bytes = chunks[id];
      bytes.resize(size);
      file.read(bytes.data(), size);
    }
    where += size + (size & 1U);
  }
  tables.presets = records<PresetHeader>(chunks["phdr"], 38, make_preset);
  tables.preset_bags = records<Bag>(chunks["pbag"], 4, make_bag);
  tables.preset_modulators = records<ModulatorRecord>(chunks["pmod"], 10, make_modulator);
  tables.preset_generators = records<GeneratorRecord>(chunks["pgen"], 4, make_generator);
  tables.instruments =
      records<std::uint16_t>(chunks["inst"], 22, [](const char* b) { return read<std::uint16_t>(b + 20); });
  tables.instrument_bags = records<Bag>(chunks["ibag"], 4, make_bag);
  tables.instrument_modulators = records<ModulatorRecord>(chunks["imod"], 10, make_modulator);
  tables.instrument_generators = records<GeneratorRecord>(chunks["igen"], 4, make_generator);
  tables.samples = records<SampleHeader>(chunks["shdr"], 46, make_sample);
  if (tables.presets.size() < 2 || tables.instruments.size() < 2 || tables.samples.size() < 2 ||
      tables.preset_bags.empty() || tables.instrument_bags.empty() || tables.sample_count == 0) {
    malformed(path, "a table is missing");
  }
  return tables;
}

/// What one bag says.
struct Level {
  std::array<std::optional<std::int16_t>, kGenCount> generators{};
  std::vector<ModulatorRecord> modulators;
};

bool same_kind(const ModulatorRecord& a, const ModulatorRecord& b) {
  return a.source == b.source && a.destination == b.destination && a.amount_source == b.amount_source &&
         a.transform == b.transform;
}

void supersede(std::vector<ModulatorRecord>& all, const ModulatorRecord& with) {
  const auto found = std::ranges::find_if(all, [&](const auto& old) { return same_kind(old, with); });
  if (found != all.end()) {
    *found = with;
  } else {
    all.push_back(with);
  }
}

Level level_of(std::size_t bag, const std::vector<Bag>& bags, const std::vector<GeneratorRecord>& generators,
               const std::vector<ModulatorRecord>& modulators) {
  Level level;
  if (bag + 1 >= bags.size()) {
    return level;
  }
  for (std::size_t i = bags[bag].generator; i < std::min<std::size_t>(bags[bag + 1].generator, generators.size());
       ++i) {
    if (generators[i].number < kGenCount) {
      level.generators[generators[i].number] = generators[i].amount;
    }
  }
  for (std::size_t i = bags[bag].modulator; i < std::min<std::size_t>(bags[bag + 1].modulator, modulators.size());
       ++i) {
    supersede(level.modulators, modulators[i]);
  }
  return level;
}

/// `upper` where it speaks, else `lower`: a zone over its global zone.
Level over(const Level& upper, const Level& lower) {
  Level both = lower;
  for (std::size_t i = 0; i < kGenCount; ++i) {
    if (upper.generators[i]) {
      both.generators[i] = upper.generators[i];
    }
  }
  for (const auto& modulator : upper.modulators) {
    supersede(both.modulators, modulator);
  }
  return both;
}

struct Range {
  std::uint8_t low = 0;
  std::uint8_t high = 127;
};
Range range_of(const Level& level, Gen gen) {
  const auto& amount = level.generators[at(gen)];
  if (!amount) {
    return {};
  }
  const auto bits = static_cast<std::uint16_t>(*amount);
  return {.low = static_cast<std::uint8_t>(bits & 0x7FU), .high = static_cast<std::uint8_t>((bits >> 8U) & 0x7FU)};
}
Range both(Range a, Range b) { return {.low = std::max(a.low, b.low), .high = std::min(a.high, b.high)}; }

/// Section 8.1.3: defaults that are not zero.
Generators default_generators() {
  Generators g{};
  g[at(Gen::filter_cutoff)] = 13'500.0F;
  for (const auto timecents : {Gen::mod_lfo_delay, Gen::vib_lfo_delay, Gen::mod_env_delay, Gen::mod_env_attack,
                               Gen::mod_env_hold, Gen::mod_env_decay, Gen::mod_env_release, Gen::vol_env_delay,
                               Gen::vol_env_attack, Gen::vol_env_hold, Gen::vol_env_decay, Gen::vol_env_release}) {
    g[at(timecents)] = -12'000.0F;
  }
  g[at(Gen::fixed_key)] = -1.0F;
  g[at(Gen::fixed_velocity)] = -1.0F;
  g[at(Gen::scale_tuning)] = 100.0F;
  g[at(Gen::root_key)] = -1.0F;
  return g;
}

/// Generators that a preset may not change (section 8.5): addresses and those that stand for a state, not an amount.
bool only_in_instruments(std::size_t gen) {
  constexpr std::array kThese{Gen::start_offset,
                              Gen::end_offset,
                              Gen::loop_start_offset,
                              Gen::loop_end_offset,
                              Gen::start_coarse_offset,
                              Gen::end_coarse_offset,
                              Gen::loop_start_coarse_offset,
                              Gen::fixed_key,
                              Gen::fixed_velocity,
                              Gen::loop_end_coarse_offset,
                              Gen::instrument,
                              Gen::key_range,
                              Gen::velocity_range,
                              Gen::sample,
                              Gen::sample_modes,
                              Gen::exclusive_class,
                              Gen::root_key};
  return std::ranges::any_of(kThese, [&](Gen g) { return at(g) == gen; });
}

/// Default modulator 1 of section 8.4: velocity to attenuation, concave, 96 dB. The other defaults rest on controllers
/// that no performance here moves. Number 2, velocity to cutoff, is left out as FluidSynth leaves it out.
constexpr ModulatorRecord kVelocityToAttenuation{.source = 0x0502,
                                                 .destination = static_cast<std::uint16_t>(Gen::attenuation),
                                                 .amount = 960,
                                                 .amount_source = 0,
                                                 .transform = 0};
/// The E-mu 8000, which the banks were made for, attenuated by 0.4 of what it was told. FluidSynth does the same.
constexpr float kEmuAttenuation = 0.4F;

/// Copies the recordings that zones need into one pool, each once.
class Pool {
public:
  Pool(std::ifstream& file, const Tables& tables, const std::string& path)
      : file_{file}, tables_{tables}, path_{path}, samples_(SampleBank::kGuard, 0) {
    // All the file has, once: what stays unused is address space, not memory.
    samples_.reserve(static_cast<std::size_t>(tables.sample_count) + kShortestLoop);
  }

  std::optional<Recording> add(std::size_t sample, const Generators& g) {
    const SampleHeader& header = tables_.samples[sample];
    constexpr std::uint16_t kRom = 0x8000;
    constexpr std::uint16_t kCompressed = 0x10;
    if ((header.type & (kRom | kCompressed)) != 0) {
      return std::nullopt;
    }
    const auto moved = [&](std::uint32_t address, Gen fine, Gen coarse) {
      return static_cast<std::int64_t>(address) + static_cast<std::int64_t>(g[at(fine)]) +
             32'768 * static_cast<std::int64_t>(g[at(coarse)]);
    };
    const auto count = static_cast<std::int64_t>(tables_.sample_count);
    const auto start =
        std::clamp<std::int64_t>(moved(header.start, Gen::start_offset, Gen::start_coarse_offset), 0, count);
    const auto end = std::clamp<std::int64_t>(moved(header.end, Gen::end_offset, Gen::end_coarse_offset), start, count);
    const auto loop_start = moved(header.loop_start, Gen::loop_start_offset, Gen::loop_start_coarse_offset);
    const auto loop_end = moved(header.loop_end, Gen::loop_end_offset, Gen::loop_end_coarse_offset);
    if (end - start < 8) {
      return std::nullopt;
    }
    // Mode 3 (loop until the release, then play on) is played as mode 1: the release fades what is looped.
    const auto mode = static_cast<int>(g[at(Gen::sample_modes)]) & 3;
    const bool looped =
        (mode == 1 || mode == 3) && loop_start >= start && loop_end <= end && loop_end - loop_start >= 4;

    const auto key = std::tuple{start, looped ? loop_end : end, looped ? loop_start : -1};
    auto& kept = kept_[key];
    if (kept.limit == 0) {
      kept = copy(static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(looped ? loop_end : end),
                  looped ? static_cast<std::uint64_t>(loop_end - loop_start) : 0);
      look_ahead(kept);
    }
    Recording recording = kept;
    recording.rate = std::clamp(static_cast<double>(header.rate), 400.0, 192'000.0);
    const float root = g[at(Gen::root_key)];
    recording.root = (root >= 0.0F         ? root
                      : header.root <= 127 ? static_cast<float>(header.root)
                                           : 60.0F) -
                     static_cast<float>(header.correction) / 100.0F;
    return recording;
  }

  std::vector<std::int16_t> take() { return std::move(samples_); }
  std::vector<float> take_loudest_ahead() { return std::move(loudest_ahead_); }

private:
  Recording copy(std::uint64_t start, std::uint64_t end, std::uint64_t loop) {
    const std::size_t first = samples_.size();
    const auto frames = static_cast<std::size_t>(end - start);
    samples_.resize(first + frames);
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(tables_.samples_at + 2 * start));
    // 16-bit little-endian words as they lie in the file.
    if (!file_.read(reinterpret_cast<char*>(samples_.data() + first), static_cast<std::streamsize>(2 * frames))) {
      malformed(path_, "the samples are cut short");
    }
    Recording recording;
    recording.first = static_cast<std::uint32_t>(first);
    if (loop == 0) {
      recording.limit = static_cast<std::uint32_t>(samples_.size());
      samples_.resize(samples_.size() + SampleBank::kGuard, 0);
      return recording;
    }
    const std::size_t loop_begin = samples_.size() - static_cast<std::size_t>(loop);
    std::size_t length = static_cast<std::size_t>(loop);
    const std::size_t repeats = (kShortestLoop + length - 1) / length;
    length *= repeats;
    // The guard before the limit keeps the taps before the position inside what equals the loop's own end.
    const std::size_t total = loop_begin + length + SampleBank::kGuard;
    while (samples_.size() < total) {
      samples_.push_back(samples_[samples_.size() - static_cast<std::size_t>(loop)]);
    }
    recording.limit = static_cast<std::uint32_t>(loop_begin + length + SampleBank::kGuard / 2);
    recording.loop = static_cast<std::uint32_t>(length);
    return recording;
  }

  void look_ahead(Recording& recording) {
    const auto loudest = [&](std::size_t from, std::size_t to) {
      int most = 0;
      for (std::size_t n = from; n < to; ++n) {
        most = std::max(most, std::abs(static_cast<int>(samples_[n])));
      }
      return static_cast<float>(most) / 32'768.0F;
    };
    recording.rest = static_cast<std::uint32_t>(loudest_ahead_.size());
    const std::size_t stretches = (recording.limit - recording.first) / SampleBank::kStretch + 1;
    loudest_ahead_.resize(loudest_ahead_.size() + stretches);
    // What is looped comes again, wherever in it the voice is.
    float most = loudest(recording.limit - recording.loop, recording.limit);
    for (std::size_t n = stretches; n-- > 0;) {
      const std::size_t from = recording.first + n * SampleBank::kStretch;
      most = std::max(most, loudest(from, std::min<std::size_t>(from + SampleBank::kStretch, recording.limit)));
      loudest_ahead_[recording.rest + n] = most;
    }
  }

  std::ifstream& file_;
  const Tables& tables_;
  const std::string& path_;
  std::vector<std::int16_t> samples_;
  std::vector<float> loudest_ahead_;
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, Recording> kept_;
};

std::vector<Zone> zones_of(const Tables& t, std::size_t preset, Pool& pool) {
  std::vector<Zone> zones;
  Level preset_global;
  const std::size_t bags = std::min<std::size_t>(t.presets[preset + 1].bag, t.preset_bags.size());
  for (std::size_t bag = t.presets[preset].bag; bag < bags; ++bag) {
    const Level own = level_of(bag, t.preset_bags, t.preset_generators, t.preset_modulators);
    if (!own.generators[at(Gen::instrument)]) {
      if (bag == t.presets[preset].bag) {
        preset_global = own;
      }
      continue;
    }
    const Level of_preset = over(own, preset_global);
    const auto instrument = static_cast<std::uint16_t>(*own.generators[at(Gen::instrument)]);
    if (instrument + 1U >= t.instruments.size()) {
      continue;
    }
    Level instrument_global;
    const std::size_t last = std::min<std::size_t>(t.instruments[instrument + 1U], t.instrument_bags.size());
    for (std::size_t b = t.instruments[instrument]; b < last; ++b) {
      const Level inner = level_of(b, t.instrument_bags, t.instrument_generators, t.instrument_modulators);
      if (!inner.generators[at(Gen::sample)]) {
        if (b == t.instruments[instrument]) {
          instrument_global = inner;
        }
        continue;
      }
      const Level of_instrument = over(inner, instrument_global);
      const Range keys = both(range_of(of_preset, Gen::key_range), range_of(of_instrument, Gen::key_range));
      const Range velocities =
          both(range_of(of_preset, Gen::velocity_range), range_of(of_instrument, Gen::velocity_range));
      const auto sample = static_cast<std::uint16_t>(*inner.generators[at(Gen::sample)]);
      if (keys.low > keys.high || velocities.low > velocities.high || sample + 1U >= t.samples.size()) {
        continue;
      }
      Zone zone{.lowest_key = keys.low,
                .highest_key = keys.high,
                .lowest_velocity = velocities.low,
                .highest_velocity = velocities.high,
                .generators = default_generators(),
                .recording = {},
                .modulators = {}};
      Generators& g = zone.generators;
      for (std::size_t i = 0; i < kGenCount; ++i) {
        if (of_instrument.generators[i]) {
          g[i] = static_cast<float>(*of_instrument.generators[i]);
        }
        if (of_preset.generators[i] && !only_in_instruments(i)) {
          g[i] += static_cast<float>(*of_preset.generators[i]);
        }
      }
      auto recording = pool.add(sample, g);
      if (!recording) {
        continue;
      }
      zone.recording = *recording;
      g[at(Gen::attenuation)] *= kEmuAttenuation;
      std::vector<ModulatorRecord> modulators{kVelocityToAttenuation};
      for (const auto& modulator : of_instrument.modulators) {
        supersede(modulators, modulator);
      }
      modulators.insert(modulators.end(), of_preset.modulators.begin(), of_preset.modulators.end());
      for (const auto& m : modulators) {
        if (m.destination < kGenCount && m.amount != 0) {
          zone.modulators.push_back({.source = m.source,
                                     .amount_source = m.amount_source,
                                     .amount = m.amount,
                                     .destination = static_cast<std::uint8_t>(m.destination)});
        }
      }
      zones.push_back(std::move(zone));
    }
  }
  return zones;
}

} // namespace

SampleBank::SampleBank(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    throw std::runtime_error{fmt::format("{}: the SoundFont cannot be opened", path)};
  }
  const Tables tables = read_tables(file, path);
  Pool pool{file, tables, path};
  constexpr std::uint16_t kDrumBank = 128;
  for (const auto layer : core::kLayers) {
    auto& presets = presets_[core::index(layer)];
    for (const std::uint8_t program : programs_of(layer)) {
      const std::uint16_t bank = layer == core::Layer::percussion ? kDrumBank : 0;
      const auto found =
          std::find_if(tables.presets.begin(), tables.presets.end() - 1,
                       [&](const PresetHeader& header) { return header.program == program && header.bank == bank; });
      presets.push_back(found == tables.presets.end() - 1
                            ? std::vector<Zone>{}
                            : zones_of(tables, static_cast<std::size_t>(found - tables.presets.begin()), pool));
    }
    // What a smaller bank lacks is played by the layer's default.
    for (auto& zones : presets) {
      if (zones.empty()) {
        zones = presets.front();
      }
    }
    if (presets.front().empty()) {
      const auto any = std::ranges::find_if(presets, [](const auto& zones) { return !zones.empty(); });
      if (any == presets.end()) {
        malformed(path, fmt::format("it has no preset for the {} layer", core::to_string(layer)));
      }
      std::ranges::replace_if(presets, [](const auto& zones) { return zones.empty(); }, *any);
    }
  }
  pool_ = pool.take();
  loudest_ahead_ = pool.take_loudest_ahead();
}

std::span<const Zone> SampleBank::zones(core::Layer layer, std::size_t program) const noexcept {
  return presets_[core::index(layer)][program];
}

bool SampleBank::is_compressed(const std::string& path) {
  // ifil, the first chunk of INFO by section 5.1, carries major version 3 in compressed banks.
  std::ifstream file{path, std::ios::binary};
  std::array<char, 36> head{};
  file.read(head.data(), head.size());
  return file && std::memcmp(head.data() + 24, "ifil", 4) == 0 && read<std::uint16_t>(head.data() + 32) >= 3;
}

std::shared_ptr<const SampleBank> SampleBank::load(const std::string& path) {
  // The one thing synthesisers share. A cache of what is alive, not a keeper: the last synthesiser frees the bank.
  static std::mutex mutex;
  static std::map<std::tuple<std::string, std::uintmax_t, std::int64_t>, std::weak_ptr<const SampleBank>> alive;

  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  const auto changed = std::filesystem::last_write_time(path, error).time_since_epoch().count();
  const auto key = std::tuple{path, size, static_cast<std::int64_t>(changed)};
  const std::scoped_lock lock{mutex};
  std::erase_if(alive, [](const auto& entry) { return entry.second.expired(); });
  if (const auto found = alive.find(key); found != alive.end()) {
    if (auto bank = found->second.lock()) {
      return bank;
    }
  }
  std::shared_ptr<const SampleBank> bank{new SampleBank{path}};
  alive[key] = bank;
  return bank;
}

} // namespace auralis::synth
