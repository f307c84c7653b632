// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/connections.hpp"

#include <boost/asio/buffer.hpp>
#include <string_view>

#include "auralis/server/http_connection.hpp"

namespace auralis::server {

namespace asio = boost::asio;
using asio::ip::tcp;

Connection::Connection(Connections& owner) : owner_{owner}, s_{owner.services()} { owner_.all_.insert(this); }

Connection::~Connection() { owner_.all_.erase(this); }

void Connections::open(int descriptor, bool v6, const std::string& peer) {
  TcpSocket socket{io_.get_executor()};
  boost::system::error_code error;
  socket.assign(v6 ? tcp::v6() : tcp::v4(), descriptor, error);
  const auto& config = s_.config;
  const auto found = by_address_.find(peer);
  const bool too_many_here = config.max_connections_per_address > 0 && found != by_address_.end() &&
                             found->second >= config.max_connections_per_address;
  if (error || draining_ || too_many_here || open_ >= config.max_connections) {
    ++s_.counters.connections_refused;
    static constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";
    socket.non_blocking(true, error);
    socket.write_some(asio::buffer(kBusy), error);
    return;
  }
  socket.set_option(tcp::no_delay{true}, error);
  ++open_;
  ++s_.counters.connections;
  s_.counters.connections_open = open_;
  ++by_address_[peer];
  serve_http(*this, std::move(socket), peer);
}

void Connections::closed(const std::string& peer) {
  --open_;
  s_.counters.connections_open = open_;
  if (const auto found = by_address_.find(peer); found != by_address_.end() && --found->second == 0) {
    by_address_.erase(found);
  }
  if (open_ == 0) {
    on_empty_();
  }
}

void Connections::drain() {
  draining_ = true;
  for (auto* connection : all_) {
    connection->drain();
  }
}

void Connections::abort() {
  for (auto* connection : all_) {
    connection->abort();
  }
}

} // namespace auralis::server
