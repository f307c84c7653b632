// SPDX-License-Identifier: Apache-2.0
// Every text that the server reads as a message or a document. Each is offered to every reader, so that one corpus
// serves all; what was accepted must come back the same when written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auralis/protocol/messages.hpp"
#include "auralis/server/preset_store.hpp"
#include "auralis/session/wire.hpp"

namespace {

namespace protocol = auralis::protocol;

template <typename T> void check(auralis::core::Result<T> (*parse)(std::string_view), std::string_view text) {
  const auto value = parse(text);
  if (!value) {
    if (value.error().what.empty()) {
      std::abort();
    }
    return;
  }
  const auto again = parse(protocol::to_json(*value));
  if (!again || !(*again == *value)) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check(&protocol::parse_station_request, text);
  check(&protocol::parse_preset_document, text);
  check(&protocol::parse_preset_list, text);
  check(&protocol::parse_server_message, text);
  check(&protocol::parse_client_message, text);
  static const auralis::server::PresetStore presets{{}, 0};
  if (const auto message = protocol::parse_control_message(text)) { // and on into the engine's types
    static_cast<void>(auralis::session::to_control(*message, [](std::string_view id) { return presets.find(id); }));
  }
  return 0;
}
