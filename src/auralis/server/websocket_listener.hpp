// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "auralis/server/connections.hpp"
#include "auralis/server/network.hpp"
#include "auralis/server/stations.hpp"

namespace auralis::server {

/// Answers the request for an upgrade and serves the listener until he leaves. One whose origin is not allowed is told
/// so and closed. Thread: network.
void serve_listener(Connections& connections, TcpSocket socket,
                    boost::beast::http::request<boost::beast::http::string_body> request, const std::string& peer,
                    JoinRequest join, bool origin_ok);

} // namespace auralis::server
