// SPDX-License-Identifier: Apache-2.0
#include "auralis/stream/station.hpp"

#include <benchmark/benchmark.h>
#include <memory>
#include <span>
#include <vector>

#include "media/music.hpp"

namespace auralis::stream {
namespace {

/// Plays a piece that was there before, so that what is measured is the station and not the music.
class LoopGenerator final : public core::Generator {
public:
  explicit LoopGenerator(std::shared_ptr<const std::vector<float>> music) : music_{std::move(music)} {}

  [[nodiscard]] core::Hertz sample_rate() const noexcept override { return core::Hertz{48'000.0}; }
  [[nodiscard]] core::Frames now() const noexcept override { return now_; }
  [[nodiscard]] const core::Parameters& parameters() const noexcept override { return parameters_; }
  [[nodiscard]] const core::Character& character() const noexcept override { return character_; }
  [[nodiscard]] core::Transport transport() const noexcept override { return core::Transport::play; }
  std::span<const core::PerformanceEvent> render(core::StereoBlock out) noexcept override {
    for (std::size_t i = 0; i < out.frames(); ++i) {
      out.left[i] = (*music_)[at_];
      out.right[i] = (*music_)[at_ + 1];
      at_ = (at_ + 2) % music_->size();
    }
    now_ += core::Frames{static_cast<std::int64_t>(out.frames())};
    return {};
  }
  void apply(const core::Control& /*control*/) noexcept override {}

private:
  std::shared_ptr<const std::vector<float>> music_;
  std::size_t at_ = 0;
  core::Frames now_;
  core::Parameters parameters_;
  core::Character character_;
};

class NullSink final : public StationSink {
public:
  void on_chunk(const ChunkPtr& chunk) noexcept override { benchmark::DoNotOptimize(chunk->bytes.data()); }
  void on_events(std::shared_ptr<const std::vector<core::PerformanceEvent>> /*events*/) noexcept override {}
  void on_control_applied(std::uint64_t /*tag*/, core::Frames /*at*/, const core::Parameters& /*parameters*/,
                          core::Transport /*transport*/) noexcept override {}
};

/// One 20 ms period of so many stations, each with its own Opus encoder, on one thread: what private listeners cost
/// beside their music.
void BM_Station_step(benchmark::State& state) {
  const auto music = std::make_shared<const std::vector<float>>(plucked_chords(48'000 * 5, 48'000.0));
  core::ManualClock clock;
  Metrics metrics;
  NullSink sink;
  std::vector<std::unique_ptr<Station>> stations;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    stations.push_back(std::make_unique<Station>(Station::Config{.id = "bench"}, std::make_unique<LoopGenerator>(music),
                                                 sink, clock, metrics));
    stations.back()->set_listeners(Codec::opus, 1);
  }
  const auto step = [&] {
    for (const auto& station : stations) {
      for (bool more = true; more;) {
        const core::TimePoint next = station->send_step();
        more = station->wants_render() || next <= clock.now();
        while (station->wants_render()) {
          station->render_step();
        }
      }
    }
  };
  step(); // the first bursts
  const std::uint64_t before = metrics.blocks.load();
  std::int64_t periods = 0;
  for (auto _ : state) {
    clock.advance(kBlockPeriod);
    step();
    ++periods;
  }
  if (metrics.blocks.load() - before != static_cast<std::uint64_t>(periods * state.range(0)) ||
      metrics.underruns.load() != 0) {
    state.SkipWithError("stations did not keep the pace");
  }
  state.counters["core_share"] = benchmark::Counter(0.020 * static_cast<double>(periods),
                                                    benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Station_step)->Arg(1)->Arg(20)->Arg(100)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace auralis::stream
