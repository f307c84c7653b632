// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/analysis_watcher.hpp"

#include <memory>
#include <utility>

#include "auralis/server/analyses.hpp"
#include "auralis/server/text_socket.hpp"

namespace auralis::server {
namespace {

constexpr std::size_t kMessageLimit = 1024; // nothing is expected

/// Sends each AnalysisStatus as text; of several that wait for a slow reader, the latest.
class AnalysisWatcher final : public AnalysisWatch, public TextSocket {
public:
  AnalysisWatcher(Connections& owner, TcpSocket socket, std::string peer, std::string id)
      : TextSocket{owner, std::move(socket), std::move(peer), kMessageLimit}, id_{std::move(id)} {}

  void changed(const protocol::AnalysisStatus& status) override {
    if (finishing()) {
      return;
    }
    next_ = std::make_shared<const std::string>(protocol::to_json(status));
    if (status.state == protocol::AnalysisState::done || status.state == protocol::AnalysisState::failed) {
      finish(CloseCode::done, "the analysis has ended");
    }
    write();
  }
  void removed() override {
    next_ = nullptr;
    finish(CloseCode::not_there, "the analysis was deleted");
  }

private:
  void opened() override {
    if (!s_.analyses.watch(id_, *this)) {
      finish(CloseCode::not_there, "there is no such analysis");
    }
  }
  void left() override { s_.analyses.unwatch(id_, *this); }
  void received(std::string_view /*bytes*/, bool /*text*/) override {
    next_ = nullptr;
    finish(CloseCode::policy, "nothing is to be said here");
  }
  std::shared_ptr<const std::string> next() override { return std::exchange(next_, nullptr); }

  std::string id_;
  std::shared_ptr<const std::string> next_;
};

} // namespace

void serve_watcher(Connections& connections, TcpSocket socket, TextSocket::Request request, const std::string& peer,
                   std::string id, bool origin_ok) {
  std::make_shared<AnalysisWatcher>(connections, std::move(socket), peer, std::move(id))
      ->start(std::move(request), origin_ok);
}

} // namespace auralis::server
