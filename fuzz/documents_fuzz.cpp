// SPDX-License-Identifier: Apache-2.0
// Documents that are read back from files: remembered analyses, recorded sessions, heard events, requests. What was
// accepted must come back the same when written and read again, and an analysis can be written in every format.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auralis/protocol/messages.hpp"
#include "auralis/report/analysis_document.hpp"
#include "auralis/report/formats.hpp"
#include "auralis/session/recording.hpp"

namespace {

namespace protocol = auralis::protocol;
namespace report = auralis::report;

template <typename T> auto checked(auralis::core::Result<T> (*parse)(std::string_view), std::string_view text) {
  auto value = parse(text);
  if (!value) {
    if (value.error().what.empty()) {
      std::abort();
    }
    return value;
  }
  const auto again = parse(protocol::to_json(*value));
  if (!again || !(*again == *value)) {
    std::abort();
  }
  return value;
}

void write_all(const protocol::AnalysisDocument& document) {
  for (int i = 0; i < report::kFormatCount; ++i) {
    const auto format = static_cast<report::Format>(i);
    if (report::is_collection(format)) {
      report::Collection collection{format};
      collection.add(document, "/music/one.flac");
      if (collection.text().empty()) {
        std::abort();
      }
    } else {
      static_cast<void>(report::files_of(format, document));
    }
  }
  const auto parts = report::parts_of(document);
  if (!(report::only(document, parts) == document)) {
    std::abort();
  }
}

void check_recording(std::string_view text) {
  const auto recording = auralis::session::parse_recording(text);
  if (!recording) {
    if (recording.error().what.empty()) {
      std::abort();
    }
    return;
  }
  const auto again = auralis::session::parse_recording(auralis::session::to_json_lines(*recording));
  if (!again || again->controls.size() != recording->controls.size() || again->seed != recording->seed) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto document = checked(&protocol::parse_analysis_document, text)) {
    write_all(*document);
  }
  checked(&protocol::parse_heard_event, text);
  checked(&protocol::parse_analysis_request, text);
  checked(&protocol::parse_audio_features, text);
  check_recording(text);
  return 0;
}
