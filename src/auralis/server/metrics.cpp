// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/metrics.hpp"

#include <array>
#include <ctime>
#include <fstream>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace auralis::server {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

protocol::LatencySummary summary_of(const core::Histogram& histogram) {
  const auto s = histogram.summary();
  return {.count = static_cast<std::int64_t>(s.count),
          .avg = s.avg,
          .p50 = s.p50,
          .p95 = s.p95,
          .p99 = s.p99,
          .max = s.max};
}

double read(const std::atomic<std::uint64_t>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed)); // a statistic; nothing hangs on it
}

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily out;
  out.name = std::move(name);
  out.help = std::move(help);
  out.type = type;
  return out;
}

MetricFamily counter(std::string name, std::string help, double value) {
  auto out = family(std::move(name), std::move(help), MetricType::Counter);
  out.metric.emplace_back().counter.value = value;
  return out;
}

MetricFamily gauge(std::string name, std::string help, double value) {
  auto out = family(std::move(name), std::move(help), MetricType::Gauge);
  out.metric.emplace_back().gauge.value = value;
  return out;
}

// From well below one 20 ms block to well beyond the two-second ring.
constexpr std::array kBoundsMs{0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0};

MetricFamily histogram(std::string name, std::string help, const core::Histogram& from) {
  auto out = family(std::move(name), std::move(help), MetricType::Histogram);
  auto& to = out.metric.emplace_back().histogram;
  to.sample_count = from.count();
  to.sample_sum = from.sum_ms() * 1e-3;
  for (const double bound : kBoundsMs) {
    to.bucket.push_back({.cumulative_count = from.count_up_to_ms(bound), .upper_bound = bound * 1e-3});
  }
  to.bucket.push_back({.cumulative_count = to.sample_count, .upper_bound = std::numeric_limits<double>::infinity()});
  return out;
}

} // namespace

protocol::MetricsDocument metrics_document(const stream::Metrics& metrics, const protocol::HearingDocument& hearing) {
  const auto sent = metrics.chunks_sent.load(std::memory_order_relaxed);
  const auto on_time = metrics.chunks_on_time.load(std::memory_order_relaxed);
  return {.render_ms = summary_of(metrics.render_ms),
          .encode_ms = summary_of(metrics.encode_ms),
          .send_delay_ms = summary_of(metrics.send_delay_ms),
          .control_ms = summary_of(metrics.control_ms),
          .chunks_sent = static_cast<std::int64_t>(sent),
          .chunks_dropped = static_cast<std::int64_t>(metrics.chunks_dropped.load(std::memory_order_relaxed)),
          .on_time_share = sent == 0 ? 1.0 : static_cast<double>(std::min(on_time, sent)) / static_cast<double>(sent),
          .underruns = static_cast<std::int64_t>(metrics.underruns.load(std::memory_order_relaxed)),
          .buffer_ms = summary_of(metrics.buffer_ms),
          .hearing = hearing};
}

std::string prometheus_text(const stream::Metrics& metrics, const Counters& counters, const Gauges& gauges) {
  std::vector<MetricFamily> all{
      histogram("auralis_render_seconds", "Time to generate one 20 ms block.", metrics.render_ms),
      histogram("auralis_encode_seconds", "Time to encode one chunk.", metrics.encode_ms),
      histogram("auralis_buffer_seconds", "Generated and not yet sent, per playing station.", metrics.buffer_ms),
      histogram("auralis_control_seconds", "From a control's arrival to the generator taking it.", metrics.control_ms),
      histogram("auralis_publish_seconds", "From when a chunk was due to when the server had it.", metrics.publish_ms),
      histogram("auralis_send_delay_seconds", "From when a chunk was due to when the socket took it.",
                metrics.send_delay_ms),
      counter("auralis_blocks_total", "20 ms blocks sent by stations.", read(metrics.blocks)),
      counter("auralis_underruns_total", "Times a sender found its ring empty.", read(metrics.underruns)),
      counter("auralis_skipped_blocks_total", "Blocks given up after a stall too long to catch up.",
              read(metrics.skipped_blocks)),
      counter("auralis_lost_events_total", "Events that found their queue full.", read(metrics.lost_events)),
      counter("auralis_chunks_sent_total", "Chunks taken by sockets.", read(metrics.chunks_sent)),
      counter("auralis_chunks_on_time_total", "Chunks that left within 100 ms of being due.",
              read(metrics.chunks_on_time)),
      counter("auralis_chunks_dropped_total", "Chunks lost to slow listeners.", read(metrics.chunks_dropped)),
      gauge("auralis_stations", "Stations, shared and private.", static_cast<double>(gauges.stations)),
      gauge("auralis_private_stations", "Private stations.", static_cast<double>(gauges.private_stations)),
      gauge("auralis_listeners", "Listeners of all stations.", static_cast<double>(gauges.listeners)),
      gauge("auralis_stations_heard", "Stations that the server hears live.",
            static_cast<double>(gauges.hearing.stations)),
      gauge("auralis_live_watchers", "Those who are told what is heard of stations.",
            static_cast<double>(gauges.hearing.watchers)),
      gauge("auralis_microphones", "Microphones that the server hears live.",
            static_cast<double>(gauges.hearing.microphones)),
      gauge("auralis_analyses_running", "Recordings that are being analysed.",
            static_cast<double>(gauges.hearing.analyses)),
      gauge("auralis_uptime_seconds", "Since the server began.", gauges.uptime_seconds),
      gauge("auralis_connections_open", "Sockets open now.", static_cast<double>(counters.connections_open)),
      counter("auralis_connections_total", "Sockets accepted.", static_cast<double>(counters.connections)),
      counter("auralis_connections_refused_total", "Sockets refused above a limit.",
              static_cast<double>(counters.connections_refused)),
      counter("auralis_requests_timed_out_total", "HTTP requests begun and not finished in time.",
              static_cast<double>(counters.requests_timed_out)),
      counter("auralis_websockets_total", "WebSocket handshakes done.", static_cast<double>(counters.sockets_opened)),
      counter("auralis_messages_received_total", "Messages from listeners.",
              static_cast<double>(counters.messages_received)),
      counter("auralis_messages_refused_total", "Messages from listeners answered with an error.",
              static_cast<double>(counters.messages_refused)),
      gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
            static_cast<double>(gauges.memory_bytes)),
      counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", gauges.cpu_seconds),
  };
  auto answers = family("auralis_http_answers_total", "HTTP answers by class of status.", MetricType::Counter);
  for (std::size_t digit = 1; digit < counters.answers.size(); ++digit) {
    auto& one = answers.metric.emplace_back();
    one.label.push_back({"status", std::to_string(digit) + "xx"});
    one.counter.value = static_cast<double>(counters.answers[digit]);
  }
  all.push_back(std::move(answers));
  auto closed =
      family("auralis_listeners_closed_total", "Listeners closed by the server, by reason.", MetricType::Counter);
  const std::array<std::pair<std::string_view, std::uint64_t>, 4> reasons{{{"flood", counters.closed_for_flood},
                                                                           {"slow", counters.closed_as_slow},
                                                                           {"idle", counters.closed_as_idle},
                                                                           {"origin", counters.closed_for_origin}}};
  for (const auto& [reason, count] : reasons) {
    auto& one = closed.metric.emplace_back();
    one.label.push_back({"reason", std::string{reason}});
    one.counter.value = static_cast<double>(count);
  }
  all.push_back(std::move(closed));
  return prometheus::TextSerializer{}.Serialize(all);
}

std::uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

} // namespace auralis::server
