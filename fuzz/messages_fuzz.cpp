// SPDX-License-Identifier: Apache-2.0
// Every text that the server reads as a message or a document. The first byte chooses the type, so that one corpus
// serves all; what was accepted must come back the same when written and read again.
#include <array>
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
  if (size == 0) {
    return 0;
  }
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  switch (data[0] % 8) {
  case 0:
    check(&protocol::parse_station_request, text);
    break;
  case 1:
    check(&protocol::parse_preset_document, text);
    break;
  case 2:
    check(&protocol::parse_preset_list, text);
    break;
  case 3:
    check(&protocol::parse_server_message, text);
    break;
  case 4: {
    static const auralis::server::PresetStore presets{{}, 0};
    const auto message = protocol::parse_control_message(text);
    if (message) { // and on into the engine's types
      static_cast<void>(auralis::session::to_control(*message, [](std::string_view id) { return presets.find(id); }));
    }
    break;
  }
  default:
    check(&protocol::parse_client_message, text);
    break;
  }
  return 0;
}
