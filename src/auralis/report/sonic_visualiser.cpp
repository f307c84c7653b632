// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "auralis/report/writers.hpp"

namespace auralis::report {
namespace {

/// A layer of labelled instants, the kind that every version of Sonic Visualiser reads.
class Instants {
public:
  explicit Instants(const protocol::AnalysisSource& source) : source_{source} {}

  void add(double at, std::string_view label) {
    fmt::format_to(std::back_inserter(points_), "      <point frame=\"{}\" label=\"{}\" />\n",
                   std::llround(at * source_.sample_rate), xml_text(label));
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE sonic-visualiser>\n<sv>\n  <data>\n"
        "    <model id=\"1\" name=\"{0}\" sampleRate=\"{1:.0f}\" start=\"0\" end=\"{2}\" type=\"sparse\" "
        "dimensions=\"1\" resolution=\"1\" notifyOnAdd=\"true\" dataset=\"0\" />\n"
        "    <dataset id=\"0\" dimensions=\"1\">\n{3}    </dataset>\n  </data>\n  <display>\n"
        "    <layer id=\"2\" type=\"timeinstants\" name=\"{0}\" model=\"1\" plotStyle=\"0\" />\n"
        "  </display>\n</sv>\n",
        name, source_.sample_rate, std::llround(source_.length * source_.sample_rate), points_);
  }

private:
  const protocol::AnalysisSource& source_;
  std::string points_;
};

} // namespace

std::vector<TextFile> sonic_visualiser_layers(const protocol::AnalysisDocument& document) {
  std::vector<TextFile> files;
  const auto layer = [&](std::string_view name, const auto& parts, auto&& write) {
    Instants instants{document.source};
    for (const auto& one : parts) {
      write(instants, one);
    }
    files.push_back({fmt::format(".{}.svl", name), instants.text(name)});
  };
  if (document.beats) {
    layer("beats", document.beats->grid,
          [](Instants& to, const auto& beat) { to.add(beat.at, fmt::to_string(beat.position)); });
  }
  if (document.onsets) {
    layer("onsets", *document.onsets, [](Instants& to, const auto& onset) { to.add(onset.at, to_string(onset.band)); });
  }
  if (document.chords) {
    layer("chords", *document.chords,
          [](Instants& to, const auto& part) { to.add(part.from, part.chord.value_or("N")); });
  }
  if (document.key) {
    layer("keys", document.key->parts,
          [](Instants& to, const auto& part) { to.add(part.from, short_name(part.best)); });
  }
  if (document.sections) {
    layer("sections", *document.sections, [](Instants& to, const auto& part) { to.add(part.from, part.label); });
  }
  return files;
}

} // namespace auralis::report
