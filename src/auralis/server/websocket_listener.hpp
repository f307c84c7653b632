// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "auralis/server/connections.hpp"
#include "auralis/server/network.hpp"
#include "auralis/server/stations.hpp"
#include "auralis/server/websocket_connection.hpp"

namespace auralis::server {

/// Answers the request for an upgrade and serves the listener until he leaves. One whose origin is not allowed is told
/// so and closed. Thread: network.
void serve_listener(Connections& connections, TcpSocket socket, WebSocketConnection::Request request,
                    const std::string& peer, JoinRequest join, bool origin_ok);

} // namespace auralis::server
