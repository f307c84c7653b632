// SPDX-License-Identifier: Apache-2.0
//
// auralis_load: many listeners for a running server. Exits 1 when fewer chunks than --floor were on time, when anybody
// was refused or lost, or when a chunk went missing.

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "listeners.hpp"

int main(int argc, char** argv) try {
  auralis::load::Plan plan;
  std::string json;
  double floor_percent = 99.9;

  CLI::App app{"Connects listeners to a running Auralis server and judges every chunk they get"};
  app.add_option("--host", plan.host, "IPv4 address of the server")->capture_default_str();
  app.add_option("--port", plan.port, "its port")->required()->check(CLI::Range(1, 65535));
  app.add_option("--station", plan.station, "which station")->capture_default_str();
  app.add_option("--codec", plan.codec, "opus or pcm16")
      ->check(CLI::IsMember({"opus", "pcm16"}))
      ->capture_default_str();
  app.add_option("--events", plan.events, "whether to ask for note and chord messages")->capture_default_str();
  app.add_flag("--private", plan.own_station, "each listener gets a station of its own");
  app.add_option("--listeners", plan.listeners, "how many")->check(CLI::Range(0, 100'000))->capture_default_str();
  app.add_option("--ramp", plan.ramp_per_second, "how many join each second")->check(CLI::Range(1, 100'000));
  app.add_option("--seconds", plan.seconds, "how long to measure")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--settle", plan.settle_seconds, "seconds before a listener is judged")->capture_default_str();
  app.add_option("--churn", plan.churn_per_second, "short visits a second besides")->capture_default_str();
  app.add_option("--lead-ms", plan.lead_ms, "how far the server generates ahead")->capture_default_str();
  app.add_option("--tolerance-ms", plan.tolerance_ms, "how late still counts as on time")->capture_default_str();
  app.add_option("--floor", floor_percent, "percentage of chunks that must be on time")->capture_default_str();
  app.add_option("--json", json, "also write the result to this file");
  CLI11_PARSE(app, argc, argv);

  auralis::load::Listeners listeners{plan};
  listeners.run();
  const auto& tally = listeners.tally();
  const auto facts = listeners.facts();
  fmt::print("{}", as_text(tally, facts));
  if (!json.empty()) {
    std::ofstream{json} << as_json(tally, facts);
  }
  const bool enough = tally.chunks > 0 &&
                      static_cast<double>(tally.on_time) * 100.0 >= floor_percent * static_cast<double>(tally.chunks);
  const bool whole = tally.refused == 0 && tally.disconnected == 0 && tally.missing == 0 && tally.broken == 0 &&
                     tally.churn_failed == 0;
  return enough && whole ? 0 : 1;
} catch (const std::exception& problem) {
  std::fputs(fmt::format("auralis_load: {}\n", problem.what()).c_str(), stderr);
  return 1;
}
