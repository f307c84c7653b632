// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "auralis/server/connections.hpp"
#include "auralis/server/network.hpp"

namespace auralis::server {

/// Answers what comes over the socket, until it ends or becomes a WebSocket (serve_listener()). Thread: network.
void serve_http(Connections& connections, TcpSocket socket, const std::string& peer);

} // namespace auralis::server
