// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "auralis/server/connections.hpp"
#include "auralis/server/network.hpp"

namespace auralis::server {

/// Answers the request for an upgrade and tells what is heard of a station, or, where `station` is empty, of the sound
/// that the other end sends. Thread: network.
void serve_live(Connections& connections, TcpSocket socket,
                boost::beast::http::request<boost::beast::http::string_body> request, const std::string& peer,
                std::string station, bool origin_ok);

} // namespace auralis::server
